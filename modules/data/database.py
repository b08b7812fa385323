"""The PostgreSQL database, on RDS or on Aurora Serverless v2. Both offer the same attributes.

Longer than others: the two kinds stand side by side, so that a line of one can be held against the other's.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from cdktf import TerraformResourceLifecycle
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

from modules.base.address import address
from modules.base.naming import Names, major_version
from modules.context import Context
from modules.data.database_watch import DatabaseWatch
from modules.monitoring.alarms import StorageMetric
from modules.network.network import AnyNetwork
from modules.security.secret_store import SecretStore
from modules.settings import stage_settings as s
from modules.settings.rules.databases import default_limit_gib, is_default
from modules.settings.services import POSTGRES_PORT
from modules.settings.windows import Windows

# The stored password goes to the database when it is created. A higher number would reset it.
_PASSWORD_VERSION = 1

# Statements of data would be logged with the data in them; those of the schema are few. A slow one is told.
_PARAMETERS: Mapping[str, str] = {
    "rds.force_ssl": "1",
    "log_statement": "ddl",
    "log_min_duration_statement": "1000",  # milliseconds
}


def _apply_method(parameter: str, family: str) -> str:
    """Say how RDS keeps a parameter: one with its default value never as "immediate", which plans would set.

    https://github.com/hashicorp/terraform-provider-aws/issues/39252
    """
    return "pending-reboot" if is_default(parameter, family) else "immediate"


# Free on RDS, with all classes that PostgreSQL runs on. Aurora Serverless would need more capacity for it.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.Overview.cost.html
_FREE_INSIGHTS_DAYS = 7

_LOGS_OF_RDS = ["postgresql", "upgrade"]
_LOGS_OF_AURORA = ["postgresql"]


def _changed_over(settings: s.Database) -> TerraformResourceLifecycle | None:
    """For an upgrade: the old group goes when the database has left it.

    Not otherwise: one that was half made is made anew, and the same name cannot be used twice.
    """
    if not settings.allow_major_version_upgrade:
        return None
    return TerraformResourceLifecycle(create_before_destroy=True)


def _final_snapshot(context: Context, security_group: SecurityGroup) -> str | None:
    """Name the last snapshot by its stage's own security group: AWS refuses a second one of a name.

    A stage that is made again has another group, and one that goes on has another name with no deploy.
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html
    """
    if not context.retain_data:
        return None
    return f"{context.names.final_snapshot}-{security_group.id}"


def _deletes_backups(context: Context, days: int) -> bool | None:
    """Return False where the stage retains its data: daily backups then outlive a deletion for their days.

    A final snapshot is of the last moment alone, which may be after the harm. They are billed as backups are.
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.Retaining.html
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Managing.Backups.Retaining.html
    """
    return False if context.retain_data and days else None


def _grows_to(settings: s.Database, *, is_adopted: bool) -> int | None:
    """Return how far the storage may grow; None leaves it as it is.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
    """
    if settings.max_allocated_storage_gib or is_adopted:
        return settings.max_allocated_storage_gib
    return default_limit_gib(settings.allocated_storage_gib)


def _subnet_group(scope: Construct, names: Names, network: AnyNetwork) -> DbSubnetGroup:
    return address("main", DbSubnetGroup)(
        scope,
        "subnet_group",
        name=names.database_subnet_group,
        description="Private subnets",
        subnet_ids=[subnet.id for subnet in network.private_subnets],
        tags={"Name": names.database_subnet_group},
    )


class PostgresInstance(Construct):
    """PostgreSQL on one RDS instance, with a standby in another zone when it is Multi-AZ."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        settings: s.Database,
        windows: Windows,
        network: AnyNetwork,
        security_group: SecurityGroup,
        secrets: SecretStore,
    ) -> None:
        super().__init__(scope, id_)
        is_adopted = context.is_adopted(DbInstance, "main")
        subnet_group = _subnet_group(self, context.names, network)
        watch = DatabaseWatch(
            self,
            "watch",
            context=context,
            kind="instance",
            logs=_LOGS_OF_RDS,
            monitored=settings.enhanced_monitoring_seconds > 0,
            has_log_groups=is_adopted,
        )
        family = f"postgres{major_version(settings.engine_version)}"
        parameters = address("main", DbParameterGroup)(
            self,
            "parameters",
            name=context.names.parameter_group("postgres", settings.engine_version),
            family=family,
            description="Connections over TLS only",
            parameter=[
                DbParameterGroupParameter(
                    name=name, value=value, apply_method=_apply_method(name, family)
                )
                for name, value in _PARAMETERS.items()
            ],
            lifecycle=_changed_over(settings),
        )
        instance = context.guard.address("main", DbInstance)(
            self,
            "instance",
            identifier=context.names.database,
            engine="postgres",
            engine_version=settings.engine_version,
            allow_major_version_upgrade=settings.allow_major_version_upgrade or None,
            auto_minor_version_upgrade=True,
            instance_class=settings.instance_class,
            allocated_storage=settings.allocated_storage_gib,
            max_allocated_storage=_grows_to(settings, is_adopted=is_adopted),
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=context.key_arn,
            iam_database_authentication_enabled=True,
            db_name=settings.name,
            username=settings.master_username,
            # An adopted database keeps its password: any of these would reset it.
            password_wo=None if is_adopted else secrets.master_password,
            password_wo_version=None if is_adopted else _PASSWORD_VERSION,
            multi_az=settings.multi_az,
            db_subnet_group_name=subnet_group.name,
            vpc_security_group_ids=[security_group.id],
            parameter_group_name=parameters.name,
            publicly_accessible=False,
            enabled_cloudwatch_logs_exports=_LOGS_OF_RDS,
            performance_insights_enabled=None if context.as_found else True,
            # One that is adopted keeps its days and its key, which RDS does not change; one without it gets
            # 7 days too, and RDS's own key.
            performance_insights_retention_period=None if is_adopted else _FREE_INSIGHTS_DAYS,
            performance_insights_kms_key_id=None if is_adopted else context.key_arn,
            monitoring_interval=settings.enhanced_monitoring_seconds,
            monitoring_role_arn=watch.role_arn,
            backup_retention_period=settings.backup_retention_days,
            # An adopted database keeps its windows until the stage file names others.
            backup_window=settings.backup_window if is_adopted else windows.backup,
            maintenance_window=(settings.maintenance_window if is_adopted else windows.maintenance),
            copy_tags_to_snapshot=True,
            apply_immediately=False,
            deletion_protection=context.guard.refuses(DbInstance, "main"),
            skip_final_snapshot=not context.retain_data,
            delete_automated_backups=_deletes_backups(context, settings.backup_retention_days),
            final_snapshot_identifier=(
                context.names.final_snapshot
                if is_adopted and context.retain_data
                else _final_snapshot(context, security_group)
            ),
            depends_on=watch.ready,
        )
        self.host: str = instance.address
        self.port: int = POSTGRES_PORT
        self.kind: Literal["Instance", "Cluster"] = "Instance"
        self.identifier: str = instance.identifier
        self.identifiers: Sequence[str] = [instance.identifier]
        self.arn: str = instance.arn
        self.dimensions: Mapping[str, str] = {"DBInstanceIdentifier": instance.identifier}
        self.storage_metric: StorageMetric = "FreeStorageSpace"


class AuroraCluster(Construct):
    """PostgreSQL on Aurora Serverless v2: capacity follows the load between two bounds."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        settings: s.Database,
        windows: Windows,
        network: AnyNetwork,
        security_group: SecurityGroup,
        secrets: SecretStore,
    ) -> None:
        super().__init__(scope, id_)
        subnet_group = _subnet_group(self, context.names, network)
        watch = DatabaseWatch(
            self,
            "watch",
            context=context,
            kind="cluster",
            logs=_LOGS_OF_AURORA,
            monitored=settings.enhanced_monitoring_seconds > 0,
            has_log_groups=False,
        )
        family = f"aurora-postgresql{major_version(settings.engine_version)}"
        parameters = address("main", RdsClusterParameterGroup)(
            self,
            "parameters",
            name=context.names.parameter_group("aurora-postgres", settings.engine_version),
            family=family,
            description="Connections over TLS only",
            parameter=[
                RdsClusterParameterGroupParameter(
                    name=name, value=value, apply_method=_apply_method(name, family)
                )
                for name, value in _PARAMETERS.items()
            ],
            lifecycle=_changed_over(settings),
        )
        cluster = context.guard.address("main", RdsCluster)(
            self,
            "cluster",
            cluster_identifier=context.names.database,
            engine="aurora-postgresql",
            engine_mode="provisioned",  # what Serverless v2 is called in the API
            engine_version=settings.engine_version,
            allow_major_version_upgrade=settings.allow_major_version_upgrade or None,
            serverlessv2_scaling_configuration=RdsClusterServerlessv2ScalingConfiguration(
                min_capacity=settings.min_acu, max_capacity=settings.max_acu
            ),
            storage_encrypted=True,
            kms_key_id=context.key_arn,
            iam_database_authentication_enabled=True,
            enabled_cloudwatch_logs_exports=_LOGS_OF_AURORA,
            database_name=settings.name,
            master_username=settings.master_username,
            master_password_wo=secrets.master_password,
            master_password_wo_version=_PASSWORD_VERSION,
            db_subnet_group_name=subnet_group.name,
            vpc_security_group_ids=[security_group.id],
            db_cluster_parameter_group_name=parameters.name,
            # Aurora always keeps backups, for a day at least.
            backup_retention_period=max(settings.backup_retention_days, 1),
            preferred_backup_window=windows.backup,
            preferred_maintenance_window=windows.maintenance,
            copy_tags_to_snapshot=True,
            apply_immediately=False,
            deletion_protection=context.guard.refuses(RdsCluster, "main"),
            skip_final_snapshot=not context.retain_data,
            delete_automated_backups=_deletes_backups(context, 1),
            final_snapshot_identifier=_final_snapshot(context, security_group),
            depends_on=watch.ready,
        )
        instances = [
            address(f"main_{index}", RdsClusterInstance)(
                self,
                f"instance_{index}",
                identifier=context.names.database_instance(index),
                cluster_identifier=cluster.id,
                engine="aurora-postgresql",
                engine_version=settings.engine_version,
                instance_class="db.serverless",
                auto_minor_version_upgrade=True,
                preferred_maintenance_window=windows.maintenance,
                publicly_accessible=False,
                monitoring_interval=settings.enhanced_monitoring_seconds,
                monitoring_role_arn=watch.role_arn,
                db_subnet_group_name=subnet_group.name,
                apply_immediately=False,
            )
            for index in range(2 if settings.multi_az else 1)
        ]
        self.host: str = cluster.endpoint
        self.port: int = POSTGRES_PORT
        self.kind: Literal["Instance", "Cluster"] = "Cluster"
        self.identifier: str = cluster.cluster_identifier
        self.identifiers: Sequence[str] = [
            cluster.cluster_identifier,
            *(instance.identifier for instance in instances),
        ]
        self.arn: str = cluster.arn
        self.dimensions: Mapping[str, str] = {"DBClusterIdentifier": cluster.cluster_identifier}
        # Aurora's volume grows by itself, to an end; Serverless v2 does not tell of an instance's own disk.
        # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
        self.storage_metric: StorageMetric = "VolumeBytesUsed"


Database = PostgresInstance | AuroraCluster
DATABASES: Mapping[s.DatabaseEngine, type[PostgresInstance] | type[AuroraCluster]] = {
    "postgres": PostgresInstance,
    "aurora-serverless-v2": AuroraCluster,
}
