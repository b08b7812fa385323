"""A change says what it restarts, and what nobody here knows is not called harmless."""

import pytest

from aws.resources.row import NOTHING, UNKNOWN
from imports.interruptions import interruption
from terraform.plan import AttributeChange


def change(attribute: str, *, state_only: bool = False) -> AttributeChange:
    return AttributeChange(attribute=attribute, before="1", after="2", state_only=state_only)


@pytest.mark.parametrize(
    ("type_", "attribute", "words"),
    [
        ("aws_db_instance", "instance_class", "the database, for minutes"),
        ("aws_db_instance", "parameter_group_name", "until somebody restarts the database"),
        ("aws_rds_cluster", "engine_version", "the database, for minutes"),
        ("aws_ecs_service", "task_definition", "its tasks are replaced one by one"),
        ("aws_ecs_service", "network_configuration[0].subnets", "replaced one by one"),
        ("aws_route_table", "route[0].nat_gateway_id", "connections that go the way"),
    ],
)
def test_what_restarts_is_said(type_: str, attribute: str, words: str) -> None:
    assert words in interruption(type_, change(attribute))


@pytest.mark.parametrize(
    ("type_", "attribute"),
    [
        ("aws_db_instance", "deletion_protection"),
        ("aws_lb", "idle_timeout"),
        ("aws_subnet", "tags"),
    ],
)
def test_what_interrupts_nothing_is_said_too(type_: str, attribute: str) -> None:
    assert interruption(type_, change(attribute)) == NOTHING


def test_an_attribute_of_a_database_that_is_not_listed_is_unknown() -> None:
    assert interruption("aws_db_instance", change("a_new_attribute")) == UNKNOWN


def test_a_change_in_the_state_alone_interrupts_nothing() -> None:
    assert interruption("aws_db_instance", change("engine_version", state_only=True)) == NOTHING
