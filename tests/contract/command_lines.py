"""The project's command lines, asked what they take."""

import importlib
import re
import runpy
import sys
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

PROJECT = Path(__file__).resolve().parent.parent.parent

_TARGET = re.compile(r"^([a-z-]+):.*## .*\n((?:\t.*\n)*)", re.MULTILINE)
_MODULE = re.compile(r"python -m (\S+)")

Parameters = dict[str, dict[str, Any]]


def make_targets() -> dict[str, str | None]:
    """Return the targets that `make help` lists, each with the module that it runs, if it runs one."""
    rules = _TARGET.findall((PROJECT / "Makefile").read_text())
    runs = {name: _MODULE.search(recipe) for name, recipe in rules}
    return {
        name: found[1] if found and found[1] != "pytest" else None for name, found in runs.items()
    }


def module_of(name: str) -> str:
    """Return the module behind a command line: what the target of this name runs, or the name itself."""
    return make_targets().get(name) or name


def run_by(name: str) -> ModuleType:
    """Return the module that a command line runs."""
    module = module_of(name)
    found = find_spec(module)
    assert found is not None, f"python -m {module}: no such module"
    is_package = found.submodule_search_locations is not None
    return importlib.import_module(f"{module}.__main__" if is_package else module)


def commands(name: str) -> dict[str, Parameters]:
    """Return what each command of a command line takes; the lone command's name is empty."""
    return dict(_below("", typer.main.get_command(run_by(name).app)))


def helps(name: str) -> dict[str, str]:
    """Return the help of each command of a command line."""
    root = typer.main.get_command(run_by(name).app)
    return {path: command.help or "" for path, command in _commands("", root)}


def ends_with(typed: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command line in this process, and return its exit code."""
    name, *arguments = typed
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    with warnings.catch_warnings():
        # A test before this one may have imported it, which makes no difference here.
        warnings.simplefilter("ignore", RuntimeWarning)
        with pytest.raises(SystemExit) as caught:
            runpy.run_module(module_of(name), run_name="__main__")
    return int(caught.value.code or 0)


def _below(path: str, root: Any) -> Iterator[tuple[str, Parameters]]:
    for name, command in _commands(path, root):
        yield name, dict(map(_parameter, command.params))


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, inner in command.commands.items():
        yield from _commands(f"{path} {name}".strip(), inner)


def _parameter(parameter: Any) -> tuple[str, dict[str, Any]]:
    """What is typed for it, and what it takes."""
    is_option = parameter.param_type_name == "option"
    spellings = [*parameter.opts, *parameter.secondary_opts]
    told = {
        "spellings": spellings if is_option else [],
        "is_flag": bool(getattr(parameter, "is_flag", False)),
        "values": "any number" if parameter.multiple or parameter.nargs == -1 else parameter.nargs,
        "required": parameter.required,
        "default": _plain(parameter.default),
        "variable": parameter.envvar,
    }
    return spellings[0] if is_option else parameter.name.upper(), told


def _plain(default: Any) -> Any:
    if isinstance(default, Path):
        inside = default.is_relative_to(PROJECT)
        return (default.relative_to(PROJECT) if inside else default).as_posix()
    return default
