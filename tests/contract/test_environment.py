"""Every environment variable that was read is read still, and what users were told of is told of still."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.contract.command_lines import PROJECT
from tests.contract.tables import table

TOLD = table("environment")["told to users"]
TAKEN = table("environment")["taken from the tools around"]
_SCRIPTS = {"Makefile", "activate", "terraform_once"}
# Where it is told what a variable does: the documents, and the heads of the entry points.
_HEADS = {"Makefile", "main.py", "setup.py"}


@pytest.mark.parametrize("variable", [*TOLD, *TAKEN])
def test_a_variable_is_read(variable: str) -> None:
    assert variable in _read_in_the_code()


@pytest.mark.parametrize("variable", TOLD)
def test_a_variable_is_told_to_users(variable: str) -> None:
    assert re.search(rf"\b{variable}\b", _told())


@cache
def _read_in_the_code() -> frozenset[str]:
    """Each name that stands alone in a string of the code, or that a script names outside its comments."""
    return frozenset(_names())


def _names() -> Iterator[str]:
    for path, text in _files():
        if Path(path).name in _SCRIPTS:
            for line in text.splitlines():
                yield from re.findall(r"[A-Z][A-Z_]+", line.partition("# ")[0])
        elif path.endswith(".py") and not path.startswith("tests/"):
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


@cache
def _told() -> str:
    return "\n".join(
        text.split('"""')[1] if path.endswith(".py") else text
        for path, text in _files()
        if path.endswith(".md") or Path(path).name in _HEADS
    )


@cache
def _files() -> list[tuple[str, str]]:
    tops = [top for top in PROJECT.iterdir() if top.name not in {"node_modules", "cdktf.out"}]
    found = [path for top in tops for path in (top.rglob("*") if top.is_dir() else [top])]
    return [
        (name, path.read_text(encoding="utf-8"))
        for path in found
        if not (name := path.relative_to(PROJECT).as_posix()).startswith(".")
        and "/." not in name
        and (path.suffix in {".py", ".md"} or path.name in _SCRIPTS)
    ]
