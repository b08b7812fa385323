"""A command under way, whose progress is known, and which can be killed with all that it started."""

import codecs
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.bench.measuring import kill_tree

_MADE = "Creation complete after"
_TOO_LONG_SECONDS = 900
_CHUNK = 65536
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# A new session's first process takes its standard input for its terminal, and then becomes the command.
# What a shell begins in the background ignores Ctrl-C, and so would what it starts.
_ON_TERMINAL = (
    "import fcntl, os, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


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
    """A deploy under way. What it prints is read as it comes."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        on_terminal: bool = False,
    ) -> None:
        """Start it; `on_terminal` on one of its own, as a person does."""
        self._terminal = None
        output = subprocess.PIPE
        if on_terminal:
            self._terminal, output = pty.openpty()
            termios.tcsetwinsize(output, (24, 80))
            command = (sys.executable, "-c", _ON_TERMINAL, *command)
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environment),
            stdin=output if on_terminal else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=on_terminal,
        )
        if on_terminal:
            os.close(output)
        self._text = ""
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

    def wait_for_text(self, text: str) -> bool:
        """Wait until it has printed this; False when it ended before."""
        with self._moved:
            self._moved.wait_for(lambda: self._ended or text in self._text)
            return not self._ended

    def press_ctrl_c(self) -> None:
        """Type Ctrl-C: the terminal interrupts every process of its foreground."""
        assert self._terminal is not None  # noqa: S101  # only what is on a terminal has keys
        with self._moved:
            if not self._ended:
                os.write(self._terminal, b"\x03")

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
        return Finished(code=self._process.returncode, text=_ESCAPES.sub("", self._text))

    def _read(self) -> None:
        for chunk in self._output():
            with self._moved:
                self._text += chunk
                self._made = self._text.count(_MADE)
                self._moved.notify_all()
        with self._moved:
            self._ended = True
            if self._terminal is None:
                assert self._process.stdout is not None  # noqa: S101  # PIPE was asked for
                self._process.stdout.close()
            else:
                os.close(self._terminal)
            self._moved.notify_all()

    def _output(self) -> Iterator[str]:
        """Yield what it prints, as it comes: a spinner ends no line."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        handle = self._process.stdout.fileno() if self._process.stdout else self._terminal
        assert handle is not None  # noqa: S101  # it is one or the other
        while True:
            try:
                chunk = os.read(handle, _CHUNK)
            except OSError:  # a terminal's way to say that nobody is on it any more
                return
            if not chunk:
                return
            yield decoder.decode(chunk)
