"""The PostgreSQL database, on RDS or on Aurora Serverless v2. Both offer the same attributes."""

from collections.abc import Mapping
from typing import Literal

from cdktf_cdktf_provider_aws.db_instance import DbInstance
from cdktf_cdktf_provider_aws.db_parameter_group import (
    DbParameterGroup,
    DbParameterGroupParameter,
)
from cdktf_cdktf_provider_aws.db_subnet_group import DbSubnetGroup
from cdktf_cdktf_provider_aws.rds_cluster import (
    RdsCluster,
    RdsClusterServerlessv2ScalingConfiguration,
)
from cdktf_cdktf_provider_aws.rds_cluster_instance import RdsClusterInstance
from cdktf_cdktf_provider_aws.rds_cluster_parameter_group import (
    RdsClusterParameterGroup,
    RdsClusterParameterGroupParameter,
)
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from constructs import Construct

from modules import settings as s
from modules.address import address
from modules.guard import Guard
from modules.naming import Names
from modules.network import Network
from modules.secret_store import SecretStore
from modules.security_groups import POSTGRES_PORT

# The stored password goes to the database when it is created. A higher number would reset it.
_PASSWORD_VERSION = 1


def _major(engine_version: str) -> str:
    return engine_version.split(".", 1)[0]


def _subnet_group(scope: Construct, names: Names, network: Network) -> DbSubnetGroup:
    return address(
        "main",
        DbSubnetGroup(
            scope,
            "subnet_group",
            name=names("db-subnet-group"),
            description="Private subnets",
            subnet_ids=[subnet.id for subnet in network.private_subnets],
            tags={"Name": names("db-subnet-group")},
        ),
    )


class PostgresInstance(Construct):
    """PostgreSQL on one RDS instance, with a standby in another zone when it is Multi-AZ."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: s.Database,
        guard: Guard,
        adopted: frozenset[str],
        names: Names,
        network: Network,
        security_group: SecurityGroup,
        secrets: SecretStore,
    ) -> None:
        super().__init__(scope, id_)
        keeps_password = "aws_db_instance.main" in adopted
        subnet_group = _subnet_group(self, names, network)
        parameters = address(
            "main",
            DbParameterGroup(
                self,
                "parameters",
                name=names("postgres"),
                family=f"postgres{_major(settings.engine_version)}",
                description="Connections over TLS only",
                parameter=[
                    DbParameterGroupParameter(
                        name="rds.force_ssl", value="1", apply_method="immediate"
                    )
                ],
            ),
        )
        instance = guard.address(
            "main",
            DbInstance(
                self,
                "instance",
                identifier=names.database,
                engine="postgres",
                engine_version=settings.engine_version,
                auto_minor_version_upgrade=True,
                instance_class=settings.instance_class,
                allocated_storage=settings.allocated_storage_gib,
                storage_type="gp3",
                storage_encrypted=True,
                db_name=settings.name,
                username=settings.master_username,
                # An adopted database keeps its password: any of these would reset it.
                password_wo=None if keeps_password else secrets.master_password,
                password_wo_version=None if keeps_password else _PASSWORD_VERSION,
                multi_az=settings.multi_az,
                db_subnet_group_name=subnet_group.name,
                vpc_security_group_ids=[security_group.id],
                parameter_group_name=parameters.name,
                publicly_accessible=False,
                backup_retention_period=settings.backup_retention_days,
                copy_tags_to_snapshot=True,
                apply_immediately=False,
                deletion_protection=guard.refuses("aws_db_instance", "main"),
                skip_final_snapshot=not guard.retain_data,
                final_snapshot_identifier=names.final_snapshot if guard.retain_data else None,
            ),
        )
        self.host: str = instance.address
        self.port: int = POSTGRES_PORT
        self.kind: Literal["Instance", "Cluster"] = "Instance"
        self.identifier: str = instance.identifier
        self.arn: str = instance.arn
        self.dimensions: Mapping[str, str] = {"DBInstanceIdentifier": instance.identifier}
        self.storage_metric = "FreeStorageSpace"


class AuroraCluster(Construct):
    """PostgreSQL on Aurora Serverless v2: capacity follows the load between two bounds."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: s.Database,
        guard: Guard,
        adopted: frozenset[str],  # noqa: ARG002  # the legacy base has no Aurora; one shape for both
        names: Names,
        network: Network,
        security_group: SecurityGroup,
        secrets: SecretStore,
    ) -> None:
        super().__init__(scope, id_)
        subnet_group = _subnet_group(self, names, network)
        parameters = address(
            "main",
            RdsClusterParameterGroup(
                self,
                "parameters",
                name=names("aurora-postgres"),
                family=f"aurora-postgresql{_major(settings.engine_version)}",
                description="Connections over TLS only",
                parameter=[
                    RdsClusterParameterGroupParameter(
                        name="rds.force_ssl", value="1", apply_method="immediate"
                    )
                ],
            ),
        )
        cluster = guard.address(
            "main",
            RdsCluster(
                self,
                "cluster",
                cluster_identifier=names.database,
                engine="aurora-postgresql",
                engine_mode="provisioned",  # what Serverless v2 is called in the API
                engine_version=settings.engine_version,
                serverlessv2_scaling_configuration=RdsClusterServerlessv2ScalingConfiguration(
                    min_capacity=settings.min_acu, max_capacity=settings.max_acu
                ),
                storage_encrypted=True,
                database_name=settings.name,
                master_username=settings.master_username,
                master_password_wo=secrets.master_password,
                master_password_wo_version=_PASSWORD_VERSION,
                db_subnet_group_name=subnet_group.name,
                vpc_security_group_ids=[security_group.id],
                db_cluster_parameter_group_name=parameters.name,
                # Aurora always keeps backups, for a day at least.
                backup_retention_period=max(settings.backup_retention_days, 1),
                copy_tags_to_snapshot=True,
                apply_immediately=False,
                deletion_protection=guard.refuses("aws_rds_cluster", "main"),
                skip_final_snapshot=not guard.retain_data,
                final_snapshot_identifier=names.final_snapshot if guard.retain_data else None,
            ),
        )
        for index in range(2 if settings.multi_az else 1):
            address(
                f"main_{index}",
                RdsClusterInstance(
                    self,
                    f"instance_{index}",
                    identifier=f"{names.database}-{index}",
                    cluster_identifier=cluster.id,
                    engine="aurora-postgresql",
                    engine_version=settings.engine_version,
                    instance_class="db.serverless",
                    auto_minor_version_upgrade=True,
                    publicly_accessible=False,
                    db_subnet_group_name=subnet_group.name,
                    apply_immediately=False,
                ),
            )
        self.host: str = cluster.endpoint
        self.port: int = POSTGRES_PORT
        self.kind: Literal["Instance", "Cluster"] = "Cluster"
        self.identifier: str = cluster.cluster_identifier
        self.arn: str = cluster.arn
        self.dimensions: Mapping[str, str] = {"DBClusterIdentifier": cluster.cluster_identifier}
        # Aurora's volume grows by itself; what can run out is an instance's own disk.
        self.storage_metric = "FreeLocalStorage"


Database = PostgresInstance | AuroraCluster
DATABASES: Mapping[s.DatabaseEngine, type[PostgresInstance] | type[AuroraCluster]] = {
    "postgres": PostgresInstance,
    "aurora-serverless-v2": AuroraCluster,
}
