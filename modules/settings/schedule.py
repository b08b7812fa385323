"""When a stage's services have how many tasks, and when its database runs: plain data, by the clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from modules.settings import stage_settings as s
from modules.settings.services import Service

# The database takes some minutes to start; services that find none would start again and again.
DATABASE_LEAD_MINUTES = 15
# What a task may take until it is healthy, or its metrics are there.
START_MINUTES = 15
WEEK = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
# The year by which a time zone's offsets are told: a stack must not change with the day it is synthesized on.
_YEAR = 2026


@dataclass(frozen=True, kw_only=True)
class ScheduledTasks:
    """From a moment on, a service has at least and at most so many tasks.

    `cron` is in AWS's form, six fields, in the stage's time zone.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """

    name: str
    cron: str
    min_tasks: int
    max_tasks: int


def minute_of_day(clock: str) -> int:
    """Return the minutes since midnight of a time like `07:30`."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def earlier(clock: str, minutes: int) -> str:
    """Return the time that many minutes before, on the same day.

    Raises ValueError where that is the day before.
    """
    total = minute_of_day(clock) - minutes
    if total < 0:
        raise ValueError(f"{minutes} minutes before {clock} is the day before")
    return f"{total // 60:02}:{total % 60:02}"


def cron_at(clock: str, days: str) -> str:
    """AWS's cron expression for a time on days of the week."""
    minute = minute_of_day(clock)
    return f"cron({minute % 60} {minute // 60} ? * {days} *)"


def days_of(days: str) -> set[str]:
    """`MON-WED,FRI` as the days that it means."""
    found: set[str] = set()
    for part in days.split(","):
        first, _, last = part.partition("-")
        begin, end = WEEK.index(first), WEEK.index(last or first)
        found |= {WEEK[index % 7] for index in range(begin, end + 1 + (7 if end < begin else 0))}
    return found


@cache
def utc_offsets(time_zone: str) -> tuple[int, int]:
    """Return the least and the greatest of a zone's offsets from UTC in a year, in minutes."""
    zone, first = ZoneInfo(time_zone), datetime(_YEAR, 1, 1, 12, tzinfo=UTC)
    offsets = {
        (first + timedelta(days=day)).astimezone(zone).utcoffset() or timedelta()
        for day in range(365)
    }
    minutes = sorted(int(offset.total_seconds()) // 60 for offset in offsets)
    return minutes[0], minutes[-1]


def planned_stops(
    service: Service, night_stop: s.NightStop | None, time_zone: str
) -> list[tuple[int, int]]:
    """Return when a service is meant to have no task, in minutes of a week in UTC that begins on Monday.

    Each ends when the tasks that start then have had their time. Where the clocks change, it is as long as
    in both halves of the year together. A service that may have none by its bounds has none all week.
    """
    changes = sorted(
        (WEEK.index(day) * DAY_MINUTES + minute_of_day(clock), least)
        for clock, days, least in _changes(service, night_stop)
        for day in days_of(days)
    )
    if not changes:
        return [] if service.min_tasks else [(0, WEEK_MINUTES)]
    if not any(least for _, least in changes):
        return [(0, WEEK_MINUTES)]
    earliest, latest = utc_offsets(time_zone)
    found: list[tuple[int, int]] = []
    begins: int | None = None
    # Twice the week: the first one tells how the second begins.
    for minute, least in [*changes, *((minute + WEEK_MINUTES, least) for minute, least in changes)]:
        if not least and begins is None:
            begins = minute
        elif least and begins is not None:
            found += [(begins - latest, minute - earliest + START_MINUTES)]
            begins = None
    return _of_one_week(found)


def _changes(service: Service, night_stop: s.NightStop | None) -> list[tuple[str, str, int]]:
    """Return at which times, on which days, a service has which least number of tasks."""
    night = (
        [
            (night_stop.stop_at, night_stop.days, 0),
            (night_stop.start_at, night_stop.days, service.min_tasks),
        ]
        if night_stop
        else []
    )
    return [*night, *((row.at, row.days, row.min_tasks) for row in service.schedule)]


def _of_one_week(intervals: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Fold intervals into one week, and join those that touch."""
    folded: set[tuple[int, int]] = set()
    for begin, end in intervals:
        start = begin % WEEK_MINUTES
        rest = start + end - begin
        folded |= {(start, min(rest, WEEK_MINUTES))}
        folded |= {(0, rest - WEEK_MINUTES)} if rest > WEEK_MINUTES else set()
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(folded):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


def scheduled_tasks(service: Service, night_stop: s.NightStop | None) -> list[ScheduledTasks]:
    """Return what the clock does to a service: none at night, and what its own schedule says."""
    night: Sequence[ScheduledTasks] = ()
    if night_stop:
        night = (
            ScheduledTasks(
                name="night-stop",
                cron=cron_at(night_stop.stop_at, night_stop.days),
                min_tasks=0,
                max_tasks=0,
            ),
            ScheduledTasks(
                name="night-start",
                cron=cron_at(night_stop.start_at, night_stop.days),
                min_tasks=service.min_tasks,
                max_tasks=service.max_tasks,
            ),
        )
    return [
        *night,
        *(
            ScheduledTasks(
                name=f"schedule-{index}",
                cron=cron_at(row.at, row.days),
                min_tasks=row.min_tasks,
                max_tasks=row.max_tasks,
            )
            for index, row in enumerate(service.schedule)
        ),
    ]
