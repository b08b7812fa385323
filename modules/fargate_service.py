"""One service on Fargate: log, permissions, task definition, service."""

import json
from collections.abc import Sequence

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
)
from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
    EcsTaskDefinitionVolumeEfsVolumeConfiguration,
    EcsTaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfig,
)
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from constructs import Construct

from modules import containers, key_policy, policies
from modules import settings as s
from modules.address import address
from modules.cluster import Cluster
from modules.file_storage import FileStorage
from modules.load_balancer import Route
from modules.naming import Names
from modules.network import Network
from modules.private_bucket import PrivateBucket
from modules.schedule import scheduled_tasks
from modules.secret_store import SecretStore
from modules.service_roles import ServiceRoles
from modules.service_scaling import ServiceScaling
from modules.services import Capacity, Service

PLATFORM_VERSION = "1.4.0"


def capacity_strategy(
    capacity: Capacity, spot_weight: int
) -> list[EcsServiceCapacityProviderStrategy]:
    """Where tasks run. A provider of weight 0 is never used, so a fallback needs a weight of its own.

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


class FargateService(Construct):
    """An ECS service with rolling deployments that roll back on failure or on its own alarms."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        service: Service,
        stage: s.StageSettings,
        names: Names,
        network: Network,
        cluster: Cluster,
        security_group: SecurityGroup,
        roles: ServiceRoles,
        repository: EcrRepository | None,
        secrets: SecretStore,
        bucket: PrivateBucket,
        file_storage: FileStorage,
        route: Route | None,
        alarms: Sequence[CloudwatchMetricAlarm],
        key_arn: str | None,
    ) -> None:
        super().__init__(scope, id_)
        log_group = address(
            service.name,
            CloudwatchLogGroup(
                self,
                "log_group",
                name=names.log_group(service.name),
                retention_in_days=stage.logs.retention_days,
                kms_key_id=key_arn,
                skip_destroy=stage.retain_data,
            ),
        )
        secret_arns = secrets.arns
        references = containers.secret_references(service, kafka=stage.kafka)
        used_secrets = sorted({reference.split(":")[0] for reference in references.values()})
        execution_policy = self._policy(
            "execution",
            roles,
            [
                *policies.execution_statements(
                    log_group_arn=log_group.arn,
                    secret_arns=[secret_arns[name] for name in used_secrets],
                    repository_arn=repository.arn if repository else None,
                ),
                *(
                    key_policy.read_secrets(key_arn, stage.region)
                    if key_arn and used_secrets
                    else []
                ),
            ],
            service,
        )
        collector_image = (
            stage.tracing.collector_image if service.traced and stage.tracing.enabled else None
        )
        task_statements = [
            *(policies.bucket_statements(bucket.bucket.arn) if service.uses_bucket else []),
            *(
                key_policy.use_objects(key_arn, stage.region)
                if key_arn and service.uses_bucket
                else []
            ),
            *(
                policies.file_system_statements(
                    file_system_arn=file_storage.file_system.arn,
                    access_point_arn=file_storage.access_point.arn,
                )
                if service.uses_file_storage
                else []
            ),
            *(policies.tracing_statements() if collector_image else []),
        ]
        task_policies = (
            [self._policy("task", roles, task_statements, service)] if task_statements else []
        )

        definitions = containers.container_definitions(
            service,
            image=(
                f"{repository.repository_url}:{service.image_tag}" if repository else service.image
            ),
            placeholders={
                "domain": stage.domain_name or "",
                "region": stage.region,
                "bucket": bucket.bucket.bucket,
            },
            secrets={
                variable: containers.secret_value_from(reference, secret_arns)
                for variable, reference in references.items()
            },
            log_group=log_group.name,
            region=stage.region,
            collector_image=collector_image,
        )
        task_definition = address(
            service.name,
            EcsTaskDefinition(
                self,
                "task_definition",
                family=names(service.name),
                requires_compatibilities=["FARGATE"],
                network_mode="awsvpc",
                cpu=str(service.cpu_units),
                memory=str(service.memory_mib),
                runtime_platform=EcsTaskDefinitionRuntimePlatform(
                    operating_system_family="LINUX", cpu_architecture=service.cpu_architecture
                ),
                task_role_arn=roles.task.arn,
                execution_role_arn=roles.execution.arn,
                container_definitions=json.dumps(definitions),
                volume=self._volumes(file_storage) if service.uses_file_storage else None,
            ),
        )
        by_the_clock = scheduled_tasks(service, stage.night_stop)
        scales = service.max_tasks > service.min_tasks or bool(by_the_clock)
        ready: list[ITerraformDependable] = [
            cluster.capacity_providers,
            execution_policy,
            *task_policies,
            *network.ways_out,
            *(secrets.first_values[name] for name in used_secrets if name in secrets.first_values),
            *(file_storage.mount_targets if service.uses_file_storage else []),
            *([route.rule] if route else []),
        ]
        self.service = address(
            service.name,
            EcsService(
                self,
                "service",
                name=names(service.name),
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
                load_balancer=(
                    [
                        EcsServiceLoadBalancer(
                            target_group_arn=route.target_group.arn,
                            container_name=service.name,
                            container_port=route.port,
                        )
                    ]
                    if route
                    else None
                ),
                health_check_grace_period_seconds=(service.health_grace_seconds if route else None),
                deployment_minimum_healthy_percent=0 if service.single_writer else 100,
                deployment_maximum_percent=100 if service.single_writer else 200,
                deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(
                    enable=True, rollback=True
                ),
                alarms=(
                    EcsServiceAlarms(
                        enable=True,
                        rollback=True,
                        alarm_names=[alarm.alarm_name for alarm in alarms],
                    )
                    if alarms
                    else None
                ),
                enable_ecs_managed_tags=True,
                propagate_tags="SERVICE",
                lifecycle=(
                    # Scaling owns the number of tasks from the start.
                    TerraformResourceLifecycle(ignore_changes=["desired_count"]) if scales else None
                ),
                depends_on=ready,
            ),
        )
        if scales:
            ServiceScaling(
                self,
                "scaling",
                service=service,
                by_the_clock=by_the_clock,
                time_zone=stage.time_zone,
                cluster=cluster,
                ecs_service=self.service,
            )

    def _policy(
        self,
        role: str,
        roles: ServiceRoles,
        statements: Sequence[policies.Statement],
        service: Service,
    ) -> IamRolePolicy:
        return address(
            f"{service.name}_{role}",
            IamRolePolicy(
                self,
                f"{role}_policy",
                name=role,
                role={"task": roles.task, "execution": roles.execution}[role].name,
                policy=json.dumps(policies.document(statements)),
            ),
        )

    @staticmethod
    def _volumes(storage: FileStorage) -> list[EcsTaskDefinitionVolume]:
        return [
            EcsTaskDefinitionVolume(
                name=containers.FILE_STORAGE_VOLUME,
                efs_volume_configuration=EcsTaskDefinitionVolumeEfsVolumeConfiguration(
                    file_system_id=storage.file_system.id,
                    transit_encryption="ENABLED",
                    authorization_config=(
                        EcsTaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfig(
                            access_point_id=storage.access_point.id, iam="ENABLED"
                        )
                    ),
                ),
            )
        ]
