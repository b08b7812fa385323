"""A lock tells who holds it, since when, and whether that process lives; an empty state is a lost one."""

import fcntl
import io
import json
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from terraform.state_file import CUT_SHORT, lock_info_path
from terraform.state_lock import (
    LockHolder,
    StateLock,
    cut_short,
    forget_cut_short,
    local_lock,
    lost_state,
    s3_lock,
)

STATE = json.dumps({"resources": [{"mode": "managed"}, {"mode": "data"}, {"mode": "managed"}]})
CREATED = "2026-11-26T21:00:00.123456789Z"


def info(who: str = "ann@desk", created: str = CREATED) -> str:
    return json.dumps(
        {"ID": "1-2", "Operation": "OperationTypeApply", "Who": who, "Created": created}
    )


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    path = tmp_path / "terraform.atomic-dev.tfstate"
    path.write_text(STATE)
    return path


@pytest.fixture
def locked_by(state_file: Path) -> Iterator[int]:
    """A process that has locked the file as Terraform does."""
    code = (
        "import fcntl, sys; file = open(sys.argv[1], 'rb+'); fcntl.lockf(file, fcntl.LOCK_EX); "
        "print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(state_file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"locked\n"
        yield process.pid
        process.communicate()


class Bucket:
    """An S3 that holds one object, or none."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def __call__(self, service: str, /) -> Any:
        assert service == "s3"
        return self

    def get_object(self, **named: str) -> dict[str, Any]:
        assert named == {"Bucket": "states", "Key": "platform/dev.tfstate.tflock"}
        if self.text is None:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.text.encode())}


def in_bucket(text: str | None) -> StateLock | None:
    return s3_lock(Bucket(text), bucket="states", key="platform/dev.tfstate")


def test_a_state_that_nobody_works_on_has_no_lock(state_file: Path) -> None:
    assert local_lock(state_file) is None
    assert in_bucket(None) is None


def test_a_lock_file_that_was_left_behind_is_told_with_its_holder(state_file: Path) -> None:
    here = f"ann@{socket.gethostname()}"
    lock_info_path(state_file).write_text(info(who=here))

    lock = local_lock(state_file)

    assert lock
    assert lock.holder is LockHolder.GONE
    assert lock.since == datetime(2026, 11, 26, 21, 0, 0, 123456, tzinfo=UTC)
    assert lock.text == (
        f"{state_file.parent}/.terraform.atomic-dev.tfstate.lock.info is held by {here} since "
        "2026-11-26 21:00:00 UTC (OperationTypeApply), and that process is gone"
    )
    assert lock.remedy(Path("x")) == f"rm {lock_info_path(state_file)}"


def test_a_lock_that_is_held_names_the_process(state_file: Path, locked_by: int) -> None:
    lock_info_path(state_file).write_text(info())

    lock = local_lock(state_file)

    assert lock
    assert (lock.holder, lock.pid) == (LockHolder.ALIVE, locked_by)
    assert lock.text.endswith(f"which still runs (process {locked_by})")
    assert lock.remedy(Path("x")) == "wait until it has ended"


def test_a_lock_that_a_process_of_another_container_holds_is_held(
    state_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux gives the number 0 to a process that has none where one asks."""
    lock_info_path(state_file).write_text(info())
    held = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
    monkeypatch.setattr("fcntl.fcntl", lambda *_: held)
    monkeypatch.setattr("sys.platform", "linux")

    lock = local_lock(state_file)

    assert lock
    assert lock.holder is LockHolder.ALIVE
    assert lock.text.endswith("which still runs")
    assert lock.remedy(Path("x")) == "wait until it has ended"


def test_of_a_lock_that_another_machine_left_in_a_shared_folder_nobody_here_knows(
    state_file: Path,
) -> None:
    lock_info_path(state_file).write_text(info(who="ann@desk.elsewhere"))

    lock = local_lock(state_file)

    assert lock
    assert lock.holder is LockHolder.UNKNOWN
    assert "nothing here can tell whether that process still runs" in lock.text
    assert lock.remedy(Path("x")) == (
        f"make sure that nobody deploys, then: rm {lock_info_path(state_file)}"
    )


def test_of_a_state_that_may_not_be_read_nobody_knows_who_holds_it(
    state_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock_info_path(state_file).write_text(info(who=f"root@{socket.gethostname()}"))

    def refuse(*_: object) -> bytes:
        raise PermissionError

    monkeypatch.setattr("fcntl.fcntl", refuse)

    lock = local_lock(state_file)

    assert lock
    assert lock.holder is LockHolder.UNKNOWN


def test_a_lock_in_s3_without_an_id_is_deleted_as_the_object_it_is() -> None:
    lock = in_bucket("{")

    assert lock
    assert lock.remedy(Path("x")) == (
        "make sure that nobody deploys, then: aws s3 rm s3://states/platform/dev.tfstate.tflock"
    )


def test_looking_at_a_lock_takes_none(state_file: Path) -> None:
    local_lock(state_file)

    code = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'rb+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    subprocess.run([sys.executable, "-c", code, str(state_file)], check=True)
    with state_file.open("rb+") as file:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"Created": "yesterday"}',
        '{"Created": "9999-12-31T23:59:59-14:00"}',
    ],
)
def test_a_lock_file_that_says_nothing_is_a_lock_all_the_same(state_file: Path, text: str) -> None:
    lock_info_path(state_file).write_text(text)

    lock = local_lock(state_file)

    assert lock
    assert "is held by somebody unnamed since an unknown moment" in lock.text


def test_of_a_lock_in_s3_from_another_machine_nobody_here_knows_whether_it_lives() -> None:
    lock = in_bucket(info(who="ann@desk.elsewhere"))

    assert lock
    assert lock.holder is LockHolder.UNKNOWN
    assert lock.text.startswith("s3://states/platform/dev.tfstate.tflock is held by ann@desk.else")
    assert lock.remedy(Path("stack")) == (
        "make sure that nobody deploys, then: cd stack && terraform force-unlock 1-2"
    )


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are listed in /proc alone")
def test_a_lock_in_s3_from_this_machine_lives_as_long_as_a_terraform_of_that_time(
    tmp_path: Path,
) -> None:
    here = f"ann@{socket.gethostname()}"
    long_ago = info(who=here, created="2001-01-01T00:00:00Z")
    program = tmp_path / "terraform"
    program.write_text("#!/bin/sh\necho started\nread -r _\n")
    program.chmod(0o755)
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()

        dead, alive = in_bucket(long_ago), in_bucket(info(who=here, created=_now()))

        process.communicate()
    assert dead
    assert alive
    assert (dead.holder, dead.pid) == (LockHolder.GONE, None)
    assert alive.holder is LockHolder.ALIVE
    assert alive.remedy(Path("stack")) == "wait until it has ended"


def _now() -> str:
    return datetime.now(UTC).isoformat()


@pytest.mark.parametrize(
    ("left", "what"), [("", "is empty"), ('{"version": 4, "re', "is truncated")]
)
def test_a_state_file_without_a_state_names_what_its_backup_holds(
    state_file: Path, left: str, what: str
) -> None:
    state_file.write_text(left)
    state_file.with_name(f"{state_file.name}.backup").write_text(STATE)

    assert lost_state(state_file) == (
        f"{state_file} {what}: the state is lost; terraform.atomic-dev.tfstate.backup beside it holds "
        "2 resources, as of before the last run"
    )


def test_without_a_backup_it_says_so(state_file: Path) -> None:
    state_file.write_text("")

    assert lost_state(state_file) == (
        f"{state_file} is empty, and there is no backup beside it: if anything was deployed, its state "
        "is lost"
    )


def test_a_state_file_that_is_well_or_not_there_has_lost_nothing(state_file: Path) -> None:
    assert lost_state(state_file) is None
    assert lost_state(state_file.with_name("none")) is None


def test_a_run_that_was_cut_short_is_told_until_it_is_forgotten(tmp_path: Path) -> None:
    note = tmp_path / CUT_SHORT
    note.parent.mkdir()
    note.write_text('{"at": "2026-11-26T21:18:20Z", "command": "apply"}')

    told = cut_short(tmp_path)
    forget_cut_short(tmp_path)

    assert told == (
        "an apply was interrupted (2026-11-26T21:18:20Z) while it asked AWS for something: that may exist in "
        "AWS and not in the state"
    )
    assert cut_short(tmp_path) is None
    forget_cut_short(tmp_path)


def test_a_note_that_cannot_be_read_is_a_run_that_was_cut_short(tmp_path: Path) -> None:
    note = tmp_path / CUT_SHORT
    note.parent.mkdir()
    note.write_text("[]")

    assert "was interrupted (an unknown moment)" in (cut_short(tmp_path) or "")
