"""Which security groups there are, and what stands in them. tests/security says who may reach whom."""

import re

import pytest

from tests.conftest import Synthesize
from tests.stages import SHIPPED, VARIANTS

ROUTED = {
    "supertokens": 3567,
    "hasura": 8080,
    "functions": 80,
    "handshake": 80,
    "oauth": 80,
    "optaplanner": 8081,
    "app": 3000,
}


def group_of(reference: str) -> str:
    match = re.fullmatch(r"\$\{aws_security_group\.(\w+)\.id\}", reference)
    assert match, reference
    return match[1]


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


# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html
WORDS = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}")


@pytest.mark.parametrize("stage", [*SHIPPED, *VARIANTS])
def test_aws_takes_the_description_of_every_rule(stack: Synthesize, stage: str) -> None:
    groups = stack(stage).json["resource"]["aws_security_group"].values()
    inline = [
        rule
        for group in groups
        for rule in (*(group.get("ingress") or ()), *(group.get("egress") or ()))
    ]
    separate = [
        stack(stage).resource(type_, name)
        for type_ in ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule")
        for name in stack(stage).names(type_)
    ]

    words = [rule["description"] for rule in (*inline, *separate)]

    assert [text for text in words if not WORDS.fullmatch(text)] == []
