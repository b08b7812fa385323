"""Channels of Slack and Teams that Amazon Q Developer in chat applications writes to."""

from typing import Final

from aws.resources.call import Call
from aws.resources.row import ResourceType

CHATBOT: Final = (
    ResourceType(
        type="aws_chatbot_slack_channel_configuration",
        free=True,
        role_is_for="chatbot.amazonaws.com",
        key=("configuration_name",),
        refuses_double=True,
        attributes={
            "id": "ChatConfigurationArn",
            "chat_configuration_arn": "ChatConfigurationArn",
            "configuration_name": "ConfigurationName",
        },
        import_id="{chat_configuration_arn}",
        listing=Call("chatbot", "DescribeSlackChannelConfigurations", "SlackChannelConfigurations"),
    ),
    ResourceType(
        type="aws_chatbot_teams_channel_configuration",
        free=True,
        role_is_for="chatbot.amazonaws.com",
        key=("configuration_name",),
        refuses_double=True,
        attributes={
            "id": "ChatConfigurationArn",
            "chat_configuration_arn": "ChatConfigurationArn",
            "configuration_name": "ConfigurationName",
            "team_id": "TeamId",
        },
        import_id="{team_id}",
        listing=Call(
            "chatbot", "ListMicrosoftTeamsChannelConfigurations", "TeamChannelConfigurations"
        ),
    ),
)
