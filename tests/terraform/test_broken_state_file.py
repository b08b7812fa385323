"""What becomes of a local state file that a killed Terraform has truncated, or a living one is writing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from common.errors import UserError
from terraform import state_lock
from terraform.cli import Terraform
from terraform.pulled_state import pull, put_back_broken_file

WHOLE = {"version": 4, "lineage": "a", "serial": 3, "terraform_version": "1.11.4", "resources": []}


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    """The state file of a folder with a local backend."""
    (tmp_path / "cdk.tf.json").write_text(
        json.dumps({"terraform": {"backend": {"local": {"path": "here.tfstate"}}}})
    )
    return tmp_path / "here.tfstate"


def test_a_whole_file_stays(state_file: Path) -> None:
    state_file.write_text(json.dumps(WHOLE))

    assert put_back_broken_file(state_file.parent) is None
    assert json.loads(state_file.read_text()) == WHOLE


@pytest.mark.parametrize("left", ["", '{"version": 4, "resou'])
def test_a_truncated_file_is_put_back_from_its_backup(state_file: Path, left: str) -> None:
    state_file.write_text(left)
    state_file.with_name("here.tfstate.backup").write_text(json.dumps(WHOLE))

    told = put_back_broken_file(state_file.parent)

    assert told is not None
    assert told.endswith("put back from here.tfstate.backup")
    assert json.loads(state_file.read_text()) == WHOLE
    assert state_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("backup", [None, "", "{}"])
def test_without_a_whole_backup_it_is_set_aside(state_file: Path, backup: str | None) -> None:
    state_file.write_text('{"version": 4, "resou')
    if backup is not None:
        state_file.with_name("here.tfstate.backup").write_text(backup)

    told = put_back_broken_file(state_file.parent)

    assert told is not None
    assert not state_file.exists()
    assert state_file.with_name("here.tfstate.truncated").read_text() == '{"version": 4, "resou'


WRITING = """
import fcntl, sys, time
with open(sys.argv[1], "rb+") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    print("locked", flush=True)
    time.sleep(float(sys.argv[2]))
    file.write(sys.argv[3].encode())
    file.flush()
    sys.stdin.read()
"""


@contextmanager
def writer(state_file: Path, *, after: float, text: str) -> Iterator[int]:
    """A process that has emptied and locked the file, as Terraform does, and writes it a little later."""
    state_file.write_text("")
    command = [sys.executable, "-c", WRITING, str(state_file), str(after), text]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"locked\n"
        yield process.pid
        process.communicate()


def test_a_file_that_is_being_written_is_waited_for_and_no_backup_takes_its_place(
    state_file: Path,
) -> None:
    state_file.with_name("here.tfstate.backup").write_text(json.dumps({**WHOLE, "serial": 2}))

    with writer(state_file, after=0.5, text=json.dumps(WHOLE)):
        assert put_back_broken_file(state_file.parent) is None

    assert json.loads(state_file.read_text()) == WHOLE


def test_a_file_that_somebody_is_still_to_write_stays_his(
    state_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_lock, "_WRITE_SECONDS", 0)
    state_file.with_name("here.tfstate.backup").write_text(json.dumps(WHOLE))

    with (
        writer(state_file, after=0, text="") as pid,
        pytest.raises(UserError, match=rf"still runs \(process {pid}\): wait until it has ended"),
    ):
        put_back_broken_file(state_file.parent)

    assert state_file.read_text() == ""


@pytest.mark.terraform
def test_a_state_that_is_pulled_in_the_middle_of_a_write_is_the_one_that_is_written(
    state_file: Path,
) -> None:
    terraform = Terraform(folder=state_file.parent, environment=os.environ)
    terraform.initialize()

    with writer(state_file, after=3, text=json.dumps(WHOLE)):
        state = pull(terraform)

    assert state is not None
    assert state.serial == 3
