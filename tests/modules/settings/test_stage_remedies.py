"""Mistakes that are harder to see, and remedies that a person can follow."""

from typing import Any

import pytest

from modules.settings.setting_error import SettingError
from modules.settings.stage_files import parse_stage

REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/abc"
THREE_ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]


def mistakes_in(document: dict[str, Any]) -> list[SettingError]:
    _, mistakes = parse_stage({**REQUIRED, **document}, stage="dev")
    return mistakes


def fields(document: dict[str, Any]) -> list[str]:
    return [mistake.field for mistake in mistakes_in(document)]


# A mistaken value says nothing about the values that are checked against it.
ALONE: dict[str, dict[str, Any]] = {
    "services.app.priority": {"services": {"app": {"priority": "x"}}},
    "services.own.image": {"services": {"own": {"image": "nginx"}}},
    "services.own.port": {"services": {"own": {"port": "x"}}},
    "services.own.build_folder": {"services": {"own": {"build_folder": ""}}},
    "services.hasura.port": {"services": {"hasura": {"port": "x"}}},
    "region": {"region": "x", "certificate_arn": CERTIFICATE},
    "services.optaplanner.cpu_units": {
        "services": {"optaplanner": {"cpu_units": "x", "memory_mib": 4096}}
    },
    "services.app.max_tasks": {"services": {"app": {"max_tasks": "x", "min_tasks": 2}}},
    "database.max_acu": {"database": {"min_acu": 8, "max_acu": "x"}},
    "network.zone_count": {"network": {"zone_count": "x", "availability_zones": THREE_ZONES}},
    "network.subnet_newbits": {"network": {"subnet_newbits": "x", "vpc_cidr_block": "10.0.0.0/24"}},
    "state.bucket": {"state": {"bucket": "My_Bucket"}},
}


@pytest.mark.parametrize("field", ALONE)
def test_a_mistaken_value_is_the_only_complaint(field: str) -> None:
    assert fields(ALONE[field]) == [field]


def test_the_remedy_for_too_few_newbits_is_not_a_larger_block() -> None:
    (mistake,) = mistakes_in({"network": {"subnet_newbits": 2, "zone_count": 3}})

    assert "subnet_newbits = 3" in mistake.remedy
    assert "block" not in mistake.remedy


def test_the_remedy_for_a_long_service_name_is_not_a_prefix_below_nothing() -> None:
    service = {"port": 80, "path": "/v1/long", "priority": 70}

    assert fields({"prefix": "acme", "services": {"a" * 32: service}}) == [f"services.{'a' * 32}"]


@pytest.mark.parametrize(
    ("document", "suggestion"),
    [
        ({"database": {"nam": "x"}}, "name"),
        ({"network": {"zones_count": 2}}, "zone_count"),
        ({"services": {"app": {"cpu_unit": 256}}}, "cpu_units"),
        ({"state": {"bucket": "abc", "lockfile": True}}, "use_lockfile"),
    ],
)
def test_a_misspelt_key_is_answered_with_the_right_one(
    document: dict[str, Any], suggestion: str
) -> None:
    (mistake,) = mistakes_in(document)

    assert mistake.remedy == f"write {suggestion}"


@pytest.mark.parametrize("number", ["inf", "-inf", "nan"])
@pytest.mark.parametrize(
    "key",
    [
        "alarms.database_free_storage_gib",
        "alarms.database_freeable_memory_mib",
        "services.app.latency_threshold_seconds",
    ],
)
def test_a_number_that_json_cannot_hold_is_refused(key: str, number: str) -> None:
    document: dict[str, Any] = {}
    *tables, last = key.split(".")
    table = document
    for name in tables:
        table = table.setdefault(name, {})
    table[last] = float(number)

    assert fields(document) == [key]


# Names that the platform's own parts have already, as a construct or in AWS.
@pytest.mark.parametrize(
    "name", ["network", "database", "secrets", "platform", "alb", "rds", "efs", "aws"]
)
def test_a_service_named_like_a_part_of_the_platform_is_refused(name: str) -> None:
    assert fields({"services": {name: {"port": 80}}}) == [f"services.{name}"]


def test_a_variable_is_not_given_both_as_text_and_as_a_secret() -> None:
    environment = {"HASURA_GRAPHQL_ADMIN_SECRET": "plain"}

    field = "services.hasura.environment.HASURA_GRAPHQL_ADMIN_SECRET"
    assert fields({"services": {"hasura": {"environment": environment}}}) == [field]


@pytest.mark.parametrize("phase", ["foundation", "full"])
def test_a_database_needs_two_zones_in_either_phase(phase: str) -> None:
    assert fields({"phase": phase, "network": {"zone_count": 1}}) == ["network.zone_count"]
