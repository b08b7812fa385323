"""Where on this machine the AWS provider is: in one of Terraform's filesystem mirrors.

Like everything the set-up imports, this file keeps to what Python 3.9 can parse.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

REGISTRY = "registry.terraform.io"
AWS_PROVIDER = f"{REGISTRY}/hashicorp/aws"
AWS_PROVIDER_VERSION = "5.100.0"
"""The exact version that cdktf-cdktf-provider-aws 20.1.0 asks for."""


class MirrorError(Exception):
    """A mirror that the user names and that does not hold the provider; its text is all they get to see."""


class Mirror(NamedTuple):
    """A folder laid out as one of Terraform's filesystem mirrors."""

    path: Path
    unpacked: bool
    """Unpacked providers are linked, not copied, into every working folder."""
    holds: list[str]
    """Source addresses, such as registry.terraform.io/hashicorp/aws."""


def implied_mirrors(
    project: Path, home: Path, data_home: str | None, data_dirs: str | None
) -> list[Path]:
    """The folders Terraform itself would look in, in its order.

    `data_home` and `data_dirs` are XDG_DATA_HOME and XDG_DATA_DIRS; their defaults are the XDG
    specification's.
    """
    xdg_home = Path(data_home) if data_home else home / ".local/share"
    xdg_dirs = [Path(part) for part in (data_dirs or "/usr/local/share:/usr/share").split(":")]
    library = Path("Library/Application Support/io.terraform/plugins")  # macOS
    return [
        project / "terraform.d/plugins",
        home / ".terraform.d/plugins",
        home / library,
        Path("/") / library,
        *(folder / "terraform/plugins" for folder in [xdg_home, *xdg_dirs]),
    ]


def package_paths(mirror: Path, platform: str) -> dict[str, Path]:
    """Where a mirror would hold the provider, unpacked or packed; platform as in linux_amd64."""
    base = mirror / AWS_PROVIDER
    packed = f"terraform-provider-aws_{AWS_PROVIDER_VERSION}_{platform}.zip"
    return {"unpacked": base / AWS_PROVIDER_VERSION / platform, "packed": base / packed}


def choose_mirror(
    candidates: Iterable[Path],
    platform: str,
    exists: Callable[[Path], bool],
    providers_in: Callable[[Path], Sequence[str]],
) -> Mirror | None:
    """The first candidate that holds the provider for this platform."""
    for candidate in candidates:
        for form, package in package_paths(candidate, platform).items():
            if exists(package):
                return Mirror(candidate, form == "unpacked", sorted(providers_in(candidate)))
    return None


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


def find_mirror(platform: str, project: Path) -> Mirror | None:
    """The named mirror, else the first of the places Terraform and its users keep them.

    Raises MirrorError when the named one does not hold the provider.
    """
    named = os.environ.get("ATOMIC_PROVIDER_MIRROR", "")
    if named:
        folder = Path(named).expanduser().absolute()
        mirror = choose_mirror([folder], platform, os.path.exists, providers_in)
        if mirror is None:
            raise MirrorError(
                f"ATOMIC_PROVIDER_MIRROR={named}: that folder does not hold the AWS provider "
                f"{AWS_PROVIDER_VERSION} for {platform}: name one that does, or unset it to use "
                "Terraform's registry"
            )
        return mirror
    home, data_dirs = os.environ.get("XDG_DATA_HOME"), os.environ.get("XDG_DATA_DIRS")
    implied = implied_mirrors(project, Path.home(), home, data_dirs)
    return choose_mirror([*implied, *usual_places()], platform, os.path.exists, providers_in)
