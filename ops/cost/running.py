"""How much of the time, and on what, a stage's tasks run."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from modules.settings.schedule import DATABASE_LEAD_MINUTES, WEEK, days_of, minute_of_day
from modules.settings.stage_settings import NightStop

_CRON = re.compile(r"cron\((\d+) (\d+) \? \* (\S+) \*\)")


def weekly_share(starts: str, stops: str) -> float:
    """Return the share of a week between two cron expressions of one time on the same days each.

    Raises ValueError for another kind of expression.
    """
    begin, end = _CRON.fullmatch(starts), _CRON.fullmatch(stops)
    if begin is None or end is None:
        raise ValueError(f"the hours between {starts} and {stops}")
    minutes = 60 * (int(end[2]) - int(begin[2])) + int(end[1]) - int(begin[1])
    return minutes * len(days_of(end[3])) / (7 * 24 * 60)


def is_stopped_now(night: NightStop | None, time_zone: str, now: datetime) -> bool:
    """Return whether the clock has stopped a stage with this night stop; `now` knows its own time zone."""
    if night is None:
        return False
    local = now.astimezone(ZoneInfo(time_zone))
    minute = local.hour * 60 + local.minute
    # The database starts first, and neither stops at once.
    starts = minute_of_day(night.start_at) - DATABASE_LEAD_MINUTES
    runs = starts <= minute < minute_of_day(night.stop_at)
    return not (runs and WEEK[local.weekday()] in days_of(night.days))


def spot_share(strategy: Sequence[Mapping[str, Any]], tasks: int) -> float:
    """Return how many of a service's tasks run on Spot: all beyond the base, by weight.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
    """
    base = sum(int(each.get("base") or 0) for each in strategy)
    weights = {each["capacity_provider"]: int(each.get("weight") or 0) for each in strategy}
    total = sum(weights.values())
    return max(0, tasks - base) * weights.get("FARGATE_SPOT", 0) / total if total else 0.0
