"""`ops database connect`: psql through a tunnel of bytes to a real PostgreSQL with TLS, and its end."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest

from ops.commands import database_connect
from tests.answer import Answer
from tests.contract import json_keys
from tests.ops.answering import answer as said_by
from tests.ops.aws_stand_in import Answers, StandIn, answering
from tests.ops.database.postgres import (
    DATABASE,
    MASTER,
    PASSWORDS,
    PROGRAMS,
    Postgres,
    running_postgres,
)
from tests.ops.session_plugin import called, install

PROJECT = Path(__file__).resolve().parents[3]
TASK = "arn:aws:ecs:us-east-1:123456789012:task/atomic-dev-ecs-cluster/the-task"
STAGE = """\
domain_name = "dev.example.com"
operator_email = "ops@example.com"
retain_data = false

[database]
connect_enabled = true
"""
LABELS = {
    "atomic.subnets": "subnet-1,subnet-2",
    "atomic.security-groups": "sg-1",
    "atomic.assign-public-ip": "DISABLED",
}
# The command line as it is, with an authority of the test's own in the place of RDS's.
WITH_AUTHORITY = """\
import pathlib, sys
import ops.commands.database_connect as connect
pem = pathlib.Path(sys.argv.pop(1)).read_text()
connect.authorities = lambda _region: pem
from ops.__main__ import main
main()
"""


@dataclass(kw_only=True)
class Stage:
    """A stage whose database is at `host`; its tunnel's task passes through these states."""

    host: str = "localhost"
    states: list[dict[str, Any]] = field(
        default_factory=lambda: [{"lastStatus": "PENDING", "containers": []}, ready()]
    )
    there: bool = True

    @property
    def answers(self) -> Answers:
        definition = {
            "containerDefinitions": [{"name": "database-connect", "dockerLabels": LABELS}]
        }
        return {
            "DescribeDBInstances": lambda _: (
                "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>"
                f"<Endpoint><Address>{self.host}</Address></Endpoint>"
                "<IAMDatabaseAuthenticationEnabled>true</IAMDatabaseAuthenticationEnabled>"
                "</DBInstance></DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>"
            ),
            "GetSecretValue": lambda _: {
                "SecretString": json.dumps({"username": MASTER, "password": PASSWORDS[MASTER]})
            },
            "DescribeTaskDefinition": lambda _: (
                {"taskDefinition": definition}
                if self.there
                else {"__type": "ClientException", "message": "no such task definition"}
            ),
            "RunTask": lambda _: {"tasks": [{"taskArn": TASK}]},
            "DescribeTasks": lambda _: {
                "tasks": [self.states.pop(0) if len(self.states) > 1 else self.states[0]]
            },
            "StartSession": lambda _: {
                "SessionId": "s-1",
                "StreamUrl": "wss://stream",
                "TokenValue": "planted-token",
            },
            "TerminateSession": lambda _: {},
            "StopTask": lambda _: {"task": {}},
        }


def ready() -> dict[str, Any]:
    agent = {"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"}
    container = {"name": "database-connect", "runtimeId": "rt", "managedAgents": [agent]}
    return {"lastStatus": "RUNNING", "containers": [container]}


def begin(
    aws: StandIn, folder: Path, plugin: Path, authority: Path, *arguments: str
) -> subprocess.Popen[str]:
    (folder / "dev.toml").write_text(STAGE)
    return subprocess.Popen(
        [
            *(sys.executable, "-c", WITH_AUTHORITY, str(authority)),
            *("database", "connect", "--stage", "dev", *arguments),
        ],
        cwd=PROJECT,
        env={
            **os.environ,
            **aws.environment,
            "ATOMIC_STAGES_DIR": str(folder),
            "PATH": f"{plugin}:{PROGRAMS}:{os.environ['PATH']}",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Connected(Protocol):
    """`ops database connect` against this stage, in this process."""

    def __call__(
        self, stage: Stage, *arguments: str, exit_code: int = 0
    ) -> tuple[StandIn, Answer]: ...


@pytest.fixture(name="connected")
def _connected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Connected:
    def run(stage: Stage, *arguments: str, exit_code: int = 0) -> tuple[StandIn, Answer]:
        plugin = install(tmp_path / "bin", exit_code=exit_code)
        (tmp_path / "dev.toml").write_text(STAGE)
        monkeypatch.setattr(database_connect, "authorities", lambda _region: "an authority")
        monkeypatch.setenv("ATOMIC_STAGES_DIR", str(tmp_path))
        monkeypatch.setenv("PATH", f"{plugin}:{PROGRAMS}", prepend=":")
        with answering(stage.answers) as aws:
            for name, value in aws.environment.items():
                monkeypatch.setenv(name, value)
            typed = ["database", "connect", "--stage", "dev", *arguments]
            return aws, said_by(monkeypatch, capfd, *typed)

    return run


def end(process: subprocess.Popen[str], *arguments: str, typed: str | None = None) -> Answer:
    text, errors = process.communicate(typed, timeout=60)
    json_keys.check("ops database connect", arguments, text)
    return Answer(code=process.returncode, text=text, errors=errors)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """A shell's background job ignores Ctrl-C, and so would what it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module", name="server")
def _server() -> Iterator[Postgres]:
    if not (PROGRAMS / "initdb").exists():
        pytest.skip("no PostgreSQL 15: `apt-get install postgresql-15`")
    with running_postgres() as running:
        yield running


@pytest.mark.peer
def test_psql_runs_through_the_tunnel_over_verified_tls_and_all_of_it_ends(
    server: Postgres, tmp_path: Path
) -> None:
    plugin = install(tmp_path / "bin", leads_to=server.port)
    query = (
        "SELECT current_user, current_database(), ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    )

    with answering(Stage().answers) as aws:
        answer = end(begin(aws, tmp_path, plugin, server.authority, "--", "-XAtc", query))

    assert (answer.code, answer.text) == (0, f"{MASTER}|{DATABASE}|t\n"), answer.errors
    (asked,) = aws.calls("RunTask")
    assert asked["taskDefinition"] == "atomic-dev-database-connect"
    assert asked["enableExecuteCommand"] is True
    assert asked["networkConfiguration"]["awsvpcConfiguration"] == {
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroups": ["sg-1"],
        "assignPublicIp": "DISABLED",
    }
    given = called(plugin)
    request = given["request"]
    assert request == aws.calls("StartSession")[0]
    assert request["Target"] == "ecs:atomic-dev-ecs-cluster_the-task_rt"
    assert request["DocumentName"] == "AWS-StartPortForwardingSessionToRemoteHost"
    assert (request["Parameters"]["host"], request["Parameters"]["portNumber"]) == (
        ["localhost"],
        ["5432"],
    )
    assert [each["task"] for each in aws.calls("StopTask")] == [TASK]
    assert aws.calls("TerminateSession") == [{"SessionId": "s-1"}]
    assert is_gone(given["pid"])
    assert PASSWORDS[MASTER] not in answer.errors


@pytest.mark.peer
@pytest.mark.parametrize(
    ("host", "foreign", "error"),
    [
        ("localhost", True, "certificate verify failed"),
        ("db.example.com", False, 'does not match host name "db.example.com"'),
    ],
    ids=["a foreign authority", "another host"],
)
def test_whoever_else_stands_at_the_end_is_refused(
    server: Postgres, tmp_path: Path, host: str, foreign: bool, error: str
) -> None:
    plugin = install(tmp_path / "bin", leads_to=server.port)
    authority = server.foreign if foreign else server.authority

    with answering(Stage(host=host).answers) as aws:
        answer = end(begin(aws, tmp_path, plugin, authority, "--", "-c", "SELECT 1"))

    assert answer.code == 2
    assert error in answer.errors
    assert len(aws.calls("StopTask")) == 1


@pytest.mark.peer
@pytest.mark.parametrize("times", [1, 2])
def test_a_port_is_open_for_any_client_until_ctrl_c(
    server: Postgres, tmp_path: Path, times: int
) -> None:
    plugin = install(tmp_path / "bin", leads_to=server.port)

    with answering(Stage().answers) as aws:
        port = _free_port()
        process = begin(aws, tmp_path, plugin, server.authority, "--port", str(port))
        assert process.stdout is not None
        place = process.stdout.readline().strip()
        seen = subprocess.run(
            [PROGRAMS / "psql", "-d", place, "-XAtc", "SELECT 7"],
            env={**os.environ, "PGPASSWORD": PASSWORDS[MASTER]},
            capture_output=True,
            text=True,
            check=False,
        )
        for _ in range(times):
            process.send_signal(signal.SIGINT)
        answer = end(process)

    assert seen.stdout == "7\n", seen.stderr
    assert f"host=localhost hostaddr=127.0.0.1 port={port}" in place
    assert "sslmode=verify-full" in place
    assert answer.code == 0, answer.errors
    assert "--secret-id atomic-dev-rds-master-credentials" in answer.errors
    assert len(aws.calls("StopTask")) == 1
    assert is_gone(called(plugin)["pid"])
    root = place.rpartition("sslrootcert=")[2]
    assert not Path(root).exists()


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_before_it_is_open_leaves_no_task(tmp_path: Path, times: int) -> None:
    plugin = install(tmp_path / "bin")
    pending = {"lastStatus": "PENDING", "containers": []}

    with answering(Stage(states=[pending]).answers) as aws:
        process = begin(aws, tmp_path, plugin, plugin / "leads-to", "--port", str(_free_port()))
        aws.wait_for("DescribeTasks")
        for _ in range(times):
            process.send_signal(signal.SIGINT)
        answer = end(process)

    assert answer.code == 130
    assert "interrupted: stopping task the-task" in answer.errors
    assert len(aws.calls("StopTask")) == 1


@pytest.mark.parametrize(
    ("arguments", "stage", "exit_code", "said"),
    [
        (
            [],
            Stage(there=False),
            0,
            "there is no task atomic-dev-database-connect: add connect_enabled = true to [database]",
        ),
        (
            [],
            Stage(
                states=[
                    {
                        "lastStatus": "STOPPED",
                        "containers": [],
                        "stoppedReason": "CannotPullContainerError: gone",
                    }
                ]
            ),
            0,
            "task the-task did not start (CannotPullContainerError: gone)",
        ),
        ([], Stage(), 1, "the plugin opened no tunnel (SessionId: x : something of the agent's)"),
        (
            ["--user", "somebody"],
            Stage(),
            0,
            "the stage keeps no password of 'somebody': allowed: ",
        ),
        (["--port", "5", "--", "-c", "x"], Stage(), 0, "--port starts no psql"),
    ],
    ids=["not deployed", "no image", "no tunnel", "no such user", "both"],
)
def test_what_opens_no_tunnel_is_said_in_one_line(
    connected: Connected, arguments: list[str], stage: Stage, exit_code: int, said: str
) -> None:
    aws, told = connected(stage, *arguments, exit_code=exit_code)

    assert told.code == 1
    (error,) = [line for line in told.errors.splitlines() if line.startswith("error: ")]
    assert said.replace("the plugin", "Session Manager's plugin") in error
    assert len(aws.calls("StopTask")) == len(aws.calls("RunTask"))


def test_a_token_of_iam_is_good_for_this_user_and_database(tmp_path: Path) -> None:
    """The server knows no token: psql is a script that shows its password."""
    plugin = install(tmp_path / "bin")
    psql = plugin / "psql"
    psql.write_text('#!/bin/sh\necho "$PGPASSWORD"\n')
    psql.chmod(0o755)

    with answering(Stage(host="db.example.com").answers) as aws:
        answer = end(begin(aws, tmp_path, plugin, plugin / "leads-to", "--iam", "--user", "ana"))

    assert answer.code == 0, answer.errors
    assert answer.text.startswith("db.example.com:5432/?Action=connect&DBUser=ana&")
    assert "X-Amz-Expires=900" in answer.text
    assert aws.calls("GetSecretValue") == []


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
