"""Mends what a terraform that is stopped at once leaves of a state in a file: half of it, and its lock.

Standard library alone: it is part of each cdktf command.
"""

import contextlib
import fcntl
import json
import os
import tempfile
import time
from pathlib import Path

from terraform.state_file import lock_info_path

_WHOLE_SECONDS = 2.0


class LocalState:
    """The state file that a terraform works on; `path` is None where the state is elsewhere."""

    def __init__(self, path: Path | None) -> None:
        """Look at the lock that was there before."""
        self._path = path
        self._whole: bytes | None = None
        self._lock_before = self._lock_info()

    def remember(self) -> None:
        """Keep the file as it is between two writes."""
        until = time.monotonic() + _WHOLE_SECONDS
        while self._path and time.monotonic() < until:
            try:
                text = self._path.read_bytes()
            except OSError:
                return
            if _is_whole(text):
                self._whole = text
                return
            time.sleep(0.02)

    def put_back(self) -> str | None:
        """Write what was remembered over a file that was truncated since, and return that file's name."""
        if self._path is None or self._whole is None:
            return None
        with contextlib.suppress(OSError):
            if not (self._path.exists() and _is_whole(self._path.read_bytes())):
                _replace(self._path, self._whole)
                return self._path.name
        return None

    def take_lock_away(self) -> None:
        """Delete a lock of this run that nobody holds any more."""
        with contextlib.suppress(OSError):
            if self._path and self._lock_before != self._lock_info() and not _is_locked(self._path):
                lock_info_path(self._path).unlink(missing_ok=True)

    def _lock_info(self) -> bytes | None:
        try:
            return lock_info_path(self._path).read_bytes() if self._path else None
        except OSError:
            return None


def _is_whole(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _is_locked(path: Path) -> bool:
    try:
        with path.open("rb+") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _replace(path: Path, text: bytes) -> None:
    target = path.resolve()
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if target.exists():
        os.chmod(draft, target.stat().st_mode)
    os.replace(draft, target)
