"""Runs the cdktf command line on this project, apart from the user's own state and output folder."""

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.emulator import PROJECT

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class CdktfError(Exception):
    """A cdktf command failed; the text is the end of what it printed."""


@dataclass(frozen=True, kw_only=True)
class Cdktf:
    """cdktf with its state in `folder`, for the AWS and the stages that `environment` names."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def outdir(self) -> Path:
        """Where the synthesized stacks are."""
        return self.folder / "cdktf.out"

    def state_file(self, stack: str) -> Path:
        """Return the local state of a stack."""
        return self.folder / f"terraform.{stack}.tfstate"

    def stack_folder(self, stack: str) -> Path:
        """Return the folder in which plain `terraform` works on a stack."""
        return self.outdir / "stacks" / stack

    def run(self, *arguments: str, on_line: Callable[[str], None] | None = None) -> str:
        """Run `cdktf ARGUMENTS`, hand each line to `on_line`, return all of them.

        Raises CdktfError when it exits with another code than 0.
        """
        process = subprocess.Popen(
            ["cdktf", *arguments, "--output", str(self.outdir)],
            cwd=PROJECT,
            env=self.process_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines = []
        with process:
            assert process.stdout is not None  # noqa: S101  # PIPE was asked for
            for raw in process.stdout:
                line = _ESCAPES.sub("", raw).rstrip()
                if line and not line.endswith("Processing"):
                    lines.append(line)
                    if on_line:
                        on_line(line)
        text = "\n".join(lines)
        if process.returncode:
            raise CdktfError(f"cdktf {' '.join(arguments)} failed:\n" + "\n".join(lines[-60:]))
        return text

    def terraform(self, stack: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run plain `terraform ARGUMENTS` in the folder of a stack."""
        return subprocess.run(
            ["terraform", *arguments],
            cwd=self.stack_folder(stack),
            env=self.process_environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def process_environment(self) -> dict[str, str]:
        """Return the environment of its processes."""
        return {
            **os.environ,
            **self.environment,
            "ATOMIC_STATE_DIR": str(self.folder),
            "CI": "true",  # no spinner
        }
