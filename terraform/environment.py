"""What around Terraform makes a run look at a part of a stage, at more than it, or at another place.

A verdict is about what `cdktf deploy` does, and that takes the same variables. So a run in a stage's folder
stops and names the variable: a run without it would judge another deploy. Standard library alone, because
cdktf's own terraform asks here too, before each command.

https://developer.hashicorp.com/terraform/cli/config/environment-variables
"""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aws.environment import two_accounts
from terraform.cli_config import other_provider

# What a stage's stack is not about: it declares no variable, so TF_VAR_* changes nothing in it, and
# TF_PLUGIN_CACHE_DIR, TF_LOG* and the registry's variables change no plan.
_ELSEWHERE: Final = {
    "TF_WORKSPACE": "Terraform would look into the state of another workspace",
    "TF_DATA_DIR": "Terraform would take the state's place from another folder",
    "TF_REATTACH_PROVIDERS": "Terraform would ask another provider than the locked one",
}
# The provider's own: it would give other tags than the stage's, or see none of some.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs#default_tags
_TAGS: Final = ("TF_AWS_DEFAULT_TAGS_", "TF_AWS_IGNORE_TAGS_")
# Names of before AWS's own: Terraform and its provider still take them, and what asks AWS beside them does
# not. https://developer.hashicorp.com/terraform/language/backend/s3#configuration
_ENDPOINTS: Final = {
    f"{prefix}AWS_{service}_ENDPOINT": f"AWS_ENDPOINT_URL_{service}"
    for prefix in ("", "TF_")
    for service in ("DYNAMODB", "IAM", "S3", "STS")
}
_ENDPOINT: Final = "AWS_ENDPOINT_URL"
_STACK: Final = "cdk.tf.json"
# OpenTofu reads the latter two.
_CONFIGURATION: Final = (".tf", ".tf.json", ".tofu", ".tofu.json")
_ARGUMENTS: Final = "TF_CLI_ARGS"
_DEFAULT: Final = "default"

# Options that change how fast Terraform is, how long it waits and how its output looks.
_WITH_A_VALUE: Final = frozenset({"lock-timeout", "parallelism"})
_HARMLESS: Final = frozenset({"compact-warnings", "input", "no-color"}) | _WITH_A_VALUE
_ALLOWED: Final = ", ".join(f"-{name}" for name in sorted(_HARMLESS))

# Logs go to standard error, where Terraform's own error is looked for, and hold what the provider sends.
_LOGS: Final = ("TF_LOG", "TF_LOG_CORE", "TF_LOG_PROVIDER")
_LOG_FILE: Final = "TF_LOG_PATH"


def refusal(environment: Mapping[str, str], folder: Path) -> str | None:
    """Return why no run in the stage's `folder` can be trusted in this environment; None where it can be.

    The message names the variable or file and the remedy. Of arguments it holds the option's name alone.
    """
    for name, value in sorted(environment.items()):
        if not value or (name == "TF_WORKSPACE" and value == _DEFAULT):
            continue
        if name in _ELSEWHERE:
            return f"{name} is set: {_ELSEWHERE[name]}, and so would `cdktf deploy`: run `unset {name}` first"
        if name.startswith(_TAGS):
            return (
                f"{name} is set: the provider would give other tags than the stage file's, or pass over "
                "some, and so would `cdktf deploy`: write `default_tags` in the stage file, and run `unset "
                f"{name}` first"
            )
        known = _ENDPOINTS.get(name)
        if known and value != (environment.get(known) or environment.get(_ENDPOINT)):
            return (
                f"{name} is set: Terraform would ask another AWS than what looks after it, unless "
                f"{known} says the same: run `unset {name}` first"
            )
        if name == _ARGUMENTS or name.startswith(f"{_ARGUMENTS}_"):
            option = _strange_option(value)
            if option is not None:
                return (
                    f"{name} holds {option}: Terraform would look at a part of the stage or at something "
                    f"else, and so would `cdktf deploy`: allowed in it: {_ALLOWED}; run `unset {name}` first"
                )
    strange = (
        two_accounts(environment) or _other_file(folder) or other_provider(environment, folder)
    )
    if strange is None and not environment.get("TF_WORKSPACE"):
        return _other_workspace(folder)
    return strange


def own_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a folder of our own that is thrown away: no deploy takes place there."""
    return {
        name: value
        for name, value in environment.items()
        if name not in _ELSEWHERE
        and name != _ARGUMENTS
        and not name.startswith((f"{_ARGUMENTS}_", *_TAGS))
    }


def without_logs(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a run whose output is kept in memory; a log that goes to a file stays."""
    if environment.get(_LOG_FILE):
        return dict(environment)
    return {name: value for name, value in environment.items() if name not in _LOGS}


def _strange_option(value: str) -> str | None:
    """Return the first of the arguments that is not harmless, without its value."""
    try:
        words = shlex.split(value)
    except ValueError:
        return "what is not a list of options"
    expects_value = False
    for word in words:
        name, equals, _ = word.lstrip("-").partition("=")
        is_option = word.startswith("-")
        if not is_option and not expects_value:
            return "a word that is no option"
        if is_option and name not in _HARMLESS:
            return f"-{name}" if name.replace("-", "").isalnum() else "an unknown option"
        expects_value = is_option and not equals and name in _WITH_A_VALUE
    return None


def _other_file(folder: Path) -> str | None:
    """Return what Terraform would read beside the stack, as other tools leave it there.

    https://developer.hashicorp.com/terraform/language/files
    """
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return None
    for name in names:
        ignored = name == _STACK or name.startswith(".")
        if name.endswith(_CONFIGURATION) and not ignored:
            return (
                f"{folder / name} lies beside {_STACK}: Terraform would read it too, and so would `cdktf "
                "deploy`: delete that file; what a stage has of its own goes into its `extension`"
            )
    return None


def _other_workspace(folder: Path) -> str | None:
    """Return what `terraform workspace select` has left in the folder."""
    path = folder / ".terraform" / "environment"
    try:
        selected = path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
    if selected in ("", _DEFAULT):
        return None
    return (
        f"{path} selects another workspace than default: a stage has one state, and this is another: delete "
        "that file"
    )


def main() -> int:
    """For cdktf's terraform: 1 and one line on standard error where the current folder is a stage's."""
    folder = Path()
    found = refusal(os.environ, folder) if (folder / _STACK).is_file() else None
    if found:
        print(f"error: {found}", file=sys.stderr)
    return 1 if found else 0
