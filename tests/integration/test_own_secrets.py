"""A stage with secrets of its own on the embedded AWS: deployed, set, read by who asks for them, removed.

The tests go on one from the other, in the file's order.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from local.cdktf import Cdktf
from local.emulator import running_emulator
from modules.settings.secrets import PLACEHOLDER
from modules.settings.stage_files import read_stage
from security.secrets_scan import scan, secret_parts, stored_values
from tests.integration.conftest import Deployment, write_stage
from tests.integration.test_deployed_day import ops

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

STACK = "atomic-own"
STAGE = """
domain_name = "own.example.com"
operator_email = "ops@example.com"

[network]
nat = "single"

[database]
login_roles = false

[secrets.google]
keys = ["CLIENT_ID_WEB", "CLIENT_SECRET_WEB"]

[secrets.mongodb-uri]
"""
STRIPE = """
[secrets.stripe]
description = "Payments"
keys = ["KEY", "WEBHOOK_SECRET"]

[services.app.secrets]
STRIPE_KEY = "stripe:KEY"
"""
GOOGLE = {"CLIENT_ID_WEB": "1-planted.apps.example", "CLIENT_SECRET_WEB": "planted/secret+value"}
ADDRESS = "aws_secretsmanager_secret.stripe"


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the stage's file."""
    return write_stage(tmp_path_factory.mktemp("stages"), "own", STAGE + STRIPE)


@pytest.fixture(scope="module")
def own(stages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The stage, deployed in full."""
    with running_emulator() as emulator:
        cdktf = Cdktf(
            folder=tmp_path_factory.mktemp("own"),
            environment={**emulator.environment, "ATOMIC_STAGES_DIR": str(stages)},
        )
        log = cdktf.run("deploy", STACK, "--auto-approve")
        yield Deployment(cdktf=cdktf, stack=STACK, emulator=emulator, log=log)


def stored(own: Deployment, name: str) -> str:
    answer = own.client("secretsmanager").get_secret_value(SecretId=f"{STACK}-{name}")
    return str(answer["SecretString"])


def described(own: Deployment, name: str) -> dict[str, Any]:
    found: dict[str, Any] = own.client("secretsmanager").describe_secret(SecretId=f"{STACK}-{name}")
    return found


def value_from(own: Deployment, service: str) -> dict[str, str]:
    family = own.client("ecs").describe_task_definition(taskDefinition=f"{STACK}-{service}")
    (container, *_) = family["taskDefinition"]["containerDefinitions"]
    return {each["name"]: each["valueFrom"] for each in container["secrets"]}


def test_each_key_holds_a_placeholder_so_that_a_task_starts(own: Deployment) -> None:
    assert json.loads(stored(own, "google")) == dict.fromkeys(GOOGLE, PLACEHOLDER)
    assert stored(own, "mongodb-uri") == PLACEHOLDER
    assert described(own, "stripe")["Description"] == "Payments"


def test_containers_get_what_they_take_and_their_roles_read_that_alone(own: Deployment) -> None:
    google, stripe = (own.outputs[f"Secret{each}Arn"] for each in ("Google", "Stripe"))
    assert (google, stripe) == (described(own, "google")["ARN"], described(own, "stripe")["ARN"])

    assert value_from(own, "oauth")["GOOGLE_CLIENT_ID_WEB"] == f"{google}:CLIENT_ID_WEB::"
    assert value_from(own, "app")["STRIPE_KEY"] == f"{stripe}:KEY::"
    functions = value_from(own, "functions")
    assert functions["MONGODB_URI"] == own.outputs["SecretMongodbUriArn"]
    assert "GOOGLE_CLIENT_ID_IOS" not in functions
    readable = {
        service: json.dumps(
            own.client("iam").get_role_policy(
                RoleName=f"{STACK}-{service}-execution-role", PolicyName="execution"
            )["PolicyDocument"]
        )
        for service in ("app", "oauth")
    }
    assert stripe in readable["app"]
    assert google not in readable["app"]
    assert google in readable["oauth"]
    assert stripe not in readable["oauth"]


def test_one_key_after_the_other_is_set_and_check_names_the_rest(own: Deployment) -> None:
    for key, value in GOOGLE.items():
        said = ops(own, "secrets", "set", "google", "--key", key, "--stage", "own", stdin=value)
        assert said.code == 0, said.errors
        assert "planted" not in said.text + said.errors
    ops(own, "secrets", "set", "stripe", "--stage", "own", stdin='{"KEY": "planted-key-1"}')

    check = ops(own, "secrets", "check", "--stage", "own")

    assert json.loads(stored(own, "google")) == GOOGLE
    assert json.loads(stored(own, "stripe")) == {
        "KEY": "planted-key-1",
        "WEBHOOK_SECRET": PLACEHOLDER,
    }
    assert check.code == 2
    assert "secrets set stripe --stage own --key WEBHOOK_SECRET   # WEBHOOK_SECRET" in check.text
    assert "secrets set mongodb-uri --stage own   # the agent's scheduler" in check.text
    assert "google" not in check.text


def test_a_later_deploy_writes_over_none_and_writes_none_down(
    own: Deployment, stages: Path
) -> None:
    plan = own.cdktf.terraform(STACK, "plan", "-detailed-exitcode")
    assert plan.returncode == 0, plan.stdout

    log = own.cdktf.run("deploy", STACK, "--auto-approve")

    rows = read_stage(stages, "own").secret_rows
    values = secret_parts(stored_values(own.client("secretsmanager"), own.outputs, rows), rows)
    assert {"google:CLIENT_SECRET_WEB", "stripe:KEY"} <= values.keys()
    found = scan([own.cdktf.folder, stages], values=values, texts={"first": own.log, "log": log})
    assert found.found == ()
    assert json.loads(stored(own, "google")) == GOOGLE


def test_a_folder_of_metadata_goes_to_hasura_with_the_stages_admin_secret(
    own: Deployment, tmp_path: Path
) -> None:
    """The embedded AWS runs no Hasura: a server of our own takes what would be its metadata."""
    (tmp_path / "databases").mkdir()
    (tmp_path / "version.yaml").write_text("version: 3\n")
    (tmp_path / "databases/databases.yaml").write_text("- !include one.yaml\n")
    (tmp_path / "databases/one.yaml").write_text("{name: default, kind: postgres, tables: []}\n")
    sent: list[tuple[str | None, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            sent.append((self.headers["X-Hasura-Admin-Secret"], body["args"]["metadata"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    command = ("apply-hasura-metadata", "--stage", "own", "--source", str(tmp_path))
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        posted = ops(own, *command, "--endpoint", f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    in_a_task = ops(own, *command)

    assert posted.code == 0, posted.errors
    sources = [{"name": "default", "kind": "postgres", "tables": []}]
    assert sent == [(stored(own, "hasura-admin-secret"), {"version": 3, "sources": sources})]
    assert in_a_task.code == 1
    assert "ran no Hasura (the embedded AWS runs no container)" in in_a_task.errors


def test_a_lost_state_finds_them_again_with_their_values(own: Deployment) -> None:
    state = own.cdktf.state_file(STACK)
    ids = described(own, "google")["VersionIdsToStages"]
    for each in state.parent.glob(f"{state.name}*"):
        each.unlink()

    said = ops(own, "recover", "--stage", "own", "--yes")

    assert said.code == 0, said.text + said.errors
    assert own.cdktf.terraform(STACK, "plan", "-detailed-exitcode").returncode == 0
    assert json.loads(stored(own, "google")) == GOOGLE
    assert described(own, "google")["VersionIdsToStages"] == ids


def test_the_gate_blocks_a_removed_one_until_it_is_allowed(own: Deployment, stages: Path) -> None:
    write_stage(stages, "own", STAGE)

    blocked = ops(own, "gate", "--stage", "own", "--json")
    allowed = ops(own, "gate", "--stage", "own", "--allow", ADDRESS)

    (loss,) = (each for each in json.loads(blocked.text)["losses"] if not each["allowed"])
    assert (blocked.code, allowed.code) == (2, 0)
    assert (loss["address"], loss["because"]) == (ADDRESS, "it is no longer configured")


def test_aws_keeps_a_removed_one_for_a_month_and_its_name_too(
    own: Deployment, stages: Path
) -> None:
    own.cdktf.run("deploy", STACK, "--auto-approve")
    ends = described(own, "stripe")["DeletedDate"]
    write_stage(stages, "own", STAGE + STRIPE)

    again = ops(own, "gate", "--stage", "own")

    assert "STRIPE_KEY" not in value_from(own, "app")
    assert abs(ends - datetime.now(UTC)) >= timedelta(days=29)
    assert again.code == 2
    assert "atomic-own-stripe was deleted, and AWS keeps it and its name" in again.text
