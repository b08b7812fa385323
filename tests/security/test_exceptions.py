"""Which failures a reviewed exception excuses, and which rows are of no use."""

from pathlib import Path

import pytest

from security.exceptions import EXCEPTIONS, ExceptionRow, Failure, read_exceptions, review

FAILURE = Failure(check="CKV_1", resource="aws_lb.main", stage="dev")


def row(check: str = "CKV_1", resource: str = "*", stage: str = "*") -> ExceptionRow:
    return ExceptionRow(
        check=check, resource=resource, stage=stage, reason="a reason of some length", payer="me"
    )


def test_a_failure_without_a_row_is_open() -> None:
    assert review([FAILURE], []).open == (FAILURE,)


@pytest.mark.parametrize(
    "excusing",
    [
        row(resource="aws_lb.main", stage="dev"),
        row(resource="aws_lb.*"),
        row(stage="staging*, dev*"),
    ],
)
def test_a_row_excuses_what_it_describes(excusing: ExceptionRow) -> None:
    assert review([FAILURE], [excusing]).open == ()


@pytest.mark.parametrize(
    "other",
    [row(check="CKV_10"), row(resource="aws_lb.other"), row(stage="prod"), row(check="CKV_*")],
)
def test_a_row_excuses_nothing_else(other: ExceptionRow) -> None:
    assert review([FAILURE], [other]).open == (FAILURE,)


def test_a_row_covers_several_checks_of_one_decision() -> None:
    failures = [FAILURE, Failure(check="CKV_2", resource="aws_lb.main", stage="dev")]

    reviewed = review(failures, [row(check="CKV_1, CKV_2")])

    assert (reviewed.open, reviewed.unused) == ((), ())


@pytest.mark.parametrize(
    "unused",
    [row(check="CKV_2"), row(check="CKV_1, CKV_2"), row(stage="dev*, prod*")],
    ids=["the row", "one of its checks", "one of its stages"],
)
def test_what_excuses_nothing_makes_a_row_unused(unused: ExceptionRow) -> None:
    assert review([FAILURE], [unused]).unused == (unused,)


def test_a_malformed_row_names_file_and_field(tmp_path: Path) -> None:
    path = tmp_path / "exceptions.toml"
    path.write_text('[[exception]]\ncheck = "CKV_1"\n')

    with pytest.raises(ValueError, match=r"exceptions\.toml(.|\n)*reason"):
        read_exceptions(path)


def test_there_are_at_most_25_rows() -> None:
    assert EXCEPTIONS.is_file()
    rows = [row for row in read_exceptions() if row.check.startswith("CKV")]

    assert 0 < len(rows) <= 25
