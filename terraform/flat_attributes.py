"""Attributes as Terraform wrote them before 0.12: a flat map of texts.

`tags.%` counts a map, `subnet_ids.#` a list or a set; what follows the point is a key or a place in it.
Numbers and truths stay the texts that they are: what they should be only the provider knows.
"""

from collections.abc import Mapping
from typing import Any, Final

# Deeper than any provider nests; a key with more is no attribute.
_DEEPEST: Final = 50


def unflattened(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that a flat map spells."""
    return _nested(
        {
            key: value
            for key, value in flat.items()
            if isinstance(value, str) and key.count(".") < _DEEPEST
        }
    )


def _nested(flat: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    groups: dict[str, dict[str, str]] = {}
    for key, value in flat.items():
        name, point, rest = key.partition(".")
        if point:
            groups.setdefault(name, {})[rest] = value
        else:
            found[name] = value
    for name, members in groups.items():
        if "%" in members:
            # A tag's name may have points of its own.
            found[name] = {key: value for key, value in members.items() if key != "%"}
        else:
            inner = _nested({key: value for key, value in members.items() if key != "#"})
            found[name] = list(inner.values()) if "#" in members else inner
    return found
