"""`ops exec`: which task, and what Session Manager's plugin is given."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.answer import Answer
from tests.contract import json_keys
from tests.ops.aws_stand_in import Answers, StandIn, answering
from tests.ops.session_plugin import called, install

PROJECT = Path(__file__).resolve().parents[3]
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


def opened(
    folder: Path,
    *arguments: str,
    tasks: list[dict[str, Any]],
    plugin: Path | None,
    stage: str = STAGE,
) -> tuple[StandIn, Answer]:
    (folder / "stages").mkdir()
    (folder / "stages" / "dev.toml").write_text(stage)
    standing = {"status": "ACTIVE", "taskDefinition": "atomic-dev-app:1"}
    answers: Answers = {
        "DescribeServices": lambda _: {"services": [standing]},
        "ListTasks": lambda _: {"taskArns": [each["taskArn"] for each in tasks]},
        "DescribeTasks": lambda _: {"tasks": tasks},
        "ExecuteCommand": lambda _: {"session": SESSION},
    }
    typed = ["exec", "app", "--stage", "dev", *arguments]
    with answering(answers) as aws:
        finished = subprocess.run(
            [sys.executable, "-m", "ops", *typed],
            cwd=PROJECT,
            env={
                **os.environ,
                **aws.environment,
                "ATOMIC_STAGES_DIR": str(folder / "stages"),
                "PATH": f"{plugin}:{os.environ['PATH']}" if plugin else os.environ["PATH"],
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    json_keys.check("ops", typed, finished.stdout)
    return aws, Answer(code=finished.returncode, text=finished.stdout, errors=finished.stderr)


def test_the_plugin_gets_the_session_of_the_newest_task(tmp_path: Path) -> None:
    plugin = install(tmp_path / "bin")

    aws, answer = opened(tmp_path, tasks=[OLD, NEW], plugin=plugin)

    assert answer.code == 0, answer.errors
    target = "ecs:atomic-dev-ecs-cluster_bbb_bbb-runtime"
    assert answer.text == f"in a shell of {target}\n"
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
    assert "its files are writable" in answer.errors
    assert "is logged in /aws/ecs/atomic-dev-ecs-cluster-exec" in answer.errors


@pytest.mark.parametrize(
    ("version", "as_argument"), [("1.2.497.0", True), ("1.2.536.0", False), ("odd", True)]
)
def test_the_token_is_an_argument_for_old_plugins_alone(
    tmp_path: Path, version: str, as_argument: bool
) -> None:
    plugin = install(tmp_path / "bin", version=version)

    _, answer = opened(tmp_path, tasks=[NEW], plugin=plugin)

    assert answer.code == 0, answer.errors
    assert called(plugin)["as_argument"] is as_argument
    assert called(plugin)["session"]["TokenValue"] == "planted-token"


def test_a_command_arrives_word_by_word(tmp_path: Path) -> None:
    plugin = install(tmp_path / "bin")

    aws, answer = opened(
        tmp_path, "--task", "aa", "--json", "--", "sh", "-c", "ls 'a b'", tasks=[OLD, NEW],
        plugin=plugin,
    )  # fmt: skip

    assert answer.code == 0, answer.errors
    (asked,) = aws.calls("ExecuteCommand")
    assert asked["command"] == "sh -c 'ls '\"'\"'a b'\"'\"''"
    assert asked["task"] == f"{ARN}aaa"


def test_what_the_plugin_ends_with_comes_back(tmp_path: Path) -> None:
    plugin = install(tmp_path / "bin", exit_code=7)

    assert opened(tmp_path, tasks=[NEW], plugin=plugin)[1].code == 7


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
    tmp_path: Path, tasks: list[dict[str, Any]], arguments: list[str], said: str
) -> None:
    aws, answer = opened(tmp_path, *arguments, tasks=tasks, plugin=install(tmp_path / "bin"))

    assert (answer.code, answer.errors.count("\n")) == (1, 1)
    assert said in answer.errors
    assert aws.calls("ExecuteCommand") == []


def test_without_the_plugin_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    aws, answer = opened(tmp_path, tasks=[NEW], plugin=None)

    assert (answer.code, answer.errors.count("\n")) == (1, 1)
    assert "session-manager-plugin is not on PATH" in answer.errors
    assert "https://docs.aws.amazon.com/" in answer.errors
    assert aws.asked == []


@pytest.mark.parametrize("retained", [False, True])
def test_a_service_without_it_names_the_lines_to_add(tmp_path: Path, retained: bool) -> None:
    stage = STAGE.partition("[services")[0].replace("false", str(retained).lower())

    _, answer = opened(tmp_path, tasks=[NEW], plugin=None, stage=stage)

    assert answer.code == 1
    assert "add exec_enabled = true to [services.app]" in answer.errors
    assert ("exec_allowed = true to [security]" in answer.errors) == retained
