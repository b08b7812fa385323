"""What the next deploy may do with what was recovered."""

from typing import Any

from imports.recovery.recovery_verdict import outlook
from terraform.plan import Plan


def _plan(address: str, *actions: str, deposed: str | None = None, **change: Any) -> Plan:
    row = {
        "address": address,
        "mode": "managed",
        "type": address.partition(".")[0],
        "deposed": deposed,
        "change": {"actions": list(actions), **change},
    }
    return Plan(document={"resource_changes": [row]})


def test_a_recovered_object_that_would_be_replaced_blocks() -> None:
    plan = _plan("aws_vpc.main", "delete", "create")

    (found,) = outlook(plan, recovered={"aws_vpc.main"})

    assert (found.effect, found.blocks) == ("replaced", True)


def test_what_holds_data_and_would_be_replaced_blocks_recovered_or_not() -> None:
    (found,) = outlook(_plan("aws_db_instance.main", "create", "delete"), recovered=set())

    assert found.blocks


def test_another_task_definition_that_the_configuration_replaces_does_not_block() -> None:
    (found,) = outlook(_plan("aws_ecs_task_definition.app", "delete", "create"), recovered=set())

    assert (found.effect, found.blocks) == ("replaced", False)


def test_a_change_in_place_names_its_attributes() -> None:
    plan = _plan("aws_lb.main", "update", before={"idle_timeout": 60}, after={"idle_timeout": 90})

    (found,) = outlook(plan, recovered={"aws_lb.main"})

    assert (found.effect, found.attributes, found.blocks) == ("changed", ("idle_timeout",), False)


def test_what_the_state_held_and_the_plan_leaves_alone_is_not_told() -> None:
    assert outlook(_plan("aws_lb.main", "no-op"), recovered=set()) == ()


def test_a_deposed_object_is_left_to_the_deploy() -> None:
    plan = _plan("aws_acm_certificate.main", "delete", deposed="abcd")

    assert outlook(plan, recovered={"aws_acm_certificate.main"}) == ()
