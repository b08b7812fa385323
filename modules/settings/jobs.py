"""What a service does by the clock, and when its alarms ring."""

import re
from typing import Annotated

from pydantic import Field

from modules.settings.rules.schedules import recurring_schedule
from modules.settings.setting_types import Many, Percent, Section, TimeZone, Word, matching, ruled

_SECONDS = {"s": 1, "m": 60, "h": 3600}
Duration = Annotated[
    str,
    matching(
        r"(?!0)\d{1,5}[smh]",
        "a number of seconds, minutes or hours",
        'write it as in "30m", "90s" or "2h"',
    ),
]


class Job(Section):
    """A command in a task of its own by the clock, with its service's image, variables and roles."""

    schedule: Annotated[str, ruled(recurring_schedule)]
    """when, as EventBridge Scheduler writes it: `cron(0 3 * * ? *)` or `rate(6 hours)`"""
    command: Many[Word] = Field(min_length=1)
    """what the container runs then"""
    timeout: Duration = "1h"
    """the task is ended after this time, and the run has failed: `90s`, `30m` or `2h`"""
    time_zone: TimeZone | None = None
    """of the schedule; default: the stage's `time_zone`"""
    retries: int = Field(3, ge=0, le=185)
    """how often Scheduler tries again, for an hour at most, where AWS does not start the task; a run that
    fails is not repeated"""

    @property
    def timeout_seconds(self) -> int:
        """The timeout as a number."""
        number, unit = re.fullmatch(r"(\d+)(.)", self.timeout).groups()  # type: ignore[union-attr]  # checked
        return int(number) * _SECONDS[unit]


class ServiceAlarms(Section):
    """When the alarms of one service ring, where it is not as the stage has it for all."""

    cpu_percent: Percent | None = None
    """CPU from which its alarm rings, and that it has one; default: `alarms.service_cpu_percent` where
    `cpu_alarm` is on"""
    memory_percent: Percent | None = None
    """memory from which an alarm of its own rings; default: none"""
    latency_seconds: float | None = Field(None, gt=0)
    """p90 response time; default: `latency_threshold_seconds`"""
    target_5xx_count: int | None = Field(None, ge=1)
    """its errors in 5 minutes; default: `alarms.target_5xx_count`"""
