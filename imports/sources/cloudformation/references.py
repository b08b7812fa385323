"""What a row of a template refers to, without evaluating it."""

from collections.abc import Iterator
from typing import Any

from common.templates import references


def referred(value: Any) -> list[str]:
    """Return the logical ids that a value refers to, in the order in which it names them."""
    return list(dict.fromkeys(references(value)))


def texts(value: Any) -> Iterator[str]:
    """Yield every literal text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
