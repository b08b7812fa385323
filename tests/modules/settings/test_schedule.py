"""What the clock does: pure times and bounds."""

import pytest

from modules.settings.schedule import cron_at, earlier, scheduled_tasks
from modules.settings.services import ScheduledScaling, Service
from modules.settings.stage_settings import NightStop

DAY = NightStop(stop_at="20:30", start_at="07:00", days="MON-FRI")
SERVICE = Service(name="app", min_tasks=1, max_tasks=3)


def test_a_time_on_days_is_a_cron_expression_of_six_fields() -> None:
    assert cron_at("07:05", "MON-FRI") == "cron(5 7 ? * MON-FRI *)"


def test_a_quarter_of_an_hour_before_crosses_the_hour() -> None:
    assert earlier("07:00", 15) == "06:45"


def test_a_time_on_the_day_before_is_refused() -> None:
    with pytest.raises(ValueError, match="the day before"):
        earlier("00:10", 15)


def test_without_a_clock_nothing_is_scheduled() -> None:
    assert scheduled_tasks(SERVICE, None) == []


def test_at_night_a_service_has_no_tasks_and_by_day_its_own_bounds() -> None:
    rows = [(row.cron, row.min_tasks, row.max_tasks) for row in scheduled_tasks(SERVICE, DAY)]

    assert rows == [
        ("cron(30 20 ? * MON-FRI *)", 0, 0),
        ("cron(0 7 ? * MON-FRI *)", 1, 3),
    ]


def test_a_services_own_schedule_follows() -> None:
    row = ScheduledScaling(at="12:00", days="MON-FRI", min_tasks=2, max_tasks=6)
    service = SERVICE.model_copy(update={"schedule": (row,)})

    (action,) = scheduled_tasks(service, None)

    assert (action.name, action.cron) == ("schedule-0", "cron(0 12 ? * MON-FRI *)")
    assert (action.min_tasks, action.max_tasks) == (2, 6)
