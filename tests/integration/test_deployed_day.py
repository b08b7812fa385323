"""An operator's day on the deployed dev. Runs before it is destroyed (pytest keeps the files' order)."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.emulator import PROJECT
from modules.security.secret_store import FIRST_VERSION_STAGES
from modules.settings.secrets import PLACEHOLDER
from tests.answer import Answer
from tests.contract import json_keys
from tests.integration.conftest import Deployment

pytestmark = pytest.mark.integration

OPENAI = "atomic-dev-openai-api-key"


def environment(dev: Deployment) -> dict[str, str]:
    return {**dev.cdktf.process_environment(), "CDKTF_OUTDIR": str(dev.cdktf.outdir)}


def ops(dev: Deployment, *arguments: str, stdin: str = "", **environ: str) -> Answer:
    finished = subprocess.run(
        [sys.executable, "-m", "ops", *arguments],
        cwd=PROJECT,
        env={**environment(dev), **environ},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    json_keys.check("ops", arguments, finished.stdout)
    return Answer(code=finished.returncode, text=finished.stdout, errors=finished.stderr)


def stored(dev: Deployment, name: str) -> str:
    value: str = dev.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    return value


def test_a_secret_that_was_set_twice_stays_after_a_deploy(dev: Deployment) -> None:
    for value in ("sk-planted-first", "sk-planted-second"):
        answer = ops(dev, "secrets", "set", "openai-api-key", "--stage", "dev", stdin=value + "\n")
        assert answer.code == 0, answer.errors
        assert "python -m ops restart --stage dev functions" in answer.text
        assert value not in answer.text + answer.errors
    plan = dev.cdktf.terraform(dev.stack, "plan", "-detailed-exitcode")
    assert plan.returncode == 0, plan.stdout

    dev.cdktf.run("deploy", dev.stack, "--auto-approve")

    assert stored(dev, OPENAI) == "sk-planted-second"
    versions = dev.client("secretsmanager").describe_secret(SecretId=OPENAI)["VersionIdsToStages"]
    assert [FIRST_VERSION_STAGES[1]] in versions.values()
    files = [path for path in dev.cdktf.folder.rglob("*") if path.is_file()]
    assert not [path for path in files if b"sk-planted" in path.read_bytes()]


def test_a_secret_typed_at_the_prompt_is_not_shown_and_restarts_its_reader(
    dev: Deployment,
) -> None:
    ecs = dev.client("ecs")
    where = {"cluster": "atomic-dev-ecs-cluster", "services": ["atomic-dev-functions"]}
    before = ecs.describe_services(**where)["services"][0]["deployments"][0]["id"]

    shown = _at_a_terminal(
        dev,
        ["secrets", "set", "openai-api-key", "--stage", "dev"],
        {"value of openai-api-key (hidden): ": "sk-planted-typed\n", "[y/N]: ": "y\n"},
    )

    assert stored(dev, OPENAI) == "sk-planted-typed"
    assert "sk-planted" not in shown
    assert "restarting functions" in shown
    assert ecs.describe_services(**where)["services"][0]["deployments"][0]["id"] != before


def test_a_value_as_an_argument_is_refused_in_one_line_that_does_not_hold_it(
    dev: Deployment,
) -> None:
    answer = ops(dev, "secrets", "set", "openai-api-key", "sk-planted-argument", "--stage", "dev")

    assert answer.code == 1
    assert answer.errors.count("\n") == 1
    assert "a value is never an argument" in answer.errors
    assert "sk-planted-argument" not in answer.text + answer.errors


def test_a_generated_secret_is_guarded_until_forced(dev: Deployment) -> None:
    arguments = ("secrets", "set", "supertokens-api-key", "--stage", "dev", "--no-restart")
    before = stored(dev, "atomic-dev-supertokens-api-key")

    refused = ops(dev, *arguments, stdin="planted" * 5)

    assert (refused.code, refused.errors.count("\n")) == (1, 1)
    assert "it was drawn by Secrets Manager" in refused.errors
    assert stored(dev, "atomic-dev-supertokens-api-key") == before
    assert ops(dev, *arguments, "--force", stdin="planted" * 5).code == 0
    assert stored(dev, "atomic-dev-supertokens-api-key") == "planted" * 5


def test_check_names_what_is_still_a_placeholder(dev: Deployment) -> None:
    dev.client("secretsmanager").put_secret_value(SecretId=OPENAI, SecretString=PLACEHOLDER)

    answer = ops(dev, "secrets", "check", "--stage", "dev", "--json")

    assert answer.code == 2
    waiting = {each["name"]: each["readers"] for each in json.loads(answer.text)["waiting"]}
    assert waiting["openai-api-key"] == ["functions", "python-agent"]
    assert "msk-bootstrap-brokers" not in waiting  # nobody reads it without Kafka


def test_a_list_shows_no_value(dev: Deployment) -> None:
    password = json.loads(stored(dev, "atomic-dev-rds-master-credentials"))["password"]

    answer = ops(dev, "secrets", "list", "--stage", "dev")

    assert answer.code == 2  # some wait for a person
    assert "python -m ops secrets set openai-api-key --stage dev" in answer.text
    assert password not in answer.text + answer.errors


def test_hasuras_metadata_is_never_said_to_be_in_place_where_no_container_runs(
    dev: Deployment, tmp_path: Path
) -> None:
    (tmp_path / "metadata.json").write_text('{"version": 3, "sources": []}')

    answer = ops(dev, "apply-hasura-metadata", "--stage", "dev", "--source", str(tmp_path))

    assert (answer.code, answer.text) == (1, "")
    assert "ran no Hasura (the embedded AWS runs no container)" in answer.errors
    bucket = "atomic-dev-data-bucket-123456789012-us-east-1"
    kept = dev.client("s3").list_object_versions(Bucket=bucket, Prefix="operator/")
    assert "Versions" not in kept


def test_status_shows_services_alarms_and_database_on_one_screen(dev: Deployment) -> None:
    answer = ops(dev, "status", "--stage", "dev")

    assert answer.code == 2, answer.errors  # the embedded AWS runs no container
    lines = answer.text.splitlines()
    assert len(lines) <= 24
    (hasura,) = [line for line in lines if line.startswith("hasura")]
    assert "of 1" in hasura
    assert "graphql-engine:v2.48.9" in hasura
    assert (
        "alarms     0 of 39 firing" in lines
    )  # the guide's, and one for each service without a task
    (database,) = [line for line in lines if line.startswith("database")]
    assert "atomic-dev-rds-postgres: available" in database


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("secrets list", 2),  # some are the operator's to set
        ("secrets set deepgram-api-key --no-restart", 0),
        ("status", 2),  # no task runs on the embedded AWS
        ("open", 0),
        ("restart supertokens", 0),
    ],
)
def test_programs_read_what_people_see(dev: Deployment, typed: str, code: int) -> None:
    answer = ops(dev, *typed.split(), "--stage", "dev", "--json", stdin="planted-by-a-program")

    assert answer.code == code, answer.errors
    assert json.loads(answer.text)


def test_a_log_is_read_over_all_of_its_pages(dev: Deployment) -> None:
    # A page holds 10,000 lines, as does a call that writes them.
    _write_log(dev, [f"line {number}" for number in range(6_000)], service="supertokens")
    _write_log(dev, [f"line {number}" for number in range(6_000)], service="supertokens")

    answer = ops(dev, "logs", "supertokens", "--stage", "dev", "--since", "5m", "--json")

    assert answer.code == 0, answer.errors
    messages = [json.loads(line)["message"] for line in answer.text.splitlines()]
    assert len(messages) == 12_000
    assert messages[-1] == "line 5999"


def test_a_log_cannot_write_to_the_readers_terminal(dev: Deployment) -> None:
    _write_log(dev, ["\x1b[31mred\x1b[0m and \x1b]0;title\x07 end"])

    answer = ops(dev, "logs", "hasura", "--stage", "dev", "--since", "5m")

    assert "red and \\x1b]0;title\\x07 end" in answer.text


@pytest.fixture(name="interruptible")
def _interruptible() -> Iterator[None]:
    """A shell's background job ignores Ctrl-C, and so would what it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_followed_log_goes_on_until_it_is_interrupted(dev: Deployment) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "ops", "logs", "oauth", "--stage", "dev", "--follow"],
        cwd=PROJECT,
        env=environment(dev),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        _write_log(dev, ["first"], service="oauth")
        assert process.stdout.readline().endswith("first\n")
        _write_log(dev, ["second"], service="oauth")
        assert process.stdout.readline().endswith("second\n")

        process.send_signal(signal.SIGINT)

        assert process.wait() == 0
        assert process.stderr.read() == ""


def _write_log(dev: Deployment, messages: list[str], service: str = "hasura") -> None:
    logs = dev.client("logs")
    group, stream = f"/aws/ecs/atomic-dev-ecs-cluster/{service}", f"{service}/{time.time_ns()}"
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(time.time() * 1000)
    logs.put_log_events(
        logGroupName=group,
        logStreamName=stream,
        logEvents=[{"timestamp": now + i, "message": each} for i, each in enumerate(messages)],
    )


def _at_a_terminal(dev: Deployment, arguments: list[str], replies: dict[str, str]) -> str:
    """Everything that a person would see."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "ops", *arguments],
        cwd=PROJECT,
        env=environment(dev),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown, rest = "", dict(replies)
    with process:
        while True:
            try:
                shown += os.read(ours, 4096).decode()
            except OSError:  # the other side is closed
                break
            for question in [each for each in rest if shown.rstrip("\r\n").endswith(each)]:
                os.write(ours, rest.pop(question).encode())
    os.close(ours)
    assert process.returncode == 0, shown
    return shown


def page_is_on(dev: Deployment) -> bool:
    shown = ops(dev, "maintenance", "show", "--stage", "dev", "--json")
    assert shown.code in {0, 2}, shown.errors
    return json.loads(shown.text)["maintenance"] is not None


def test_the_maintenance_page_outlives_deploy_recover_and_drift_and_goes_when_told(
    dev: Deployment,
) -> None:
    assert ops(dev, "maintenance", "on", "--stage", "dev").code == 0
    dev.client("cloudwatch").delete_alarms(AlarmNames=["atomic-dev-app-cpu"])

    dev.cdktf.run("deploy", dev.stack, "--auto-approve")
    assert page_is_on(dev)

    recovered = ops(dev, "recover", "--stage", "dev", "--yes")
    assert recovered.code == 0, recovered.text + recovered.errors
    assert "neither a recover nor a deploy changes the page" in recovered.text
    assert page_is_on(dev)

    drift = ops(dev, "drift", "--stage", "dev")
    assert drift.code == 0, drift.text + drift.errors
    assert "no drift" in drift.text
    assert "the maintenance page is on since" in drift.text
    assert "visitors   the maintenance page is on" in ops(dev, "status", "--stage", "dev").text
    assert "python -m ops maintenance off --stage dev" in ops(dev, "doctor", "--stage", "dev").text

    assert ops(dev, "maintenance", "off", "--stage", "dev").code == 0
    assert not page_is_on(dev)
