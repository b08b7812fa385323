"""Whether the stage's channels may be told: somebody authorizes a workspace or a team in the console."""

from dataclasses import dataclass

from modules.settings.stage_settings import Chat
from ops.deployed import Deployed
from ops.doctor.finding import Finding, attention, fine

CONSOLE = "https://console.aws.amazon.com/chatbot/"


@dataclass(frozen=True, kw_only=True)
class ChatFacts:
    """The ids of the Slack workspaces and of the Teams teams that the account may write to."""

    workspaces: frozenset[str]
    teams: frozenset[str]


def gather_chat(deployed: Deployed) -> ChatFacts:
    """Ask for what is authorized. Raises UserError when AWS refuses."""
    slack = deployed.ask_all("chatbot", "DescribeSlackWorkspaces", "SlackWorkspaces")
    teams = deployed.ask_all("chatbot", "ListMicrosoftTeamsConfiguredTeams", "ConfiguredTeams")
    return ChatFacts(
        workspaces=frozenset(each["SlackTeamId"] for each in slack),
        teams=frozenset(each["TeamId"] for each in teams),
    )


def judge_chat(settings: Chat, facts: ChatFacts) -> list[Finding]:
    """Check each channel of the stage file; without one there is nothing to say."""
    findings = []
    for what, wanted, known in (
        ("Slack workspace", settings.slack_workspace_id, facts.workspaces),
        ("Teams team", settings.teams_team_id, facts.teams),
    ):
        if wanted in known:
            findings.append(fine("chat", f"the {what} {wanted} is told"))
        elif wanted:
            findings.append(
                attention(
                    "chat",
                    f"the {what} {wanted} has not let AWS write to it: a deploy fails there",
                    f"authorize it at {CONSOLE}, as one who may install apps there",
                )
            )
    return findings
