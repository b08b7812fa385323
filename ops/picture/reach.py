"""Who may reach whom in a stack: by the security groups' rules, and by what a service's role allows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ops.picture.keys import Key, key, keys_in
from terraform.stack import Resource, Stack, block

_USED = frozenset({"aws_s3_bucket", "aws_sqs_queue", "aws_dynamodb_table"})


@dataclass(frozen=True, kw_only=True)
class Reach:
    """`source` may open connections to `target`, or its role may use it (then without ports)."""

    source: Key
    target: Key
    ports: str | None


def reaches(stack: Stack) -> list[Reach]:
    """Every reach in a stack, sorted."""
    owners: dict[Key, list[Key]] = {}
    for resource in stack.resources.values():
        for group in groups_of(resource):
            owners.setdefault(group, []).append(_shown_as(stack, resource))
    found: dict[tuple[Key, Key], set[str]] = {}
    for target_group, rule in _ingress(stack):
        for source_group in keys_in(rule) & owners.keys() - {target_group}:
            for source in owners[source_group]:
                for target in owners.get(target_group, ()):
                    found.setdefault((source, target), set()).add(_ports(rule))
    network = [
        Reach(source=source, target=target, ports=", ".join(sorted(ports)))
        for (source, target), ports in found.items()
    ]
    return sorted({*network, *_permissions(stack, set(found))}, key=repr)


def _shown_as(stack: Stack, resource: Resource) -> Key:
    """A mount target stands for its file system, a cluster's instance for its cluster."""
    for attribute, type_ in (
        ("file_system_id", "aws_efs_file_system"),
        ("cluster_identifier", "aws_rds_cluster"),
    ):
        whole = stack.referred(resource.attributes.get(attribute), type_)
        if whole:
            return key(whole)
    return key(resource)


def _ingress(stack: Stack) -> Iterable[tuple[Key, Mapping[str, Any]]]:
    for group in stack.of("aws_security_group"):
        for rule in group.attributes.get("ingress") or ():
            yield key(group), rule
    for rule in stack.of("aws_vpc_security_group_ingress_rule"):
        target = stack.referred(rule.attributes.get("security_group_id"), "aws_security_group")
        others = {k: v for k, v in rule.attributes.items() if k != "security_group_id"}
        if target:
            yield key(target), others


def _permissions(stack: Stack, known: set[tuple[Key, Key]]) -> Iterable[Reach]:
    for service in stack.of("aws_ecs_service"):
        task = stack.referred(service.attributes.get("task_definition"), "aws_ecs_task_definition")
        role = (
            stack.referred(task.attributes.get("task_role_arn"), "aws_iam_role") if task else None
        )
        for policy in stack.of("aws_iam_role_policy") if role else ():
            if role and key(role) in keys_in(policy.attributes.get("role")):
                for used in keys_in(policy.attributes.get("policy")):
                    if used[0] in _USED and (key(service), used) not in known:
                        yield Reach(source=key(service), target=used, ports=None)


def groups_of(resource: Resource) -> set[Key]:
    """The security groups that an object is in."""
    if resource.type.startswith(("aws_security_group", "aws_vpc_security_group")):
        return set()
    inner = block(resource.attributes.get("network_configuration"))
    names = ("security_groups", "security_group_ids", "vpc_security_group_ids")
    held = [part.get(name) for part in (resource.attributes, inner) for name in names]
    return {each for each in keys_in(held) if each[0] == "aws_security_group"}


def _ports(rule: Mapping[str, Any]) -> str:
    first, last = rule.get("from_port"), rule.get("to_port")
    if (rule.get("protocol") or rule.get("ip_protocol")) == "-1":
        return "all"
    return str(first) if first == last else f"{first} to {last}"
