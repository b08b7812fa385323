"""checkov, in a virtualenv of its own beside its Pipfile: its packages do not go with ours."""

from __future__ import annotations

import sys

from common.requirements import fingerprint
from dev.setup.python_packages import pipenv_command, pipenv_sync
from dev.setup.running import ROOT, is_current, say, write

PIPFILE = ROOT / "security/Pipfile"


def provide_checkov(pipenv: str | None) -> None:
    """`security/.venv` as `security/Pipfile.lock` says."""
    step = "checkov"
    venv = PIPFILE.with_name(".venv")
    stamp = venv / ".stamp-packages"
    value = fingerprint(PIPFILE.with_name("Pipfile.lock").read_text(), str(venv), sys.version)
    if is_current(stamp, value) and (venv / "bin/checkov").exists():
        say(step, "ok")
        return
    say(step, "installing from security/Pipfile.lock into security/.venv (half a minute)")
    pipenv_sync(step, pipenv_command(pipenv), [], pipfile=PIPFILE)
    write(stamp, value)
