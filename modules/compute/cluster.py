"""The ECS cluster."""

from collections.abc import Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_cluster import (
    EcsCluster,
    EcsClusterConfiguration,
    EcsClusterConfigurationExecuteCommandConfiguration,
    EcsClusterConfigurationExecuteCommandConfigurationLogConfiguration,
    EcsClusterSetting,
)
from cdktf_cdktf_provider_aws.ecs_cluster_capacity_providers import (
    EcsClusterCapacityProviders,
)
from constructs import Construct

from common.version import VERSION
from modules.base.address import address
from modules.context import Context


class Cluster(Construct):
    """A cluster without machines of its own: Fargate, and Fargate Spot for services that ask for it.

    With `shells` it logs what is typed and shown in them, encrypted with the stage's key where it has one.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        container_insights: str,
        shells: bool,
    ) -> None:
        super().__init__(scope, id_)
        self.session_log = (
            address("exec", CloudwatchLogGroup)(
                self,
                "session_log",
                name=context.names.exec_log_group,
                retention_in_days=context.log_retention_days,
                kms_key_id=context.key_arn,
                skip_destroy=context.retain_data,
            )
            if shells
            else None
        )
        self.cluster = address("main", EcsCluster)(
            self,
            "cluster",
            name=context.names.cluster,
            # On this object alone: a default tag would change every other one with each release.
            tags={"InfrastructureVersion": VERSION},
            setting=[EcsClusterSetting(name="containerInsights", value=container_insights)],
            configuration=(
                _logged_in(self.session_log, context.key_arn) if self.session_log else None
            ),
        )
        self.capacity_providers = address("main", EcsClusterCapacityProviders)(
            self,
            "capacity_providers",
            cluster_name=self.cluster.name,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
        )
        self.ready: Sequence[ITerraformDependable] = [self.capacity_providers]


def _logged_in(group: CloudwatchLogGroup, key_arn: str | None) -> EcsClusterConfiguration:
    return EcsClusterConfiguration(
        execute_command_configuration=EcsClusterConfigurationExecuteCommandConfiguration(
            logging="OVERRIDE",
            kms_key_id=key_arn,
            log_configuration=EcsClusterConfigurationExecuteCommandConfigurationLogConfiguration(
                cloud_watch_log_group_name=group.name,
                cloud_watch_encryption_enabled=key_arn is not None,
            ),
        )
    )
