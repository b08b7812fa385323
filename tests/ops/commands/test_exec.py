"""`ops exec`: which task, and what Session Manager's plugin is given."""

import os
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.answer import Answer
from tests.ops.answering import answer
from tests.ops.aws_stand_in import Answers, StandIn, answering
from tests.ops.session_plugin import called, install

STAGE = """\
domain_name = "dev.example.com"
operator_email = "ops@example.com"
retain_data = false

[services.app]
exec_enabled = true
read_only_root = true
"""
SESSION = {"sessionId": "s-1", "streamUrl": "wss://stream", "tokenValue": "planted-token"}
ARN = "arn:aws:ecs:us-east-1:123456789012:task/atomic-dev-ecs-cluster/"


def task(
    id_: str, started: int, *, agent: str | None = "RUNNING", status: str = "RUNNING"
) -> dict[str, Any]:
    agents = [{"name": "ExecuteCommandAgent", "lastStatus": agent}] if agent else []
    return {
        "taskArn": f"{ARN}{id_}",
        "lastStatus": status,
        "startedAt": started,
        "enableExecuteCommand": agent is not None,
        "containers": [
            {"name": "beside", "runtimeId": "other"},
            {"name": "app", "runtimeId": f"{id_}-runtime", "managedAgents": agents},
        ],
    }


OLD, NEW = task("aaa", 1_700_000_000), task("bbb", 1_800_000_000)


class Opened(Protocol):
    """`ops exec app` with these words behind it, against a stand-in of ECS with these tasks."""

    def __call__(
        self,
        *arguments: str,
        tasks: list[dict[str, Any]],
        plugin: Path | None,
        stage: str = STAGE,
    ) -> tuple[StandIn, Answer]: ...


@pytest.fixture(name="opened")
def _opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Opened:
    def run(
        *arguments: str,
        tasks: list[dict[str, Any]],
        plugin: Path | None,
        stage: str = STAGE,
    ) -> tuple[StandIn, Answer]:
        (tmp_path / "stages").mkdir()
        (tmp_path / "stages" / "dev.toml").write_text(stage)
        standing = {"status": "ACTIVE", "taskDefinition": "atomic-dev-app:1"}
        answers: Answers = {
            "DescribeServices": lambda _: {"services": [standing]},
            "ListTasks": lambda _: {"taskArns": [each["taskArn"] for each in tasks]},
            "DescribeTasks": lambda _: {"tasks": tasks},
            "ExecuteCommand": lambda _: {"session": SESSION},
        }
        if plugin:
            monkeypatch.setenv("PATH", str(plugin), prepend=os.pathsep)
        monkeypatch.setenv("ATOMIC_STAGES_DIR", str(tmp_path / "stages"))
        with answering(answers) as aws:
            for name, value in aws.environment.items():
                monkeypatch.setenv(name, value)
            typed = ["exec", "app", "--stage", "dev", *arguments]
            return aws, answer(monkeypatch, capfd, *typed)

    return run


def test_the_plugin_gets_the_session_of_the_newest_task(opened: Opened, tmp_path: Path) -> None:
    plugin = install(tmp_path / "bin")

    aws, told = opened(tasks=[OLD, NEW], plugin=plugin)

    assert told.code == 0, told.errors
    target = "ecs:atomic-dev-ecs-cluster_bbb_bbb-runtime"
    assert told.text == f"in a shell of {target}\n"
    (asked,) = aws.calls("ExecuteCommand")
    assert (asked["task"], asked["container"], asked["command"], asked["interactive"]) == (
        f"{ARN}bbb",
        "app",
        "/bin/sh",
        True,
    )
    given = called(plugin)
    assert given["session"] == {
        "SessionId": "s-1",
        "StreamUrl": "wss://stream",
        "TokenValue": "planted-token",
    }
    assert (given["region"], given["operation"], given["profile"]) == (
        "us-east-1",
        "StartSession",
        "",
    )
    assert given["request"] == {"Target": target}
    assert given["endpoint"] == aws.url
    assert "its files are writable" in told.errors
    assert "is logged in /aws/ecs/atomic-dev-ecs-cluster-exec" in told.errors


@pytest.mark.parametrize(
    ("version", "as_argument"), [("1.2.497.0", True), ("1.2.536.0", False), ("odd", True)]
)
def test_the_token_is_an_argument_for_old_plugins_alone(
    opened: Opened, tmp_path: Path, version: str, as_argument: bool
) -> None:
    plugin = install(tmp_path / "bin", version=version)

    _, told = opened(tasks=[NEW], plugin=plugin)

    assert told.code == 0, told.errors
    assert called(plugin)["as_argument"] is as_argument
    assert called(plugin)["session"]["TokenValue"] == "planted-token"


def test_a_command_arrives_word_by_word(opened: Opened, tmp_path: Path) -> None:
    plugin = install(tmp_path / "bin")

    aws, told = opened(
        "--task", "aa", "--json", "--", "sh", "-c", "ls 'a b'", tasks=[OLD, NEW],
        plugin=plugin,
    )  # fmt: skip

    assert told.code == 0, told.errors
    (asked,) = aws.calls("ExecuteCommand")
    assert asked["command"] == "sh -c 'ls '\"'\"'a b'\"'\"''"
    assert asked["task"] == f"{ARN}aaa"


def test_what_the_plugin_ends_with_comes_back(opened: Opened, tmp_path: Path) -> None:
    plugin = install(tmp_path / "bin", exit_code=7)

    assert opened(tasks=[NEW], plugin=plugin)[1].code == 7


@pytest.mark.parametrize(
    ("tasks", "arguments", "said"),
    [
        ([], [], "no task of app runs: `python -m ops status --stage dev`"),
        ([task("aaa", 1, status="PENDING")], [], "no task of app runs"),
        ([task("aaa", 1, agent=None)], [], "began before its exec_enabled was deployed"),
        ([task("aaa", 1, agent="PENDING")], [], "the agent in task aaa of app is pending"),
        ([NEW], ["--task", "zzz"], "no running task of app has the id 'zzz': allowed: bbb"),
    ],
    ids=["none", "not yet", "of before", "agent not there", "another id"],
)
def test_a_task_that_opens_no_shell_is_said(
    opened: Opened, tmp_path: Path, tasks: list[dict[str, Any]], arguments: list[str], said: str
) -> None:
    aws, told = opened(*arguments, tasks=tasks, plugin=install(tmp_path / "bin"))

    assert (told.code, told.errors.count("\n")) == (1, 1)
    assert said in told.errors
    assert aws.calls("ExecuteCommand") == []


def test_without_the_plugin_it_is_said_how_to_get_it(opened: Opened) -> None:
    aws, told = opened(tasks=[NEW], plugin=None)

    assert (told.code, told.errors.count("\n")) == (1, 1)
    assert "session-manager-plugin is not on PATH" in told.errors
    assert "https://docs.aws.amazon.com/" in told.errors
    assert aws.asked == []


@pytest.mark.parametrize("retained", [False, True])
def test_a_service_without_it_names_the_lines_to_add(opened: Opened, retained: bool) -> None:
    stage = STAGE.partition("[services")[0].replace("false", str(retained).lower())

    _, told = opened(tasks=[NEW], plugin=None, stage=stage)

    assert told.code == 1
    assert "add exec_enabled = true to [services.app]" in told.errors
    assert ("exec_allowed = true to [security]" in told.errors) == retained
