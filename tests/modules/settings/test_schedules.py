"""When a job runs: what Scheduler takes, and how long a job rests."""

import pytest

from modules.settings.rules.schedules import longest_rest_minutes, recurring_schedule

DAY = 24 * 60


@pytest.mark.parametrize(
    "schedule",
    [
        "rate(1 minute)",
        "rate(12 hours)",
        "cron(0 3 * * ? *)",
        "cron(0/15 8-17 ? * MON-FRI *)",
        "cron(0 0 L * ? *)",
        "cron(0 0 15W 1,7 ? 2027-2030)",
        "cron(0 9 ? JAN-MAR FRI#2 *)",
        "cron(0 9 ? * 6L *)",
        "cron(0 9 ? * FRI-MON *)",
    ],
)
def test_a_schedule_of_aws_is_taken(schedule: str) -> None:
    assert recurring_schedule(schedule) is None


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("0 3 * * *", "cron(...) of six fields"),
        ("rate(0 minutes)", "rate(NUMBER"),
        ("rate(3 weeks)", "rate(NUMBER"),
        ("at(2026-12-24T18:00:00)", "rate(NUMBER"),
        ("cron(0 3 * * *)", "six fields, not 5"),
        ("cron(60 3 * * ? *)", "'60' is no minutes"),
        ("cron(0 24 * * ? *)", "'24' is no hours"),
        ("cron(0 3 0 * ? *)", "'0' is no day of the month"),
        ("cron(0 3 1 13 ? *)", "'13' is no month"),
        ("cron(0 3 ? * 0 *)", "'0' is no day of the week"),
        ("cron(0 3 ? * MUN *)", "'MUN' is no day of the week"),
        ("cron(0 3 ? * MUN#1 *)", "'MUN#1' is no day of the week"),
        ("cron(0 3 ? * MON#6 *)", "'MON#6' is no day of the week"),
        ("cron(0/0 3 * * ? *)", "'0/0' is no minutes"),
        ("cron(0 3 * * ? 1969)", "'1969' is no year"),
        ("cron(0 3 * * * *)", "a ? for one of"),
        ("cron(0 3 ? * ? *)", "a ? for one of"),
    ],
)
def test_what_aws_refuses_is_refused_with_its_field(schedule: str, said: str) -> None:
    refusal = recurring_schedule(schedule)

    assert refusal is not None
    assert said in refusal.allowed


@pytest.mark.parametrize(
    ("schedule", "minutes"),
    [
        ("rate(6 hours)", 360),
        ("cron(0 3 * * ? *)", DAY),
        ("cron(0,30 8-17 * * ? *)", 14 * 60 + 30),
        ("cron(0 3 ? * MON-FRI *)", 3 * DAY),
        ("cron(0 3 ? * SAT-SUN *)", 6 * DAY),
        ("cron(0 3 1 * ? *)", 31 * DAY),
        ("cron(0 3 L * ? *)", 31 * DAY),
        ("cron(0 3 ? * MON#1 *)", 35 * DAY),
        ("cron(0 3 ? * FRIL *)", 35 * DAY),
    ],
)
def test_a_job_rests_until_its_next_run(schedule: str, minutes: int) -> None:
    assert longest_rest_minutes(schedule) == minutes


def test_what_runs_once_has_no_next_run() -> None:
    assert longest_rest_minutes("cron(0 3 1 1 ? 2027)") is None
