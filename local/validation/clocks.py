"""What scheduled scaling and EventBridge Scheduler take as a time, where AWS's models do not say so."""

import re
from typing import Any

from local.validation.names import refused
from modules.settings.rules.clocks import days_of_the_week, time_zone
from modules.settings.rules.schedules import recurring_schedule

Params = dict[str, Any]

_AT = re.compile(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")
_RATE_OR_AT = re.compile(r"rate\(\d+ (minute|hour|day)s?\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (?P<date>\S+) (\S+) (?P<weekday>\S+) (\S+)\)")


def schedule(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html."""
    zone = params.get("ScheduleExpressionTimezone")
    return [
        *_scheduled("ScheduleExpression", params.get("ScheduleExpression")),
        *refused("ScheduleExpressionTimezone", zone, time_zone),
    ]


def scheduled_action(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html."""
    return [
        *_expression("Schedule", params.get("Schedule")),
        *refused("Timezone", params.get("Timezone"), time_zone),
    ]


def _scheduled(member: str, expression: Any) -> list[str]:
    if not isinstance(expression, str) or _AT.fullmatch(expression):
        return []
    return refused(member, expression, recurring_schedule)


def _expression(member: str, expression: Any) -> list[str]:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based."""
    if not isinstance(expression, str) or _RATE_OR_AT.fullmatch(expression):
        return []
    fields = _CRON.fullmatch(expression)
    if fields is None:
        return [
            f"{member} = {expression!r}: allowed: at(yyyy-mm-ddThh:mm:ss), rate(NUMBER UNIT), or "
            "cron(...) with six fields"
        ]
    weekday = fields["weekday"]
    if (fields["date"] == "?") == (weekday == "?"):
        return [
            f"{member} = {expression!r}: allowed: a ? for one of date and day of the week, not both"
        ]
    # Only names are looked at: days by number, all of them, or the last one are right in more forms.
    by_name = re.fullmatch(r"[A-Za-z,-]+", weekday) and weekday != "L"
    return refused(f"{member}: day of the week", weekday, days_of_the_week) if by_name else []
