"""Every function that shows a command's result is given names from outside of the worst kind."""

import collections.abc
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Literal

import pytest

import ops.commands
from imports import printed as imports
from imports.record import AdoptionRecord
from imports.recovery.matching import Orphan
from ops.commands import cost, doctor, gate, images_check, logs, recover, secrets, state, status
from ops.cost.prices import Prices, read_prices
from ops.deployed import Deployed, open_stage
from ops.facts.logs import LogLine
from ops.secrets.secret_values import SecretState
from ops.state.state_versions import Contents
from terraform.workspace import Workspace

ARN = "arn:aws:secretsmanager:us-east-1:111111111111:secret:key:100:"
HOSTILE = f"{ARN} [red]no[/red] {'x' * 300} שלום \x1b[31m\x07\r\x7f\u202e"
HARMLESS = f"{ARN} [red]no[/red] {'x' * 300} שלום \\x1b[31m\\x07\\r\\x7f\\u202e"
MODULES = [
    imports,
    *(
        importlib.import_module(f"ops.commands.{each.name}")
        for each in pkgutil.iter_modules(ops.commands.__path__)
    ),
]
# What `cost --compare` shows two of.
PAIRS = {"bills", "regions"}


SIMPLE: dict[Any, Callable[[], Any]] = {
    Any: lambda: HOSTILE,
    str: lambda: HOSTILE,
    int: lambda: 1,
    float: lambda: 1.0,
    bool: lambda: False,
    datetime: lambda: datetime(2026, 6, 1, tzinfo=UTC),
    Path: lambda: Path(HOSTILE),
    Prices: read_prices,
    Workspace: lambda: Workspace(stage="dev", environ={}),
    Deployed: lambda: open_stage("dev"),
    AdoptionRecord: lambda: None,
}
GENERIC: dict[Any, Callable[[Sequence[Any]], Any]] = {
    typing.Annotated: lambda of: made(of[0]),
    typing.Union: lambda of: made(next(each for each in of if each is not type(None))),
    UnionType: lambda of: made(next(each for each in of if each is not type(None))),
    Literal: lambda of: of[0],
    tuple: lambda of: tuple(made(each) for each in of if each is not Ellipsis),
    list: lambda of: [made(of[0])],
    collections.abc.Sequence: lambda of: (made(of[0]),),
    collections.abc.Mapping: lambda of: {made(of[0]): made(of[1])},
    dict: lambda of: {made(of[0]): made(of[1])},
}


def made(type_: Any) -> Any:
    """A value of a type whose every text is hostile."""
    if maker := SIMPLE.get(type_):
        return maker()
    if generic := GENERIC.get(typing.get_origin(type_)):
        return generic(typing.get_args(type_))
    assert isinstance(type_, type), type_
    if issubclass(type_, Enum):
        return next(iter(type_))
    assert is_dataclass(type_), type_
    hints = typing.get_type_hints(type_, include_extras=True)
    return type_(**{each.name: made(hints[each.name]) for each in fields(type_) if each.init})


def showing() -> list[Callable[..., None]]:
    """The functions that show a result."""
    return [
        function
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and name.startswith(("_show", "_print", "print_", "_compare"))
    ]


def arguments(function: Callable[..., Any]) -> dict[str, Any]:
    """A value for each parameter; where the types do not say it all, one that has something to show."""
    values = {
        name: made(type_)
        for name, type_ in typing.get_type_hints(function).items()
        if name != "return"
    }
    if function is cost._show_comparison:
        values |= {name: (*value, *value) for name, value in values.items() if name in PAIRS}
    if function is secrets._show_next_steps:
        values["states"] = (replace(made(SecretState), state="placeholder"),)
    if function is state._compare:
        values["old"] = replace(made(Contents), types={HOSTILE: 2})
    if function is images_check._show:
        values["engine"] = "buildah"
    if function is recover._print:
        orphan = replace(made(Orphan), type="aws_security_group")
        values["proposal"] = replace(values["proposal"], orphans=(orphan,))
    return values


def test_there_are_functions_that_show_results() -> None:
    assert {each.__module__ for each in showing()} >= {
        each.__name__ for each in (imports, cost, doctor, gate, recover, status)
    }


@pytest.mark.parametrize(
    "function", showing(), ids=lambda each: f"{each.__module__}.{each.__name__}"
)
def test_what_comes_from_outside_is_printed_as_it_is_without_control_characters(
    function: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    function(**arguments(function))

    printed = capsys.readouterr().out
    assert all(char.isprintable() or char == "\n" for char in printed)
    assert HARMLESS in printed


def test_a_line_of_a_log_is_printed_as_it_is_but_for_its_colours() -> None:
    line = made(LogLine)

    assert HOSTILE.replace("\x1b[31m", "") in logs._for_people(line)
