"""One service on Fargate: log, permissions, task definition, service.

Longer than others: what these four take of each other is the whole of it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.ecr_repository import EcrRepository
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsService,
    EcsServiceAlarms,
    EcsServiceCapacityProviderStrategy,
    EcsServiceDeploymentCircuitBreaker,
    EcsServiceLoadBalancer,
    EcsServiceNetworkConfiguration,
    EcsServiceServiceRegistries,
)
from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
    EcsTaskDefinitionVolumeEfsVolumeConfiguration,
    EcsTaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfig,
)
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from constructs import Construct

from modules.base.address import address
from modules.compute import containers
from modules.compute.authorities import VOLUME as AUTHORITIES
from modules.compute.authorities import authorities, with_authorities
from modules.compute.cluster import Cluster
from modules.compute.mirror import Mirror
from modules.compute.service_roles import ServiceRoles
from modules.compute.service_scaling import ServiceScaling
from modules.compute.strip_proxy import LONGER_SECONDS, PROXY
from modules.compute.timekeeper import TIMEKEEPER, with_timekeeper
from modules.context import Context
from modules.data.file_storage import FileStorage
from modules.data.private_bucket import PrivateBucket
from modules.edge.load_balancer import Route
from modules.lent import LentCluster, LentNetwork, LentObject
from modules.network.inside_names import InsideNames, LentNames
from modules.network.network import AnyNetwork
from modules.security import key_policy, policies
from modules.security.roles import allow
from modules.security.secret_store import SecretStore
from modules.settings import stage_settings as s
from modules.settings.jobs import Job
from modules.settings.schedule import scheduled_tasks
from modules.settings.services import Capacity, Service
from modules.settings.shared_registry import SharedRepository

PLATFORM_VERSION = "1.4.0"


def capacity_strategy(
    capacity: Capacity, spot_weight: int
) -> list[EcsServiceCapacityProviderStrategy]:
    """Say where tasks run. A provider of weight 0 is never used, so a fallback has a weight.

    On demand is a strategy too, not a launch type: going from none to some would re-create the service.
    """
    on_demand = EcsServiceCapacityProviderStrategy(capacity_provider="FARGATE", base=1, weight=1)
    spot = EcsServiceCapacityProviderStrategy(
        capacity_provider="FARGATE_SPOT", base=0, weight=spot_weight
    )
    return {
        "on-demand": [on_demand],
        "spot-with-fallback": [on_demand, spot],
        "spot-only": [spot],
    }[capacity]


def _rebalancing(service: Service) -> str:
    """Say whether ECS moves tasks back when a zone returns: where two run at all times, against such a loss.

    Of one task there is nothing to move, and what is scaled out now and then would be moved in vain, with a
    warning each time that Spot has no room there. ECS refuses it where no task may run beside an old one. It
    is always said: left out, AWS turns it on for new services, provider 5 off.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
    """
    return "ENABLED" if service.min_tasks > 1 and not service.single_writer else "DISABLED"


class FargateService(Construct):
    """An ECS service with rolling deployments that roll back on failure or on its own alarms."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        service: Service,
        kafka: bool,
        tracing: s.Tracing,
        proxy: s.Proxy,
        idle_timeout_seconds: int,
        night_stop: s.NightStop | None,
        database: s.Database,
        stage: str,
        domain_name: str,
        network: AnyNetwork | LentNetwork,
        names_inside: InsideNames | LentNames,
        cluster: Cluster | LentCluster,
        security_group: SecurityGroup | LentObject,
        roles: ServiceRoles,
        repository: EcrRepository | SharedRepository | LentObject | None,
        mirror: Mirror,
        secrets: SecretStore,
        bucket: PrivateBucket,
        file_storage: FileStorage | None,
        own_statements: Sequence[policies.Statement],
        own_values: Mapping[str, str],
        route: Route | None,
        alarms: Sequence[CloudwatchMetricAlarm],
    ) -> None:
        super().__init__(scope, id_)
        self._row = service
        self._own_statements = own_statements
        self._own_values = own_values
        self._domain_name = domain_name
        self._authorities_image = database.authorities_image
        self._context = context
        self._roles = roles
        self._repository = repository
        self._mirror = mirror
        self._secrets = secrets
        self._bucket = bucket
        self._proxy_image = proxy.image
        self._idle_timeout_seconds = idle_timeout_seconds
        self._session_log = cluster.session_log if service.exec_enabled else None
        self._file_storage = file_storage if service.uses_file_storage else None
        self._references = containers.secret_references(service, kafka=kafka)
        self._used_secrets = sorted({each.name for each in self._references.values()})
        self._authorities = authorities(context.region) if service.uses_database else None
        self._sample_percent = tracing.sample_percent
        self._collector_image = (
            tracing.collector_image if service.traced and tracing.enabled else None
        )

        log_group = address(service.name, CloudwatchLogGroup)(
            self,
            "log_group",
            name=context.names.log_group(service.name),
            retention_in_days=context.log_retention_days,
            kms_key_id=context.key_arn,
            skip_destroy=context.retain_data,
        )
        definitions = self._containers(service, log_group, collector_image=self._collector_image)
        self.jobs = {name: self._job(name, job, log_group) for name, job in service.jobs.items()}
        images = [each["image"] for each in definitions]
        permissions = self._permissions(
            log_group, [*images, *([self._authorities_image] if self.jobs else [])]
        )
        task_definition = self._task_definition("task_definition", service.name, definitions)
        by_the_clock = scheduled_tasks(service, night_stop)
        registered = names_inside.services.get(service.name)
        scales = service.max_tasks > service.min_tasks or bool(by_the_clock)
        first_values = secrets.first_values
        ready: list[ITerraformDependable] = [
            *cluster.ready,
            *permissions,
            *network.ways_out,
            *names_inside.ready,
            *(first_values[name] for name in self._used_secrets if name in first_values),
            *(self._file_storage.mount_targets if self._file_storage else []),
            *([route.rule] if route else []),
        ]
        self.service = address(service.name, EcsService)(
            self,
            "service",
            name=context.names.ecs_service(service.name),
            cluster=cluster.cluster.arn,
            task_definition=task_definition.arn,
            desired_count=service.min_tasks,
            platform_version=PLATFORM_VERSION,
            capacity_provider_strategy=capacity_strategy(service.capacity, service.spot_weight),
            # ECS takes a changed strategy only with a new deployment.
            force_new_deployment=True,
            network_configuration=EcsServiceNetworkConfiguration(
                subnets=[subnet.id for subnet in network.task_subnets],
                security_groups=[security_group.id],
                assign_public_ip=network.assign_public_ip,
            ),
            load_balancer=self._behind(route) if route else None,
            service_registries=(
                EcsServiceServiceRegistries(registry_arn=registered.arn) if registered else None
            ),
            health_check_grace_period_seconds=(service.health_grace_seconds if route else None),
            deployment_minimum_healthy_percent=0 if service.single_writer else 100,
            deployment_maximum_percent=100 if service.single_writer else 200,
            availability_zone_rebalancing=_rebalancing(service),
            deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(
                enable=True, rollback=True
            ),
            alarms=self._rolled_back_by(alarms) if alarms else None,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            enable_execute_command=service.exec_enabled or None,
            lifecycle=self._lifecycle(scales=scales, stage=stage),
            depends_on=ready,
        )
        if scales:
            ServiceScaling(
                self,
                "scaling",
                context=context,
                service=service,
                beside_mib=containers.beside_mib(service, traced=self._collector_image is not None),
                by_the_clock=by_the_clock,
                cluster=cluster,
                ecs_service=self.service,
            )

    def _lifecycle(self, *, scales: bool, stage: str) -> TerraformResourceLifecycle | None:
        awaited = self._secrets.awaited_logins(self._used_secrets, stage=stage)
        if not scales and not awaited:
            return None
        return TerraformResourceLifecycle(
            # Scaling owns the number of tasks from the start.
            ignore_changes=["desired_count"] if scales else None,
            precondition=awaited or None,
        )

    def _permissions(
        self, log_group: CloudwatchLogGroup, images: Sequence[str]
    ) -> list[IamRolePolicy]:
        """Allow ECS what it takes to start a task, and the task itself what it needs."""
        region, key_arn = self._context.region, self._context.key_arn
        secret_arns = self._secrets.arns
        execution = [
            *policies.execution_statements(
                log_group_arn=log_group.arn,
                secret_arns=[secret_arns[name] for name in self._used_secrets],
                repository_arns=[
                    *([self._repository.arn] if self._repository else []),
                    *self._mirror.repository_arns(images),
                ],
            ),
            *(key_policy.read_secrets(key_arn, region) if key_arn and self._used_secrets else []),
        ]
        task: list[policies.Statement] = []
        if self._row.uses_bucket:
            task += policies.bucket_statements(self._bucket.bucket.arn)
            task += key_policy.use_objects(key_arn, region) if key_arn else []
        if self._file_storage:
            task += policies.file_system_statements(
                file_system_arn=self._file_storage.file_system.arn,
                access_point_arn=(
                    self._file_storage.way_in.arn if self._file_storage.way_in else None
                ),
            )
        if self._collector_image:
            task += policies.tracing_statements()
        if self._session_log:
            task += policies.session_statements()
            task += policies.session_log_statements(
                self._session_log.arn, account_id=self._context.account_id, region=region
            )
            task += key_policy.read_sessions(key_arn) if key_arn else []
        return [
            self._policy("execution", self._roles.execution, execution),
            *([self._policy("task", self._roles.task, task)] if task else []),
            *(
                [self._policy("own", self._roles.task, self._own_statements)]
                if self._own_statements
                else []
            ),
        ]

    def _policy(
        self, name: str, role: IamRole, statements: Sequence[policies.Statement]
    ) -> IamRolePolicy:
        label = f"{self._row.name}_{name}"
        return allow(self, f"{name}_policy", label, role=role, name=name, statements=statements)

    def _job(self, name: str, job: Job, log_group: CloudwatchLogGroup) -> EcsTaskDefinition:
        """Make the task of a job: the service's container alone, with its own command and its time."""
        unrouted = {"port": None, "path": None, "second_route": None, "health_command": ()}
        row = self._row.model_copy(update={**unrouted, "command": job.command})
        definitions = with_timekeeper(
            self._containers(row, log_group, collector_image=None),
            seconds=job.timeout_seconds,
            image=self._authorities_image,
            log=containers.awslogs(log_group.name, self._context.region, stream=TIMEKEEPER),
        )
        return self._task_definition(
            f"{name}_task_definition", f"{self._row.name}-{name}", definitions
        )

    def _containers(
        self, row: Service, log_group: CloudwatchLogGroup, *, collector_image: str | None
    ) -> list[dict[str, Any]]:
        region, secret_arns = self._context.region, self._secrets.arns
        definitions = containers.container_definitions(
            row,
            image=(
                f"{self._repository.repository_url}:{row.image_tag}"
                if self._repository
                else row.image
            ),
            placeholders={
                **self._own_values,
                "domain": self._domain_name,
                "region": region,
                "bucket": self._bucket.bucket.bucket,
                "namespace": self._context.names.namespace,
                "keep_alive_ms": str((self._idle_timeout_seconds + LONGER_SECONDS) * 1000),
            },
            secrets={
                variable: containers.secret_value_from(reference, secret_arns)
                for variable, reference in self._references.items()
            },
            log_group=log_group.name,
            region=region,
            collector_image=collector_image,
            sample_percent=self._sample_percent,
            proxy_image=self._proxy_image,
            idle_timeout_seconds=self._idle_timeout_seconds,
        )
        if self._authorities:
            definitions = with_authorities(
                definitions, pem=self._authorities, image=self._authorities_image
            )
        return definitions

    def _task_definition(
        self, id_: str, name: str, definitions: Sequence[dict[str, Any]]
    ) -> EcsTaskDefinition:
        row, image = self._row, self._mirror.image
        definitions = [each | {"image": image(each["image"])} for each in definitions]
        return address(name, EcsTaskDefinition)(
            self,
            id_,
            family=self._context.names.service(name),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(row.cpu_units),
            memory=str(row.memory_mib),
            runtime_platform=EcsTaskDefinitionRuntimePlatform(
                operating_system_family="LINUX", cpu_architecture=row.cpu_architecture
            ),
            task_role_arn=self._roles.task.arn,
            execution_role_arn=self._roles.execution.arn,
            container_definitions=json.dumps(definitions),
            # A rollback goes back to a revision that has to be there still. They cost nothing.
            # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deregister-task-definition-v2.html
            skip_destroy=True,
            volume=[
                *self._volumes(),
                *([EcsTaskDefinitionVolume(name=AUTHORITIES)] if self._authorities else []),
            ]
            or None,
        )

    def _behind(self, route: Route) -> list[EcsServiceLoadBalancer]:
        return [
            EcsServiceLoadBalancer(
                target_group_arn=route.target_group.arn,
                container_name=PROXY if self._row.proxied else self._row.name,
                container_port=route.port,
            )
        ]

    @staticmethod
    def _rolled_back_by(alarms: Sequence[CloudwatchMetricAlarm]) -> EcsServiceAlarms:
        return EcsServiceAlarms(
            enable=True, rollback=True, alarm_names=[alarm.alarm_name for alarm in alarms]
        )

    def _volumes(self) -> list[EcsTaskDefinitionVolume]:
        volumes = []
        if self._row.read_only_root:
            volumes.append(EcsTaskDefinitionVolume(name=containers.SCRATCH_VOLUME))
        if storage := self._file_storage:
            volumes.append(
                EcsTaskDefinitionVolume(
                    name=containers.FILE_STORAGE_VOLUME,
                    efs_volume_configuration=EcsTaskDefinitionVolumeEfsVolumeConfiguration(
                        file_system_id=storage.file_system.id,
                        transit_encryption="ENABLED",
                        authorization_config=(
                            EcsTaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfig(
                                access_point_id=storage.way_in.id if storage.way_in else None,
                                iam="ENABLED",
                            )
                        ),
                    ),
                )
            )
        return volumes
