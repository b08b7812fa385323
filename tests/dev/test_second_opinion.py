"""What a second plan would change, as cdktf prints it."""

import pytest

from dev.second_opinion.__main__ import NOT_GIVEN_BACK, changed_by, judged

CHANGES = """\
atomic-dev  # aws_efs_file_system_policy.lancedb (files/policy) will be updated in-place
            # aws_lb.main must be replaced
"""


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ("atomic-dev  No changes. Your infrastructure matches the configuration.", []),
        (CHANGES, ["aws_efs_file_system_policy.lancedb", "aws_lb.main"]),
        ("Changes to Outputs:", ["Changes to Outputs:"]),
    ],
)
def test_it_names_what_would_change(plan: str, expected: list[str]) -> None:
    assert changed_by(plan) == expected


def test_only_what_is_listed_may_change_and_each_line_of_the_list_is_needed() -> None:
    listed = [f"{type_}.any" for type_ in NOT_GIVEN_BACK]

    assert judged(listed) == []
    assert judged([*listed, "aws_lb.main"]) == ["it would change aws_lb.main"]
    assert judged(listed[1:]) == [
        f"{listed[0].partition('.')[0]} is given back: take it off the list"
    ]
