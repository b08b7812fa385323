"""Builds a legacy base on the embedded AWS with plain terraform, so that there is something to adopt."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from local.emulator import PROJECT, Emulator
from local.random_provider import lay_out_mirror, write_cli_config
from terraform.cli import Terraform
from terraform.mirrors import find_mirror

BASE = PROJECT / "tests" / "legacy" / "base"


def legacy_base(
    folder: Path, emulator: Emulator, *, environment: Mapping[str, str], source: Path = BASE
) -> Terraform:
    """Copy the legacy folder `source` to `folder`, initialized and ready to be applied.

    Its password provider is a stand-in, because the platform itself needs none and a machine without the
    registry has none.
    """
    shutil.copytree(source, folder, dirs_exist_ok=True)
    tools = folder.with_name(f"{folder.name}-tools")
    lay_out_mirror(tools / "mirror")
    mirror = find_mirror(_platform(tools), PROJECT)
    settings = write_cli_config(
        tools / "terraform.rc",
        random_mirror=tools / "mirror",
        aws_mirror=mirror.path if mirror else None,
    )
    # A link to the stand-in would stay in a cache that others use, and lead nowhere once its folder is gone.
    cache = {"TF_PLUGIN_CACHE_DIR": ""} if mirror and mirror.unpacked else {}
    terraform = Terraform(
        folder=folder, environment={**environment, **emulator.environment, **settings, **cache}
    )
    terraform.initialize()
    return terraform


def _platform(tools: Path) -> str:
    """Return the platform as mirrors name it; the stand-in's launcher lies in a folder of that name."""
    (launcher,) = (tools / "mirror").rglob("terraform-provider-random_*")
    return launcher.parent.name
