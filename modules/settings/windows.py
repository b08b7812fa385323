"""When the database is backed up and maintained, hour by hour: RDS's two windows and AWS Backup's start.

RDS takes windows in UTC, AWS Backup a time zone. Backups by AWS Backup fail within RDS's windows and in the
hour before them, and a database that is stopped is neither backed up nor maintained.
https://docs.aws.amazon.com/aws-backup/latest/devguide/plan-options-and-configuration.html#plan-windows
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
"""

from collections.abc import Iterator
from dataclasses import dataclass

from modules.settings import stage_settings as s
from modules.settings.schedule import (
    DATABASE_LEAD_MINUTES,
    DAY_MINUTES,
    WEEK,
    WEEK_MINUTES,
    cron_at,
    days_of,
    minute_of_day,
    utc_offsets,
)
from modules.settings.setting_error import SettingError, at

HOUR = 60
# AWS Backup begins within this time, or says that it has not; an hour is the least that it takes.
START_WINDOW = HOUR
# Before AWS Backup begins: RDS's maintenance, its own backup, and the hour that AWS Backup asks for.
_MAINTENANCE = (-3 * HOUR - 30, -2 * HOUR - 30)
_BACKUP = (-2 * HOUR, -HOUR - 30)
# AWS Backup's own default, and what a backup may take before the night stop.
_BACKUP_AT = "05:00"
_BEFORE_STOP = START_WINDOW + 30


@dataclass(frozen=True, kw_only=True)
class Windows:
    """RDS's windows as RDS takes them, and the cron expression of AWS Backup in the stage's time zone."""

    backup: str
    maintenance: str
    aws_backup: str


def windows(settings: s.StageSettings) -> Windows:
    """Return the stage's windows: those of its file, or some that lie beside AWS Backup's start."""
    night, database = settings.night_stop, settings.database
    begins = _aws_backup_at(settings)
    earliest = begins - utc_offsets(settings.time_zone)[1]
    day = WEEK.index(night.days[:3]) if night else WEEK.index("SUN")
    first, last = (
        (day * DAY_MINUTES + earliest + minutes) % WEEK_MINUTES for minutes in _MAINTENANCE
    )
    return Windows(
        backup=database.backup_window
        or "-".join(_clock((earliest + minutes) % DAY_MINUTES) for minutes in _BACKUP),
        maintenance=database.maintenance_window or f"{_day_clock(first)}-{_day_clock(last)}",
        aws_backup=(
            cron_at(_clock(begins), night.days)
            if night
            # As it was before there were night stops.
            else f"cron({begins % HOUR} {begins // HOUR} ? * * *)"
        ),
    )


def window_errors(settings: s.StageSettings) -> Iterator[SettingError]:
    """Find what is wrong with the windows of a stage, and a night stop that leaves them no room."""
    night = settings.night_stop
    least, greatest = utc_offsets(settings.time_zone)
    needed = _BEFORE_STOP - _MAINTENANCE[0] + greatest - least
    if night:
        running = minute_of_day(night.stop_at) - minute_of_day(night.start_at)
        if 0 < running < needed:
            yield at(
                "night_stop.stop_at", night.stop_at, "night_stop.start_at", "time_zone"
            ).must_be(
                f"{_hours(needed)} or more after start_at, {night.start_at}: a database that is "
                "stopped is neither backed up nor maintained, and both take their time one after the other",
                "let the stage run longer",
            )
        if running < needed:
            return
    yield from _errors_of_windows(settings)


def _errors_of_windows(settings: s.StageSettings) -> Iterator[SettingError]:
    found = windows(settings)
    given = settings.database
    backup = _minutes(found.backup)
    maintenance = _week_minutes(found.maintenance)
    fields = {
        "backup_window": (given.backup_window, backup, 30, DAY_MINUTES // 2),
        "maintenance_window": (given.maintenance_window, maintenance, 30, DAY_MINUTES),
    }
    for name, (value, (begin, end), shortest, longest) in fields.items():
        if value is None:
            continue

        def refused(allowed: str, *, name: str = name, value: str = value) -> SettingError:
            return at(
                f"database.{name}", value, "time_zone", "night_stop", "security.backups"
            ).must_be(
                allowed,
                "leave it out, and one that fits is chosen, or choose another",
            )

        if not shortest <= end - begin <= longest:
            yield refused(f"a window of {shortest} minutes to {longest // HOUR} hours")
        elif name == "backup_window" and _meet(backup, maintenance, pad=0):
            yield refused(f"a window apart from the maintenance window, {found.maintenance}")
        elif settings.security.backups and _meet((begin, end), _aws_backup(settings), pad=HOUR):
            yield refused(
                f"a window an hour away from AWS Backup, which begins at {_clock(_aws_backup_at(settings))} "
                f"({settings.time_zone}) or in the hour after it, and fails beside RDS's windows"
            )
        elif settings.night_stop and not _runs(
            settings.night_stop,
            settings.time_zone,
            begin,
            end,
            daily=name == "backup_window",
        ):
            yield refused(
                "a window, in UTC, in which the night stop lets the database run all year"
            )


def _aws_backup_at(settings: s.StageSettings) -> int:
    night = settings.night_stop
    return minute_of_day(night.stop_at) - _BEFORE_STOP if night else minute_of_day(_BACKUP_AT)


def _aws_backup(settings: s.StageSettings) -> tuple[int, int]:
    """Return when AWS Backup may begin, as minutes of a day in UTC over the whole year."""
    least, greatest = utc_offsets(settings.time_zone)
    begins = _aws_backup_at(settings)
    return begins - greatest, begins - least + START_WINDOW


def _meet(window: tuple[int, int], other: tuple[int, int], *, pad: int) -> bool:
    """Return whether two windows meet on any day, the first one with some time around it."""
    begin, end = window[0] - pad, window[1] + pad
    return any(
        begin + days * DAY_MINUTES < other[1] and other[0] < end + days * DAY_MINUTES
        for days in range(-8, 9)
    )


def _runs(night: s.NightStop, time_zone: str, begin: int, end: int, *, daily: bool) -> bool:
    """Return whether the database runs in a window on each of its days, whatever the clocks say."""
    starts = minute_of_day(night.start_at) - DATABASE_LEAD_MINUTES
    stops = minute_of_day(night.stop_at)
    for offset in utc_offsets(time_zone):
        day, minute = divmod((begin + offset) % WEEK_MINUTES, DAY_MINUTES)
        if not (starts <= minute and minute + end - begin <= stops):
            return False
        if not daily and WEEK[day] not in days_of(night.days):
            return False
    return True


def _minutes(window: str) -> tuple[int, int]:
    """Return begin and end of `03:00-03:30`, the end possibly on the next day."""
    begin, end = map(minute_of_day, window.split("-"))
    return begin, end if end > begin else end + DAY_MINUTES


def _week_minutes(window: str) -> tuple[int, int]:
    begin, end = (
        WEEK.index(each[:3].upper()) * DAY_MINUTES + minute_of_day(each[4:])
        for each in window.split("-")
    )
    return begin, end if end > begin else end + WEEK_MINUTES


def _clock(minute: int) -> str:
    return f"{minute // HOUR:02}:{minute % HOUR:02}"


def _day_clock(minute: int) -> str:
    return f"{WEEK[minute // DAY_MINUTES].lower()}:{_clock(minute % DAY_MINUTES)}"


def _hours(minutes: int) -> str:
    return f"{minutes / HOUR:g} hours"
