"""A channel of Slack or Teams is told what the operator is told, and can change nothing."""

import json

import pytest

from tests.conftest import Synthesize

SLACK = "aws_chatbot_slack_channel_configuration"
TEAMS = "aws_chatbot_teams_channel_configuration"
TARGET = "aws_cloudwatch_event_target"


@pytest.mark.parametrize(
    ("type_", "ids"),
    [
        (SLACK, {"slack_team_id": "T0AB12CD3", "slack_channel_id": "C0EF45GH6"}),
        (
            TEAMS,
            {
                "tenant_id": "5f9c1b1e-0d2a-4f7b-9c3d-6a7e8f901234",
                "team_id": "0a1b2c3d-4e5f-4a6b-8c7d-9e0f12345678",
                "channel_id": "19%3aoperators%40thread.tacv2",
            },
        ),
    ],
)
def test_a_channel_hears_alarms_and_events(
    type_: str, ids: dict[str, str], stack: Synthesize
) -> None:
    channel = stack("fortified").resource(type_, "operators")

    assert ids.items() <= channel.items()
    assert channel["sns_topic_arns"] == ["${aws_sns_topic.alarms.arn}", "${aws_sns_topic.chat.arn}"]


def test_every_event_reaches_the_channel_in_the_form_that_it_shows(stack: Synthesize) -> None:
    found = stack("fortified")
    for rule in found.names("aws_cloudwatch_event_rule"):
        target = found.resource(TARGET, f"{rule}_chat")
        told = found.resource(TARGET, rule)
        message = json.loads(target["input_transformer"]["input_template"])

        assert target["rule"] == f"${{aws_cloudwatch_event_rule.{rule}.name}}"
        assert target["arn"] == "${aws_sns_topic.chat.arn}"
        assert (message["version"], message["source"]) == ("1.0", "custom")
        assert message["content"]["description"] == json.loads(
            told["input_transformer"]["input_template"]
        )
        assert (
            target["input_transformer"]["input_paths"] == told["input_transformer"]["input_paths"]
        )


@pytest.mark.parametrize("type_", [SLACK, TEAMS])
def test_nobody_in_a_channel_can_do_more_than_read_metrics(type_: str, stack: Synthesize) -> None:
    channel = stack("fortified").resource(type_, "operators")
    policy = json.loads(stack("fortified").resource("aws_iam_role_policy", "chat")["policy"])

    assert channel["guardrail_policy_arns"] == ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"]
    assert channel["iam_role_arn"] == "${aws_iam_role.chat.arn}"
    actions = [action for each in policy["Statement"] for action in each["Action"]]
    assert "cloudwatch:GetMetricWidgetImage" in actions
    reading = ("cloudwatch:Describe", "cloudwatch:Get", "cloudwatch:List")
    assert all(action.startswith(reading) for action in actions)


def test_its_topic_is_encrypted_with_the_stages_own_key_where_it_has_one(stack: Synthesize) -> None:
    topic = stack("fortified").resource("aws_sns_topic", "chat")

    assert topic["kms_master_key_id"] == "${aws_kms_key.main.arn}"


def test_a_stage_without_channels_has_nothing_of_it(stack: Synthesize) -> None:
    found = stack("prod")

    assert [*found.names(SLACK), *found.names(TEAMS)] == []
    assert "chat" not in found.names("aws_sns_topic")
    assert not [name for name in found.names(TARGET) if name.endswith("_chat")]
