"""What a change in place restarts or interrupts, in words for the one who decides when to apply it. Pure.

Of the database: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html.
It changes in its maintenance window, because the platform never asks for it at once.
"""

from collections.abc import Mapping
from typing import Final

from terraform.plan import AttributeChange

NOTHING: Final = "nothing"
UNKNOWN: Final = "not known here: look it up at AWS before you apply"

_DATABASE: Final[Mapping[str, str]] = {
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
_BY_TYPE: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_db_instance": _DATABASE,
    "aws_rds_cluster": _DATABASE,
    "aws_ecs_service": {
        "task_definition": "its tasks are replaced one by one; one that may not run twice is away",
        "network_configuration": "its tasks are replaced one by one",
        "load_balancer": "its tasks are replaced one by one",
        "service_registries": "its tasks are replaced one by one",
        "desired_count": NOTHING,
    },
    "aws_route": {
        "nat_gateway_id": "connections out through the old gateway",
        "gateway_id": "connections that go that way",
    },
}


def interruption(type_: str, change: AttributeChange) -> str:
    """Return what the change of one attribute restarts or interrupts.

    Of a database every attribute is listed, and another one is unknown; of other types those that interrupt.
    """
    if change.state_only:
        return NOTHING
    attribute = change.attribute.partition(".")[0].partition("[")[0]
    known = _BY_TYPE.get(type_, {})
    otherwise = UNKNOWN if known is _DATABASE else NOTHING
    return known.get(attribute, otherwise)
