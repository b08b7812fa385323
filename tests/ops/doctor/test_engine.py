"""For how long AWS supports the database's major version."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from ops.doctor import engine
from ops.doctor.finding import Finding

ENDS = date(2028, 2, 29)


def found(today: date, ends: date | None = ENDS) -> Finding:
    (finding,) = engine.judge_engine(ends, version="15.7", stage="prod", today=today)
    return finding


def test_a_version_with_years_of_support_is_fine() -> None:
    finding = found(date(2026, 11, 27))

    assert finding.state == "fine"
    assert finding.what == "PostgreSQL 15 has standard support until 2028-02-29"


@pytest.mark.parametrize(
    ("today", "verb"), [(ENDS - timedelta(days=180), "ends"), (date(2028, 3, 1), "ended")]
)
def test_what_will_cost_more_is_told_half_a_year_ahead(today: date, verb: str) -> None:
    finding = found(today)

    assert finding.state == "attention"
    assert f"PostgreSQL 15 {verb} on 2028-02-29" in finding.what
    assert "Extended Support is charged" in finding.what
    assert finding.remedy == "python -m ops database upgrade VERSION --stage prod"


def test_what_aws_does_not_tell_is_unknown() -> None:
    assert found(date(2026, 11, 27), None).state == "unknown"


@pytest.mark.parametrize(
    ("of_stage", "asked"),
    [("postgres", "postgres"), ("aurora-serverless-v2", "aurora-postgresql")],
)
def test_aws_is_asked_for_the_stages_engine_and_major_version(of_stage: str, asked: str) -> None:
    lifecycles: list[dict[str, Any]] = [
        {
            "LifecycleSupportName": f"open-source-rds-{name}-support",
            "LifecycleSupportEndDate": datetime(year, 2, 28, tzinfo=UTC),
        }
        for name, year in (("extended", 2031), ("standard", 2028))
    ]
    deployed = Mock()
    deployed.settings.database.engine = of_stage
    deployed.settings.database.engine_version = "15.7"
    rds = deployed.clients.return_value
    rds.describe_db_major_engine_versions.return_value = {
        "DBMajorEngineVersions": [{"SupportedEngineLifecycles": lifecycles}]
    }

    assert engine.gather(deployed) == date(2028, 2, 28)
    rds.describe_db_major_engine_versions.assert_called_once_with(
        Engine=asked, MajorEngineVersion="15"
    )
