"""When a stage's services have how many tasks, and when its database runs: plain data, by the clock."""

from collections.abc import Sequence
from dataclasses import dataclass

from modules.settings import stage_settings as s
from modules.settings.services import Service

# The database takes some minutes to start; services that find none would start again and again.
DATABASE_LEAD_MINUTES = 15


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
