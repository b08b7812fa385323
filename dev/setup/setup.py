"""Installs what the project needs, each step only when it is not done yet.

`make setup` runs it, and so does every other make target. A step that is done leaves a stamp, a
file with a hash of the step's inputs, inside the folder the step has made: whoever deletes the
folder deletes the stamp with it. `setup.py checkov` installs checkov too. Settings, all optional:

ATOMIC_TERRAFORM        the Terraform to use instead of the one on PATH
ATOMIC_PROVIDER_MIRROR  a filesystem mirror that holds the AWS provider
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

# This file is run as a script, which leaves the project's folder out of the import path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from common.requirements import (
    NODE_MINIMUM,
    PYTHON_MINIMUM,
    Version,
    fingerprint,
    parse_version,
    refusal,
    version_text,
)
from dev.setup.checkov_setup import provide_checkov
from dev.setup.provider_setup import configure_provider
from dev.setup.python_packages import VENV, install_packages, warm_up
from dev.setup.running import ROOT, TOOLS, SetupError, answer, is_current, run_long, say, write
from dev.setup.terraform import provide_terraform


class Tools(NamedTuple):
    """The programs the set-up starts from."""

    pipenv: str | None
    node: Version
    npm: str


def check_tools() -> Tools:
    """Refuse a machine that lacks something, naming everything that it lacks at once."""
    node = shutil.which("node")
    npm = shutil.which("npm")
    pipenv = shutil.which("pipenv")
    node_version = parse_version(answer([node, "--version"])) if node else None
    errors = [
        refusal(
            "Python",
            PYTHON_MINIMUM,
            tuple(sys.version_info[:3]),
            sys.executable,
            "install a newer one and name it: make setup PYTHON=python3.11",
        ),
        refusal("Node.js", NODE_MINIMUM, node_version, node, "install it from https://nodejs.org/"),
    ]
    if npm is None:
        errors.append(
            "npm is needed, found none on PATH: install it (it comes with Node.js from "
            "https://nodejs.org/, as the package npm on Debian and Ubuntu)"
        )
    has_packages = (VENV / ".stamp-packages").is_file()
    if pipenv is None and not has_packages and importlib.util.find_spec("pip") is None:
        errors.append(
            f"pip is needed, {sys.executable} has none: install it (the package python3-pip on "
            f"Debian and Ubuntu, elsewhere: {sys.executable} -m ensurepip)"
        )
    missing = [error for error in errors if error]
    if missing or node_version is None or npm is None:
        raise SetupError("\n".join(missing))
    say("tools", f"ok: Python {sys.version.split()[0]}, Node {version_text(node_version)}")
    return Tools(pipenv, node_version, npm)


def install_node_packages(tools: Tools) -> None:
    """`node_modules` as package-lock.json says: cdktf's command line."""
    step = "node packages"
    node_modules = ROOT / "node_modules"
    stamp = node_modules / ".stamp-packages"
    lock = (ROOT / "package-lock.json").read_text()
    value = fingerprint(lock, str(tools.node[0]))
    if is_current(stamp, value) and (node_modules / ".bin/cdktf").exists():
        say(step, "ok")
        return
    say(step, "installing from package-lock.json (half a minute)")
    # Install scripts run: on platforms for which node-pty ships no binary, they build one.
    command = [tools.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    environment = {**os.environ, "npm_config_update_notifier": "false"}
    run_long(step, command, environment, doing="downloading and installing")
    write(stamp, value)


def leave_own_venv() -> None:
    """In an activated shell, go on with the Python that `.venv` was made from.

    The set-up may have to replace `.venv`, and must not stand on it while it does.
    """
    base = getattr(sys, "_base_executable", None)
    if Path(sys.prefix).resolve() == VENV and base and Path(base).parent != VENV / "bin":
        os.execv(base, [base, *sys.argv])  # noqa: S606  (the same command, by another Python)


def set_up(*, with_checkov: bool) -> None:
    """Take the steps, in the order in which they build on each other."""
    tools = check_tools()
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        # Two set-ups at once, of `make demo` beside `make test`: the second waits for the first.
        fcntl.flock(lock, fcntl.LOCK_EX)
        with ThreadPoolExecutor(max_workers=1) as pool:
            # It needs nothing of Python's, and most of it is waiting.
            node = pool.submit(install_node_packages, tools)
            packages = install_packages(tools.pipenv)
            warm_up(packages)
            node.result()
        terraform = provide_terraform(tools.pipenv, packages)
        configure_provider(terraform.platform)
        if with_checkov:
            provide_checkov(tools.pipenv)


def main() -> int:
    """Set up; what goes wrong is told in as few lines as it takes."""
    leave_own_venv()
    try:
        set_up(with_checkov="checkov" in sys.argv[1:])
    except SetupError as error:
        print("\n".join(f"setup: {line}" for line in str(error).splitlines()), file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, a folder that may not be written
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; the next run goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
