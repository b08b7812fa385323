"""Runs terraform so that what ends a terminal's other programs does not end it, and its state with it.

Terraform writes what it has begun after one interrupt, and gives up at once after a second. A terminal
sends Ctrl-C to every process it shows; cdktf passes on one of its own, and hangs up when it ends. Here
terraform has a session of its own, and hears of each Ctrl-C once.

Standard library alone: it is part of each cdktf command, and has to cost nothing.
"""

import contextlib
import fcntl
import json
import os
import select
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from dev.setup.local_state import LocalState
from terraform.state_file import CUT_SHORT as NOTE
from terraform.state_file import local_state_file

# The folder in which `dev/setup/bin/cdktf` finds the terraforms of its run, and tells them of Ctrl-C.
RUN_FOLDER = "ATOMIC_CDKTF_RUN"
INTERRUPTED = "interrupted"
CUT_SHORT = "cut-short"
UNKNOWN = "unknown"
# Another terraform than the one on PATH, such as OpenTofu.
PROGRAM = "ATOMIC_SHIELDED_TERRAFORM"
INTERRUPTED_CODE = 130
# What may change AWS: after these somebody has to look what was being made.
_CHANGING = frozenset({"apply", "destroy", "import"})
# What the provider says of a request that it gave up on an interrupt: AWS may have answered it all the same.
_GIVEN_UP = b"context canceled"
# What Terraform says of an object that it begins with, for which AWS then has to answer.
_BEGUN = (b": Creating...", b": Modifying...", b": Destroying...")
_WAKER = Path(__file__).with_name("waker.py")
# What Terraform says, once for each object, of one with `prevent_destroy`; and why that is.
_REFUSED = b"Instance cannot be destroyed"
_KEEPS_DATA = (
    "nothing was destroyed: the stage retains its data (retain_data, unless its file says false); "
    "docs/reliability.md, Guards, tells how to destroy on purpose"
)
_SAID = (_GIVEN_UP, _REFUSED, *_BEGUN)
_TAIL = max(map(len, _SAID)) - 1
_CHUNK = 65536
# Two signals of a kind that come together count as one.
_BETWEEN_SECONDS = 0.1


class Interrupts:
    """Counts what asks a run to end: Ctrl-C each time, a closed terminal and SIGTERM once in all."""

    def __init__(self, *, told_by_signal: bool) -> None:
        """Begin to count. `told_by_signal`: the cdktf command counts, and SIGUSR1 is all that matters."""
        self.count = 0
        self._told_by_signal = told_by_signal
        self._listener: Shielded | None = None
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1):
            signal.signal(each, self._heard)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
            signal.signal(signal.SIGHUP, self._heard)

    def pass_to(self, listener: "Shielded") -> None:
        """Tell this one from now on, and of what was heard before."""
        self._listener = listener
        listener.hear(self.count)

    def _heard(self, number: int, _frame: object) -> None:
        if self._told_by_signal:
            self.count += number == signal.SIGUSR1
        elif number == signal.SIGINT:
            self.count += 1
        else:
            self.count = max(self.count, 1)
        if self._listener:
            self._listener.hear(self.count)


class Shielded:
    """A terraform in a session of its own."""

    def __init__(self, command: Sequence[str], *, keep_open: tuple[int, ...]) -> None:
        """Start it. It and what it starts hold `keep_open` until they end."""
        self._passed = 0
        self._said: set[bytes] = set()
        self._tails = {1: b"", 2: b""}
        self._state = LocalState(local_state_file(Path.cwd()))
        # One pipe where both go to one place: else lines would change their order.
        self._one_pipe = os.path.sameopenfile(1, 2)
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if self._one_pipe else subprocess.PIPE,
            start_new_session=True,
            pass_fds=keep_open,
        )
        self._waker: subprocess.Popen[bytes] | None = None

    @property
    def stopped_at_once(self) -> bool:
        """Whether it was told a second time."""
        return self._passed > 1

    @property
    def left_unknown(self) -> bool:
        """Whether it may have made something that it did not write down."""
        return self.stopped_at_once or (self._passed > 0 and _GIVEN_UP in self._said)

    @property
    def refused_to_destroy(self) -> bool:
        """Whether the plan would have destroyed what the stage retains."""
        return _REFUSED in self._said

    def hear(self, count: int) -> None:
        """Pass on what it has not been told yet; beyond two there is nothing to tell."""
        while self._passed < min(count, 2):
            self._passed += 1
            if self._passed == 1 and self._said.intersection(_BEGUN):
                self._interrupt_after_answers()
                continue
            if self._passed == 2:
                self._end_waker()
                # From here on it may end in the middle of a write.
                self._state.remember()
            self._send(signal.SIGINT)

    def _interrupt_after_answers(self) -> None:
        """Let AWS answer what was asked, and nothing new be asked, before terraform is interrupted."""
        try:
            self._waker = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_WAKER), str(self._process.pid)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            self._send(signal.SIGINT)
        else:
            self._send(signal.SIGSTOP)

    def _end_waker(self) -> None:
        """Do the waker's work now, if it has not done it: it may have been killed on the way."""
        if self._waker is None or self._waker.poll() == 0:
            return
        if self._waker.returncode is None:
            os.killpg(self._waker.pid, signal.SIGKILL)
            self._waker.wait()
        self._send(signal.SIGINT)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGCONT)
        time.sleep(_BETWEEN_SECONDS)

    def _send(self, number: int) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    def wait(self) -> int:
        """Hand on what it prints until it has ended, and mend what a sudden end leaves; its exit code."""
        self._drain()
        code = self._process.wait()
        self._end_waker()
        if self.stopped_at_once or code < 0:
            if name := self._state.put_back():
                say(f"{name} was truncated, and is put back as it was a moment before")
            self._state.take_lock_away()
        return 128 - code if code < 0 else code

    def _drain(self) -> None:
        sinks = {self._process.stdout: 1, self._process.stderr: 2}
        lost = set()
        with selectors.DefaultSelector() as selector:
            for pipe in filter(None, sinks):
                selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(timeout=1)
                if not ready and self._process.poll() is not None:
                    return  # something it started still holds its pipes
                for key, _ in ready:
                    chunk = os.read(key.fd, _CHUNK)
                    sink = sinks[key.fileobj]  # type: ignore[index]  # what was registered
                    seen = self._tails[sink] + chunk
                    self._said.update(text for text in _SAID if text in seen)
                    self._tails[sink] = seen[-_TAIL:]
                    if not chunk:
                        selector.unregister(key.fileobj)
                    elif sink not in lost:
                        try:
                            _write(sink, chunk)
                        except OSError:
                            # Whoever read it is gone. Terraform would end of that.
                            lost.add(sink)


def run(command: Sequence[str]) -> int:
    """Run terraform to its end; its exit code."""
    folder = os.environ.get(RUN_FOLDER)
    interrupts = Interrupts(told_by_signal=bool(folder))
    held = _registered(Path(folder)) if folder else None
    try:
        if interrupts.count or (folder and (Path(folder) / INTERRUPTED).exists()):
            return INTERRUPTED_CODE  # nothing new is begun
        shielded = Shielded(command, keep_open=() if held is None else (held,))
        interrupts.pass_to(shielded)
        code = shielded.wait()
        if code and shielded.refused_to_destroy:
            say(_KEEPS_DATA)
        if folder and interrupts.count and code:
            Path(folder, CUT_SHORT).touch()
        if shielded.left_unknown and command[1:2] and command[1] in _CHANGING:
            _note(command[1])
            if folder:
                Path(folder, UNKNOWN).touch()
        return code
    except FileNotFoundError:
        say(f"there is no {command[0]} on PATH: run `make setup`, then `. ./activate`")
        return 127


def say(text: str) -> None:
    """Write one line to standard error, if somebody reads it."""
    with contextlib.suppress(OSError):
        _write(2, f"terraform: {text}\n".encode())


def _registered(folder: Path) -> int | None:
    """Let the cdktf command know of this process: by a file that is locked while terraform lives."""
    name = str(os.getpid())
    draft = folder / f".{name}"
    try:
        handle = os.open(draft, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        draft.rename(folder / name)  # it is seen only once it is locked
    except OSError:
        return None
    return handle


def _note(command: str) -> None:
    """Leave word that a run was cut short: what it was making may be in no state."""
    with contextlib.suppress(OSError):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        NOTE.write_text(json.dumps({"at": now, "command": command}), encoding="utf-8")


def _write(handle: int, chunk: bytes) -> None:
    while chunk:
        try:
            chunk = chunk[os.write(handle, chunk) :]
        except BlockingIOError:
            select.select((), (handle,), ())
