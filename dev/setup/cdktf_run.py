"""What `dev/setup/bin/cdktf` runs: cdktf, with a Ctrl-C that lets Terraform finish what it has begun.

The prompt comes back when no terraform of this run is left, whatever becomes of cdktf itself.
Standard library alone, without site-packages: it is part of each cdktf command.
"""

import contextlib
import fcntl
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Run as a script, and isolated: the project's folder is not in the import path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from dev.setup import quiet_logs, shield

ROOT = Path(__file__).resolve().parent.parent.parent
_CDKTF = ROOT / "node_modules" / ".bin" / "cdktf"
_OURS = ROOT / "dev" / "setup" / "terraform_once"
_PRELOADED = ("keep_signals.cjs", "load_less.cjs")
_LOOK_SECONDS = 0.2
# Terraform has ended: time for cdktf to say how.
_LAST_WORDS_SECONDS = 5.0
_TELL_SECONDS = 10.0


class Run:
    """A cdktf command, and the terraforms that it starts."""

    def __init__(self, arguments: list[str], folder: Path) -> None:
        """Start it. In `folder` its terraforms make themselves known."""
        self.interrupts = 0
        self._folder = folder
        self._told = 0
        self._was_working = False
        self._awake, wake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(self._awake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            if signal.getsignal(each) is not signal.SIG_IGN:  # nohup, a job in the background
                signal.signal(each, self._heard)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        self._node = subprocess.Popen(
            [
                "node",
                *(f"--require={ROOT / 'dev' / 'setup' / name}" for name in _PRELOADED),
                str(_CDKTF.resolve()),
                *arguments,
            ],
            env=_environment(folder),
        )

    def wait(self) -> int:
        """Wait for cdktf and for every terraform; the exit code."""
        idle_since = None
        while self._node.poll() is None:
            self._sleep(_LOOK_SECONDS if self.interrupts else None)
            self._pass_on()
            if not self.interrupts:
                continue
            if self._terraforms():
                self._was_working, idle_since = True, None
                continue
            idle_since = idle_since or time.monotonic()
            patience = _LAST_WORDS_SECONDS if self._was_working else 0
            if time.monotonic() - idle_since >= patience:
                self._node.send_signal(signal.SIGUSR2)
        self._wait_for_terraform()
        code = self._node.returncode
        # An approval that is interrupted is no failure to cdktf.
        if self.interrupts and (code or (self._folder / shield.CUT_SHORT).exists()):
            self._say_the_end()
            return shield.INTERRUPTED_CODE
        return 128 - code if code < 0 else code

    def _wait_for_terraform(self) -> None:
        """Cdktf has ended. What it leaves running is asked to end, and waited for."""
        began = told = time.monotonic()
        while self._terraforms():
            if not self.interrupts:
                self.interrupts = 1
            self._pass_on()
            self._sleep(_LOOK_SECONDS)
            now = time.monotonic()
            if now - told >= _TELL_SECONDS:
                told = now
                say(f"... Terraform still finishes what it has begun ({now - began:.0f} s)")

    def _heard(self, number: int, _frame: object) -> None:
        # A terminal that closes, and whoever ends us by SIGTERM, may say so more than once.
        self.interrupts = (
            self.interrupts + 1 if number == signal.SIGINT else max(self.interrupts, 1)
        )

    def _pass_on(self) -> None:
        while self._told < min(self.interrupts, 2):
            self._told += 1
            (self._folder / shield.INTERRUPTED).touch()
            terraforms = self._terraforms()
            if terraforms and self._told == 1:
                say(
                    "interrupted: Terraform is finishing what it has begun, wait ... (a second Ctrl-C stops "
                    "it at once, and what it is making is then in no state)"
                )
            elif terraforms:
                say("interrupted again: Terraform stops at once")
            for pid in terraforms:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGUSR1)

    def _terraforms(self) -> list[int]:
        """Return those of this run that have not ended: each holds the lock of its file."""
        alive = []
        for path in self._folder.glob("[0-9]*"):
            with path.open("rb+") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    alive.append(int(path.name))
                    continue
                path.unlink(missing_ok=True)
        return alive

    def _sleep(self, seconds: float | None) -> None:
        """Until a signal comes, a child's end too, or so long."""
        select.select((self._awake,), (), (), seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._awake, 4096)

    def _say_the_end(self) -> None:
        if (self._folder / shield.UNKNOWN).exists():
            say(
                "stopped, and the state is written; what was asked of AWS at that moment may exist there and "
                "not in the state: run `python -m ops recover --stage STAGE` before the next deploy"
            )
        elif self._was_working:
            say(
                "stopped: Terraform has finished what it had begun; the same command goes on from here"
            )
        else:
            say("stopped before Terraform began")


def say(text: str) -> None:
    """Write one line to standard error, if somebody reads it."""
    with contextlib.suppress(OSError):
        os.write(2, f"cdktf: {text}\n".encode())


def _environment(folder: Path) -> dict[str, str]:
    environment = {
        **os.environ,
        shield.RUN_FOLDER: str(folder),
        "TERRAFORM_BINARY_NAME": str(_OURS),
    }
    chosen = os.environ.get("TERRAFORM_BINARY_NAME")
    if chosen and chosen != str(_OURS):
        environment[shield.PROGRAM] = chosen
    if quiet_logs.quiet(environment):
        say(quiet_logs.NOTE)
    return environment


def main(arguments: list[str]) -> int:
    """Run cdktf; its exit code, or 130 after an interrupt."""
    folder = Path(tempfile.mkdtemp(prefix="atomic-cdktf-"))
    try:
        return Run(arguments, folder).wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
