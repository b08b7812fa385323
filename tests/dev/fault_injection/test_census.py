"""How an account is held against a state: on plain data."""

from dev.fault_injection.census import Thing, compare, held_by


def _state(type_: str, **attributes: object) -> dict[str, object]:
    return {
        "resources": [{"mode": "managed", "type": type_, "instances": [{"attributes": attributes}]}]
    }


def test_what_no_state_holds_is_an_orphan() -> None:
    counted = frozenset({Thing(type="aws_vpc", id="vpc-1"), Thing(type="aws_vpc", id="vpc-2")})

    found = compare(counted, held_by(_state("aws_vpc", id="vpc-2")))

    assert found.orphans == (Thing(type="aws_vpc", id="vpc-1"),)
    assert found.missing == ()


def test_what_the_account_lacks_is_missing() -> None:
    found = compare(frozenset(), held_by(_state("aws_vpc", id="vpc-1")))

    assert found.missing == (Thing(type="aws_vpc", id="vpc-1"),)


def test_revisions_of_a_task_definition_are_told_apart() -> None:
    first = held_by(_state("aws_ecs_task_definition", id="app", arn="arn:app:1"))

    assert first == {Thing(type="aws_ecs_task_definition", id="arn:app:1")}


def test_an_attachment_is_who_has_which_policy_whatever_its_id() -> None:
    drawn, imported = (
        held_by(
            _state("aws_iam_role_policy_attachment", id=id_, role="dev", policy_arn="arn:policy")
        )
        for id_ in ("dev-20261123", "dev-arn:policy")
    )

    assert drawn == imported == {Thing(type="aws_iam_role_policy_attachment", id="dev/arn:policy")}


def test_what_cannot_be_there_twice_is_not_counted() -> None:
    assert held_by(_state("aws_acm_certificate_validation", id="2026-01-01")) == frozenset()
