"""The ECS cluster."""

from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster, EcsClusterSetting
from cdktf_cdktf_provider_aws.ecs_cluster_capacity_providers import (
    EcsClusterCapacityProviders,
)
from constructs import Construct

from common.version import VERSION
from modules.base.address import address
from modules.context import Context


class Cluster(Construct):
    """A cluster without machines of its own: Fargate, and Fargate Spot for services that ask for it."""

    def __init__(
        self, scope: Construct, id_: str, *, context: Context, container_insights: str
    ) -> None:
        super().__init__(scope, id_)
        self.cluster = address(
            "main",
            EcsCluster(
                self,
                "cluster",
                name=context.names.cluster,
                # On this object alone: a default tag would change every other one with each release.
                tags={"InfrastructureVersion": VERSION},
                setting=[EcsClusterSetting(name="containerInsights", value=container_insights)],
            ),
        )
        self.capacity_providers = address(
            "main",
            EcsClusterCapacityProviders(
                self,
                "capacity_providers",
                cluster_name=self.cluster.name,
                capacity_providers=["FARGATE", "FARGATE_SPOT"],
            ),
        )
