"""Databases: whatever has a name of its own in RDS."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from aws.resources.call import Call, Row
from aws.resources.row import NOTHING, UNKNOWN, ResourceType, switched_off, switched_on


def _call(kind: str, name: str, absent: str) -> Call:
    return Call(
        "rds",
        f"Describe{kind}s",
        f"{kind}s",
        {name: "{}"},
        absent=frozenset({absent, f"{absent}Fault"}),
    )


def _group(type_: str, kind: str, absent: str) -> ResourceType:
    return ResourceType(
        type=type_,
        free=True,
        key=("name",),
        refuses_double=True,
        attributes={"id": f"{kind}Name", "arn": f"{kind}Arn", "name": f"{kind}Name"},
        import_id="{name}",
        listing=_call(kind, f"{kind}Name", absent),
    )


def _not_default(member: str) -> Callable[[Row], bool]:
    return lambda row: not row[member].startswith("default.")


def _kept(_before: Any, after: Any) -> bool:
    """Allow a change to what a destroy leaves: an import says that it leaves nothing."""
    return after is False


def _first_text(before: Any, after: Any) -> bool:
    return before is None and isinstance(after, str)


def _own_parameters(before: Any, after: Any) -> bool:
    return isinstance(before, str) and not before.startswith("default.") and before != after


def _provisioned(before: Any, after: Any) -> bool:
    return before in {"io1", "io2"} and bool(before != after)


def _ended(before: Any, after: Any) -> bool:
    return before is True and not after


def _fewer(before: Any, after: Any) -> bool:
    return bool(set(before or ()) - set(after or ()))


def _less_room(before: Any, after: Any) -> bool:
    return isinstance(before, int) and bool(before > (after or 0))


_INSTANCES: Final = _call("DBInstance", "DBInstanceIdentifier", "DBInstanceNotFound")

# It changes in its maintenance window, because the platform never asks for it at once.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html
_INTERRUPTS: Final[Mapping[str, str]] = {
    "*": UNKNOWN,
    **dict.fromkeys(
        (
            "auto_minor_version_upgrade",
            "backup_window",
            "copy_tags_to_snapshot",
            "delete_automated_backups",
            "deletion_protection",
            "enabled_cloudwatch_logs_exports",
            "final_snapshot_identifier",
            "iam_database_authentication_enabled",
            "maintenance_window",
            "max_allocated_storage",
            "monitoring_interval",
            "monitoring_role_arn",
            "performance_insights_enabled",
            "performance_insights_kms_key_id",
            "performance_insights_retention_period",
            "skip_final_snapshot",
            "tags",
            "tags_all",
        ),
        NOTHING,
    ),
    "allocated_storage": "nothing; it is slower for hours",
    "backup_retention_period": "from or to 0 days: the database, for minutes; else nothing",
    "ca_cert_identifier": "the database, for minutes, where its version cannot do it running",
    "engine_version": "the database, for minutes",
    "instance_class": "the database, for minutes; with a standby, for about one",
    "iops": "nothing; it is slower for hours",
    "multi_az": "nothing; it is slower while the standby is made",
    "parameter_group_name": "nothing until somebody restarts the database, which it takes to hold",
    "password_wo": "logins with the old password",
    "storage_throughput": "nothing; it is slower for hours",
    "storage_type": "nothing; it is slower for hours",
    "vpc_security_group_ids": "connections that the new groups do not allow",
}

RDS: Final = (
    ResourceType(
        type="aws_db_instance",
        cloudformation="AWS::RDS::DBInstance",
        interrupts=_INTERRUPTS,
        role_is_for="monitoring.rds.amazonaws.com",
        arn="arn:aws:rds:us-east-1:111122223333:db:name",
        label="DB instance",
        key=("identifier",),
        refuses_double=True,
        attributes={
            "id": "DbiResourceId",
            "identifier": "DBInstanceIdentifier",
            "arn": "DBInstanceArn",
        },
        import_id="{identifier}",
        listing=_INSTANCES,
        is_one=lambda row: not row.get("DBClusterIdentifier"),
        status="DBInstanceStatus",
        holds_data=True,
        kept_in_state={
            "apply_immediately": None,
            "delete_automated_backups": None,
            "final_snapshot_identifier": None,
            "password_wo_version": None,
            "skip_final_snapshot": None,
        },
        state_changes={
            "apply_immediately": switched_off,
            "delete_automated_backups": _kept,
            "final_snapshot_identifier": _first_text,
            "skip_final_snapshot": _kept,
        },
        identity=(
            "db_name",
            "engine",
            "identifier",
            "kms_key_id",
            "port",
            "storage_encrypted",
            "tags",
            "username",
        ),
        # What the provider keeps by itself when the configuration says nothing (windows, IOPS, option group)
        # is not here.
        settings=(
            "allocated_storage",
            "auto_minor_version_upgrade",
            "backup_retention_period",
            "copy_tags_to_snapshot",
            "deletion_protection",
            "enabled_cloudwatch_logs_exports",
            "engine_version",
            "iam_database_authentication_enabled",
            "instance_class",
            "max_allocated_storage",
            "monitoring_interval",
            "monitoring_role_arn",
            "multi_az",
            "parameter_group_name",
            "performance_insights_enabled",
            "publicly_accessible",
            "storage_type",
        ),
        chosen={
            "auto_minor_version_upgrade": switched_on,
            "enabled_cloudwatch_logs_exports": _fewer,
            "max_allocated_storage": _less_room,
            "parameter_group_name": _own_parameters,
            "performance_insights_enabled": _ended,
            "publicly_accessible": _ended,
            "storage_type": _provisioned,
        },
        # The owner may have given it groups of their own.
        merged=("vpc_security_group_ids",),
    ),
    ResourceType(
        type="aws_rds_cluster",
        interrupts=_INTERRUPTS,
        arn="arn:aws:rds:us-east-1:111122223333:cluster:name",
        key=("cluster_identifier",),
        refuses_double=True,
        attributes={
            "id": "DBClusterIdentifier",
            "cluster_identifier": "DBClusterIdentifier",
            "arn": "DBClusterArn",
        },
        import_id="{cluster_identifier}",
        listing=_call("DBCluster", "DBClusterIdentifier", "DBClusterNotFound"),
        status="Status",
        holds_data=True,
        kept_in_state={
            "apply_immediately": None,
            "delete_automated_backups": None,
            "enable_global_write_forwarding": False,
            "enable_local_write_forwarding": False,
            "final_snapshot_identifier": None,
            "master_password_wo_version": None,
            "skip_final_snapshot": None,
        },
    ),
    ResourceType(
        type="aws_rds_cluster_instance",
        role_is_for="monitoring.rds.amazonaws.com",
        key=("identifier",),
        refuses_double=True,
        attributes={
            "id": "DBInstanceIdentifier",
            "identifier": "DBInstanceIdentifier",
            "arn": "DBInstanceArn",
        },
        import_id="{identifier}",
        listing=_INSTANCES,
        is_one=lambda row: bool(row.get("DBClusterIdentifier")),
        status="DBInstanceStatus",
        kept_in_state={"apply_immediately": None},
    ),
    replace(
        _group("aws_db_subnet_group", "DBSubnetGroup", "DBSubnetGroupNotFound"),
        cloudformation="AWS::RDS::DBSubnetGroup",
        label="DB subnet group",
        carries_data=True,
        identity=("description", "name", "tags"),
    ),
    replace(
        _group("aws_db_parameter_group", "DBParameterGroup", "DBParameterGroupNotFound"),
        is_somebodys=_not_default("DBParameterGroupName"),
    ),
    replace(
        _group(
            "aws_rds_cluster_parameter_group", "DBClusterParameterGroup", "DBParameterGroupNotFound"
        ),
        is_somebodys=_not_default("DBClusterParameterGroupName"),
    ),
)
DATABASES: Final = frozenset(each.type for each in RDS if each.holds_data)
