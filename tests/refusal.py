"""Fails a test that calls a program which a quick run does without, in one line that names the marker.

Programs of these names stand first on PATH. Each notes that it was called, and refuses.
"""

import os
import shlex
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest

# program -> the marker of the tests that run it
PROGRAMS: Mapping[str, str] = {"node": "jsii", "terraform": "terraform"}


class Refusal:
    """The programs that refuse, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._calls = folder / "calls"
        programs = folder / "bin"
        programs.mkdir()
        for name, marker in PROGRAMS.items():
            program = programs / name
            program.write_text(
                f"#!/bin/sh\n/bin/echo {name} >> {shlex.quote(str(self._calls))}\n"
                f'/bin/echo "{name} is refused: needs the marker {marker}" >&2\nexit 1\n'
            )
            program.chmod(0o755)
        os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Fail what has called one of them, whatever it made of the answer."""
        report = yield
        if self._calls.exists():
            called = sorted(set(self._calls.read_text().split()))
            self._calls.unlink()
            report.outcome = "failed"
            report.longrepr = "\n".join(
                f"calls {name}: needs the marker {PROGRAMS[name]}" for name in called
            )
        return report
