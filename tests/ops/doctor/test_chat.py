"""A workspace that nobody has authorized is told before the deploy that would fail on it."""

from modules.settings.stage_settings import Chat
from ops.doctor.chat import ChatFacts, judge_chat

NONE = ChatFacts(workspaces=frozenset(), teams=frozenset())
SLACK = Chat(slack_workspace_id="T0AB12CD3", slack_channel_id="C0EF45GH6")
TEAM = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f12345678"


def test_a_workspace_that_is_not_authorized_is_named_with_the_way() -> None:
    (found,) = judge_chat(SLACK, NONE)

    assert found.state == "attention"
    assert "T0AB12CD3" in found.what
    assert "https://console.aws.amazon.com/chatbot/" in found.remedy


def test_an_authorized_workspace_is_fine() -> None:
    (found,) = judge_chat(SLACK, ChatFacts(workspaces=frozenset({"T0AB12CD3"}), teams=frozenset()))

    assert found.state == "fine"


def test_a_team_is_looked_at_like_a_workspace() -> None:
    teams = Chat(
        teams_tenant_id="5f9c1b1e-0d2a-4f7b-9c3d-6a7e8f901234",
        teams_team_id=TEAM,
        teams_channel_id="19%3aoperators%40thread.tacv2",
    )

    assert [each.state for each in judge_chat(teams, NONE)] == ["attention"]
    known = ChatFacts(workspaces=frozenset(), teams=frozenset({TEAM}))
    assert [each.state for each in judge_chat(teams, known)] == ["fine"]


def test_a_stage_without_channels_has_no_finding() -> None:
    assert judge_chat(Chat(), NONE) == []
