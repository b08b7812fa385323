"""What a service does by the clock: who starts it, what it may, how long it has, and who is told."""

import json
import signal
import subprocess
import time
from typing import Any

import pytest

from modules.compute.timekeeper import TIMED_OUT, with_timekeeper
from modules.monitoring.alarms import job_alarms
from modules.settings.jobs import Job
from tests.conftest import Synthesize

STAGE = "tailored"
TOPIC = ["${aws_sns_topic.alarms.arn}"]


def test_scheduler_starts_a_task_of_the_jobs_own(stack: Synthesize) -> None:
    schedule = stack(STAGE).resource("aws_scheduler_schedule", "insights_nightly")

    target = schedule["target"]
    assert (schedule["schedule_expression"], schedule["schedule_expression_timezone"]) == (
        "cron(0 3 * * ? *)",
        "UTC",
    )
    assert target["arn"] == "${aws_ecs_cluster.main.arn}"
    assert target["ecs_parameters"]["task_definition_arn"] == (
        "${aws_ecs_task_definition.insights_nightly.arn}"
    )
    assert target["dead_letter_config"] == {"arn": "${aws_sqs_queue.failed_jobs.arn}"}
    assert target["retry_policy"] == {
        "maximum_event_age_in_seconds": 3600,
        "maximum_retry_attempts": 3,
    }


def test_a_jobs_role_may_start_its_task_with_its_two_roles_and_nothing_else(
    stack: Synthesize,
) -> None:
    policy = stack(STAGE).policy("aws_iam_role_policy", "insights_nightly_schedule")

    allowed = {
        action: (each["Resource"], each.get("Condition"))
        for each in policy["Statement"]
        for action in each["Action"]
    }
    assert allowed == {
        "ecs:RunTask": (
            ["${aws_ecs_task_definition.insights_nightly.arn_without_revision}:*"],
            {"ArnEquals": {"ecs:cluster": "${aws_ecs_cluster.main.arn}"}},
        ),
        "iam:PassRole": (
            ["${aws_iam_role.insights_execution.arn}", "${aws_iam_role.insights_task.arn}"],
            {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        "sqs:SendMessage": (["${aws_sqs_queue.failed_jobs.arn}"], None),
    }


def test_a_job_is_its_services_container_with_a_command_and_a_timekeeper(
    stack: Synthesize,
) -> None:
    task = stack(STAGE).containers("insights_nightly")

    assert list(task) == ["insights", "timekeeper"]
    assert task["insights"]["command"] == ["python", "-m", "nightly"]
    assert "portMappings" not in task["insights"]
    assert task["insights"]["image"] == stack(STAGE).containers("insights")["insights"]["image"]
    assert task["timekeeper"]["essential"] is True
    assert "sleep 1800 " in task["timekeeper"]["command"][0]


def keeper(seconds: float) -> subprocess.Popen[str]:
    """The timekeeper of a task, as its container would run it."""
    _, container = with_timekeeper([{"name": "x"}], seconds=int(seconds), image="x", log={})
    command = [*container["entryPoint"], *container["command"]]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_job_out_of_time_ends_with_an_error_that_its_log_explains() -> None:
    said, _ = (running := keeper(1)).communicate(timeout=20)

    assert running.returncode == TIMED_OUT
    assert said == "the job has run for 1 seconds, its timeout: it is ended\n"


def test_a_job_that_is_done_in_time_is_no_error_of_the_timekeeper() -> None:
    running = keeper(30)
    time.sleep(0.5)  # until the shell has its trap
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=20)

    assert running.returncode == 0


def test_the_operator_is_told_of_a_job_that_failed(stack: Synthesize) -> None:
    rule = stack(STAGE).resource("aws_cloudwatch_event_rule", "job_failed")

    detail = json.loads(rule["event_pattern"])["detail"]
    assert [each["prefix"].rpartition("/")[2] for each in detail["taskDefinitionArn"]] == [
        "atomic-tailored-insights-nightly:",
        "atomic-tailored-insights-monthly:",
    ]
    assert detail["$or"][0] == {"containers": {"exitCode": [{"anything-but": 0}]}}


def test_the_operator_is_told_of_a_job_that_could_not_be_started(stack: Synthesize) -> None:
    alarm = stack(STAGE).resource("aws_cloudwatch_metric_alarm", "failed_jobs")

    assert alarm["dimensions"] == {"QueueName": "atomic-tailored-failed-jobs"}
    assert alarm["alarm_actions"] == TOPIC


def test_the_operator_is_told_of_a_job_that_is_started_no_more(stack: Synthesize) -> None:
    alarm = stack(STAGE).resource("aws_cloudwatch_metric_alarm", "insights_nightly_not_run")

    assert alarm["dimensions"] == {"ScheduleGroup": "atomic-tailored-insights-nightly"}
    # A day, and an hour for its count to arrive; before the first run there is nothing to miss.
    assert (alarm["period"], alarm["evaluation_periods"]) == (3600, 25)
    assert alarm["insufficient_data_actions"] == TOPIC


@pytest.mark.parametrize(
    ("schedule", "watched"),
    [("cron(0 3 ? * MON-FRI *)", True), ("rate(6 days)", True), ("cron(0 3 1 * ? *)", False)],
)
def test_a_job_that_rests_longer_than_an_alarm_looks_back_has_none(
    schedule: str, watched: bool
) -> None:
    job: Any = Job(schedule=schedule, command=("x",))

    assert bool(job_alarms("reports-x", job, schedule_group="g")) is watched


def test_a_stage_without_jobs_has_nothing_of_them(stack: Synthesize) -> None:
    kinds = {each.partition(".")[0] for each in stack("dev").addresses()}

    assert not kinds & {"aws_sqs_queue", "aws_scheduler_schedule_group"}
