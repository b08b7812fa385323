"""Rotate, upgrade and restore in a row on one stage, at a terminal, with Ctrl-C in the midst of steps."""

import json
import os
import pty
import re
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.cdktf import Cdktf
from local.emulator import PROJECT, running_emulator
from tests.integration.conftest import assert_no_changes, write_stage
from tests.integration.recovery import RecoverableStage

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

STACK = "atomic-guided"
STAGE = """\
domain_name = "guided.example.com"
operator_email = "ops@example.com"
retain_data = false

[network]
nat = "single"

[database]
multi_az = false

# Of the alarms.
[alarms]
database_connections = 80
"""
NAME = f"{STACK}-rds-postgres"
INTERRUPTED = 130


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("guided")
    (made / "0001-note.sql").write_text("CREATE TABLE note (id int);\n")
    write_stage(made / "stages", "guided", f'phase = "foundation"\n{STAGE}')
    return made


@pytest.fixture(scope="module")
def stage(folder: Path) -> Iterator[RecoverableStage]:
    with running_emulator() as emulator:
        environment = {**emulator.environment, "ATOMIC_STAGES_DIR": str(folder / "stages")}
        found = RecoverableStage(
            name="guided", cdktf=Cdktf(folder=folder, environment=environment), emulator=emulator
        )
        found.cdktf.run("deploy", STACK, "--auto-approve")
        applied = found.ops("database apply", str(folder / "0001-note.sql"))
        assert applied.code == 0, applied.errors
        write_stage(folder / "stages", "guided", STAGE)
        found.cdktf.run("deploy", STACK, "--auto-approve")
        yield found


def at_a_terminal(
    stage: RecoverableStage, command: str, *, interrupt_at: str | None = None
) -> tuple[int, str]:
    """A person agrees to all, and types Ctrl-C once the step is under way; the code, and what is seen."""
    pid, terminal = pty.fork()
    if pid == 0:
        # A shell lets what it starts in the background ignore Ctrl-C, and so what that starts.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(PROJECT)
        environment = {
            **stage.cdktf.process_environment(),
            "CDKTF_OUTDIR": str(stage.cdktf.outdir),
            "COLUMNS": "200",
        }
        typed = [sys.executable, "-m", "ops", *command.split(), "--stage", stage.name]
        os.execve(sys.executable, typed, environment)  # noqa: S606  # the terminal is its own
    shown, answered = "", 0
    while True:
        try:
            shown += os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # it has ended
            break
        if interrupt_at and answered and interrupt_at in shown.rpartition("[y/N]:")[2]:
            os.write(terminal, b"\x03")
            interrupt_at = None
        elif shown.count("[y/N]:") > answered:
            answered += 1
            os.write(terminal, b"y\n")
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)


def instances(stage: RecoverableStage) -> dict[str, Any]:
    found = stage.emulator.client("rds").describe_db_instances()["DBInstances"]
    return {each["DBInstanceIdentifier"]: each for each in found}


def password(stage: RecoverableStage) -> str:
    document = json.loads(stage.secret_values()[f"{STACK}-hasura-db-role"])
    return str(document["password"])


def assert_as_deployed(stage: RecoverableStage) -> None:
    """Nothing is left to deploy, nothing has drifted, and the doctor finds database and roles fine."""
    assert_no_changes(stage.cdktf, STACK)
    assert stage.ops("drift").code == 0
    doctor = stage.ops("doctor").text
    assert re.search(r"^fine +database roles ", doctor, re.MULTILINE), doctor
    assert re.search(r"^fine +database +available", doctor, re.MULTILINE), doctor


def test_a_role_gets_one_other_password_though_two_of_the_steps_are_interrupted(
    stage: RecoverableStage,
) -> None:
    before, kept = password(stage), stage.ids()

    for step in ("let the database take it", "compose hasura-db-conn-string"):
        code, shown = at_a_terminal(stage, "database rotate hasura", interrupt_at=step)
        assert (code, "run the same command again to finish" in shown) == (INTERRUPTED, True), shown
    code, shown = at_a_terminal(stage, "database rotate hasura")

    assert code == 0, shown
    assert "done   draw a password" in shown
    drawn = password(stage)
    assert drawn not in (before, shown)
    assert f":{drawn}@" in stage.secret_values()[f"{STACK}-hasura-db-conn-string"]
    assert stage.ids() == kept
    assert_as_deployed(stage)


def test_the_next_major_version_is_reached_in_place(stage: RecoverableStage, folder: Path) -> None:
    (before,) = instances(stage).values()
    path = folder / "stages" / "guided.toml"

    code, _ = at_a_terminal(stage, "database upgrade 16", interrupt_at="take the snapshot")
    assert code == INTERRUPTED
    code, shown = at_a_terminal(stage, "database upgrade 16")
    assert (code, f"next: cdktf diff {STACK}" in shown) == (2, True), shown
    stage.cdktf.run("deploy", STACK, "--auto-approve")
    code, _ = at_a_terminal(stage, "database upgrade 16", interrupt_at="ANALYZE")
    assert code == INTERRUPTED
    code, shown = at_a_terminal(stage, "database upgrade 16")

    assert (code, f"next: cdktf deploy {STACK}" in shown) == (0, True), shown
    stage.cdktf.run("deploy", STACK, "--auto-approve")
    (after,) = instances(stage).values()
    assert (after["EngineVersion"], after["DbiResourceId"]) == ("16", before["DbiResourceId"])
    assert path.read_text() == STAGE.replace(
        "multi_az = false\n", 'multi_az = false\nengine_version = "16"\n'
    )
    assert_as_deployed(stage)


def test_the_database_of_then_takes_the_name_and_todays_stays(stage: RecoverableStage) -> None:
    (today,) = instances(stage).values()
    kept = {k: v for k, v in stage.ids().items() if k != "aws_db_instance.main"}
    before = stage.secret_values()
    command = f"database restore --to {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"

    for step in ("stop the services", f"rename {NAME} to", "let Terraform's state mean"):
        code, shown = at_a_terminal(stage, command, interrupt_at=step)
        assert code == INTERRUPTED, shown
    code, shown = at_a_terminal(stage, command)

    assert code == 0, shown
    found = instances(stage)
    assert set(found) == {NAME, f"{NAME}-before-restore"}
    assert found[f"{NAME}-before-restore"]["DbiResourceId"] == today["DbiResourceId"]
    assert stage.held()["aws_db_instance.main"]["id"] == found[NAME]["DbiResourceId"]
    assert stage.ops("gate").code == 0
    stage.cdktf.run("deploy", STACK, "--auto-approve")
    assert {k: v for k, v in stage.ids().items() if k != "aws_db_instance.main"} == kept
    assert stage.secret_values() == before
    assert_as_deployed(stage)
