"""A stage without what takes the provider minutes to wait for, so that it can be deployed many times."""

import re
from collections.abc import Iterator
from typing import Any

# 80, 60 and 33 seconds of waiting on the emulator: two thirds and more of a whole deploy.
SLOW = frozenset({"aws_db_instance.main", "aws_lb.main", "aws_acm_certificate.main"})
_REFERENCE = re.compile(r"\baws_\w+\.[\w-]+")


def without(document: dict[str, Any], addresses: frozenset[str]) -> dict[str, Any]:
    """A synthesized stack without these resources and without all that refers to them, however far."""
    references = {
        f"{type_}.{name}": set(_references(body))
        for type_, bodies in document["resource"].items()
        for name, body in bodies.items()
    }
    gone = set(addresses)
    while more := {
        address for address, used in references.items() if address not in gone and used & gone
    }:
        gone |= more
    kept = {
        type_: {name: body for name, body in bodies.items() if f"{type_}.{name}" not in gone}
        for type_, bodies in document["resource"].items()
    }
    return {
        **document,
        "resource": {type_: bodies for type_, bodies in kept.items() if bodies},
        "output": {
            name: body
            for name, body in document.get("output", {}).items()
            if gone.isdisjoint(_references(body))
        },
    }


def _references(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from _REFERENCE.findall(value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
