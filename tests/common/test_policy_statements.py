"""The two forms in which a policy holds its statements."""

import pytest

from common.policy_statements import statements_of

ALLOWED = {"Effect": "Allow"}


@pytest.mark.parametrize(
    ("policy", "read"),
    [
        ({"Statement": [ALLOWED, ALLOWED]}, [ALLOWED, ALLOWED]),
        ({"Statement": ALLOWED}, [ALLOWED]),
        ({"Statement": []}, []),
        ({"Statement": "Allow"}, None),
        ({}, None),
        ([ALLOWED], None),
        (None, None),
    ],
)
def test_statements_are_read_in_both_forms(policy: object, read: object) -> None:
    assert statements_of(policy) == read
