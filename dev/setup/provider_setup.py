"""Looks for the AWS provider on this machine and writes the settings that lead Terraform to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from dev.setup.provider_settings import (
    AWS_PROVIDER_VERSION,
    REGISTRY,
    CliConfig,
    Mirror,
    choose_mirror,
    implied_mirrors,
    render_cli_config,
    render_environment,
    terraform_environment,
)
from dev.setup.running import ROOT, TOOLS, SetupError, say, write

OWN_CLI_CONFIG = TOOLS / "terraform.rc"
PLUGIN_CACHE = TOOLS / "plugin-cache"


def folders_in(folder: Path) -> list[Path]:
    """Its folders in a fixed order; none when it is missing or closed to us."""
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
            # Unlike Path.is_dir, this one takes a folder we may not look into for a plain no.
            if os.path.isdir(folder / REGISTRY):
                yield folder


def providers_in(mirror: Path) -> list[str]:
    """Source addresses of the registry's providers that a mirror holds."""
    return [
        f"{REGISTRY}/{namespace.name}/{provider.name}"
        for namespace in folders_in(mirror / REGISTRY)
        for provider in folders_in(namespace)
    ]


def find_mirror(platform: str) -> Mirror | None:
    """The named mirror, else the first of the places Terraform and its users keep them."""
    named = os.environ.get("ATOMIC_PROVIDER_MIRROR", "")
    if named:
        folder = Path(named).expanduser().absolute()
        mirror = choose_mirror([folder], platform, os.path.exists, providers_in)
        if mirror is None:
            raise SetupError(
                f"ATOMIC_PROVIDER_MIRROR={named}: that folder does not hold the AWS provider "
                f"{AWS_PROVIDER_VERSION} for {platform}: name one that does, or unset it to use "
                "Terraform's registry"
            )
        return mirror
    home, data_dirs = os.environ.get("XDG_DATA_HOME"), os.environ.get("XDG_DATA_DIRS")
    implied = implied_mirrors(ROOT, Path.home(), home, data_dirs)
    return choose_mirror([*implied, *usual_places()], platform, os.path.exists, providers_in)


def users_cli_config() -> CliConfig:
    """The configuration Terraform would read had this project not been set up."""
    named = os.environ.get("TF_CLI_CONFIG_FILE", "")
    if named == str(OWN_CLI_CONFIG):
        named = os.environ.get("ATOMIC_USER_TF_CLI_CONFIG", "")
    if named:
        files = [Path(named)]
    else:
        files = [Path.home() / ".terraformrc", *sorted(Path.home().glob(".terraform.d/*.tfrc"))]
    texts = [file.read_text() for file in files if file.is_file()]
    return CliConfig(named, bool(texts), "\n".join(texts))


def configure_provider(platform: str) -> None:
    """Write the settings with which Terraform and cdktf find the AWS provider."""
    step = "aws provider"
    users = users_cli_config()
    mirror = None if users.rules_installation else find_mirror(platform)
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
