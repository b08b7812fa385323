"""Who may reach whom: the whole of it, computed from every group and rule of the stack."""

import re
from typing import Any

import pytest

from tests.conftest import Synthesize
from tests.stack import Stack

Reach = set[tuple[str, str, str, int, int]]

ROUTED = {
    "supertokens": 3567,
    "hasura": 8080,
    "functions": 80,
    "handshake": 80,
    "oauth": 80,
    "optaplanner": 8081,
    "app": 3000,
}
# The specification's list: source, target, port.
EXPECTED = {
    ("internet", "load_balancer", 80),
    ("internet", "load_balancer", 443),
    *(("load_balancer", service, port) for service, port in ROUTED.items()),
    ("functions", "hasura", 8080),
    ("handshake", "hasura", 8080),
    ("oauth", "hasura", 8080),
    ("oauth", "handshake", 80),
    ("supertokens", "database", 5432),
    ("hasura", "database", 5432),
    ("optaplanner", "database", 5432),
    ("python_agent", "file_storage", 2049),
}
REPORTS = {("load_balancer", "reports", 9000)}


def group_of(reference: str) -> str:
    match = re.fullmatch(r"\$\{aws_security_group\.(\w+)\.id\}", reference)
    assert match, reference
    return match[1]


def source_of(block: str | None) -> str:
    assert block == "0.0.0.0/0"
    return "internet"


def inline_rules(target: str, group: dict[str, Any]) -> Reach:
    """Rules inside a group; nothing but blocks and groups may be named in them."""
    found: Reach = set()
    for rule in group.get("ingress") or []:
        others = ("ipv6_cidr_blocks", "prefix_list_ids", "self")
        assert not any(rule.get(key) for key in others), rule
        sources = [source_of(block) for block in rule.get("cidr_blocks") or []]
        sources += [group_of(reference) for reference in rule.get("security_groups") or []]
        assert sources, rule
        found |= {
            (s, target, rule["protocol"], rule["from_port"], rule["to_port"]) for s in sources
        }
    return found


def reachability(stack: Stack) -> Reach:
    """Source, target, protocol, first port and last port of all that is open."""
    # Kinds of rule that this function does not read must not exist.
    assert stack.names("aws_security_group_rule") == []
    found: Reach = set()
    for name in stack.names("aws_security_group"):
        found |= inline_rules(name, stack.resource("aws_security_group", name))
    type_ = "aws_vpc_security_group_ingress_rule"
    for rule in (stack.resource(type_, name) for name in stack.names(type_)):
        assert not rule.keys() & {"cidr_ipv6", "prefix_list_id"}, rule
        source = (
            group_of(rule["referenced_security_group_id"])
            if "referenced_security_group_id" in rule
            else source_of(rule.get("cidr_ipv4"))
        )
        target = group_of(rule["security_group_id"])
        found.add((source, target, rule["ip_protocol"], rule["from_port"], rule["to_port"]))
    return found


@pytest.mark.parametrize(
    ("stage", "more"),
    [
        ("dev", set()),
        ("staging", set()),
        ("prod", set()),
        ("foundation", set()),
        ("aurora", set()),
        ("frugal", REPORTS),
    ],
)
def test_nothing_is_open_but_what_the_specification_lists(
    stack: Synthesize, stage: str, more: set[tuple[str, str, int]]
) -> None:
    expected = {(source, target, "tcp", port, port) for source, target, port in EXPECTED | more}

    assert reachability(stack(stage)) == expected


def test_each_service_has_a_group_of_its_own(stack: Synthesize) -> None:
    shared = ["database", "file_storage", "load_balancer"]

    groups = stack("dev").names("aws_security_group")

    assert groups == sorted([*ROUTED, "python_agent", *shared])


@pytest.mark.parametrize("service", [*ROUTED, "python_agent"])
def test_a_service_runs_in_its_own_group_alone(stack: Synthesize, service: str) -> None:
    network = stack("dev").resource("aws_ecs_service", service)["network_configuration"]

    assert network["security_groups"] == [f"${{aws_security_group.{service}.id}}"]


@pytest.mark.parametrize(
    ("type_", "name", "argument", "group"),
    [
        ("aws_lb", "main", "security_groups", "load_balancer"),
        ("aws_db_instance", "main", "vpc_security_group_ids", "database"),
        ("aws_efs_mount_target", "lancedb_0", "security_groups", "file_storage"),
        ("aws_efs_mount_target", "lancedb_1", "security_groups", "file_storage"),
    ],
)
def test_a_shared_part_stands_in_its_group(
    stack: Synthesize, type_: str, name: str, argument: str, group: str
) -> None:
    assert stack("dev").resource(type_, name)[argument] == [f"${{aws_security_group.{group}.id}}"]


def test_auroras_cluster_stands_in_the_databases_group(stack: Synthesize) -> None:
    cluster = stack("aurora").resource("aws_rds_cluster", "main")

    assert cluster["vpc_security_group_ids"] == ["${aws_security_group.database.id}"]


@pytest.mark.parametrize("group", ["database", "file_storage"])
def test_what_only_answers_may_open_no_connection(stack: Synthesize, group: str) -> None:
    assert "egress" not in stack("dev").resource("aws_security_group", group)
    rules = stack("dev").names("aws_vpc_security_group_egress_rule")
    assert [rule for rule in rules if rule.startswith(group)] == []


@pytest.mark.parametrize("group", ["database", "file_storage", "load_balancer"])
def test_inline_and_separate_rules_do_not_meet_in_one_group(stack: Synthesize, group: str) -> None:
    for type_ in ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"):
        targets = [
            group_of(stack("dev").resource(type_, name)["security_group_id"])
            for name in stack("dev").names(type_)
        ]

        assert group not in targets
