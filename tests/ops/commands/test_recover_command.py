"""What `python -m ops recover` prints and answers, for a given proposal."""

import json
import socket
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from common.errors import UserError
from imports.recovery import orphans, recover
from imports.recovery.matching import Orphan
from imports.recovery.recover import Proposal, Recovered
from imports.recovery.recovery_plan import Outlook
from ops.commands import recover as recover_command
from ops.commands.recover import locked_by
from terraform.state_file import CUT_SHORT
from terraform.workspace import Workspace
from tests.contract import json_keys

NOTHING = Proposal(recovered=(), absent=(), orphans=(), errors=(), outlook=(), state=None)
FOUND = replace(
    NOTHING, recovered=(Recovered(address="aws_vpc.main", id="vpc-1"),), state={"version": 4}
)
ORPHAN = Orphan(type="aws_vpc", import_id="vpc-2", address="aws_vpc.main")


class _Run:
    """The command with a stage and a proposal in the place of AWS; it notes what it is told to do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.done: list[str] = []
        self.note = folder / CUT_SHORT
        self._folder = folder
        self._monkeypatch = monkeypatch

    def __call__(self, proposal: Proposal, *options: str) -> Any:
        terraform = SimpleNamespace(folder=self._folder)
        opened = SimpleNamespace(broken=None, clients=None, terraform=terraform, half_made=())
        patch = self._monkeypatch.setattr
        patch(recover_command, "open_lost_stage", lambda *_, **__: opened)
        patch(recover_command, "maintenance_beside", lambda _deployed: (None, ""))
        patch(recover, "propose", lambda *_, **__: proposal)
        patch(recover, "write", lambda *_, **__: self.done.append("written"))
        patch(orphans, "delete", lambda *_, **__: self.done.append("deleted"))
        app = typer.Typer()
        app.command()(recover_command.recover_)
        answer = CliRunner().invoke(app, ["--stage", "dev", *options])
        json_keys.check("ops", ("recover", *options), answer.stdout)
        return answer


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> _Run:
    return _Run(monkeypatch, tmp_path)


def test_nothing_to_do_is_fine(run: _Run) -> None:
    assert (run(NOTHING).exit_code, run.done) == (0, [])


@pytest.mark.parametrize(
    ("proposal", "options", "known"),
    [(NOTHING, (), True), (FOUND, ("--yes",), True), (FOUND, ("--dry-run",), False)],
    ids=["nothing lost", "written", "only looked"],
)
def test_an_interrupted_run_is_told_until_the_state_is_all_there(
    run: _Run, proposal: Proposal, options: tuple[str, ...], known: bool
) -> None:
    run.note.parent.mkdir()
    run.note.write_text('{"at": "2026-11-26T21:18:20Z", "command": "apply"}')

    said = run(proposal, *options).stdout

    assert "an apply was interrupted (2026-11-26T21:18:20Z)" in said
    assert run.note.exists() is not known


def test_what_is_found_is_written_after_a_yes(run: _Run) -> None:
    assert (run(FOUND, "--yes").exit_code, run.done) == (0, ["written"])


def test_a_dry_run_writes_nothing_and_asks_for_a_person(run: _Run) -> None:
    assert (run(FOUND, "--yes", "--dry-run").exit_code, run.done) == (2, [])


def test_where_nobody_can_be_asked_nothing_is_written(run: _Run) -> None:
    answer = run(FOUND)

    assert isinstance(answer.exception, UserError)
    assert run.done == []


def test_a_problem_keeps_all_from_being_written(run: _Run) -> None:
    assert (run(replace(FOUND, errors=("odd",)), "--yes").exit_code, run.done) == (2, [])


def test_an_object_that_would_be_replaced_keeps_all_from_being_written(run: _Run) -> None:
    replaced = Outlook(address="aws_vpc.main", effect="replaced", attributes=(), blocks=True)

    assert (run(replace(FOUND, outlook=(replaced,)), "--yes").exit_code, run.done) == (2, [])


def test_orphans_are_left_unless_asked_for(run: _Run) -> None:
    assert (run(replace(NOTHING, orphans=(ORPHAN,)), "--yes").exit_code, run.done) == (2, [])


def test_orphans_are_deleted_after_the_state_is_written(run: _Run) -> None:
    answer = run(replace(FOUND, orphans=(ORPHAN,)), "--yes", "--delete-orphans")

    assert (answer.exit_code, run.done) == (0, ["written", "deleted"])


def test_an_orphan_in_use_stays_a_case_for_a_person(run: _Run) -> None:
    in_use = replace(ORPHAN, in_use=True)

    assert run(replace(NOTHING, orphans=(in_use,)), "--yes", "--delete-orphans").exit_code == 2


def test_what_nothing_tells_is_for_a_person_and_the_rest_is_written(run: _Run) -> None:
    answer = run(replace(FOUND, undecided=("aws_eip.nat_0 could be x",)), "--yes")

    assert (answer.exit_code, run.done) == (2, ["written"])
    assert "before you deploy: aws_eip.nat_0 could be x" in answer.stdout
    assert "deploy the stage again" not in answer.stdout


def test_a_whole_state_beside_what_nothing_tells_is_not_called_fine(run: _Run) -> None:
    answer = run(replace(NOTHING, undecided=("aws_eip.nat_0 could be x",)))

    assert answer.exit_code == 2
    assert "nothing to recover" not in answer.stdout


def test_programs_get_json(run: _Run) -> None:
    document = json.loads(run(FOUND, "--yes", "--json").stdout)

    assert document["recovered"] == [{"address": "aws_vpc.main", "id": "vpc-1"}]
    assert document["written"] is True


def test_a_lock_beside_the_state_is_told_with_its_holder_and_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").write_text(
        'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'
    )
    environ = {
        "ATOMIC_STAGES_DIR": str(tmp_path),
        "ATOMIC_STATE_DIR": str(tmp_path),
        "CDKTF_OUTDIR": str(tmp_path / "out"),
    }
    workspace = Workspace(stage="dev", environ=environ)
    assert locked_by(workspace) is None
    info = tmp_path / ".terraform.atomic-dev.tfstate.lock.info"
    who = f"ann@{socket.gethostname()}"
    info.write_text(f'{{"ID": "1", "Who": "{who}", "Created": "2026-11-26T21:18:20Z"}}')

    assert locked_by(workspace) == (
        f"{info} is held by {who} since 2026-11-26 21:18:20 UTC (no operation named), and that process is "
        f"gone: rm {info}"
    )
