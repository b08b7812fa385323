"""What every step of the set-up does: run programs, say how far it is, keep stamps."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = ROOT / ".tools"
SECONDS_BETWEEN_SIGNS = 10.0


class SetupError(Exception):
    """Something the user has to put right; its text is all they get to see."""


def say(step: str, text: str) -> None:
    """One line about a step, there at once even where the output is a pipe."""
    print(f"setup: {step:<15} {text}", flush=True)


def answer(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """What a short command prints; "" when it cannot be run or fails."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def run_long(
    step: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    remedy: str = "",
    *,
    doing: str,
) -> None:
    """Run a long command with its output in a log, and say every ten seconds what is waited for."""
    log = TOOLS / "logs" / f"{step.replace(' ', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            while True:
                try:
                    process.wait(timeout=SECONDS_BETWEEN_SIGNS)
                    break
                except subprocess.TimeoutExpired:
                    say(step, f"... {doing}, {time.monotonic() - start:.0f} s so far")
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if process.returncode != 0:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise SetupError(
            f"{step}: {Path(command[0]).name} failed with exit code {process.returncode}."
            f"{' ' + remedy if remedy else ''} The end of {log.relative_to(ROOT)}:\n{last}"
        )
    say(step, f"{doing}: done in {time.monotonic() - start:.0f} s")


def clean_environment() -> dict[str, str]:
    """This process's environment without what would lead pip and pipenv to another virtualenv."""
    foreign = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PIPENV_ACTIVE", "PIPENV_PIPFILE"}
    return {name: value for name, value in os.environ.items() if name not in foreign}


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace a file as a whole: an interrupted set-up leaves the old one or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.touch(mode)
    draft.chmod(mode)
    draft.write_text(text)
    draft.replace(path)


def is_current(stamp: Path, value: str) -> bool:
    """Whether the step that leaves this stamp is done, with these very inputs."""
    return stamp.is_file() and stamp.read_text() == value
