"""Writes the settings that lead Terraform to the AWS provider on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from dev.setup.provider_settings import (
    CliConfig,
    render_cli_config,
    render_environment,
    terraform_environment,
)
from dev.setup.running import ROOT, TOOLS, SetupError, say, write
from terraform.mirrors import Mirror, MirrorError, find_mirror

OWN_CLI_CONFIG = TOOLS / "terraform.rc"
PLUGIN_CACHE = TOOLS / "plugin-cache"


def users_cli_config() -> CliConfig:
    """Return the configuration Terraform would read had this project not been set up."""
    named = os.environ.get("TF_CLI_CONFIG_FILE", "")
    # Of another checkout too, activated in this shell before: it goes with that checkout.
    if Path(named).parts[-2:] == OWN_CLI_CONFIG.parts[-2:]:
        named = os.environ.get("ATOMIC_USER_TF_CLI_CONFIG", "")
    if named:
        files = [Path(named)]
    else:
        files = [Path.home() / ".terraformrc", *sorted(Path.home().glob(".terraform.d/*.tfrc"))]
    texts = [file.read_text() for file in files if file.is_file()]
    return CliConfig(named, bool(texts), "\n".join(texts))


def _mirror(platform: str) -> Mirror | None:
    try:
        return find_mirror(platform, ROOT)
    except MirrorError as error:
        raise SetupError(str(error)) from None


def configure_provider(platform: str) -> None:
    """Write the settings with which Terraform and cdktf find the AWS provider."""
    step = "aws provider"
    users = users_cli_config()
    mirror = None if users.rules_installation else _mirror(platform)
    if users.rules_installation:
        say(step, "ok: from where your Terraform CLI configuration says")
    elif mirror is None:
        say(step, "ok: from Terraform's registry, kept in .tools/plugin-cache")
    else:
        say(step, f"ok: from the mirror {mirror.path}")
        # It may hold the user's credentials, so nobody else reads it.
        write(OWN_CLI_CONFIG, render_cli_config(mirror, users.text), mode=0o600)
    PLUGIN_CACHE.mkdir(exist_ok=True)
    users_cache = os.environ.get("TF_PLUGIN_CACHE_DIR", "")
    variables = terraform_environment(
        mirror,
        users,
        own_config=OWN_CLI_CONFIG,
        plugin_cache=PLUGIN_CACHE,
        users_plugin_cache="" if users_cache == str(PLUGIN_CACHE) else users_cache,
    )
    write(TOOLS / "env.sh", render_environment(ROOT, variables))
