"""A command under way, whose progress is known, and which can be killed with all that it started."""

import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.bench.measuring import kill_tree

_MADE = "Creation complete after"
_TOO_LONG_SECONDS = 900


@dataclass(frozen=True, kw_only=True)
class Finished:
    """How a command ended, and what it printed."""

    code: int
    text: str

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.code == 0


class Running:
    """A deploy under way. Its lines are read as they come."""

    def __init__(
        self, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]
    ) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._lines: list[str] = []
        self._made = 0
        self._ended = False
        self._moved = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self._ended

    @property
    def made(self) -> int:
        """How many resources it has said to have made."""
        return self._made

    def wait_for(self, made: int) -> bool:
        """Wait until it has made so many resources; False when it ended before."""
        with self._moved:
            self._moved.wait_for(lambda: self._made >= made or self._ended)
            return not self._ended

    def kill(self) -> bool:
        """End it and all that it started by SIGKILL; whether it was still at work."""
        at_work = self._process.poll() is None
        if at_work:
            kill_tree(self._process.pid)
        return at_work

    def finish(self, *, interrupt_after_seconds: float = _TOO_LONG_SECONDS) -> Finished:
        """Wait for its end. What takes too long is interrupted (Ctrl-C), and at last killed."""
        try:
            self._process.wait(interrupt_after_seconds)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(120)
            except subprocess.TimeoutExpired:
                self.kill()
                self._process.wait()
        self._reader.join()
        return Finished(code=self._process.returncode, text="".join(self._lines))

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  # PIPE was asked for
        for line in self._process.stdout:
            with self._moved:
                self._lines.append(line)
                self._made += _MADE in line
                self._moved.notify_all()
        self._process.stdout.close()
        with self._moved:
            self._ended = True
            self._moved.notify_all()
