"""How far back `logs` looks, and what it shows of lines that arrive late."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, cast

import pytest

import ops.facts.logs as logs_module
from common.errors import UserError
from ops.commands.logs import duration
from ops.facts.logs import LogLine, read_log

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


def line(id_: str, seconds: int) -> LogLine:
    """A line that was written so long after the start."""
    return LogLine(id=id_, time=START + timedelta(seconds=seconds), stream="s", message=id_)


def followed(
    monkeypatch: pytest.MonkeyPatch, polls: list[list[LogLine]], *, shown: int
) -> list[str]:
    """What is shown, where CloudWatch has these lines one poll after another, and all of them stay."""
    there: list[LogLine] = []
    arriving = iter(polls)

    def pages(
        _deployed: object, _service: str, start: datetime, _stream: object
    ) -> Iterator[LogLine]:
        there.extend(next(arriving))
        return iter([each for each in there if each.time >= start])

    monkeypatch.setattr(logs_module, "_pages", pages)
    monkeypatch.setattr(logs_module, "_POLL_SECONDS", 0)
    found = read_log(cast("Any", None), "app", start=START, follow=True)
    return [each.id for each in islice(found, shown)]


def test_a_line_that_arrives_late_is_shown_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    polls = [[line("first", 100)], [line("late", 75), line("second", 101)]]

    assert followed(monkeypatch, polls, shown=3) == ["first", "late", "second"]


def test_a_line_is_shown_once(monkeypatch: pytest.MonkeyPatch) -> None:
    polls = [[line("first", 100)], [], [line("second", 110)], [line("third", 115)]]

    assert followed(monkeypatch, polls, shown=3) == ["first", "second", "third"]


def test_later_polls_ask_for_the_last_half_minute_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    polls = [[line("first", 100)], [line("from before", 60), line("second", 101)]]

    assert followed(monkeypatch, polls, shown=2) == ["first", "second"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("1h", timedelta(hours=1)),
        ("2d", timedelta(days=2)),
    ],
)
def test_a_duration_has_a_number_and_a_unit(text: str, meant: timedelta) -> None:
    assert duration(text) == meant


@pytest.mark.parametrize("text", ["3654d", "21000d", "999999d", "99999h"])
def test_more_than_any_log_is_kept_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=rf"^--since {text}: allowed: at most 3653d"):
        duration(text)


@pytest.mark.parametrize("text", ["", "1", "h", "0h", "-1h", "1.5h", "1w", "1h30m", "9999999d"])
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(UserError, match=r"allowed: a whole number and s, m, h or d"):
        duration(text)
