"""Reads what may stand in the way of a state: Terraform's lock, and a local file that was emptied.

It asks for nothing else and changes nothing.
"""

import fcntl
import json
import os
import socket
import struct
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from aws.client import Clients, ask_unless
from common.errors import UserError, one_line
from terraform.state_file import CUT_SHORT, lock_info_path

NO_OBJECT: Final = frozenset({"404", "NoSuchKey", "NoSuchBucket"})
# `struct flock` of the C library: of 64-bit Linux, and of macOS.
_LINUX: Final = "hhqqi4x"
_MACOS: Final = "qqihh"
# A lock's date is of the moment after the process began; clocks and /proc round differently.
_SLACK_SECONDS: Final = 2
# A write of a state takes milliseconds; on a busy machine more.
_WRITE_SECONDS: Final = 20


class LockHolder(StrEnum):
    """Whether the process that took a lock still lives."""

    ALIVE = "alive"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class StateLock:
    """A lock on a state, as Terraform wrote it. A part that it does not tell is empty, or None.

    `pid` is of the process that holds it, where that is on this machine.
    """

    place: str
    id: str
    who: str
    operation: str
    since: datetime | None
    holder: LockHolder
    pid: int | None

    @property
    def host(self) -> str:
        """The machine of the process that took it."""
        return self.who.rpartition("@")[2]

    @property
    def may_live(self) -> bool:
        """Whether its process may still be at work on the state."""
        return self.holder is not LockHolder.GONE

    @property
    def text(self) -> str:
        """Who holds it, since when, and whether that process lives, on one line."""
        since = f"{self.since:%Y-%m-%d %H:%M:%S} UTC" if self.since else "an unknown moment"
        told = {
            LockHolder.ALIVE: "which still runs" + (f" (process {self.pid})" if self.pid else ""),
            LockHolder.GONE: "and that process is gone",
            LockHolder.UNKNOWN: "and nothing here can tell whether that process still runs",
        }[self.holder]
        return one_line(
            f"{self.place} is held by {self.who or 'somebody unnamed'} since {since} "
            f"({self.operation or 'no operation named'}), {told}"
        )

    def remedy(self, folder: Path) -> str:
        """Say what to do about it; `folder` is the stack's, where terraform works."""
        if self.holder is LockHolder.ALIVE:
            return "wait until it has ended"
        # Terraform itself does not ask for this file: what locks is the process.
        away = f"rm {self.place}"
        if self.place.startswith("s3://"):
            # Terraform takes a lock away by its id alone.
            unlock = f"cd {folder} && terraform force-unlock {self.id}"
            away = unlock if self.id else f"aws s3 {away}"
        elif self.holder is LockHolder.GONE:
            return away
        # In S3 even of this machine: another container may bear its name.
        return f"make sure that nobody deploys, then: {away}"


def local_lock(state_file: Path) -> StateLock | None:
    """Return the lock of a state in a file, held or left behind; None when there is none."""
    info = lock_info_path(state_file)
    try:
        pid, can_tell = _locking_process(state_file), True
    except OSError:
        pid, can_tell = None, False
    try:
        text = info.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        if pid is None:
            return None
        text = ""
    except OSError as error:
        raise UserError(f"{info}: cannot be read: {error.strerror}") from None
    lock = _lock(text, place=str(info), holder=LockHolder.UNKNOWN, pid=pid or None)
    if pid is not None:
        return replace(lock, holder=LockHolder.ALIVE)
    # A folder that machines share may show none of them the locks of another.
    of_this_machine = lock.host in ("", socket.gethostname())
    return replace(lock, holder=LockHolder.GONE) if can_tell and of_this_machine else lock


def s3_lock(clients: Clients, *, bucket: str, key: str) -> StateLock | None:
    """Return the lock object of a state in S3; None when there is none.

    Whether its holder lives can be told of this machine alone: by a terraform that was there at the time.
    Raises UserError when AWS refuses.
    """
    name = f"{key}.tflock"
    found = ask_unless(clients, "s3", "GetObject", NO_OBJECT, Bucket=bucket, Key=name)
    if found is None:
        return None
    text = found["Body"].read().decode("utf-8", "replace")
    lock = _lock(text, place=f"s3://{bucket}/{name}", holder=LockHolder.UNKNOWN, pid=None)
    if lock.host != socket.gethostname() or not Path("/proc/self").exists():
        return lock
    pid = next(_terraforms_since(lock.since), None)
    return replace(lock, holder=LockHolder.ALIVE if pid else LockHolder.GONE, pid=pid)


def lost_state(state_file: Path) -> str | None:
    """Describe a local state file that holds no state; None when it is well, or not there.

    Terraform empties the file before it writes it, and takes an empty one for a new stage.
    """
    try:
        text = state_file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{state_file}: cannot be read: {error.strerror}") from None
    if _resources(text) is not None:
        return None
    backup = state_file.with_name(f"{state_file.name}.backup")
    held = _resources(backup.read_bytes()) if backup.is_file() else None
    what = "is truncated" if text.strip() else "is empty"
    if held is None:
        return (
            f"{state_file} {what}, and there is no backup beside it: if anything was deployed, its state is "
            "lost"
        )
    return (
        f"{state_file} {what}: the state is lost; {backup.name} beside it holds {held} resources, as of "
        "before the last run"
    )


def whole_backup(state_file: Path) -> Path | None:
    """Return the backup beside a local state file; None where it is missing or holds no state."""
    backup = state_file.with_name(f"{state_file.name}.backup")
    return backup if backup.is_file() and _resources(backup.read_bytes()) is not None else None


def read_between_writes(state_file: Path) -> bytes:
    """Read a local state file; where a Terraform that lives is just writing it, once that is done.

    Such a one may have outlived a command of ours that was killed. Raises OSError as a read does.
    """
    until = time.monotonic() + _WRITE_SECONDS
    while True:
        is_held = _is_held(state_file)
        text = state_file.read_bytes()
        if _resources(text) is not None or not is_held or time.monotonic() > until:
            return text
        time.sleep(0.05)


def lost_object(place: str, text: bytes | None) -> str | None:
    """Describe the object of a state in S3 that holds none; None when it is well, or not there.

    Terraform takes an empty one for a new stage here too.
    """
    if text is None or _resources(text) is not None:
        return None
    what = "is truncated" if text.strip() else "is empty"
    return f"{place} {what}: the state is lost, unless the bucket keeps an earlier version of it"


def cut_short(folder: Path) -> str | None:
    """Describe a run in a stack's folder that was interrupted half way; None when there was none."""
    try:
        noted = json.loads((folder / CUT_SHORT).read_text(encoding="utf-8"))
        command, at = noted["command"], noted["at"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        command, at = "unknown run", "an unknown moment"
    return one_line(
        f"an {command} was interrupted ({at}) while it asked AWS for something: that may exist in AWS and "
        "not in the state"
    )


def forget_cut_short(folder: Path) -> None:
    """Take away the note of it, once the state has been compared with AWS."""
    (folder / CUT_SHORT).unlink(missing_ok=True)


def _resources(text: bytes) -> int | None:
    """Count the resources that a state holds; None for what is no state."""
    try:
        document: dict[str, Any] = json.loads(text)
        managed = [each for each in document.get("resources") or () if each["mode"] == "managed"]
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return None
    return len(managed)


def _lock(text: str, *, place: str, holder: LockHolder, pid: int | None) -> StateLock:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    told: Mapping[str, Any] = document if isinstance(document, dict) else {}
    return StateLock(
        place=place,
        id=str(told.get("ID") or ""),
        who=str(told.get("Who") or ""),
        operation=str(told.get("Operation") or ""),
        since=_moment(str(told.get("Created") or "")),
        holder=holder,
        pid=pid,
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _is_held(path: Path) -> bool:
    """Whether a process has locked a file, as far as this one may look."""
    try:
        return _locking_process(path) is not None
    except OSError:
        return False


def _locking_process(path: Path) -> int | None:
    """Find the process that has locked a file, without locking it; None when nobody has.

    0 is one that has no number here, such as of another container. Raises OSError when it may not look.
    """
    # Terraform locks the file itself, as POSIX has it: a lock dies with its process.
    layout = _MACOS if sys.platform == "darwin" else _LINUX
    asked = (0, 0, 0, fcntl.F_WRLCK, 0) if layout is _MACOS else (fcntl.F_WRLCK, 0, 0, 0, 0)
    try:
        # To read is enough to ask: the file may be another user's.
        with path.open("rb") as file:
            answer = fcntl.fcntl(file, fcntl.F_GETLK, struct.pack(layout, *asked))
    except FileNotFoundError:
        return None
    fields = struct.unpack(layout, answer)
    kind, pid = (fields[3], fields[2]) if layout is _MACOS else (fields[0], fields[4])
    return None if kind == fcntl.F_UNLCK else int(pid)


def _terraforms_since(moment: datetime | None) -> Iterator[int]:
    """Yield the processes of this machine that are a terraform and had begun by that moment."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            began = _began(folder)
        except (OSError, ValueError, IndexError):
            continue  # it has ended meanwhile
        named = any(os.path.basename(word).startswith(b"terraform") for word in words[:3])
        if named and (moment is None or began <= moment.timestamp() + _SLACK_SECONDS):
            yield int(folder.name)


def _began(folder: Path) -> float:
    # The name of the program, in brackets, may hold blanks.
    ticks = int((folder / "stat").read_text().rpartition(")")[2].split()[19])
    boot = next(
        int(line.split()[1])
        for line in Path("/proc/stat").read_text().splitlines()
        if line.startswith("btime")
    )
    return boot + ticks / os.sysconf("SC_CLK_TCK")
