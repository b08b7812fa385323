"""`ops run`: one command in a task of its own, in a process of its own, with a server that answers as ECS."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.answer import Answer
from tests.contract import json_keys
from tests.ops.answering import answer
from tests.ops.aws_stand_in import Answers, StandIn, answering

PROJECT = Path(__file__).resolve().parents[3]
TASK = "arn:aws:ecs:us-east-1:123456789012:task/atomic-dev-ecs-cluster/the-task"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}
STAGE = 'domain_name = "dev.example.com"\noperator_email = "ops@example.com"\nretain_data = false\n'


@dataclass(kw_only=True)
class Ecs:
    """One service; its task passes through these states, and stays in the last one until it is stopped."""

    states: list[dict[str, Any]]
    lines: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=lambda: ["atomic-dev-functions"])
    slow_seconds: float = 0

    @property
    def answers(self) -> Answers:
        return {
            "DescribeServices": self._services,
            "RunTask": self._run,
            "DescribeTasks": self._tasks,
            "StopTask": self._stop,
            "FilterLogEvents": self._log,
        }

    def _services(self, asked: dict[str, Any]) -> dict[str, Any]:
        standing = {
            "status": "ACTIVE",
            "taskDefinition": "atomic-dev-functions:7",
            "networkConfiguration": NETWORK,
        }
        return {"services": [standing for each in asked["services"] if each in self.services]}

    def _run(self, _asked: dict[str, Any]) -> dict[str, Any]:
        time.sleep(self.slow_seconds)
        return {"tasks": [{"taskArn": TASK}]}

    def _tasks(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"tasks": [self.states.pop(0) if len(self.states) > 1 else self.states[0]]}

    def _stop(self, _asked: dict[str, Any]) -> dict[str, Any]:
        time.sleep(self.slow_seconds)
        return {"task": {}}

    def _log(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["logStreamNames"] == ["functions/functions/the-task"]
        return {
            "events": [
                {"eventId": str(at), "timestamp": 1, "logStreamName": "s", "message": line}
                for at, line in enumerate(self.lines)
            ]
        }


RUNNING = {"lastStatus": "RUNNING", "containers": []}


def ended(code: int | None = None, reason: str = "") -> dict[str, Any]:
    known = {} if code is None else {"exitCode": code}
    container = {"name": "functions", **known, **({"reason": reason} if reason else {})}
    return {"lastStatus": "STOPPED", "containers": [container]}


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """A shell's background job ignores Ctrl-C, and so would what it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def started(aws: StandIn, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    (folder / "dev.toml").write_text(STAGE)
    return subprocess.Popen(
        [sys.executable, "-m", "ops", *arguments],
        cwd=PROJECT,
        env={**os.environ, **aws.environment, "ATOMIC_STAGES_DIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str], *arguments: str) -> Answer:
    text, errors = process.communicate(timeout=60)
    json_keys.check("ops", arguments, text)
    return Answer(code=process.returncode, text=text, errors=errors)


Ran = Callable[..., tuple[StandIn, Answer]]


@pytest.fixture(name="ran")
def _ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Ran:
    """`ops` with these words against this ECS, in this process."""

    def run(ecs: Ecs, *arguments: str) -> tuple[StandIn, Answer]:
        (tmp_path / "dev.toml").write_text(STAGE)
        monkeypatch.setenv("ATOMIC_STAGES_DIR", str(tmp_path))
        monkeypatch.setattr("ops.tasks.one_off._POLL_SECONDS", 0)
        with answering(ecs.answers) as aws:
            for name, value in aws.environment.items():
                monkeypatch.setenv(name, value)
            return aws, answer(monkeypatch, capsys, *arguments)

    return run


RUN = ("run", "functions", "--stage", "dev")


def test_the_command_runs_with_the_running_revision_and_its_exit_code_comes_back(
    ran: Ran,
) -> None:
    ecs = Ecs(states=[RUNNING, ended(3)], lines=["migrating", "it failed"])

    aws, told = ran(ecs, *RUN, "--", "npm", "run", "migrate", "--stage")
    (asked,) = aws.calls("RunTask")

    assert (told.code, told.text) == (3, "migrating\nit failed\n"), told.errors
    assert asked["taskDefinition"] == "atomic-dev-functions:7"
    assert asked["networkConfiguration"] == NETWORK
    (container,) = asked["overrides"]["containerOverrides"]
    assert container["name"] == "functions"
    assert container["command"] == ["npm", "run", "migrate", "--stage"]
    assert aws.calls("StopTask") == []


def test_the_newest_revision_is_the_familys(ran: Ran) -> None:
    ecs = Ecs(states=[ended(0)], lines=["done"])

    aws, told = ran(ecs, *RUN, "--newest", "--", "true")
    assert told.code == 0, told.errors

    assert aws.calls("RunTask")[0]["taskDefinition"] == "atomic-dev-functions"


def test_programs_read_the_exit_code_and_the_log(ran: Ran) -> None:
    ecs = Ecs(states=[RUNNING, ended(0)], lines=["done"])

    _, told = ran(ecs, *RUN, "--json", "--", "true")
    assert told.code == 0

    assert json.loads(told.text) == {"task": "the-task", "exit_code": 0, "log": ["done"]}


def test_a_detached_task_is_left_to_itself(ran: Ran) -> None:
    aws, told = ran(Ecs(states=[RUNNING]), *RUN, "--detach", "--", "true")
    assert told.code == 0, told.errors

    assert "python -m ops logs functions --stage dev --follow" in told.text
    assert not aws.calls("DescribeTasks")
    assert not aws.calls("StopTask")


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("moment", ["RunTask", "DescribeTasks"])
def test_ctrl_c_stops_the_task_and_says_so(tmp_path: Path, times: int, moment: str) -> None:
    with answering(Ecs(states=[RUNNING], slow_seconds=1).answers) as aws:
        process = started(aws, tmp_path, *RUN, "--", "sleep", "1000")
        aws.wait_for(moment)
        process.send_signal(signal.SIGINT)
        if times == 2:
            if moment == "DescribeTasks":
                aws.wait_for("StopTask")
            process.send_signal(signal.SIGINT)
        told = finished(process)

    assert told.code == 130
    assert "interrupted: stopping task the-task" in told.errors
    assert "Traceback" not in told.errors
    assert [each["task"] for each in aws.calls("StopTask")] == [TASK]


def test_a_closed_terminal_stops_the_task_too(tmp_path: Path) -> None:
    with answering(Ecs(states=[RUNNING]).answers) as aws:
        process = started(aws, tmp_path, *RUN, "--", "sleep", "1000")
        aws.wait_for("DescribeTasks")
        process.send_signal(signal.SIGHUP)
        finished(process)

    assert len(aws.calls("StopTask")) == 1


@pytest.mark.parametrize(
    ("arguments", "ecs", "said"),
    [
        (["function"], Ecs(states=[ended(0)]), "no service 'function': did you mean functions?"),
        (["oauth"], Ecs(states=[ended(0)]), "service atomic-dev-oauth does not exist: deploy"),
        (
            ["functions"],
            Ecs(states=[ended(reason="CannotPullContainerError: no such tag")]),
            "(CannotPullContainerError: no such tag): push the image that functions names: "
            "`python -m ops images status --stage dev`",
        ),
        (
            ["functions"],
            Ecs(states=[ended(reason="ResourceInitializationError: no secret value")]),
            "give its secrets a value: `python -m ops secrets check --stage dev`",
        ),
    ],
    ids=["no such service", "not deployed", "no image", "no secret"],
)
def test_what_cannot_run_is_said_in_one_line(
    ran: Ran, arguments: list[str], ecs: Ecs, said: str
) -> None:
    _, told = ran(ecs, "run", *arguments, "--stage", "dev", "--", "true")
    assert told.code == 1

    (error,) = [line for line in told.errors.splitlines() if line.startswith("error: ")]
    assert said in error
