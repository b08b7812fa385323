"""The platform of one stage: what there is and what depends on what. Read this file first."""

from pathlib import PurePath

from cdktf import TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.data_aws_route53_zone import DataAwsRoute53Zone
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from constructs import Construct

from modules import alarms, dashboard
from modules import settings as s
from modules.address import address
from modules.certificate import RequestedCertificate
from modules.cluster import Cluster
from modules.cost_alerts import Budget, CostAnomalies
from modules.data_bucket import DataBucket
from modules.database import DATABASES
from modules.fargate_service import FargateService
from modules.file_storage import FileStorage
from modules.guard import Guard
from modules.legacy_base import LegacyBase
from modules.literal import literal
from modules.load_balancer import LoadBalancer, Route
from modules.monitoring import AlarmTopic, Dashboard, MetricAlarms
from modules.naming import Names
from modules.network import Network
from modules.night_stop import NightStop
from modules.registry import Registries
from modules.secret_store import ConnectionStrings, SecretStore
from modules.secrets import SECRETS
from modules.security_groups import SecurityGroups
from modules.service_roles import ServiceRoles
from modules.services import OWN_REPOSITORY, Service
from modules.state import configure_state


class PlatformStack(TerraformStack):
    """One stage of Atomic Calendar.

    `adopted` are the addresses of objects that were there before this project. `emulated` configures the
    provider and the backend for an AWS that is not AWS; nothing else depends on it. `state_folder` holds
    the state file of a stage without a backend of its own.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: s.StageSettings,
        adopted: frozenset[str],
        state_folder: PurePath,
        emulated: bool,
    ) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        self._adopted = adopted
        self._names = Names(prefix=stage.prefix, stack=stage.stack_name)
        configure_state(self, stage=stage, state_folder=state_folder, emulated=emulated)
        _provider(self, stage=stage, emulated=emulated)
        account = address("current", DataAwsCallerIdentity(self, "account"))
        self._account_id = account.account_id
        self._guard = Guard(
            retain_data=stage.retain_data, allow_destroy=frozenset(stage.allow_destroy)
        )

        self._foundation()
        if stage.phase == "full":
            self._application()

    def _foundation(self) -> None:
        """What the services stand on."""
        stage, names = self._stage, self._names
        self._network = Network(self, "network", settings=stage.network, names=names)
        self._groups = SecurityGroups(
            self,
            "security_groups",
            services=stage.services,
            kafka=stage.kafka,
            names=names,
            network=self._network,
        )
        self._registries = Registries(
            self,
            "registries",
            services=[name for name, row in stage.services.items() if row.image == OWN_REPOSITORY],
            guard=self._guard,
            names=names,
        )
        self._bucket = DataBucket(
            self,
            "data_bucket",
            name=names.data_bucket(self._account_id, stage.region),
            guard=self._guard,
        )
        self._cluster = Cluster(
            self, "cluster", container_insights=stage.container_insights, names=names
        )
        self._roles = {
            name: ServiceRoles(
                self,
                f"{name}_roles",
                service=name,
                account_id=self._account_id,
                names=names,
            )
            for name in stage.services
        }
        self._secrets = SecretStore(
            self,
            "secrets",
            rows=SECRETS,
            master_username=stage.database.master_username,
            guard=self._guard,
            adopted=self._adopted,
            names=names,
        )
        self._database = DATABASES[stage.database.engine](
            self,
            "database",
            settings=stage.database,
            guard=self._guard,
            adopted=self._adopted,
            names=names,
            network=self._network,
            security_group=self._groups.database,
            secrets=self._secrets,
        )
        ConnectionStrings(
            self,
            "connection_strings",
            settings=stage.database,
            rows=SECRETS,
            store=self._secrets,
            host=self._database.host,
            port=self._database.port,
        )
        if self._adopted:
            LegacyBase(
                self,
                "legacy_base",
                adopted=self._adopted,
                account_id=self._account_id,
                names=names,
                network=self._network,
                bucket=self._bucket,
            )
        self._hosted_zone = self._find_hosted_zone()
        self._certificate = self._request_certificate()

        self._output("VpcId", self._network.vpc.id)
        self._output("ClusterName", self._cluster.cluster.name)
        self._output("DataBucketName", self._bucket.bucket.bucket)
        self._output("DbInstanceEndpoint", self._database.host)
        for row in SECRETS:
            self._output(row.output, self._secrets.secrets[row.name].arn)
        for name, repository in self._registries.repositories.items():
            self._output(f"EcrRepository{_pascal(name)}", repository.repository_url)
        if self._certificate:
            self._output("CertificateArn", self._certificate.arn)
            if not self._hosted_zone:
                for part, value in self._certificate.validation_record.items():
                    self._output(f"CertificateValidationRecord{part.title()}", value)
        elif stage.certificate_arn:
            self._output("CertificateArn", stage.certificate_arn)

    def _application(self) -> None:
        """The edge, the services, and what watches them."""
        stage, names = self._stage, self._names
        # `checks` has refused a stage of phase full without these two.
        assert stage.domain_name is not None
        assert stage.operator_email is not None
        certificate_arn = stage.certificate_arn or (
            self._certificate.issued() if self._certificate else None
        )
        assert certificate_arn is not None

        load_balancer = LoadBalancer(
            self,
            "load_balancer",
            settings=stage.load_balancer,
            retain_data=stage.retain_data,
            certificate_arn=certificate_arn,
            names=names,
            network=self._network,
            security_group=self._groups.load_balancer,
        )
        if self._hosted_zone:
            load_balancer.alias(domain_name=stage.domain_name, hosted_zone=self._hosted_zone)
        file_storage = FileStorage(
            self,
            "file_storage",
            guard=self._guard,
            names=names,
            network=self._network,
            security_group=self._groups.file_storage,
        )
        topic = AlarmTopic(
            self,
            "alarm_topic",
            operator_email=stage.operator_email,
            account_id=self._account_id,
            names=names,
        )
        alb_suffix = load_balancer.load_balancer.arn_suffix
        platform_alarms = MetricAlarms(
            self,
            "platform_alarms",
            rows=[
                *alarms.load_balancer_alarms(stage.alarms, load_balancer_suffix=alb_suffix),
                *alarms.database_alarms(
                    stage.alarms,
                    dimensions=self._database.dimensions,
                    storage_metric=self._database.storage_metric,
                ),
            ],
            names=names,
            topic=topic,
        )
        all_alarms = list(platform_alarms.alarms)
        target_group_suffixes: dict[str, str] = {}

        for name, service in stage.services.items():
            route = self._route(service, load_balancer)
            if route:
                target_group_suffixes[name] = route.target_group.arn_suffix
            service_alarms = MetricAlarms(
                self,
                f"{name}_alarms",
                rows=[
                    *(
                        alarms.target_group_alarms(
                            service,
                            stage.alarms,
                            load_balancer_suffix=alb_suffix,
                            target_group_suffix=target_group_suffixes[name],
                        )
                        if route
                        else []
                    ),
                    *alarms.service_alarms(
                        service,
                        stage.alarms,
                        cluster=names.cluster,
                        ecs_service=names(name),
                    ),
                ],
                names=names,
                topic=topic,
            )
            all_alarms += service_alarms.alarms
            FargateService(
                self,
                name,
                service=service,
                stage=stage,
                names=names,
                network=self._network,
                cluster=self._cluster,
                security_group=self._groups.services[name],
                roles=self._roles[name],
                repository=self._registries.repositories.get(name),
                secrets=self._secrets,
                bucket=self._bucket,
                file_storage=file_storage,
                route=route,
                alarms=service_alarms.alarms,
            )

        if stage.night_stop:
            NightStop(
                self,
                "night_stop",
                settings=stage.night_stop,
                time_zone=stage.time_zone,
                account_id=self._account_id,
                names=names,
                database=self._database,
            )
        if stage.cost_alerts.budget_usd:
            Budget(
                self,
                "budget",
                limit_usd=stage.cost_alerts.budget_usd,
                operator_email=stage.operator_email,
                names=names,
            )
        if stage.cost_alerts.anomaly_usd:
            CostAnomalies(
                self,
                "cost_anomalies",
                least_usd=stage.cost_alerts.anomaly_usd,
                monitor_arn=stage.cost_alerts.anomaly_monitor_arn,
                operator_email=stage.operator_email,
                names=names,
            )
        health = Dashboard(
            self,
            "dashboard",
            region=stage.region,
            alarms=all_alarms,
            graphs=[
                *dashboard.load_balancer_graphs(
                    load_balancer_suffix=alb_suffix,
                    target_group_suffixes=target_group_suffixes,
                    latency_of="app",
                ),
                *dashboard.service_graphs(
                    cluster=names.cluster,
                    services={
                        name: names(name)
                        for name, service in stage.services.items()
                        if service.on_dashboard
                    },
                ),
                *dashboard.database_graphs(
                    dimensions=self._database.dimensions,
                    storage_metric=self._database.storage_metric,
                ),
            ],
            names=names,
        )
        self._output("AlbDnsName", load_balancer.load_balancer.dns_name)
        self._output("ApplicationHttpsEndpoint", f"https://{stage.domain_name}")
        self._output("AlarmTopicArn", topic.topic.arn)
        self._output("SystemHealthDashboardUrl", health.url)
        self._output("LanceDbFileSystemId", file_storage.file_system.id)
        self._output("LanceDbAccessPointId", file_storage.access_point.id)

    def _find_hosted_zone(self) -> DataAwsRoute53Zone | None:
        stage = self._stage
        if stage.dns.mode != "route53" or stage.domain_name is None:
            return None
        return address(
            "main",
            DataAwsRoute53Zone(
                self,
                "hosted_zone",
                name=stage.dns.hosted_zone_name or stage.domain_name,
                private_zone=False,
            ),
        )

    def _request_certificate(self) -> RequestedCertificate | None:
        stage = self._stage
        if stage.certificate_arn or stage.domain_name is None:
            return None
        return RequestedCertificate(
            self,
            "certificate",
            domain_name=stage.domain_name,
            hosted_zone=self._hosted_zone,
        )

    def _route(self, service: Service, load_balancer: LoadBalancer) -> Route | None:
        if service.path is None or service.port is None:
            return None
        return Route(
            self,
            f"{service.name}_route",
            service=service,
            path=service.path,
            port=service.port,
            names=self._names,
            network=self._network,
            load_balancer=load_balancer,
        )

    def _output(self, name: str, value: str) -> None:
        TerraformOutput(self, name, value=value)


def _provider(stack: TerraformStack, *, stage: s.StageSettings, emulated: bool) -> None:
    default_tags = {key: literal(value) for key, value in stage.default_tags.items()}
    tags = [AwsProviderDefaultTags(tags=default_tags)] if default_tags else None
    if not emulated:
        AwsProvider(stack, "aws", region=stage.region, default_tags=tags)
        return
    # The provider itself takes the emulator's address from AWS_ENDPOINT_URL.
    AwsProvider(
        stack,
        "aws",
        region=stage.region,
        default_tags=tags,
        access_key="test",
        secret_key="test",  # noqa: S106  # the emulator takes any
        s3_use_path_style=True,
        skip_credentials_validation=True,
        skip_metadata_api_check="true",
        skip_region_validation=True,
    )


def _pascal(name: str) -> str:
    return "".join(part.title() for part in name.split("-"))
