"""Reads what files of Terraform declare, where nothing has to be evaluated.

python-hcl2 does not know all that Terraform knows. A file that it cannot read is named, and searched as
text: never taken for wrong, and never for empty.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import hcl2
from lark.exceptions import LarkError

from imports.sources.terraform_base.local_paths import configuration_files

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_DATA: Final = re.compile(r'\bdata\s*"?(\w+)"?\s*"?([^\s"{]+)"?\s*\{')
_BACKEND: Final = re.compile(r'\b(?:backend\s*"?\w+"?|cloud)\s*\{|"(?:backend|cloud)"\s*:')
_BACKENDS: Final = frozenset({"backend", "cloud"})
_MODULE: Final = re.compile(r'\bmodule\s*"?([^\s"{]+)"?\s*\{')


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What the files of one folder declare: data sources as (type, name), modules by name.

    `keeps_state_elsewhere` says that there is a backend or cloud block. `unread` are the files whose
    syntax the reader does not know; what a search found in them is included.
    """

    data: tuple[tuple[str, str], ...]
    modules: tuple[str, ...]
    keeps_state_elsewhere: bool
    unread: tuple[str, ...]


def read_declared(folder: Path) -> Declared:
    """Return what the files of a folder declare, OpenTofu's too. Raises UserError for one unreadable."""
    data: set[tuple[str, str]] = set()
    modules: set[str] = set()
    unread = []
    elsewhere = False
    for file in configuration_files(folder):
        if file.name.endswith((".tfvars", ".tfvars.json")):
            continue
        text = file.read_bytes().decode("utf-8", "replace")
        try:
            content = json.loads(text) if file.name.endswith(".json") else hcl2.loads(text)
            data.update(_pairs(content.get("data")))
            modules.update(_names(content.get("module")))
            elsewhere |= not _BACKENDS.isdisjoint(_names(content.get("terraform")))
        except (LarkError, ValueError, RecursionError, AttributeError, TypeError):
            unread.append(file.name)
            plain = _COMMENT.sub(" ", text)
            data.update(_DATA.findall(plain))
            modules.update(_MODULE.findall(plain))
            elsewhere |= _BACKEND.search(plain) is not None
    return Declared(
        data=tuple(sorted(data)),
        modules=tuple(sorted(modules)),
        keeps_state_elsewhere=elsewhere,
        unread=tuple(sorted(unread)),
    )


def _pairs(blocks: Any) -> Iterable[tuple[str, str]]:
    for type_, bodies in _labelled(blocks):
        for name, _ in _labelled(bodies):
            yield type_, name


def _names(blocks: Any) -> Iterable[str]:
    return (name for name, _ in _labelled(blocks))


def _labelled(blocks: Any) -> Iterable[tuple[str, Any]]:
    """Yield each label and what is below it; JSON takes one map or a list of maps."""
    for block in blocks if isinstance(blocks, list) else [blocks]:
        if isinstance(block, Mapping):
            yield from (
                (str(label).strip('"'), inner)
                for label, inner in block.items()
                if label not in {"//", "__is_block__"}
            )
