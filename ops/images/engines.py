"""The container engine of this machine: which one works, and how it is run."""

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from common.errors import UserError
from modules.settings.services import CpuArchitecture

ENGINES: Final = ("docker", "podman", "buildah")
PLATFORMS: Final[Mapping[CpuArchitecture, str]] = {
    "X86_64": "linux/amd64",
    "ARM64": "linux/arm64",
}


def find_engine() -> str:
    """Return the first engine on PATH that works. Raises UserError when there is none."""
    found = [engine for engine in ENGINES if shutil.which(engine)]
    for engine in found:
        # docker's command line is often there without the daemon that does the work.
        if engine != "docker" or _answers([engine, "version"]):
            return engine
    if found:
        raise UserError(
            "docker does not reach its daemon: start it, or install podman or buildah, then run the same "
            "command again"
        )
    raise UserError(
        f"no container engine on PATH: install one of {', '.join(ENGINES)}, then run the same command again"
    )


def run_engine(command: Sequence[str], *, stdin: str | None = None) -> None:
    """Run the engine; what it prints goes to standard error. Raises UserError when it fails."""
    finished = subprocess.run(
        command,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        stdout=sys.stderr,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise UserError(
            f"`{' '.join(command[:2])}` failed with exit code {finished.returncode}: see its own words above"
        )


def ask_engine(command: Sequence[str]) -> str | None:
    """Return what the engine prints; None when it fails."""
    # Of its own group: Ctrl-C is ours to answer, and what we begin then has to finish.
    finished = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        start_new_session=True,
        check=False,
    )
    return None if finished.returncode else finished.stdout


def _answers(command: Sequence[str]) -> bool:
    return ask_engine(command) is not None
