"""Putting Hasura's metadata in place from inside a stage: the script for real, ECS as moto plays it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from aws.client import Clients
from common.errors import UserError
from modules.base.naming import Names
from ops.deployed import Deployed
from ops.tasks.hasura_task import SAYS, SCRIPT, apply_in_task
from terraform.workspace import Workspace
from tests.stages import stage_settings

SECRET = "planted-admin-secret"
BODY = {"type": "replace_metadata", "args": {"metadata": {"version": 3, "sources": []}}}

# Stands where the image has Hasura: healthy at the third question, and it answers as it is told.
FAKE_HASURA = """
import http.server, json, os, pathlib, sys
assert sys.argv[1:] == ["serve"], sys.argv
if os.environ["ANSWER"] == "dies":
    sys.exit(1)
asked = 0

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global asked
        asked += 1
        self.send_response(200 if asked > 2 else 503)
        self.end_headers()

    def do_POST(self):
        pathlib.Path("call").write_text(json.dumps({
            "path": self.path,
            "secret": self.headers["X-Hasura-Admin-Secret"],
            "apis": os.environ["HASURA_GRAPHQL_ENABLED_APIS"],
            "body": json.loads(self.rfile.read(int(self.headers["Content-Length"]))),
        }))
        self.send_response(int(os.environ["ANSWER"]))
        self.end_headers()
        self.wfile.write(b'{"message":"as told"}')

    def log_message(self, *_arguments):
        pass

port = int(os.environ["HASURA_GRAPHQL_SERVER_PORT"])
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.fixture(name="free_port")
def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def play(folder: Path, *, answer: str, port: int, link: str) -> subprocess.CompletedProcess[str]:
    """The script as the container runs it, with our server in the place of `graphql-engine`."""
    engine = folder / "graphql-engine"
    engine.write_text(f"#!{sys.executable}\n{FAKE_HASURA}")
    engine.chmod(0o755)
    return subprocess.run(
        ["sh", "-c", SCRIPT],
        cwd=folder,
        env={
            "PATH": f"{folder}:{os.environ['PATH']}",
            "ANSWER": answer,
            "METADATA_URL": link,
            "HASURA_GRAPHQL_SERVER_PORT": str(port),
            "HASURA_GRAPHQL_ADMIN_SECRET": SECRET,
            "HASURA_GRAPHQL_ENABLED_APIS": "metadata",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(name="link")
def _link(tmp_path: Path) -> str:
    if shutil.which("curl") is None:
        pytest.skip("no curl on PATH, which Hasura's image has: `apt-get install curl`")
    body = tmp_path / "waiting.json"
    body.write_text(json.dumps(BODY))
    return body.as_uri()


def test_the_script_hands_the_metadata_to_its_own_hasura(
    tmp_path: Path, link: str, free_port: int
) -> None:
    ended = play(tmp_path, answer="200", port=free_port, link=link)

    assert (ended.returncode, ended.stdout) == (0, f'{SAYS}200 {{"message":"as told"}}\n')
    assert json.loads((tmp_path / "call").read_text()) == {
        "path": "/v1/metadata",
        "secret": SECRET,
        "apis": "metadata",
        "body": BODY,
    }


def test_the_script_says_what_hasura_refused_and_not_the_secret(
    tmp_path: Path, link: str, free_port: int
) -> None:
    ended = play(tmp_path, answer="400", port=free_port, link=link)

    assert (ended.returncode, ended.stdout) == (5, f'{SAYS}400 {{"message":"as told"}}\n')
    assert SECRET not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("answer", "missing", "code", "said"),
    [
        ("dies", False, 4, "Hasura did not start"),
        ("200", True, 3, "the metadata could not be fetched from the bucket"),
    ],
)
def test_the_script_ends_when_it_cannot_go_on(
    tmp_path: Path, link: str, free_port: int, answer: str, missing: bool, code: int, said: str
) -> None:
    ended = play(tmp_path, answer=answer, port=free_port, link=link + "x" * missing)

    assert (ended.returncode, ended.stdout) == (code, f"{SAYS}{said}\n")


def test_the_script_fits_into_what_a_task_may_override() -> None:
    link_with_session_token = 2500

    assert len(SCRIPT) + link_with_session_token < 8192


@dataclass
class FakeEcs:
    """One service, and one task that passes through `states`; it reads its link as it starts."""

    states: list[dict[str, Any]]
    asked: dict[str, Any] = field(default_factory=dict)
    fetched: Any = None
    stopped: list[str] = field(default_factory=list)
    standing: str = "ACTIVE"

    def describe_services(self, **_arguments: Any) -> dict[str, Any]:
        network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
        service = {
            "status": self.standing,
            "taskDefinition": "atomic-dev-hasura:7",
            "networkConfiguration": network,
        }
        return {"services": [service]}

    def run_task(self, **arguments: Any) -> dict[str, Any]:
        self.asked = arguments
        self.fetched = requests.get(self.variables["METADATA_URL"], timeout=5).json()
        return {"tasks": [{"taskArn": "arn:aws:ecs:us-east-1:1:task/cluster/the-task"}]}

    def describe_tasks(self, **_arguments: Any) -> dict[str, Any]:
        return {"tasks": [self.states.pop(0)]} if self.states else {"tasks": []}

    def stop_task(self, *, task: str, **_arguments: Any) -> dict[str, Any]:
        self.stopped.append(task)
        return {}

    @property
    def variables(self) -> dict[str, str]:
        (container,) = self.asked["overrides"]["containerOverrides"]
        return {each["name"]: each["value"] for each in container["environment"]}


def stopped(exit_code: int | None = None, **container: str) -> dict[str, Any]:
    code = {} if exit_code is None else {"exitCode": exit_code}
    return {"lastStatus": "STOPPED", "containers": [{"name": "hasura"} | code | container]}


@dataclass
class Account:
    """A deployed stage in moto's account, with our ECS in it."""

    clients: Clients
    ecs: FakeEcs

    @property
    def deployed(self) -> Deployed:
        return Deployed(
            workspace=Workspace(stage="dev", environ={}),
            settings=stage_settings("dev"),
            clients=lambda service: self.ecs if service == "ecs" else self.clients(service),
        )

    @property
    def objects(self) -> list[str]:
        versions = self.clients("s3").list_object_versions(Bucket=self.bucket)
        return [each["Key"] for each in versions.get("Versions", [])]

    @property
    def bucket(self) -> str:
        return Names(prefix="atomic-dev", stack="atomic-dev").data_bucket(
            "123456789012", "us-east-1"
        )

    def write(self, stream: str, *lines: str) -> None:
        logs, group = self.clients("logs"), "/aws/ecs/atomic-dev-ecs-cluster/hasura"
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        now = int(time.time() * 1000) + 1000
        events = [{"timestamp": now, "message": line} for line in lines]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


@pytest.fixture(name="account")
def _account(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setattr("ops.tasks.one_off._POLL_SECONDS", 0)
    account = Account(clients, FakeEcs([{"lastStatus": "PENDING"}, stopped(0)]))
    clients("s3").create_bucket(Bucket=account.bucket)
    clients("s3").put_bucket_versioning(
        Bucket=account.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    return account


def test_one_more_task_of_hasura_gets_the_metadata_by_a_link(account: Account) -> None:
    said: list[str] = []

    assert apply_in_task(account.deployed, BODY, said.append) == "the-task"

    assert account.ecs.fetched == BODY
    assert account.ecs.asked["taskDefinition"] == "atomic-dev-hasura:7"
    assert account.ecs.asked["networkConfiguration"] == {
        "awsvpcConfiguration": {"subnets": ["subnet-1"]}
    }
    assert account.ecs.variables["HASURA_GRAPHQL_ENABLED_APIS"] == "metadata"
    assert said == ["starting one task of hasura", "task the-task: pending"]


def test_nothing_stays_in_the_bucket(account: Account) -> None:
    apply_in_task(account.deployed, BODY, lambda _step: None)

    assert account.objects == []


def test_a_refusal_is_told_in_the_words_of_hasura(account: Account) -> None:
    account.ecs.states = [stopped(5)]
    account.write("hasura/hasura/the-task", '{"type":"startup"}', f"{SAYS}400 no such table")
    with pytest.raises(UserError, match=r"with 5 \(400 no such table\): correct the metadata"):
        apply_in_task(account.deployed, BODY, lambda _step: None)

    assert account.objects == []


def test_a_container_that_never_ran_is_told_with_its_reason(account: Account) -> None:
    account.ecs.states = [stopped(reason="CannotPullContainerError: no such tag")]

    with pytest.raises(UserError, match=r"ran no Hasura \(CannotPullContainerError: no such tag"):
        apply_in_task(account.deployed, BODY, lambda _step: None)


def test_a_task_that_nobody_waits_for_is_stopped(account: Account) -> None:
    def interrupt(step: str) -> None:
        if "pending" in step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_in_task(account.deployed, BODY, interrupt)

    assert account.ecs.stopped == ["arn:aws:ecs:us-east-1:1:task/cluster/the-task"]
    assert account.objects == []


def test_a_service_that_does_not_stand_starts_no_task(account: Account) -> None:
    account.ecs.standing = "INACTIVE"

    with pytest.raises(UserError, match="deploy the stage first: `cdktf deploy atomic-dev`"):
        apply_in_task(account.deployed, BODY, lambda _step: None)

    assert account.ecs.asked == {}
    assert account.objects == []
