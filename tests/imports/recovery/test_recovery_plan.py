"""What a recovery leaves out of the state, since the next deploy would replace it."""

from imports.recovery.recovery_plan import left_out
from imports.recovery.recovery_verdict import Effect, Outlook
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
