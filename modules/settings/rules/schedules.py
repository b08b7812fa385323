"""What EventBridge Scheduler takes as a recurring schedule, and how long it rests between two runs.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from modules.settings.rules.refusal import Refusal

_RATE = re.compile(r"rate\(([0-9]{1,6}) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\(([^()]*)\)")
_MINUTES = {"minute": 1, "hour": 60, "day": 1440}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEK = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# The days over which a calendar's gaps are looked for: leap years too.
_FIRST, _DAYS = date(2026, 1, 1), 5 * 366
_DAY_MINUTES = 1440


class _Field(NamedTuple):
    name: str
    least: int
    most: int
    words: Sequence[str] = ()
    special: str = ""
    """A pattern of what stands for days of a month in other ways than by number."""


_FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of the month", 1, 31, special=r"\?|L|LW|([1-9]|[12][0-9]|3[01])W"),
    _Field("month", 1, 12, words=_MONTHS),
    _Field(
        "day of the week", 1, 7, words=_WEEK, special=r"\?|[1-7]?L|[A-Z]{3}L|([1-7]|[A-Z]{3})#[1-5]"
    ),
    _Field("year", 1970, 2199),
)


def recurring_schedule(text: str) -> Refusal | None:
    """Refuse what is no `rate(...)` and no `cron(...)` that Scheduler takes."""
    rate = _RATE.fullmatch(text)
    if rate and int(rate[1]):
        return None
    cron = _CRON.fullmatch(text)
    if not cron:
        return _refused()
    fields = cron[1].split(" ")
    if len(fields) != len(_FIELDS):
        return _refused(
            f", not {len(fields)}",
            "give minutes, hours, day of the month, month, day of the week and year, with one blank between",
        )
    for field, value in zip(_FIELDS, fields, strict=True):
        if not _is_special(field, value) and _values(field, value) is None:
            span = f"{field.words[0]} to {field.words[-1]}, " if field.words else ""
            return _refused(
                f", of which {value!r} is no {field.name}",
                f"write * or numbers, {span}{field.least} to {field.most}, with commas, ranges or steps",
            )
    if (fields[2] == "?") == (fields[4] == "?"):
        return _refused(
            ", with a ? for one of day of the month and day of the week, not for both",
            "write ? for the one that is not meant",
        )
    return None


def longest_rest_minutes(text: str) -> int | None:
    """Return the longest time between two runs of a schedule that is none of the refused.

    None where there are no two in five years.
    """
    rate = _RATE.fullmatch(text)
    if rate:
        return int(rate[1]) * _MINUTES[rate[2]]
    fields = text.removeprefix("cron(").removesuffix(")").split(" ")
    parts = dict(zip((field.name for field in _FIELDS), fields, strict=True))
    minutes = sorted(
        60 * hour + minute
        for hour in _values(_FIELDS[1], parts["hours"]) or ()
        for minute in _values(_FIELDS[0], parts["minutes"]) or ()
    )
    days = list(_days(parts))
    within = [after - before for before, after in pairwise(minutes)]
    across = [
        (after - before).days * _DAY_MINUTES + minutes[0] - minutes[-1]
        for before, after in pairwise(days)
    ]
    return max([*within, *across]) if across else None


def _days(parts: Mapping[str, str]) -> Iterator[date]:
    months = _values(_FIELDS[3], parts["month"]) or ()
    years = _values(_FIELDS[5], parts["year"]) or ()
    for offset in range(_DAYS):
        day = _FIRST + timedelta(days=offset)
        if day.month in months and day.year in years and _is_day(day, parts):
            yield day


def _is_day(day: date, parts: Mapping[str, str]) -> bool:
    of_month, of_week = parts["day of the month"], parts["day of the week"]
    weekday = day.isoweekday() % 7 + 1
    last = monthrange(day.year, day.month)[1]
    if of_week == "?":
        chosen = _values(_FIELDS[2], of_month)
        if chosen is not None:
            return day.day in chosen
        # A weekday near a date is at most two days from it, which the longest rest may be wrong by.
        number = of_month.removesuffix("W")
        return day.day == (last if number in {"L", ""} else min(int(number), last))
    chosen = _values(_FIELDS[4], of_week)
    if chosen is not None:
        return weekday in chosen
    name, mark, nth = of_week.partition("#")
    if mark:
        return weekday == _number(_FIELDS[4], name) and (day.day + 6) // 7 == int(nth)
    name = of_week.removesuffix("L")
    return weekday == (_number(_FIELDS[4], name) or 7) and (not name or day.day > last - 7)


def _is_special(field: _Field, value: str) -> bool:
    if not field.special or not re.fullmatch(field.special, value):
        return False
    word = re.match(r"[A-Z]{3}", value)
    return not word or word[0] in field.words


def _values(field: _Field, text: str) -> frozenset[int] | None:
    """Return the numbers that a field's lists, ranges and steps mean; None for what is none."""
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        if slash and not re.fullmatch(r"[1-9][0-9]*", step):
            return None
        first, dash, last = span.partition("-")
        if span == "*":
            begin, end = field.least, field.most
        else:
            numbers = _number(field, first), _number(field, last if dash else first)
            if numbers[0] is None or numbers[1] is None:
                return None
            begin, end = numbers[0], field.most if slash and not dash else numbers[1]
        if begin > end:
            # Days and months go round: FRI-MON.
            found |= {*range(begin, field.most + 1), *range(field.least, end + 1)}
        found |= set(range(begin, end + 1, int(step) if slash else 1))
    return frozenset(found)


def _number(field: _Field, text: str) -> int | None:
    if text in field.words:
        return field.words.index(text) + field.least
    number = int(text) if re.fullmatch(r"[0-9]{1,4}", text) else -1
    return number if field.least <= number <= field.most else None


def _refused(
    but: str = "",
    remedy: str = 'write it as in "cron(0 3 * * ? *)", each day at 3, or "rate(6 hours)"',
) -> Refusal:
    return Refusal(
        allowed=f"rate(NUMBER minutes, hours or days) or cron(...) of six fields{but}",
        remedy=remedy,
    )
