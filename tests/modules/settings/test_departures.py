"""A service leaves a stage, gets another name, or works by the clock: what the stage file has to say."""

from typing import Any

import pytest

from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings

REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
OUT = {"enabled": False}
REPORTS = {"port": 8000, "path": "/v1/reports", "priority": 70}
NIGHTLY = {"schedule": "cron(0 3 * * ? *)", "command": ["nightly"]}


def stage_with(**services: Any) -> tuple[StageSettings, list[str]]:
    settings, errors = parse_stage({**REQUIRED, "services": services}, stage="dev")
    return settings, [str(each) for each in errors]


def test_a_service_that_is_left_out_is_no_service_of_the_stage() -> None:
    settings, errors = stage_with(oauth=OUT)

    assert errors == []
    assert "oauth" not in settings.services
    assert list(settings.beside.left_out) == ["oauth"]


def test_who_calls_a_service_that_is_left_out_is_named_with_what_to_write() -> None:
    _, (line,) = stage_with(optaplanner=OUT)

    assert line == (
        'services.functions.calls = "optaplanner": must be a service of the stage, and optaplanner is left '
        'out (enabled = false); write calls = ["hasura"] in [services.functions] (OPTAPLANNER_URL in its '
        "environment names optaplanner too), or take optaplanner in again"
    )


def test_who_waits_for_a_service_that_is_left_out_is_named() -> None:
    _, lines = stage_with(app=OUT, hasura={"calls": ["functions"]})

    assert [line.partition(" = ")[0] for line in lines] == ["services.hasura.wait_for_url"]


def test_a_slip_in_the_name_of_a_service_that_is_left_out_is_no_new_service() -> None:
    _, (line,) = stage_with(oatuh=OUT)

    assert "did you mean [services.oauth]?" in line


def test_its_registry_may_be_destroyed_on_purpose() -> None:
    document = {
        **REQUIRED,
        "services": {"oauth": OUT},
        "allow_destroy": ["aws_ecr_repository.oauth"],
    }

    assert parse_stage(document, stage="dev")[1] == []


def test_a_registry_has_one_service() -> None:
    _, (line,) = stage_with(reports=REPORTS, insights={"port": 1, "renamed_from": "reports"})

    assert line.startswith(
        'services.insights.renamed_from = "reports": must be a name that no other'
    )


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ({"schedule": "every night"}, 'jobs.nightly.schedule = "every night": must be rate(NUMBER'),
        ({"timeout": "30"}, "must be a number of seconds, minutes or hours"),
        ({"time_zone": "Mars"}, "must be the name of a time zone"),
        ({"command": []}, "jobs.nightly.command = []"),
        ({"retries": 186}, "must be at most 185"),
    ],
)
def test_a_job_that_aws_would_refuse_is_refused(job: dict[str, Any], said: str) -> None:
    _, (line,) = stage_with(reports=REPORTS | {"jobs": {"nightly": NIGHTLY | job}})

    assert said in line


def test_a_job_is_asked_for_its_schedule_and_command() -> None:
    _, lines = stage_with(reports=REPORTS | {"jobs": {"nightly": {"timeout": "5m"}}})

    assert [line.partition(" = ")[0].rpartition(".")[2] for line in lines] == [
        "schedule",
        "command",
    ]


@pytest.mark.parametrize("name", ["Nightly", "a_job", "9-to-5"])
def test_a_job_has_a_name_that_aws_and_terraform_take(name: str) -> None:
    _, (line,) = stage_with(reports=REPORTS | {"jobs": {name: NIGHTLY}})

    assert "lower-case letters, digits and single hyphens" in line


def test_a_jobs_task_is_no_other_services() -> None:
    services = {"reports-nightly": {"port": 1}, "reports": REPORTS | {"jobs": {"nightly": NIGHTLY}}}

    _, (line,) = stage_with(**services)

    assert "whose task, reports-nightly, is no service" in line


def test_a_jobs_task_is_no_other_jobs() -> None:
    services = {
        "a": {"port": 1, "jobs": {"b-c": NIGHTLY}},
        "a-b": {"port": 2, "jobs": {"c": NIGHTLY}},
    }

    _, (line,) = stage_with(**services)

    assert line == (
        'services.a-b.jobs = "c": must be a name whose task, a-b-c, no job of a has; rename one of the two '
        "jobs"
    )


def test_a_single_writer_has_no_job_beside_it() -> None:
    _, (line,) = stage_with(**{"python-agent": {"jobs": {"nightly": NIGHTLY}}})

    assert "left out for a single writer" in line
