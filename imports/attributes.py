"""Which arguments of each adopted type the record observes, and which changes an adoption may show.

The names are those of provider 5.100.0. Computed attributes, secrets and references to other adopted objects
are left out.
"""

from collections.abc import Mapping
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

# What is taken as found in phase adopt, and belongs to the stage's settings afterwards.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "aws_ecr_repository": ("image_scanning_configuration", "image_tag_mutability"),
    "aws_ecs_cluster": ("setting",),
    "aws_db_instance": (
        "allocated_storage",
        "allow_major_version_upgrade",
        "auto_minor_version_upgrade",
        "backup_retention_period",
        "backup_window",
        "ca_cert_identifier",
        "copy_tags_to_snapshot",
        "deletion_protection",
        "enabled_cloudwatch_logs_exports",
        "engine_version",
        "iam_database_authentication_enabled",
        "instance_class",
        "iops",
        "license_model",
        "maintenance_window",
        "max_allocated_storage",
        "monitoring_interval",
        "multi_az",
        "network_type",
        "option_group_name",
        "parameter_group_name",
        "performance_insights_enabled",
        "publicly_accessible",
        "storage_throughput",
        "storage_type",
    ),
}

# Lists that the platform adds to: what was found stays, and what it needs beside that comes with it.
MERGED: Mapping[str, tuple[str, ...]] = {
    "aws_security_group": ("egress", "ingress"),
    "aws_route_table": ("route",),
}

_NULL_TO_NOTHING: tuple[tuple[Any, Any], ...] = ((None, False), (None, 0))

# Per type, the attributes that an import leaves null and the provider writes to the state alone. A test counts
# the requests. Each may go from null to any value of its own, or from null to false or 0.
STATE_ONLY: Mapping[str, tuple[str, ...]] = {
    "aws_db_instance": ("apply_immediately", "final_snapshot_identifier", "skip_final_snapshot"),
    "aws_ecr_repository": ("force_delete",),
    "aws_s3_bucket": ("force_destroy",),
    "aws_secretsmanager_secret": ("force_overwrite_replica_secret", "recovery_window_in_days"),
}


def observed_attributes(type_: str) -> tuple[str, ...]:
    """Every attribute of a type that the record observes, sorted."""
    return tuple(sorted({*IDENTITY[type_], *SETTINGS.get(type_, ()), *MERGED.get(type_, ())}))


def is_state_only(type_: str, attribute: str, before: Any, after: Any) -> bool:
    """Whether a change reaches the state alone, and no API."""
    if attribute not in STATE_ONLY.get(type_, ()) or before is not None:
        return False
    # Applying at once is a request, and forced deletion is a danger: these may only be switched off.
    return attribute not in _ONLY_OFF or (before, after) in _NULL_TO_NOTHING


_ONLY_OFF = frozenset(
    {
        "apply_immediately",
        "force_delete",
        "force_destroy",
        "force_overwrite_replica_secret",
        "skip_final_snapshot",
    }
)
