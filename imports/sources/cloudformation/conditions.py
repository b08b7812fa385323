"""Which rows of a template a stack would not have: their condition does not hold. Pure.

A file tells no parameter but by its default, and no region: what these leave open is unknown, not false.
"""

from collections.abc import Mapping
from typing import Any

Template = Mapping[str, Any]


def condition_of(template: Template, logical_id: str) -> tuple[str, bool | None]:
    """Return a row's condition, empty for none, and whether it holds by the defaults; None for unknown."""
    name = template["Resources"][logical_id].get("Condition")
    if not isinstance(name, str):
        return "", True
    return name, _holds(template, name, frozenset())


def _holds(template: Template, name: Any, within: frozenset[str]) -> bool | None:
    conditions = template.get("Conditions")
    if not isinstance(name, str) or not isinstance(conditions, Mapping) or name in within:
        return None
    return _truth(template, conditions.get(name), within | {name})


def _truth(template: Template, value: Any, within: frozenset[str]) -> bool | None:
    function, argument = _call(value)
    if function == "Condition":
        return _holds(template, argument, within)
    if not isinstance(argument, list):
        return None
    if function == "Fn::Equals":
        sides = [_text(template, each) for each in argument]
        return None if len(sides) != 2 or None in sides else sides[0] == sides[1]
    parts = [_truth(template, each, within) for each in argument]
    if function == "Fn::Not":
        return None if len(parts) != 1 or parts[0] is None else not parts[0]
    if function not in ("Fn::And", "Fn::Or"):
        return None
    # One part decides: a false one of `And`, a true one of `Or`.
    deciding = function == "Fn::Or"
    return deciding if deciding in parts else (None if None in parts else not deciding)


def _text(template: Template, value: Any) -> str | None:
    """Return a value as CloudFormation compares it, or None for what a file does not tell."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    function, name = _call(value)
    parameters = template.get("Parameters")
    if function != "Ref" or not isinstance(parameters, Mapping) or not isinstance(name, str):
        return None
    declared = parameters.get(name)
    if not isinstance(declared, Mapping) or declared.get("Type") not in ("String", "Number"):
        return None
    default = declared.get("Default")
    return _text(template, default) if isinstance(default, str | int | float) else None


def _call(value: Any) -> tuple[str, Any]:
    """Return a function and its argument; an empty name for what is none."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((function, argument),) = value.items()
        return str(function), argument
    return "", None
