"""Tells a channel of Slack or Teams what the operator is told: Amazon Q Developer in chat applications."""

import json

from cdktf_cdktf_provider_aws.chatbot_slack_channel_configuration import (
    ChatbotSlackChannelConfiguration,
)
from cdktf_cdktf_provider_aws.chatbot_teams_channel_configuration import (
    ChatbotTeamsChannelConfiguration,
)
from cdktf_cdktf_provider_aws.cloudwatch_event_target import (
    CloudwatchEventTarget,
    CloudwatchEventTargetInputTransformer,
)
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from constructs import Construct

from modules.base.address import address
from modules.context import Context
from modules.monitoring.events import EventRow
from modules.monitoring.monitoring import AlarmTopic, EventNotices
from modules.security import policies
from modules.security.roles import allow, role
from modules.settings import stage_settings as s

# What somebody in the channel may do at most, whatever role he is given there. Without it: everything.
# https://docs.aws.amazon.com/chatbot/latest/adminguide/understanding-permissions.html
GUARDRAIL = "arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"


class Chat(Construct):
    """The channels, the role that they take, and a topic of events in the one form that they show.

    A channel shows an alarm as CloudWatch publishes it, so it listens to the alarm topic. The words that the
    operator gets of an event it would drop; these come a second time, on a topic of their own.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        settings: s.Chat,
        topic: AlarmTopic,
        notices: EventNotices,
    ) -> None:
        super().__init__(scope, id_)
        self.topic: SnsTopic = self._events(context, notices)
        shows = role(
            self, "role", "chat", name=context.names.chat, trust=policies.assumed_by("chatbot")
        )
        graphs = policies.chat_statements()
        allow(self, "role_policy", "chat", role=shows, name="graphs", statements=graphs)
        heard = [topic.topic.arn, self.topic.arn]
        if settings.slack_workspace_id and settings.slack_channel_id:
            address("operators", ChatbotSlackChannelConfiguration)(
                self,
                "slack",
                configuration_name=f"{context.names.chat}-slack",
                slack_team_id=settings.slack_workspace_id,
                slack_channel_id=settings.slack_channel_id,
                iam_role_arn=shows.arn,
                guardrail_policy_arns=[GUARDRAIL],
                sns_topic_arns=heard,
                logging_level="ERROR",
            )
        if settings.teams_tenant_id and settings.teams_team_id and settings.teams_channel_id:
            address("operators", ChatbotTeamsChannelConfiguration)(
                self,
                "teams",
                configuration_name=f"{context.names.chat}-teams",
                tenant_id=settings.teams_tenant_id,
                team_id=settings.teams_team_id,
                channel_id=settings.teams_channel_id,
                iam_role_arn=shows.arn,
                guardrail_policy_arns=[GUARDRAIL],
                sns_topic_arns=heard,
                logging_level="ERROR",
            )

    def _events(self, context: Context, notices: EventNotices) -> SnsTopic:
        """Make the topic, and send each event there in words that a channel shows."""
        topic = address("chat", SnsTopic)(
            self, "topic", name=context.names.chat, kms_master_key_id=context.key_arn
        )
        address("chat", SnsTopicPolicy)(
            self,
            "policy",
            arn=topic.arn,
            policy=json.dumps(
                policies.alarm_topic_policy(topic_arn=topic.arn, account_id=context.account_id)
            ),
        )
        for row, rule in notices.rules:
            address(f"{row.key}_chat", CloudwatchEventTarget)(
                self,
                row.key,
                rule=rule.name,
                target_id="chat",
                arn=topic.arn,
                input_transformer=CloudwatchEventTargetInputTransformer(
                    input_paths=row.paths, input_template=json.dumps(notification(row))
                ),
            )
        return topic


def notification(row: EventRow) -> dict[str, object]:
    """Return an event in the form that a channel shows.

    https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
    """
    return {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": row.description,
            "description": row.words,
        },
    }
