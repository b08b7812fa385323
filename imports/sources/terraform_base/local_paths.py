"""Which files outside of it a folder of Terraform uses: `source = "../net"`, `file("../motd.txt")`.

Told from the text and not from the syntax: what a parser does not know must not be missed, and a path
too many costs only its copy.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from common.errors import UserError, shorten

# What leads out of a folder, up to where the text ends or something is filled in.
_UPWARDS: Final = re.compile(
    r"""(?P<path>(?:\.\.(?:/|(?=["\s,\])])))(?:[^"'\s,;${}\\<>()]*))(?P<filled>[$%]\{)?"""
)
# Nothing that Terraform reads; `.terraform` is what it has installed, and is looked after apart.
NEVER_COPIED: Final = frozenset(
    {".git", ".terraform", ".terragrunt-cache", "node_modules", ".venv"}
)
_CONFIGURATION: Final = (".tf", ".tf.json", ".tofu", ".tofu.json", ".tfvars", ".tfvars.json")


def configuration_files(folder: Path) -> list[Path]:
    """Return the files of `folder` that Terraform or OpenTofu reads, sorted. Raises UserError."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.name.endswith(_CONFIGURATION))
        return [path for path in paths if path.is_file()]
    except OSError as error:
        raise UserError(
            f"{shorten(folder)} cannot be read ({error.strerror}): name a folder of Terraform files"
        ) from None


def paths_in_use(folder: Path) -> tuple[Path, ...]:
    """Return `folder` and everything outside of it that its text, or that of what it uses, names.

    All are absolute and exist; none lies within another. Raises UserError for a file that cannot be read.
    """
    found: dict[Path, None] = {}
    waiting = [folder.resolve()]
    while waiting:
        path = waiting.pop()
        if any(path.is_relative_to(known) for known in found):
            continue
        found[path] = None
        waiting += _named_from(path)
    return tuple(
        path
        for path in sorted(found)
        if not any(path != other and path.is_relative_to(other) for other in found)
    )


def common_root(paths: tuple[Path, ...]) -> Path:
    """Return the folder that holds all of the paths."""
    root = paths[0] if paths[0].is_dir() else paths[0].parent
    while not all(path.is_relative_to(root) for path in paths):
        root = root.parent
    return root


def _named_from(path: Path) -> Iterator[Path]:
    folders = [path, *_folders_below(path)] if path.is_dir() else []
    for folder in folders:
        for file in configuration_files(folder):
            yield from _named_in(_text(file), folder)


def _folders_below(path: Path) -> Iterator[Path]:
    for folder, names, _ in os.walk(path):
        names[:] = [name for name in names if name not in NEVER_COPIED]
        yield from (Path(folder, name) for name in names)


def _named_in(text: str, folder: Path) -> Iterator[Path]:
    for match in _UPWARDS.finditer(text):
        named = match["path"]
        if match["filled"]:
            named = named.rpartition("/")[0]  # "../motd-${var.x}.txt": any file of that folder
        path = Path(folder, named).resolve()
        # Text is not syntax: what does not exist is perhaps no path.
        if path.exists() and path != Path(path.anchor):
            yield path


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise UserError(f"{shorten(file)} cannot be read ({error.strerror})") from None
