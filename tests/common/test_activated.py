"""A command in a shell that is not activated says in one line how to activate it."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "ops", "status"],
        ["-m", "imports", "gate"],
        ["-m", "security"],
        ["-m", "local.aws"],
        ["main.py"],
    ],
    ids=" ".join,
)
def test_a_python_without_the_packages_is_told_how_to_get_them(command: list[str]) -> None:
    # -S leaves the virtualenv's packages out, as a Python beside it does.
    finished = subprocess.run(
        [sys.executable, "-S", *command], cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert finished.returncode == 1
    assert finished.stdout == ""
    (line,) = finished.stderr.splitlines()
    assert line.startswith(f"error: {sys.executable} has not the project's packages: ")
    assert f"run `. ./activate` in {PROJECT}" in line
