"""Runs terraform, and keeps what it prints in memory: plans and states do not belong in files of ours."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from common.errors import UserError
from terraform.environment import without_logs
from terraform.interrupts import interrupts_kept
from terraform.plan import Plan

_NO_COLOR: Final = "-no-color"
# What a killed command of ours left running is waited for, not refused.
_LOCK_TIMEOUT: Final = "-lock-timeout=2m"
# Where an error is, and the lines of the source there.
_PLACE: Final = re.compile(r"\d+:|with \S+( \(.*\))?,$|on .+ line \d+")
_PROSE_LINES: Final = 4
# What Terraform advises, and no stage is to be deployed with.
_NO_ADVICE: Final = "-target option"
# cdktf's terraform, which a Ctrl-C interrupts when AWS has answered; and how it hears of another program.
_SHIELD: Final = "terraform_once"
_SHIELD_RUN: Final = Path(__file__).resolve().parent.parent / "dev" / "setup" / "terraform_run.py"
_SHIELDED: Final = "ATOMIC_SHIELDED_TERRAFORM"
_CHOSEN: Final = "TERRAFORM_BINARY_NAME"
# What our own shield adds to Terraform's words.
_OUR_WORD: Final = "terraform: "


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """What a finished command left: its exit code and its two outputs, undecoded."""

    exit_code: int
    stdout: bytes = field(repr=False)
    stderr: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """Terraform in one folder, with an environment of its own."""

    folder: Path
    environment: Mapping[str, str]

    def __call__(self, *arguments: str, stdin: str | None = None) -> CommandResult:
        """Run `terraform ARGUMENTS`.

        Ctrl-C lets it finish what it has begun. Raises KeyboardInterrupt then, and UserError when terraform
        cannot be started.
        """
        program, environment = self._shielded()
        with _memory() as stdout, _memory() as stderr, interrupts_kept() as interrupts:
            try:
                process = subprocess.Popen(
                    [*program, *arguments],
                    cwd=self.folder,
                    env=without_logs(environment),
                    stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                    # No pipes: when this process is killed, they break, and terraform dies of that while it
                    # writes the state.
                    stdout=stdout,
                    stderr=stderr,
                    # Of a session of its own: the terminal's Ctrl-C is ours to pass on.
                    start_new_session=True,
                )
            except OSError as error:
                raise self._cannot_run(error.strerror or "no reason told") from None
            with process:
                interrupts.pass_to(process)
                process.communicate(None if stdin is None else stdin.encode())
            return CommandResult(
                exit_code=process.returncode, stdout=_read(stdout), stderr=_read(stderr)
            )

    def _shielded(self) -> tuple[tuple[str, ...], Mapping[str, str]]:
        """Return the shield, and the environment in which it runs the terraform that is chosen.

        Raises UserError where there is none.
        """
        chosen = self.environment.get(_CHOSEN) or "terraform"
        if os.path.basename(chosen) == _SHIELD:
            return (chosen,), self.environment
        if shutil.which(chosen, path=self.environment.get("PATH", os.defpath)) is None:
            raise self._cannot_run(f"there is no {chosen}")
        named = {_SHIELDED: chosen} if self.environment.get(_CHOSEN) else {}
        return (sys.executable, "-I", "-S", str(_SHIELD_RUN)), {**self.environment, **named}

    def _cannot_run(self, why: str) -> UserError:
        return UserError(
            f"terraform cannot be run in {self.folder} ({why}): run `make setup`, then `. ./activate`"
        )

    def checked(self, *arguments: str, stdin: str | None = None) -> str:
        """Run `terraform ARGUMENTS` and return what it printed.

        Raises UserError, with terraform's own error on one line, when it fails.
        """
        result = self(*arguments, stdin=stdin)
        if result.exit_code:
            raise UserError(
                f"`terraform {' '.join(arguments)}` failed in {self.folder}: "
                f"{error_summary(result.stderr.decode(errors='replace'))}"
            )
        return result.stdout.decode(errors="replace")

    def initialize(self) -> None:
        """Prepare the folder: providers and backend. Does nothing that is already done."""
        self.checked("init", "-input=false", _NO_COLOR)

    def plan(self, plan_file: Path) -> bool:
        """Write a plan; whether it holds any change.

        Raises UserError when planning fails.
        """
        result = self(
            "plan",
            "-input=false",
            _NO_COLOR,
            _LOCK_TIMEOUT,
            "-detailed-exitcode",
            f"-out={plan_file}",
        )
        if result.exit_code not in (0, 2):
            raise UserError(
                f"terraform cannot plan in {self.folder}: "
                f"{error_summary(result.stderr.decode(errors='replace'))}"
            )
        return result.exit_code == 2

    def apply(self, plan_file: Path) -> None:
        """Apply a plan.

        Raises UserError when that fails.
        """
        self.checked("apply", "-input=false", _NO_COLOR, _LOCK_TIMEOUT, str(plan_file))

    def show(self, plan_file: Path) -> Plan:
        """Read a plan."""
        return Plan(document=json.loads(self.checked("show", "-json", str(plan_file))))

    def state_pull(self) -> CommandResult:
        """Return what `terraform state pull` prints; `terraform.pulled_state.pull` reads it."""
        return self("state", "pull", _NO_COLOR)


def _memory() -> IO[bytes]:
    """Return a file that lies in memory alone, or where there is no such thing, one without a name."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("terraform"), "w+b")
    return tempfile.TemporaryFile()  # the caller closes it


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def error_summary(stderr: str) -> str:
    """Terraform's error messages on one line, without the source lines that it quotes."""
    lines = [line.strip("│╷╵ \t") for line in stderr.splitlines()]
    errors = [line for line in lines if line.startswith("Error:")]
    prose = [
        line
        for line in lines
        if line and not line.startswith(("Error:", _OUR_WORD)) and not _PLACE.match(line)
    ]
    told = " ".join(dict.fromkeys(prose[:_PROSE_LINES]))
    if _NO_ADVICE in told and ". " in told:
        told = told[: told.rindex(". ", 0, told.index(_NO_ADVICE)) + 1]
    return "; ".join(filter(None, (*dict.fromkeys(errors), told))) or "no message"
