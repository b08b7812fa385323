"""The virtualenv `.venv`, filled by pipenv from Pipfile.lock, and made quick to start."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from common.requirements import PIPENV_MINIMUM, PYTHON_MINIMUM, fingerprint, parse_version
from dev.setup.running import (
    ROOT,
    TOOLS,
    SetupError,
    answer,
    clean_environment,
    is_current,
    run_long,
    say,
    write,
)

VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin/python"

PIPENV_VERSION = "2026.10.3"
# Runs the private pipenv without PYTHONPATH, which pip in the virtualenv would inherit: it would
# take pipenv's dependencies for installed ones.
PIPENV_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from pipenv import cli; cli()"
# The bindings are 167 of the 275 MB of Python that are installed, and a synthesis uses a twelfth of them.
COMPILE = """
import compileall, re, sysconfig
bindings = re.compile("cdktf_cdktf_provider_aws")
compileall.compile_dir(sysconfig.get_path("purelib"), rx=bindings, quiet=2, workers=0)
"""
WARM_UP = """
import os
from synth.bindings import accelerate
accelerate(os.environ)
import synth.stages
import modules.app
import jsii
jsii.stats()  # an answer, which comes after all that Node still loads
"""


def pipenv_command(pipenv: str | None) -> list[str]:
    """Return the machine's own pipenv if it is new enough, else a private copy in `.tools`."""
    if pipenv is not None:
        version = parse_version(answer([pipenv, "--version"], clean_environment()))
        if version is not None and version >= PIPENV_MINIMUM:
            return [pipenv]
    target = TOOLS / "pipenv"
    stamp = target / ".stamp"
    # Which Python it was installed for matters: its dependencies differ.
    value = fingerprint(PIPENV_VERSION, sys.version)
    if not is_current(stamp, value):
        say("pipenv", f"installing pipenv {PIPENV_VERSION} into .tools")
        shutil.rmtree(target, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target)]
        command += ["--disable-pip-version-check", f"pipenv=={PIPENV_VERSION}"]
        run_long("pipenv", command, clean_environment(), doing="downloading and installing")
        write(stamp, value)
    return [sys.executable, "-c", PIPENV_START, str(target)]


def pipenv_sync(
    step: str,
    pipenv: Sequence[str],
    options: Sequence[str],
    remedy: str = "",
    *,
    pipfile: Path = ROOT / "Pipfile",
) -> None:
    """Install the locked packages into the `.venv` beside `pipfile`; pipenv makes it when there is none."""
    environment = {
        **clean_environment(),
        "PIPENV_PIPFILE": str(pipfile),
        "PIPENV_VENV_IN_PROJECT": "1",
        "PIPENV_IGNORE_VIRTUALENVS": "1",
        "PIPENV_NOSPIN": "1",
        "PIPENV_YES": "1",
        # "no" is how pip spells yes here. The warm-up compiles on all cores; pip would use one.
        "PIP_NO_COMPILE": "no",
    }
    command = [*pipenv, "sync", "--python", sys.executable, *options]
    run_long(step, command, environment, remedy, doing="downloading and installing")


def venv_version() -> str | None:
    """Return the Python of `.venv`, None when it cannot be used: missing, broken, moved or too old."""
    activate = VENV / "bin/activate"
    # The scripts of a moved virtualenv still start the Python of the old place.
    if not activate.is_file() or str(VENV) not in activate.read_text(errors="replace"):
        return None
    version = answer([str(VENV_PYTHON), "-c", "import sys; print(sys.version.split()[0])"]).strip()
    found = parse_version(version)
    return version if found is not None and found >= PYTHON_MINIMUM else None


def install_packages(pipenv: str | None) -> str:
    """`.venv` as Pipfile.lock says; returns the hash that later steps build on."""
    step = "python packages"
    lock = (ROOT / "Pipfile.lock").read_text()
    stamp = VENV / ".stamp-packages"
    version = venv_version()
    if version is not None and is_current(stamp, fingerprint(lock, version)):
        say(step, "ok")
        return fingerprint(lock, version)
    if version is None and VENV.exists():
        say(step, "removing .venv: it is broken, was moved here or has too old a Python")
        shutil.rmtree(VENV)
    command = pipenv_command(pipenv)
    say(step, "installing from Pipfile.lock into .venv (a minute or two)")
    pipenv_sync(step, command, ["--dev"])
    version = venv_version()
    if version is None:
        raise SetupError(f"{step}: pipenv made no virtualenv that works in {VENV}")
    write(stamp, fingerprint(lock, version))
    return fingerprint(lock, version)


def warm_up(packages: str) -> None:
    """Byte-compile the packages and fill jsii's cache: every later run is 20 to 50 s faster.

    Some environments set PYTHONDONTWRITEBYTECODE, so it would not happen by itself.
    """
    step = "python warm-up"
    stamp = VENV / ".stamp-warm"
    value = fingerprint(packages, COMPILE, WARM_UP)
    if is_current(stamp, value):
        say(step, "ok")
        return
    say(
        step,
        "compiling packages, filling jsii's cache, so that later runs are quick (half a minute)",
    )
    environment = {**clean_environment(), "JSII_RUNTIME_PACKAGE_CACHE": "enabled"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for doing, command in (
        # Some packages carry files that are no Python, such as templates; those do not matter.
        ("compiling the packages", ["-c", COMPILE]),
        ("filling jsii's cache", ["-c", WARM_UP]),
        # `main.py` runs optimized, and such bytecode is kept apart.
        ("compiling what synthesis uses", ["-O", "-c", WARM_UP]),
    ):
        run_long(step, [str(VENV_PYTHON), *command], environment, doing=doing)
    write(stamp, value)
