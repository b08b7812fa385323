"""Resolves the references of a synthesized value, as far as what they mean is known. Pure."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from modules.base.literal import evaluated
from terraform.references import (
    Reference,
    expression_in,
    parse,
    pieces,
    replaced,
    value_at,
)

Known = Callable[[str], Mapping[str, Any] | None]
"""The attributes of an address (`aws_vpc.main`, `data.aws_caller_identity.current`), or None."""


def text(value: Any, known: Known) -> str | None:
    """Return an argument as text, its plain references (`${aws_vpc.main.id}`) resolved; None if unknown."""
    if value is None or isinstance(value, Mapping | list):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    parts = []
    for is_expression, part in pieces(str(value)):
        meant = parse(part) if is_expression else None
        found = value_at(known(meant.address), meant.attributes) if meant else None
        if is_expression and not isinstance(found, str | int):
            return None
        parts.append(str(found) if is_expression else evaluated(part))
    return "".join(parts)


def standalone(value: Any, *, kept: frozenset[str], known: Known) -> Any:
    """Return a value that refers to `kept` addresses alone; what else is known is written out.

    Raises KeyError, with the address, where something else is not known.
    """
    if isinstance(value, str):
        return "".join(
            "${" + _standalone(part, kept, known) + "}" if is_expression else part
            for is_expression, part in pieces(value)
        )
    if isinstance(value, Mapping):
        return {key: standalone(item, kept=kept, known=known) for key, item in value.items()}
    if isinstance(value, list):
        return [standalone(item, kept=kept, known=known) for item in value]
    return value


def _standalone(expression: str, kept: frozenset[str], known: Known) -> str:
    def literal(meant: Reference) -> str | None:
        if meant.address in kept:
            return None
        found = value_at(known(meant.address), meant.attributes)
        if found is None:
            raise KeyError(meant.address)
        inner = expression_in(found)  # what it holds may be an expression of its own
        return json.dumps(found) if inner is None else _standalone(inner, kept, known)

    return replaced(expression, literal)
