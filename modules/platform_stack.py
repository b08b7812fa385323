"""The platform of one stage: what there is and what depends on what. Read this file first.

Longer than others, because it is the one place where everything comes together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from cdktf import TerraformElement, TerraformOutput, TerraformResource, TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.data_aws_route53_zone import DataAwsRoute53Zone
from cdktf_cdktf_provider_aws.route53_record import Route53RecordAlias
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_versioning import S3BucketVersioningA
from cdktf_cdktf_provider_aws.vpc import Vpc
from constructs import Construct

from common.version import VERSION
from modules.base.address import address
from modules.base.expressions import leave_to_others
from modules.base.guard import Guard
from modules.base.naming import Names
from modules.base.partition import arn
from modules.base.provider import configure_provider, provider_for_cloudfront
from modules.base.state import configure_state
from modules.compute.authorities import tls_parameters
from modules.compute.cluster import Cluster
from modules.compute.database_task import DatabaseTask
from modules.compute.database_tunnel import DatabaseTunnel
from modules.compute.fargate_service import FargateService
from modules.compute.left_out import LeftOutLogs
from modules.compute.mirror import Mirror
from modules.compute.registry import Registries
from modules.compute.service_roles import ServiceRoles
from modules.context import Context
from modules.data.backups import Backups
from modules.data.database import DATABASES
from modules.data.file_storage import FileStorage
from modules.data.logs_bucket import LogsBucket
from modules.data.night_stop import NightStop
from modules.data.private_bucket import PrivateBucket
from modules.edge.certificate import RequestedCertificate
from modules.edge.domain_names import DomainNames, label_of
from modules.edge.load_balancer import LoadBalancer, route_of
from modules.edge.web_firewall import WebFirewall
from modules.extension import Additions, Platform, extended, refuse_misfits
from modules.legacy_base import LegacyBase
from modules.monitoring import alarms, dashboard, events
from modules.monitoring.chat import Chat
from modules.monitoring.cost_alerts import MONITOR, Budget, CostAnomalies
from modules.monitoring.monitoring import AlarmTopic, Dashboard, EventNotices, MetricAlarms
from modules.network.inside_names import InsideNames
from modules.network.network import network_of
from modules.network.security_groups import SecurityGroups
from modules.security.customer_key import CustomerKey
from modules.security.secret_store import ConnectionStrings, SecretStore
from modules.settings import stage_settings as s
from modules.settings.mirrored import third_party_images
from modules.settings.schedule import WEEK_MINUTES, planned_stops
from modules.settings.services import Service
from modules.settings.shared_registry import shared_registry
from modules.settings.windows import windows

if TYPE_CHECKING:
    from modules.compute.scheduled_job import FailedJobs

# In the place of what an earlier phase does not have to say: what is made of it is not in that phase.
_NOT_SAID = "unknown.invalid"


class PlatformStack(TerraformStack):
    """One stage of Atomic Calendar.

    `adopted` are the addresses of objects that were there before this project, `found_names` the names of
    those that somebody else has named. `emulated` configures the provider and the backend for an AWS that is
    not AWS; nothing else depends on it. `state_folder` holds the state file of a stage without a backend of
    its own.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: s.StageSettings,
        adopted: frozenset[str],
        found_names: Mapping[str, str],
        state_folder: PurePath,
        emulated: bool,
    ) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        configure_state(self, stage=stage, state_folder=state_folder, emulated=emulated)
        configure_provider(self, stage=stage, emulated=emulated)
        self._elsewhere = (
            provider_for_cloudfront(self, stage=stage, emulated=emulated) if stage.cdn else None
        )
        account = address("current", DataAwsCallerIdentity)(self, "account")
        # A scope of their own: a service may be called as a part of the platform is.
        self._services = Construct(self, "services")
        self._context = Context(
            names=Names(prefix=stage.prefix, stack=stage.stack_name, found=found_names),
            account_id=account.account_id,
            region=stage.region,
            time_zone=stage.time_zone,
            log_retention_days=stage.logs.retention_days,
            guard=Guard(
                retain_data=stage.retain_data, allow_destroy=frozenset(stage.allow_destroy)
            ),
            adopted=adopted,
            key_arn=None,
            as_found=stage.phase == "adopt",
        )
        if stage.security.customer_managed_key:
            key = CustomerKey(self, "customer_key", context=self._context)
            self._context = replace(self._context, key_arn=key.arn)

        if stage.phase != "adopt":  # which never made one
            leave_to_others(self, MONITOR)
        self._foundation()
        if stage.phase == "full":
            self._application()
        elif any(each.startswith(s.OF_APPLICATION) for each in adopted):
            self._adopted_application()

    def _foundation(self) -> None:
        """Build what the services need."""
        stage, context, services = self._stage, self._context, self._stage.services
        self._network = network_of(self, "network", context=context, settings=stage.network)
        self._groups = SecurityGroups(
            self,
            "security_groups",
            context=context,
            services=services,
            left_out=list(stage.beside.left_out.values()),
            kafka=stage.kafka,
            behind_cloudfront=bool(stage.front and stage.front.load_balancer == "cloudfront"),
            network=self._network,
        )
        self._registries = Registries(
            self,
            "registries",
            context=context,
            settings=stage.images,
            allow_overwrite=frozenset(stage.allow_overwrite),
            services=_registries(services),
            left_out=list(_registries(stage.beside.left_out).values()),
            shared=shared_registry(stage),
        )
        self._mirror = Mirror(
            self,
            "mirror",
            context=context,
            images=third_party_images(stage) if stage.images.mirror != "none" else (),
            used=stage.images.mirror == "use",
        )
        self._bucket = PrivateBucket(
            self,
            "data_bucket",
            context=context,
            label="data",
            name=context.names.data_bucket(context.account_id, context.region),
            key_arn=context.key_arn,
            # The setting of an adopted bucket stays as it was found.
            versioned=not context.is_adopted(S3BucketVersioningA, "data"),
            # Nobody here knows what the owner of an adopted bucket keeps in its old versions.
            tidied=not context.is_adopted(S3Bucket, "data"),
            expire_after_days=None,
            writers=lambda _bucket_arn: [],
        )
        self._logs = self._logs_bucket()
        self._cluster = Cluster(
            self,
            "cluster",
            context=context,
            container_insights=stage.container_insights,
            shells=any(service.exec_enabled for service in services.values()),
        )
        self._roles = {
            name: ServiceRoles(self._services, f"{name}_roles", context=context, service=name)
            for name in services
        }
        self._secrets = SecretStore(
            self,
            "secrets",
            context=context,
            rows=stage.secret_rows,
            master_username=stage.database.master_username,
            login_roles=stage.database.login_roles,
            lent={},
        )
        self._database = DATABASES[stage.database.engine](
            self,
            "database",
            context=context,
            settings=stage.database,
            windows=windows(stage),
            network=self._network,
            security_group=self._groups.database,
            secrets=self._secrets,
        )
        ConnectionStrings(
            self,
            "connection_strings",
            settings=stage.database,
            rows=stage.secret_rows,
            store=self._secrets,
            host=self._database.host,
            port=self._database.port,
            tls=tls_parameters(context.region),
        )
        self._database_task()
        if context.adopted:
            LegacyBase(
                self, "legacy_base", context=context, network=self._network, bucket=self._bucket
            )
        self._zones = self._find_hosted_zones()
        self._certificate = self._request_certificate()

        self._output("InfrastructureVersion", VERSION)
        self._output("VpcId", self._network.vpc.id)
        self._output("ClusterName", self._cluster.cluster.name)
        self._output("DataBucketName", self._bucket.bucket.bucket)
        self._output("DbInstanceEndpoint", self._database.host)
        for row in stage.secret_rows:
            self._output(row.output, self._secrets.secrets[row.name].arn)
        for name, repository in self._registries.repositories.items():
            self._output(f"EcrRepository{_pascal(name)}", repository.repository_url)
        if self._certificate:
            self._output("CertificateArn", self._certificate.arn)
            if not self._zones:
                for part, value in self._certificate.validation_record.items():
                    self._output(f"CertificateValidationRecord{part.title()}", value)
                if stage.further_names:
                    records = self._certificate.validation_records
                    self._output("CertificateValidationRecords", records)
        elif stage.certificate_arn:
            self._output("CertificateArn", stage.certificate_arn)

    def _database_task(self) -> None:
        """Build what runs SQL before there is a service, in the group of one that uses the database."""
        users = [name for name, row in self._stage.services.items() if row.uses_database]
        if not users:
            return
        DatabaseTask(
            self,
            "database_task",
            context=self._context,
            settings=self._stage.database,
            network=self._network,
            mirror=self._mirror,
            security_group=self._groups.services[users[0]],
            secrets=self._secrets,
            database=self._database,
        )
        if self._stage.database.connect_enabled:
            DatabaseTunnel(
                self,
                "database_tunnel",
                context=self._context,
                settings=self._stage.database,
                network=self._network,
                mirror=self._mirror,
                security_group=self._groups.services[users[0]],
            )

    def _adopted_application(self) -> None:
        """Build what of the application was there before: the rest waits for phase full."""
        built = {element.node.path for element in self.node.find_all()}
        self._application()
        for element in self.node.find_all():
            if not isinstance(element, TerraformElement) or element.node.path in built:
                continue
            kept = isinstance(element, TerraformResource) and (
                f"{element.terraform_resource_type}.{element.friendly_unique_id}"
                in self._context.adopted
            )
            if not kept and element.node.scope:
                element.node.scope.node.try_remove_child(element.node.id)

    def _application(self) -> None:
        """Build the edge, the services, and what watches them."""
        stage, context = self._stage, self._context
        # `checks` has refused a stage of phase full without these.
        domain_name = stage.domain_name or _NOT_SAID
        operator_email = stage.operator_email or _NOT_SAID
        self._load_balancer = self._edge(domain_name)
        self._file_storage = FileStorage(
            self,
            "file_storage",
            context=context,
            settings=stage.file_storage,
            network=self._network,
            security_group=self._groups.file_storage,
        )
        if stage.security.backups:
            Backups(
                self,
                "backups",
                context=context,
                schedule=windows(stage).aws_backup,
                retention_days=stage.security.backup_retention_days,
                resource_arns=[self._database.arn, self._file_storage.file_system.arn],
            )
        self._names_inside = InsideNames(
            self,
            "inside_names",
            context=context,
            services=stage.services,
            search_domain=(
                # The DHCP options of an adopted VPC are its owner's, for other machines too.
                not (context.is_adopted(Vpc, "main") or self._network.is_given)
                if stage.network.search_domain is None
                else stage.network.search_domain
            ),
            network=self._network,
        )
        self._topic = AlarmTopic(
            self, "alarm_topic", context=context, operator_email=operator_email
        )
        self._additions = self._extension()
        self._failed_jobs: FailedJobs | None = None
        self._job_families: list[str] = []
        self._alarms = [*self._platform_alarms()]
        self._target_group_suffixes: dict[str, str] = {}
        for service in stage.services.values():
            self._service(service, domain_name)
        if stage.beside.left_out and context.retain_data:
            LeftOutLogs(self, "left_out_logs", context=context, services=stage.beside.left_out)
        if stage.night_stop:
            NightStop(
                self,
                "night_stop",
                context=context,
                settings=stage.night_stop,
                database=self._database,
            )
        if self._failed_jobs:
            self._alarms += MetricAlarms(
                self,
                "failed_jobs_alarm",
                context=context,
                rows=[alarms.failed_jobs_alarm(context.names.failed_jobs)],
                topic=self._topic,
            ).alarms
        self._event_notices()
        self._cost_alerts(operator_email)
        health = self._dashboard()

        self._output("AlbDnsName", self._load_balancer.load_balancer.dns_name)
        self._output("ApplicationHttpsEndpoint", f"https://{domain_name}")
        self._output("AlarmTopicArn", self._topic.topic.arn)
        self._output("SystemHealthDashboardUrl", health.url)
        self._output("LanceDbFileSystemId", self._file_storage.file_system.id)
        self._output("LanceDbAccessPointId", self._file_storage.access_point.id)
        if stage.beside.extension and stage.phase == "full":
            refuse_misfits(self, PurePath(stage.beside.extension))

    def _extension(self) -> Additions:
        """Build the stage's own resources, before the services that may use them."""
        if not self._stage.beside.extension or self._stage.phase != "full":
            return Additions()
        return extended(
            self,
            Platform(
                stage=self._stage,
                context=self._context,
                names=self._context.names,
                network=self._network,
                cluster=self._cluster,
                roles=self._roles,
                groups=self._groups.services,
                bucket=self._bucket,
                database=self._database,
                secrets=self._secrets,
                topic=self._topic.topic,
            ),
        )

    def _edge(self, domain_name: str) -> LoadBalancer:
        """Build what the internet meets."""
        stage = self._stage
        requested = self._certificate.issued_arn if self._certificate else None
        certificate_arn = stage.certificate_arn or requested or _NOT_SAID
        edge = LoadBalancer(
            self,
            "load_balancer",
            context=self._context,
            settings=stage.load_balancer,
            lends=stage.previews is not None,
            domain_name=domain_name,
            logs=self._logs if stage.security.access_logs else None,
            certificate_arn=certificate_arn,
            network=self._network,
            security_group=self._groups.load_balancer,
        )
        target = Route53RecordAlias(
            name=edge.load_balancer.dns_name,
            zone_id=edge.load_balancer.zone_id,
            evaluate_target_health=True,
        )
        web_acl_arn: str | None = None
        if stage.security.web_firewall:
            web_acl_arn = WebFirewall(
                self,
                "web_firewall",
                context=self._context,
                settings=stage.security,
                load_balancer=None if stage.front else edge.load_balancer,
                own_addresses=self._network.outgoing_addresses,
                provider=self._elsewhere if stage.front else None,
            ).web_acl.arn
        if stage.front:
            # Only now: no other stage waits for the import of its resource.
            from modules.edge.cdn import Cdn  # noqa: PLC0415

            distribution = Cdn(
                self,
                "cdn",
                context=self._context,
                domain_names=[domain_name, *stage.domains.names],
                certificate_arn=self._certificate_for_cloudfront(stage.front, certificate_arn),
                load_balancer=edge,
                web_acl_arn=web_acl_arn,
            ).distribution
            self._output("CdnDomainName", distribution.domain_name)
            target = Route53RecordAlias(
                name=distribution.domain_name,
                zone_id=distribution.hosted_zone_id,
                evaluate_target_health=False,
            )
        DomainNames(
            self,
            "domain_names",
            zones=self._zones,
            redirected=stage.domains.redirect,
            load_balancer=edge,
            target=target,
        )
        return edge

    def _certificate_for_cloudfront(self, settings: s.Cdn, of_load_balancer: str) -> str:
        if settings.certificate_arn:
            return settings.certificate_arn
        if self._elsewhere and self._certificate:
            return self._certificate.issued_for_cloudfront(self._elsewhere)
        return of_load_balancer

    def _service(self, service: Service, domain_name: str) -> None:
        """Build one service, its route, and the alarms that roll its deployments back."""
        name, stage, names = service.name, self._stage, self._context.names
        route = route_of(
            self._services,
            context=self._context,
            service=service,
            network=self._network,
            load_balancer=self._load_balancer,
        )
        rows = alarms.service_alarms(
            service, stage.alarms, cluster=names.cluster, ecs_service=names.ecs_service(name)
        )
        if route:
            self._target_group_suffixes[name] = route.target_group.arn_suffix
            rows = [
                *alarms.target_group_alarms(
                    service,
                    stage.alarms,
                    load_balancer_suffix=self._load_balancer.load_balancer.arn_suffix,
                    target_group_suffix=route.target_group.arn_suffix,
                ),
                *rows,
            ]
        own_alarms = MetricAlarms(
            self._services, f"{name}_alarms", context=self._context, rows=rows, topic=self._topic
        ).alarms
        self._alarms += own_alarms
        running = FargateService(
            self._services,
            name,
            context=self._context,
            service=service,
            kafka=stage.kafka,
            tracing=stage.tracing,
            proxy=stage.proxy,
            idle_timeout_seconds=stage.load_balancer.idle_timeout_seconds,
            night_stop=stage.night_stop,
            database=stage.database,
            stage=stage.stage,
            domain_name=domain_name,
            network=self._network,
            names_inside=self._names_inside,
            cluster=self._cluster,
            security_group=self._groups.services[name],
            roles=self._roles[name],
            repository=self._registries.repositories.get(name),
            mirror=self._mirror,
            secrets=self._secrets,
            bucket=self._bucket,
            file_storage=self._file_storage,
            own_statements=self._additions.statements(service, stage.beside),
            own_values=self._additions.values,
            route=route,
            alarms=own_alarms,
        )
        self._jobs(service, running)
        silent = planned_stops(service, stage.night_stop, stage.time_zone)
        if silent == [(0, WEEK_MINUTES)]:
            return
        row = alarms.no_task_alarm(
            service,
            target_group=(
                {
                    "LoadBalancer": self._load_balancer.load_balancer.arn_suffix,
                    "TargetGroup": route.target_group.arn_suffix,
                }
                if route
                else None
            ),
            ecs_service={"ClusterName": names.cluster, "ServiceName": names.ecs_service(name)},
            silent=silent,
        )
        # A deployment is not rolled back by it: it may well start from nothing.
        self._alarms += MetricAlarms(
            self._services,
            f"{name}_no_task",
            context=self._context,
            rows=[row],
            topic=self._topic,
            # It would tell at once of a service that is only about to be made.
            after=[running.service],
        ).alarms

    def _jobs(self, service: Service, running: FargateService) -> None:
        """Build what a service does by the clock, and what watches that it does."""
        if not service.jobs:
            return
        # Only now: no other stage waits for the import of their resources.
        from modules.compute.scheduled_job import FailedJobs, ScheduledJob  # noqa: PLC0415

        names = self._context.names
        for key, job in service.jobs.items():
            if self._failed_jobs is None:
                self._failed_jobs = FailedJobs(self, "failed_jobs", context=self._context)
            name = f"{service.name}-{key}"
            ScheduledJob(
                self._services,
                f"{service.name}_job_{key}",
                context=self._context,
                name=name,
                job=job,
                task_definition=running.jobs[key],
                cluster=self._cluster,
                network=self._network,
                security_group=self._groups.services[service.name],
                roles=self._roles[service.name],
                failed=self._failed_jobs,
            )
            self._job_families.append(names.service(name))
            self._alarms += MetricAlarms(
                self._services,
                f"{service.name}_job_{key}_alarms",
                context=self._context,
                rows=alarms.job_alarms(name, job, schedule_group=names.service(name)),
                topic=self._topic,
            ).alarms

    def _platform_alarms(self) -> Sequence[CloudwatchMetricAlarm]:
        stage = self._stage
        suffix = self._load_balancer.load_balancer.arn_suffix
        return MetricAlarms(
            self,
            "platform_alarms",
            context=self._context,
            rows=[
                *alarms.load_balancer_alarms(stage.alarms, load_balancer_suffix=suffix),
                *alarms.database_alarms(
                    stage.alarms,
                    dimensions=self._database.dimensions,
                    storage_metric=self._database.storage_metric,
                ),
                *(
                    [alarms.file_storage_alarm(self._file_storage.file_system.id)]
                    if stage.file_storage.throughput == "bursting"
                    else []
                ),
            ],
            topic=self._topic,
        ).alarms

    def _event_notices(self) -> None:
        context, names = self._context, self._context.names
        ecs = arn(context.region, f"ecs:{context.region}:{context.account_id}")
        notices = EventNotices(
            self,
            "event_notices",
            context=context,
            rows=[
                *(
                    [events.backup_events(names.backup_vault)]
                    if self._stage.security.backups
                    else []
                ),
                events.deployment_events(f"{ecs}:service/{names.cluster}/"),
                events.placement_events(f"{ecs}:cluster/{names.cluster}"),
                *(
                    [
                        events.job_events(
                            [f"{ecs}:task-definition/{each}" for each in self._job_families]
                        )
                    ]
                    if self._job_families
                    else []
                ),
                events.database_events(self._database.kind, self._database.identifiers),
                events.certificate_events(self._load_balancer.certificate_arn),
            ],
            topic=self._topic,
        )
        if self._stage.chat.is_wanted:
            Chat(
                self,
                "chat",
                context=context,
                settings=self._stage.chat,
                topic=self._topic,
                notices=notices,
            )

    def _cost_alerts(self, operator_email: str) -> None:
        settings = self._stage.cost_alerts
        if settings.budget_usd:
            Budget(
                self,
                "budget",
                context=self._context,
                limit_usd=settings.budget_usd,
                operator_email=operator_email,
            )
        if settings.anomaly_usd and settings.anomaly_monitor_arn:
            CostAnomalies(
                self,
                "cost_anomalies",
                context=self._context,
                least_usd=settings.anomaly_usd,
                monitor_arn=settings.anomaly_monitor_arn,
                operator_email=operator_email,
            )

    def _dashboard(self) -> Dashboard:
        services, names = self._stage.services, self._context.names
        shown = {
            name: names.ecs_service(name) for name, row in services.items() if row.on_dashboard
        }
        return Dashboard(
            self,
            "dashboard",
            context=self._context,
            alarms=self._alarms,
            graphs=[
                *dashboard.load_balancer_graphs(
                    load_balancer_suffix=self._load_balancer.load_balancer.arn_suffix,
                    target_group_suffixes=self._target_group_suffixes,
                    latency_of="app",
                ),
                *dashboard.service_graphs(cluster=names.cluster, services=shown),
                *dashboard.database_graphs(
                    dimensions=self._database.dimensions,
                    storage_metric=self._database.storage_metric,
                ),
            ],
        )

    def _logs_bucket(self) -> LogsBucket | None:
        settings = self._stage.security
        if not (settings.flow_logs or settings.access_logs):
            return None
        return LogsBucket(
            self,
            "logs_bucket",
            context=self._context,
            settings=settings,
            network=self._network,
            data_bucket=self._bucket,
        )

    def _find_hosted_zones(self) -> dict[str, DataAwsRoute53Zone]:
        """Find the zone of each name, the domain's first; none where people make the records."""
        stage = self._stage
        if stage.dns.mode != "route53" or stage.domain_name is None:
            return {}
        zones: dict[str, DataAwsRoute53Zone] = {}
        found: dict[str, DataAwsRoute53Zone] = {}
        for name in (stage.domain_name, *stage.further_names):
            zone = stage.zone_of(name) or _NOT_SAID
            if zone not in found:
                label = "main" if not found else label_of(zone)
                found[zone] = address(label, DataAwsRoute53Zone)(
                    self,
                    f"hosted_zone_{label}" if found else "hosted_zone",
                    name=zone,
                    private_zone=False,
                )
            zones[name] = found[zone]
        return zones

    def _request_certificate(self) -> RequestedCertificate | None:
        stage = self._stage
        if stage.certificate_arn or stage.domain_name is None:
            return None
        return RequestedCertificate(
            self,
            "certificate",
            domain_name=stage.domain_name,
            further_names=stage.further_names,
            zones=self._zones,
            awaited=stage.phase == "full",
        )

    def _output(self, name: str, value: str) -> None:
        TerraformOutput(self, name, value=value)


def _registries(services: Mapping[str, Service]) -> dict[str, str]:
    return {name: row.registry for name, row in services.items() if row.has_own_image}


def _pascal(name: str) -> str:
    return "".join(part.title() for part in name.split("-"))
