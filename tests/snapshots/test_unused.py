"""What a stage does not ask for costs it nothing: no address, and the bill that it had before."""

import json
from pathlib import Path
from typing import Any

import pytest

from ops.cost.prices import read_prices
from ops.cost.pricing import bill
from tests.conftest import Synthesize
from tests.stages import SHIPPED

HERE = Path(__file__).parent
# What asks for it, and an address of each part that it has.
ASKED_FOR = {
    "fortified": ("aws_chatbot_slack_channel_configuration.operators",),
    "tailored": (
        "aws_sqs_queue.failed_jobs",
        "aws_scheduler_schedule.insights_nightly",
        "aws_cloudwatch_event_rule.job_failed",
        "aws_cloudwatch_metric_alarm.insights_memory",
        "aws_iam_role_policy.worker_own",
        "aws_sqs_queue.work",
    ),
    "opened": (
        "aws_cloudwatch_log_group.exec",
        "aws_ecs_task_definition.database_connect",
        "aws_iam_role.database_connect_task",
        "aws_kms_key.main",
    ),
    "fronted": (
        "aws_cloudfront_distribution.main",
        "aws_acm_certificate.cdn",
        "aws_lb_listener_rule.redirect_0",
        "aws_ecr_repository_policy.app",
        "data.aws_ec2_managed_prefix_list.cloudfront",
    ),
}


def addresses(stage: str) -> set[str]:
    return set((HERE / f"{stage}.addresses.txt").read_text().split())


@pytest.mark.parametrize("asking", ASKED_FOR)
@pytest.mark.parametrize("stage", SHIPPED)
def test_what_only_others_ask_for_is_in_no_shipped_stage(stage: str, asking: str) -> None:
    parts = set(ASKED_FOR[asking])

    assert parts <= addresses(asking)
    assert parts & addresses(stage) == set()


@pytest.mark.parametrize("stage", SHIPPED)
def test_a_stage_that_lends_nothing_keeps_its_rules_and_its_certificate(stage: str) -> None:
    resources: dict[str, Any] = json.loads((HERE / f"{stage}.json").read_text())["resource"]
    (certificate,) = resources["aws_acm_certificate"].values()

    assert certificate["subject_alternative_names"] == [certificate["domain_name"]]
    assert max(each["priority"] for each in resources["aws_lb_listener_rule"].values()) < 10_000


@pytest.mark.parametrize(("stage", "usd"), [("dev", 203.43), ("staging", 225.57), ("prod", 290.65)])
def test_the_bill_of_a_shipped_stage_is_the_reviewed_one(
    stack: Synthesize, stage: str, usd: float
) -> None:
    found = bill(stack(stage).read.of(), read_prices())

    assert found.monthly_usd == pytest.approx(usd, abs=0.005)
