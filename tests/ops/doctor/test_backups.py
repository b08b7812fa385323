"""Whether the database can go back to a moment."""

from typing import Any

import pytest

from ops.doctor.backups import judge_backups
from ops.doctor.finding import Finding
from tests.stages import stage_settings


def found(database: dict[str, Any], **changes: object) -> Finding:
    prod = stage_settings("prod")
    settings = prod.model_copy(
        update={"database": prod.database.model_copy(update=database), **changes}
    )
    (finding,) = judge_backups(settings)
    return finding


@pytest.mark.parametrize(
    ("database", "kept"),
    [
        ({"backup_retention_days": 14}, 14),
        # Aurora cannot be without.
        ({"backup_retention_days": 0, "engine": "aurora-serverless-v2"}, 1),
    ],
)
def test_days_that_are_kept_are_said(database: dict[str, Any], kept: int) -> None:
    finding = found(database)

    assert finding.state == "fine"
    assert (
        finding.what == f"backup_retention_days is {kept}: it can go back to any moment within them"
    )


def test_a_database_that_was_adopted_without_backups_is_named_with_what_it_takes() -> None:
    finding = found({"backup_retention_days": 0})

    assert finding.state == "attention"
    assert "cannot go back to a moment" in finding.what
    assert "AWS Backup copies it once a day" in finding.what
    assert "backup_retention_days = 14 below [database] in stages/prod.toml" in finding.remedy
    assert "interrupts the database for minutes" in finding.remedy


def test_a_stage_that_may_lose_its_data_may_do_without() -> None:
    assert found({"backup_retention_days": 0}, retain_data=False).state == "fine"
