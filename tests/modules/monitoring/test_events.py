"""What AWS tells of by itself reaches the operator."""

import json
from typing import Any

import pytest

from tests.conftest import Synthesize

RULE, TARGET = "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"
ACCOUNT = "${data.aws_caller_identity.current.account_id}"


def pattern(stack: Synthesize, stage: str, rule: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stack(stage).resource(RULE, rule)["event_pattern"])
    return found


@pytest.mark.parametrize(
    "rule",
    [
        "backup_failed",
        "deployment_failed",
        "task_not_placed",
        "database_event",
        "certificate_expires",
    ],
)
def test_every_rule_sends_its_words_to_the_topic(stack: Synthesize, rule: str) -> None:
    target = stack("prod").resource(TARGET, rule)
    words = json.loads(target["input_transformer"]["input_template"])

    assert target["rule"] == f"${{{RULE}.{rule}.name}}"
    assert target["arn"] == "${aws_sns_topic.alarms.arn}"
    assert target["input_transformer"]["input_paths"]
    for name in target["input_transformer"]["input_paths"]:
        assert f"<{name}>" in words


def test_a_backup_that_failed_or_never_began_is_told_of(stack: Synthesize) -> None:
    detail = pattern(stack, "prod", "backup_failed")["detail"]

    assert detail == {
        "state": ["FAILED", "ABORTED", "EXPIRED"],
        "backupVaultName": ["atomic-prod-backups"],
    }
    assert "backup_failed" not in stack("dev").names(RULE)


def test_only_the_stages_own_deployments_are_told_of(stack: Synthesize) -> None:
    found = pattern(stack, "dev", "deployment_failed")
    prefix = f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/atomic-dev-ecs-cluster/"

    assert found["resources"] == [{"prefix": prefix}]
    assert found["detail"] == {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}


def test_a_quota_that_is_reached_is_told_of(stack: Synthesize) -> None:
    detail = pattern(stack, "dev", "task_not_placed")["detail"]

    assert "SERVICE_TASK_PLACEMENT_FAILURE" in detail["eventName"]
    assert detail["clusterArn"] == [
        f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/atomic-dev-ecs-cluster"
    ]


@pytest.mark.parametrize(
    ("stage", "certificate"),
    [
        ("dev", "${aws_acm_certificate_validation.main.certificate_arn}"),
        ("frugal", "arn:aws:acm:us-east-1:123456789012:certificate/given"),
    ],
)
def test_a_certificate_that_is_not_renewed_is_told_of_and_nobody_elses(
    stack: Synthesize, stage: str, certificate: str
) -> None:
    found = pattern(stack, stage, "certificate_expires")

    assert found["resources"] == [certificate]
    assert "ACM Certificate Approaching Expiration" in found["detail-type"]


@pytest.mark.parametrize(
    ("stage", "identifiers"),
    [
        ("prod", ["${aws_db_instance.main.identifier}"]),
        (
            "aurora",
            [
                "${aws_rds_cluster.main.cluster_identifier}",
                "${aws_rds_cluster_instance.main_0.identifier}",
                "${aws_rds_cluster_instance.main_1.identifier}",
            ],
        ),
    ],
)
def test_a_failover_is_told_of_and_a_nightly_stop_is_not(
    stack: Synthesize, stage: str, identifiers: list[str]
) -> None:
    detail = pattern(stack, stage, "database_event")["detail"]

    assert detail["SourceIdentifier"] == identifiers
    assert {"failover", "failure", "low storage", "maintenance"} <= set(detail["EventCategories"])
    # RDS tells of stops, starts and daily backups under these.
    assert not {"notification", "availability", "backup"} & set(detail["EventCategories"])


def test_events_may_use_the_stages_own_key(stack: Synthesize) -> None:
    statements = stack("fortified").policy("aws_kms_key", "main")["Statement"]

    (allowed,) = [each for each in statements if each["Sid"] == "EventsPublish"]
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert allowed["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
