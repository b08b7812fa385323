"""What in the VPC is in a security group and is no service: databases, file systems, the unknown."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ops.picture.cards import Card, count
from ops.picture.keys import key, keys_in
from ops.picture.reach import groups_of
from terraform.stack import Resource, Stack, block

_PLACED = frozenset(
    {"aws_lb", "aws_ecs_service", "aws_efs_mount_target", "aws_rds_cluster_instance"}
    | {"aws_security_group", "aws_vpc_security_group_ingress_rule"}
    | {"aws_vpc_security_group_egress_rule"}
)


def stores(stack: Stack) -> list[Card]:
    """What in the VPC is reached through a security group and is no service."""
    found = []
    for resource in stack.resources.values():
        describe = _STORES.get(resource.type)
        if describe:
            found.append(replace(describe(stack, resource), key=key(resource)))
        elif groups_of(resource) and resource.type not in _PLACED:
            title = resource.type.removeprefix("aws_").replace("_", " ").capitalize()
            line = resource.name.replace("_", " ")
            found.append(Card(title=title, lines=(line,), kind="store", key=key(resource)))
    return found


def _instances(stack: Stack, cluster: Resource) -> int:
    return sum(
        key(cluster) in keys_in(each.attributes.get("cluster_identifier"))
        for each in stack.of("aws_rds_cluster_instance")
    )


def _database(_stack: Stack, resource: Resource) -> Card:
    a = resource.attributes
    storage = f"{a.get('allocated_storage')} GiB {a.get('storage_type') or ''}".strip()
    return Card(
        title=_engine(a),
        lines=(
            f"{a.get('instance_class')} · {'Multi-AZ' if a.get('multi_az') else 'one zone'}",
            storage,
            *_kept(a),
        ),
        kind="database",
    )


def _cluster(stack: Stack, resource: Resource) -> Card:
    a = resource.attributes
    scaling = block(a.get("serverlessv2_scaling_configuration"))
    number = _instances(stack, resource)
    lines = [f"{count(number, 'instance')} · {'Multi-AZ' if number > 1 else 'one zone'}"]
    if scaling:
        lines.append(
            f"Serverless v2, {scaling.get('min_capacity')} to {scaling.get('max_capacity')} ACU"
        )
    return Card(title=f"Aurora {_engine(a)}", lines=(*lines, *_kept(a)), kind="database")


def _file_system(stack: Stack, resource: Resource) -> Card:
    mounts = sum(
        key(resource) in keys_in(each.attributes.get("file_system_id"))
        for each in stack.of("aws_efs_mount_target")
    )
    encrypted = "encrypted" if resource.attributes.get("encrypted") else "not encrypted"
    return Card(
        title=f"EFS {resource.name.replace('_', ' ')}",
        lines=(f"{encrypted} · in {count(mounts, 'zone')}",),
        kind="files",
    )


def _engine(attributes: Mapping[str, Any]) -> str:
    engine = str(attributes.get("engine", "")).removeprefix("aurora-")
    name = {"postgres": "PostgreSQL", "postgresql": "PostgreSQL", "mysql": "MySQL"}.get(
        engine, engine
    )
    return f"{name} {attributes.get('engine_version') or ''}".strip()


def _kept(attributes: Mapping[str, Any]) -> list[str]:
    """How the data is kept safe."""
    lines = ["encrypted" if attributes.get("storage_encrypted") else "not encrypted"]
    lines[0] += f" · {count(int(attributes.get('backup_retention_period') or 0), 'day')} of backups"
    if attributes.get("deletion_protection"):
        lines.append("deletion protection")
    return lines


_STORES: Mapping[str, Callable[[Stack, Resource], Card]] = {
    "aws_db_instance": _database,
    "aws_rds_cluster": _cluster,
    "aws_efs_file_system": _file_system,
}
