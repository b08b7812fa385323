"""What a second plan would change, as cdktf prints it."""

import pytest

from dev.second_opinion.__main__ import changed_by

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
