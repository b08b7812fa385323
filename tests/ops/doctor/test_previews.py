"""The doctor says what keeps a stage from lending, and which previews nobody has ended."""

from datetime import UTC, datetime

from ops.doctor.finding import attention, fine
from ops.doctor.previews import judge_previews
from ops.preview.states import Found

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def preview(name: str, day: int) -> Found:
    return Found(
        name=name,
        branch="x",
        address=f"https://{name}.previews.dev.example.com",
        expires_at=datetime(2026, 11, day, 12, tzinfo=UTC),
        first_priority=140,
        objects=40,
    )


def test_a_preview_that_outlived_its_time_is_told_with_the_command_that_ends_it() -> None:
    found = judge_previews([], [preview("pr-1", 29), preview("pr-2", 30)], stage="dev", now=NOW)

    assert found == [
        attention(
            "previews",
            "the time of pr-1, pr-2 is over, and nothing has ended it",
            "python -m ops preview expire --base dev; schedule it (docs/previews.md)",
        )
    ]


def test_what_the_stage_lacks_is_told_with_its_remedy() -> None:
    found = judge_previews(["no certificate: give one"], [], stage="dev", now=NOW)

    assert found == [attention("previews", "no certificate", "give one")]


def test_a_stage_that_lends_is_fine() -> None:
    assert judge_previews([], [], stage="dev", now=NOW) == [
        fine("previews", "the stage can lend; 0 previews are there")
    ]
