"""Which tools the project needs, and the one line that refuses a missing or too old one.

Pure functions on plain data. Like everything the set-up imports, this file keeps to what Python
3.9 can parse: an old Python has to get far enough to be told that it is too old.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Version = tuple[int, ...]
else:
    Version = tuple  # an old Python cannot subscript it

PYTHON_MINIMUM: Version = (3, 11)
NODE_MINIMUM: Version = (20,)
TERRAFORM_MINIMUM: Version = (1, 11)
PIPENV_MINIMUM: Version = (2024,)
"""Older ones do not know the options the set-up uses; a private copy is installed instead."""


def parse_version(text: str) -> Version | None:
    """The first version number in a tool's answer: "v20.20.2" gives (20, 20, 2)."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(part) for part in found.group().split(".")) if found else None


def version_text(version: Version) -> str:
    """The version as people write it."""
    return ".".join(str(part) for part in version)


def refusal(
    tool: str, minimum: Version, found: Version | None, where: str | None, remedy: str
) -> str | None:
    """Why this tool will not do, in one line; None when it will.

    `where` is the program's path, None when there is no such program; `found` is its version,
    None when it does not say one (a broken shim, for instance).
    """
    if found is not None and found >= minimum:
        return None
    if where is None:
        state = "found none on PATH"
    elif found is None:
        state = f"{where} does not say its version"
    else:
        state = f"found {version_text(found)} ({where})"
    return f"{tool} {version_text(minimum)} or newer is needed, {state}: {remedy}"


def fingerprint(*inputs: str) -> str:
    """What a stamp file holds: it changes when any input of the step does."""
    joined = "\0".join(inputs)
    return hashlib.sha256(joined.encode()).hexdigest()
