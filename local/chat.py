"""Amazon Q Developer in chat applications, which moto does not have: channels, and their tags.

It stands where moto would answer. A workspace or team counts as authorized when a channel of it is
configured: on AWS a person does that in the console.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.calls import Application

_SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/([^/]+)/chatbot/")
_ACCOUNT = "123456789012"


class Chat:
    """Wraps a WSGI application: answers what is signed for `chatbot`, and passes on all else."""

    def __init__(self, application: Application) -> None:
        """Take the application to pass calls on to."""
        self._application = application
        self._channels: dict[str, dict[str, Any]] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any, /) -> Iterable[bytes]:
        """Answer the call, or pass it on."""
        if not _SIGNED_FOR.search(str(environ.get("HTTP_AUTHORIZATION", ""))):
            return self._application(environ, start_response)
        asked = json.loads(environ["wsgi.input"].read() or b"{}")
        status, answer = self._answer(str(environ["PATH_INFO"]).strip("/"), asked)
        headers = [("Content-Type", "application/json")]
        if status >= 400:
            headers.append(("x-amzn-ErrorType", answer["__type"]))
        start_response(f"{status} {'OK' if status < 400 else 'Error'}", headers)
        return [json.dumps(answer).encode()]

    def _answer(self, path: str, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        handlers: Mapping[str, Callable[[Mapping[str, Any]], tuple[int, dict[str, Any]]]] = {
            "create-slack-channel-configuration": self._create_slack,
            "create-ms-teams-channel-configuration": self._create_teams,
            "update-slack-channel-configuration": self._update,
            "update-ms-teams-channel-configuration": self._update,
            "delete-slack-channel-configuration": self._delete,
            "delete-ms-teams-channel-configuration": self._delete,
            "describe-slack-channel-configurations": self._slack_channels,
            "list-ms-teams-channel-configurations": self._teams_channels,
            "get-ms-teams-channel-configuration": self._teams_channel,
            "describe-slack-workspaces": self._workspaces,
            "list-ms-teams-configured-teams": self._teams,
            "list-tags-for-resource": self._tags,
            "tag-resource": self._tag,
            "untag-resource": self._untag,
        }
        if path not in handlers:
            return 501, {"__type": "NotImplemented", "message": f"chatbot: {path} is not answered"}
        return handlers[path](asked)

    def _create_slack(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        return self._create("slack-channel", asked)

    def _create_teams(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        return self._create("microsoft-teams-channel", asked)

    def _create(self, kind: str, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        name = asked["ConfigurationName"]
        arn = f"arn:aws:chatbot::{_ACCOUNT}:chat-configuration/{kind}/{name}"
        if arn in self._channels:
            return 409, {"__type": "ConflictException", "message": f"{name} exists"}
        self._channels[arn] = {
            "GuardrailPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
            "LoggingLevel": "NONE",
            "SnsTopicArns": [],
            "UserAuthorizationRequired": False,
            "Tags": [],
            **asked,
            "ChatConfigurationArn": arn,
            "State": "ENABLED",
        }
        return 201, {"ChannelConfiguration": self._channels[arn]}

    def _update(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        found = self._channels.get(asked["ChatConfigurationArn"])
        if found is None:
            return _NOT_FOUND
        found.update(asked)
        return 200, {"ChannelConfiguration": found}

    def _delete(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        if self._channels.pop(asked["ChatConfigurationArn"], None) is None:
            return _NOT_FOUND
        return 204, {}

    def _of(self, kind: str, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        wanted = asked.get("ChatConfigurationArn")
        return [
            each
            for arn, each in self._channels.items()
            if f"/{kind}/" in arn and wanted in {None, arn}
        ]

    def _slack_channels(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        return 200, {"SlackChannelConfigurations": self._of("slack-channel", asked)}

    def _teams_channels(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        found = self._of("microsoft-teams-channel", asked)
        wanted = asked.get("TeamId")
        return 200, {
            "TeamChannelConfigurations": [
                each for each in found if wanted in {None, each["TeamId"]}
            ]
        }

    def _teams_channel(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        found = self._of("microsoft-teams-channel", asked)
        return (200, {"ChannelConfiguration": found[0]}) if found else _NOT_FOUND

    def _workspaces(self, _asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        ids = {each["SlackTeamId"] for each in self._of("slack-channel", {})}
        return 200, {
            "SlackWorkspaces": [
                {"SlackTeamId": each, "SlackTeamName": each, "State": "ENABLED"}
                for each in sorted(ids)
            ]
        }

    def _teams(self, _asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        found = {each["TeamId"]: each for each in self._of("microsoft-teams-channel", {})}
        return 200, {
            "ConfiguredTeams": [
                {"TenantId": each["TenantId"], "TeamId": team, "State": "ENABLED"}
                for team, each in sorted(found.items())
            ]
        }

    def _tags(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        found = self._channels.get(asked["ResourceARN"])
        return (200, {"Tags": found["Tags"]}) if found else _NOT_FOUND

    def _tag(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        found = self._channels.get(asked["ResourceARN"])
        if found is None:
            return _NOT_FOUND
        new = {each["TagKey"]: each for each in (*found["Tags"], *asked["Tags"])}
        found["Tags"] = list(new.values())
        return 200, {}

    def _untag(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        found = self._channels.get(asked["ResourceARN"])
        if found is None:
            return _NOT_FOUND
        found["Tags"] = [each for each in found["Tags"] if each["TagKey"] not in asked["TagKeys"]]
        return 200, {}


_NOT_FOUND: tuple[int, dict[str, Any]] = (
    404,
    {"__type": "ResourceNotFoundException", "message": "no such channel configuration"},
)
