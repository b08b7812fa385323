"""Which of prowler's verdicts count as failures, and of what."""

from typing import Any

from dev.prowler.__main__ import failures_of
from security.exceptions import ExceptionRow, Failure, review


def verdict(status: str, check: str = "s3_bucket_object_lock") -> dict[str, Any]:
    return {
        "status_code": status,
        "status_detail": "it has no lock",
        "metadata": {"event_code": check},
        "resources": [{"uid": "arn:aws:s3:::atomic-prod-logs"}],
    }


def test_what_failed_names_check_and_object() -> None:
    assert failures_of([verdict("PASS"), verdict("FAIL"), verdict("MANUAL")]) == [
        Failure(
            check="s3_bucket_object_lock",
            resource="arn:aws:s3:::atomic-prod-logs",
            stage="prod",
            what="it has no lock",
        )
    ]


def test_a_row_excuses_it_and_what_no_row_names_is_open() -> None:
    row = ExceptionRow(
        check="s3_bucket_object_lock",
        resource="arn:aws:s3:::atomic-prod-*",
        stage="prod",
        reason="a reason of some length",
        payer="me",
        tool="prowler",
    )

    reviewed = review(failures_of([verdict("FAIL"), verdict("FAIL", "another")]), [row])

    assert [each.check for each in reviewed.open] == ["another"]
    assert reviewed.unused == ()
