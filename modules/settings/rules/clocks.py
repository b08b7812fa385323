"""What Application Auto Scaling and EventBridge Scheduler take as days and time zones."""

import difflib
import re
from zoneinfo import available_timezones

from modules.settings.rules.refusal import Refusal

_DAY = "(MON|TUE|WED|THU|FRI|SAT|SUN)"
# A day, or a range of two, separated by commas.
# https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
_DAYS = re.compile(rf"{_DAY}(-{_DAY})?(,{_DAY}(-{_DAY})?)*")
# What is in the tz database's folder and no place's time. Scaling asks for names that Joda-Time knows, the
# scheduler for IANA's, which have at most 50 characters.
# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
# https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
_NO_ZONES = frozenset({"Factory", "localtime", "posixrules", "ROC"})
_NO_AREAS = ("posix/", "right/", "SystemV/")
_LONGEST_ZONE = 50


def days_of_the_week(days: str) -> Refusal | None:
    """Refuse what a cron expression cannot hold as its days of the week."""
    if _DAYS.fullmatch(days):
        return None
    upper = days.strip().upper()
    remedy = 'write them as in "MON-FRI" or "MON,WED,FRI"'
    if _DAYS.fullmatch(upper):
        remedy = f'write "{upper}"'
    elif re.fullmatch(rf"{_DAY}(-{_DAY}){{2,}}", upper):
        remedy = f'write "{upper.replace("-", ",")}" for these days, or a range of two'
    return Refusal(
        allowed="days of the week as in a cron expression: MON to SUN, ranges of two, separated by commas",
        remedy=remedy,
    )


def time_zone(name: str) -> Refusal | None:
    """Refuse what is no zone of the IANA's, or one that AWS's clocks do not know."""
    known = {zone for zone in available_timezones() if _is_zone(zone)}
    if name in known:
        return None
    by_lower = {zone.lower(): zone for zone in known}
    typed = name.strip().lower().replace(" ", "_")
    # GMT+1 is no slip of GMT+0.
    alike = [zone for zone in by_lower if _digits(zone) == _digits(typed)]
    close = difflib.get_close_matches(typed, alike, n=1, cutoff=0.8)
    cities = [zone for lower, zone in by_lower.items() if lower.rpartition("/")[2] == typed]
    likeliest = by_lower[close[0]] if close else min(cities, default=None)
    return Refusal(
        allowed="the name of a time zone (IANA) that AWS knows",
        remedy=f'write "{likeliest}"' if likeliest else 'write it as in "Europe/Berlin" or "UTC"',
    )


def _digits(name: str) -> str:
    return "".join(filter(str.isdigit, name))


def _is_zone(name: str) -> bool:
    return name not in _NO_ZONES and not name.startswith(_NO_AREAS) and len(name) <= _LONGEST_ZONE
