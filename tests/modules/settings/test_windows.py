"""When the database is backed up and maintained, beside AWS Backup and the night stop."""

from typing import Any

import pytest

from modules.settings.schedule import DAY_MINUTES, minute_of_day
from modules.settings.stage_files import parse_stage
from tests.conftest import Synthesize
from tests.stages import VARIANTS

BACKUPS = {"security": {"backups": True}}


def refused(**tables: Any) -> dict[str, str]:
    """The fields that a stage with these tables is refused for, with what is allowed."""
    document = {
        "domain_name": "app.example.com",
        "operator_email": "ops@example.com",
        "retain_data": False,
        **tables,
    }
    _, errors = parse_stage(document, stage="any")
    return {error.field: error.allowed for error in errors}


@pytest.mark.parametrize("stage", ["prod", "dev", "guarded", "fortified"])
def test_the_windows_end_an_hour_before_aws_backup_begins(stack: Synthesize, stage: str) -> None:
    found = stack(stage)
    if found.names("aws_rds_cluster"):
        database = found.resource("aws_rds_cluster", "main")
        backup, maintenance = (
            database["preferred_backup_window"],
            database["preferred_maintenance_window"],
        )
        for name in found.names("aws_rds_cluster_instance"):
            instance = found.resource("aws_rds_cluster_instance", name)
            assert instance["preferred_maintenance_window"] == maintenance
    else:
        database = found.resource("aws_db_instance", "main")
        backup, maintenance = database["backup_window"], database["maintenance_window"]

    assert (backup, maintenance) == ("03:00-03:30", "sun:01:30-sun:02:30")


def test_aws_backup_begins_within_an_hour_of_its_time(stack: Synthesize) -> None:
    (rule,) = stack("prod").resource("aws_backup_plan", "main")["rule"]

    assert (rule["schedule"], rule["start_window"]) == ("cron(0 5 ? * * *)", 60)


def test_with_a_night_stop_all_three_lie_in_the_day(stack: Synthesize) -> None:
    """Aurora's variant stops at 19:30, its zone is UTC; AWS Backup has an hour to begin."""
    cluster = stack("aurora").resource("aws_rds_cluster", "main")
    (rule,) = stack("aurora").resource("aws_backup_plan", "main")["rule"]

    assert cluster["preferred_maintenance_window"] == "mon:14:30-mon:15:30"
    assert cluster["preferred_backup_window"] == "16:00-16:30"
    assert rule["schedule"] == "cron(0 18 ? * MON-THU *)"


@pytest.mark.parametrize(("offset"), [60, 120])
def test_they_do_so_in_winter_and_in_summer(stack: Synthesize, offset: int) -> None:
    """Berlin is one hour before UTC, or two; "thrifty" runs from 06:45 to 20:00 there."""
    instance = stack("thrifty").resource("aws_db_instance", "main")
    begin, end = map(minute_of_day, instance["backup_window"].split("-"))

    assert minute_of_day("06:45") <= begin + offset < end + offset <= minute_of_day("20:00")
    # An hour before AWS Backup, at 18:30 in Berlin.
    assert end + offset + 60 <= minute_of_day("18:30")
    assert end < DAY_MINUTES


def test_a_stage_that_runs_for_too_short_a_time_is_refused_with_the_reason() -> None:
    found = refused(night_stop={"start_at": "09:00", "stop_at": "13:00"})

    assert "5 hours or more after start_at, 09:00" in found["night_stop.stop_at"]
    assert "neither backed up nor maintained" in found["night_stop.stop_at"]
    assert not refused(night_stop={"start_at": "09:00", "stop_at": "14:00"})
    # In a zone whose clocks change an hour more.
    berlin = {"time_zone": "Europe/Berlin"}
    assert refused(night_stop={"start_at": "09:00", "stop_at": "14:00"}, **berlin)
    assert not refused(night_stop={"start_at": "09:00", "stop_at": "15:00"}, **berlin)


@pytest.mark.parametrize(
    "window", ["04:30-05:00", "05:00-05:30", "05:30-06:30", "06:00-06:30", "06:30-07:30"]
)
def test_a_window_beside_aws_backups_time_is_refused(window: str) -> None:
    assert (
        "AWS Backup"
        in refused(database={"backup_window": window}, **BACKUPS)["database.backup_window"]
    )
    assert not refused(database={"backup_window": window})


def test_a_window_an_hour_away_is_taken() -> None:
    assert not refused(database={"backup_window": "07:00-07:30"}, **BACKUPS)
    assert not refused(database={"maintenance_window": "sat:23:30-sun:00:30"}, **BACKUPS)


@pytest.mark.parametrize(
    ("database", "field"),
    [
        ({"backup_window": "03:00-03:10"}, "backup_window"),
        ({"backup_window": "02:00-03:00"}, "backup_window"),
        ({"maintenance_window": "sun:01:30-mon:02:30"}, "maintenance_window"),
        ({"maintenance_window": "SUN:01:30-SUN:02:30"}, "maintenance_window"),
        ({"backup_window": "3:00-4:00"}, "backup_window"),
    ],
)
def test_what_rds_refuses_is_refused(database: dict[str, str], field: str) -> None:
    assert list(refused(database=database)) == [f"database.{field}"]


@pytest.mark.parametrize(
    "database",
    [
        {"backup_window": "03:00-03:30"},
        {"maintenance_window": "sun:12:00-sun:13:00"},
        {"maintenance_window": "mon:20:00-mon:21:00"},
    ],
)
def test_a_window_in_the_night_of_a_night_stop_is_refused(database: dict[str, str]) -> None:
    found = refused(database=database, night_stop={})

    assert "lets the database run" in next(iter(found.values()))


@pytest.mark.parametrize("name", VARIANTS)
def test_what_is_chosen_by_default_passes_its_own_check(name: str) -> None:
    _, errors = parse_stage(VARIANTS[name], stage=name)

    assert not errors


def test_an_adopted_database_keeps_its_windows(stack: Synthesize) -> None:
    instance = stack("adopted").resource("aws_db_instance", "main")

    assert {"backup_window", "maintenance_window"} & instance.keys() == set()
