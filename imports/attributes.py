"""Which arguments of each adopted type the record observes, and which changes an adoption may show.

The names are those of provider 5.100.0. Computed attributes, secrets and references to other adopted objects
are left out.
"""

from collections.abc import Callable, Mapping
from typing import Any

# What stays as it was found in every phase: a difference would replace the object, re-word it, or re-tag it.
IDENTITY: Mapping[str, tuple[str, ...]] = {
    "aws_vpc": (
        "cidr_block",
        "enable_dns_hostnames",
        "enable_dns_support",
        "instance_tenancy",
        "tags",
    ),
    "aws_subnet": ("availability_zone", "cidr_block", "map_public_ip_on_launch", "tags"),
    "aws_internet_gateway": ("tags",),
    "aws_eip": ("domain", "tags"),
    "aws_nat_gateway": ("connectivity_type", "tags"),
    "aws_route_table": ("tags",),
    "aws_route_table_association": (),
    "aws_security_group": ("description", "name", "tags"),
    "aws_ecr_repository": ("encryption_configuration", "name", "tags"),
    "aws_s3_bucket": ("bucket", "tags"),
    "aws_s3_bucket_versioning": ("versioning_configuration",),
    "aws_s3_bucket_public_access_block": (
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
    ),
    "aws_s3_bucket_server_side_encryption_configuration": ("rule",),
    "aws_iam_role": (
        "assume_role_policy",
        "description",
        "max_session_duration",
        "name",
        "path",
        "permissions_boundary",
        "tags",
    ),
    "aws_iam_policy": ("description", "name", "path", "policy", "tags"),
    "aws_iam_role_policy_attachment": ("policy_arn", "role"),
    "aws_ecs_cluster": ("name", "tags"),
    "aws_db_subnet_group": ("description", "name", "tags"),
    "aws_db_instance": (
        "db_name",
        "engine",
        "identifier",
        "kms_key_id",
        "port",
        "storage_encrypted",
        "tags",
        "username",
    ),
    "aws_secretsmanager_secret": ("description", "kms_key_id", "name", "tags"),
}

# What is taken as found in phase adopt, and belongs to the stage's settings afterwards. What the provider
# keeps by itself when the configuration says nothing (windows, IOPS, option group) is not here.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "aws_ecr_repository": ("image_scanning_configuration", "image_tag_mutability"),
    "aws_ecs_cluster": ("setting",),
    "aws_db_instance": (
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
}


def _own_parameters(before: Any, after: Any) -> bool:
    return isinstance(before, str) and not before.startswith("default.") and before != after


def _provisioned(before: Any, after: Any) -> bool:
    return before in {"io1", "io2"} and bool(before != after)


def _less_room(before: Any, after: Any) -> bool:
    return isinstance(before, int) and bool(before > (after or 0))


def _no_longer_fixed(before: Any, after: Any) -> bool:
    return bool(before == "IMMUTABLE" and after != "IMMUTABLE")


# Settings that an owner has chosen and that nobody gives up by accident: of those as they were found, which
# change a person has to allow.
CHOSEN: Mapping[str, Mapping[str, Callable[[Any, Any], bool]]] = {
    "aws_db_instance": {
        "max_allocated_storage": _less_room,
        "parameter_group_name": _own_parameters,
        "storage_type": _provisioned,
    },
    "aws_ecr_repository": {"image_tag_mutability": _no_longer_fixed},
}

# Lists that the platform adds to: what was found stays, and what it needs beside that comes with it.
MERGED: Mapping[str, tuple[str, ...]] = {
    "aws_security_group": ("egress", "ingress"),
    "aws_route_table": ("route",),
}


def _switched_off(before: Any, after: Any) -> bool:
    """From nothing to off. The other way is a request (apply at once) or a danger (force)."""
    return before is None and after is False


def _snapshot_kept(_before: Any, after: Any) -> bool:
    """An import says that a destroy skips the final snapshot; it may only be made to take one."""
    return after is False


def _first_text(before: Any, after: Any) -> bool:
    return before is None and isinstance(after, str)


def _recovery_window(before: Any, after: Any) -> bool:
    """7 to 30 days; 0 would mean that a destroy deletes at once."""
    return before is None and isinstance(after, int) and after >= 7


# Per type, the attributes that AWS does not hold: the provider writes their change to the state alone, which
# a test proves by counting requests. Each with the changes that are allowed.
STATE_ONLY: Mapping[str, Mapping[str, Callable[[Any, Any], bool]]] = {
    "aws_db_instance": {
        "apply_immediately": _switched_off,
        "final_snapshot_identifier": _first_text,
        "skip_final_snapshot": _snapshot_kept,
    },
    "aws_ecr_repository": {"force_delete": _switched_off},
    "aws_s3_bucket": {"force_destroy": _switched_off},
    "aws_secretsmanager_secret": {
        "force_overwrite_replica_secret": _switched_off,
        "recovery_window_in_days": _recovery_window,
    },
}


def observed_attributes(type_: str) -> tuple[str, ...]:
    """Every attribute of a type that the record observes, sorted."""
    return tuple(sorted({*IDENTITY[type_], *SETTINGS.get(type_, ()), *MERGED.get(type_, ())}))


def is_state_only(type_: str, attribute: str, before: Any, after: Any) -> bool:
    """Whether a change is one that reaches the state alone, and no API."""
    allowed = STATE_ONLY.get(type_, {}).get(attribute)
    return allowed is not None and allowed(before, after)
