"""Values before and after, as a person reads them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.report.value_diff import ValueChange, diff_lines, unknowns, value_changes, values
from terraform.plan import Change, change_of


def a_change(**change: Any) -> Change:
    return change_of({"address": "aws_lb.main", "mode": "managed", "change": change})


def update(before: Any, after: Any, **more: Any) -> Change:
    return a_change(actions=["update"], before={"a": before}, after={"a": after}, **more)


def the(plan: Change) -> ValueChange:
    (change,) = value_changes(plan)
    return change


def lines(change: ValueChange, kind: str) -> list[str]:
    return [line.text.strip() for line in change.lines if line.kind == kind]


def test_a_short_value_stands_before_and_after() -> None:
    change = the(update(30, 60))

    assert (change.before, change.after, change.lines) == ("30", "60", ())


def test_what_stays_is_not_told() -> None:
    assert value_changes(update(30, 30)) == ()


def test_nothing_true_and_empty_have_words() -> None:
    assert (the(update(None, True)).before, the(update(None, True)).after) == ("(none)", "true")
    assert the(update([1], [])).after == "(empty)"
    assert the(update("x", "")).after == '""'


def test_a_sensitive_value_is_masked_on_both_sides() -> None:
    plan = update(
        "old-secret", "new-secret", before_sensitive={"a": True}, after_sensitive={"a": True}
    )

    assert (the(plan).before, the(plan).after) == ("(sensitive)", "(sensitive)")


def test_a_sensitive_value_within_is_masked_there() -> None:
    marks = {"a": [{"value": True}]}
    plan = update(
        [{"name": "x", "value": "old-secret"}],
        [{"name": "y", "value": "new-secret"}],
        before_sensitive=marks,
        after_sensitive=marks,
    )

    assert "secret" not in repr(value_changes(plan))
    assert the(plan).after == '[{"name": "y", "value": "(sensitive)"}]'


@pytest.mark.parametrize(
    ("value", "marks"),
    [
        ("{}-secret", {"a": True}),
        ({"b": "{}-secret"}, {"a": {"b": True}}),
        ([{"value": "{}-secret"}], {"a": [{"value": True}]}),
        (["x", "{}-secret"], {"a": [False, True]}),
        ("{}-secret", True),
    ],
)
@pytest.mark.parametrize(
    "unmarked", [{}, None, {"a": []}, {"a": [{}]}, {"a": [False, False]}, False]
)
def test_what_one_side_marks_is_masked_on_both(value: Any, marks: Any, unmarked: Any) -> None:
    old, new = (json.loads(json.dumps(value).replace("{}-", each)) for each in ("old-", "new-"))

    for before, after in ((marks, unmarked), (unmarked, marks)):
        plan = update(old, new, before_sensitive=before, after_sensitive=after)
        assert "secret" not in repr(value_changes(plan))


def test_a_secret_of_a_created_object_is_masked() -> None:
    plan = a_change(
        actions=["create"],
        before=None,
        after={"password": "new-secret"},
        after_sensitive={"password": True},
    )

    assert [each.after for each in values(plan, "after")] == ["(sensitive)"]


def test_what_only_the_apply_knows_is_named() -> None:
    plan = a_change(
        actions=["update"],
        before={"arn": "old"},
        after={},
        after_unknown={"arn": True},
    )

    assert (the(plan).before, the(plan).after) == ("old", "(known after apply)")
    assert unknowns(plan) == ("arn",)


def test_what_is_unknown_within_a_list_is_named_there() -> None:
    plan = update([{"id": "old"}], [{}], after_unknown={"a": [{"id": True}]})

    assert the(plan).after == '[{"id": "(known after apply)"}]'


def test_a_policy_is_compared_by_line() -> None:
    def policy(*actions: str) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [{"Action": list(actions)}]})

    change = the(update(policy("s3:GetObject"), policy("s3:GetObject", "s3:PutObject")))

    assert lines(change, "removed") == ['"s3:GetObject"']
    assert lines(change, "added") == ['"s3:GetObject",', '"s3:PutObject"']


def test_what_a_provider_fills_up_is_no_difference() -> None:
    before = json.dumps([{"name": "app", "mountPoints": [], "image": "example:1" * 10}])
    after = json.dumps([{"name": "app", "image": "example:2" * 10}])

    assert lines(the(update(before, after)), "removed") == [f'"image": "{"example:1" * 10}",']


def test_a_difference_in_nothing_but_emptiness_is_shown_all_the_same() -> None:
    change = the(update('{"a": []}', "{}"))

    assert lines(change, "removed") == ["{", '"a": []', "}"]


def test_a_replacement_tells_what_forces_it_first_and_leaves_the_new_ids_out() -> None:
    plan = a_change(
        actions=["delete", "create"],
        before={"arn": "x", "username": "one", "apply": False, "class": "small"},
        after={"username": "two", "apply": None, "class": "large"},
        after_unknown={"arn": True},
        replace_paths=[["username"]],
    )

    changes = value_changes(plan)

    assert [(each.attribute, each.forces_replacement) for each in changes] == [
        ("username", True),
        ("class", False),
    ]
    assert unknowns(plan) == ("arn",)


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")))
def test_every_line_that_differs_is_there(before: list[str], after: list[str]) -> None:
    found = diff_lines(before, after)

    removed = [line.text for line in found if line.kind == "removed"]
    added = [line.text for line in found if line.kind == "added"]
    assert len(after) - len(before) == len(added) - len(removed)
    assert (found == ()) is (before == after)
