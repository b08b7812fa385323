"""Packages that only one target needs: in a folder of their own below .tools, which `make clean` removes.

Not in `.venv`, whose packages they do not go with, or which they would make larger for everybody.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from common.errors import UserError
from common.files import replace_file
from common.screen import tell

PROJECT = Path(__file__).resolve().parent.parent


def installed(name: str, requirements: str, *, alone: bool = True) -> Path:
    """Install exactly these packages into `.tools/NAME/packages`, once, and return that folder.

    `alone` leaves out what they depend on: it is listed too, or it is in .venv.
    """
    folder = PROJECT / ".tools" / name / "packages"
    stamp = folder / ".stamp"
    if stamp.exists() and stamp.read_text() == requirements:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    wanted = folder.parent / "requirements.txt"
    replace_file(wanted, requirements)
    options = [
        "--quiet",
        "--no-compile",
        "--target",
        str(folder),
        *(["--no-deps"] if alone else []),
    ]
    tell(f"... installing the packages of {name}, once")
    run([sys.executable, "-m", "pip", "install", *options, "--requirement", str(wanted)], PROJECT)
    stamp.write_text(requirements)
    return folder


def run(
    command: list[str], folder: Path, environment: Mapping[str, str] | None = None, *, fine: int = 0
) -> str:
    """Run a program in `folder` and return what it printed.

    Raises UserError with the end of that, when it exits with another code than 0 or `fine`.
    """
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, fine}:
        tail = (done.stdout + done.stderr).strip().splitlines()[-30:]
        raise UserError("\n".join((f"{Path(command[0]).name} has failed:", *tail)))
    return done.stdout.strip()
