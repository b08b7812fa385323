"""What the next deploy may do with what was recovered, and what is left out since it would replace it."""

from typing import Any

from imports.recovery.recovery_plan import Effect, Outlook, left_out, outlook
from terraform.plan import Plan
from terraform.stack import Stack

DOCUMENT = {
    "resource": {
        "aws_vpc": {"main": {}},
        "aws_lb_target_group": {"app": {"vpc_id": "${aws_vpc.main.id}"}},
        "aws_lb_listener_rule": {"app": {"target": "${aws_lb_target_group.app.arn}"}},
        "aws_iam_role": {"app": {"name": "app"}},
        "aws_ecs_task_definition": {"app": {"family": "app"}},
    }
}
RULE = "aws_lb_listener_rule.app"
VPC = frozenset({"aws_vpc.main"})


def _left_out(address: str, effect: Effect, *, undecided: frozenset[str] = VPC) -> set[str]:
    blocks = effect in {"replaced", "destroyed"}
    outlook = Outlook(address=address, effect=effect, attributes=(), blocks=blocks)
    return left_out([outlook], Stack(document=DOCUMENT), recovered={address}, undecided=undecided)


def test_what_would_be_replaced_for_something_undecided_below_it_waits() -> None:
    assert _left_out(RULE, "replaced") == {RULE}


def test_what_would_be_changed_for_it_comes_back() -> None:
    assert _left_out(RULE, "changed") == set()


def test_what_would_be_replaced_for_another_reason_stays_and_blocks() -> None:
    assert _left_out("aws_iam_role.app", "replaced") == set()
    assert _left_out(RULE, "replaced", undecided=frozenset()) == set()


def test_another_revision_of_a_task_definition_is_history() -> None:
    address = "aws_ecs_task_definition.app"

    assert _left_out(address, "replaced", undecided=frozenset()) == {address}


def test_what_the_state_has_held_all_along_is_not_left_out() -> None:
    outlook = Outlook(address=RULE, effect="replaced", attributes=(), blocks=True)

    assert left_out([outlook], Stack(document=DOCUMENT), recovered=set(), undecided=VPC) == set()


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

    (found,) = outlook(plan, recovered={"aws_vpc.main": "vpc-1"})

    assert (found.effect, found.blocks) == ("replaced", True)


def test_another_object_than_the_one_that_was_found_blocks() -> None:
    plan = _plan("aws_vpc.main", "no-op", before={"id": "vpc-2"})

    (found,) = outlook(plan, recovered={"aws_vpc.main": "vpc-1"})

    assert (found.blocks, found.why) == (True, "the state holds vpc-2, AWS says vpc-1")


def test_one_object_at_two_addresses_blocks() -> None:
    (row,) = _plan("aws_vpc.main", "no-op", before={"id": "vpc-1"}).document["resource_changes"]
    plan = Plan(document={"resource_changes": [row, {**row, "address": "aws_vpc.other"}]})

    found = outlook(plan, recovered={"aws_vpc.main": "vpc-1"})

    assert [(each.address, each.why) for each in found] == [
        ("aws_vpc.main", "vpc-1 is at another address too"),
        ("aws_vpc.other", "vpc-1 is at another address too"),
    ]


def test_what_holds_data_and_would_be_replaced_blocks_recovered_or_not() -> None:
    (found,) = outlook(_plan("aws_db_instance.main", "create", "delete"), recovered={})

    assert found.blocks


def test_another_task_definition_that_the_configuration_replaces_does_not_block() -> None:
    (found,) = outlook(_plan("aws_ecs_task_definition.app", "delete", "create"), recovered={})

    assert (found.effect, found.blocks) == ("replaced", False)


def test_a_change_in_place_names_its_attributes() -> None:
    plan = _plan(
        "aws_lb.main",
        "update",
        before={"id": "lb", "idle_timeout": 60},
        after={"id": "lb", "idle_timeout": 90},
    )

    (found,) = outlook(plan, recovered={"aws_lb.main": "lb"})

    assert (found.effect, found.attributes, found.blocks) == ("changed", ("idle_timeout",), False)


def test_what_the_state_held_and_the_plan_leaves_alone_is_not_told() -> None:
    assert outlook(_plan("aws_lb.main", "no-op"), recovered={}) == ()


def test_a_deposed_object_is_left_to_the_deploy() -> None:
    plan = _plan("aws_acm_certificate.main", "delete", deposed="abcd")

    assert outlook(plan, recovered={"aws_acm_certificate.main": "arn"}) == ()
