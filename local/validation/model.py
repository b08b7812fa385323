"""What AWS's own model of an operation refuses: a pure function of a shape and a value.

botocore's validator checks types, required members and minimums alone; the service checks the rest.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import regex
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

_SHOWN = 120
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "integer": (int,),
    "long": (int,),
    "short": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "blob": (bytes, str),
    "timestamp": (int, float, str, datetime),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}
_COUNTED = {"string": "characters", "blob": "bytes", "list": "entries", "map": "entries"}


def model_errors(shape: Shape, value: object, path: str = "") -> list[str]:
    """Everything that the model forbids about `value`: one line each, with member, value and what is allowed.

    A value that the model calls sensitive is not repeated.
    """
    allowed_types = _TYPES.get(shape.type_name, (object,))
    if not isinstance(value, allowed_types) or (
        isinstance(value, bool) and bool not in allowed_types and object not in allowed_types
    ):
        return [_line(shape, path, value, f"a value of type {shape.type_name}")]
    found = [*_outside_bounds(shape, value, path), *_outside_enum(shape, value, path)]
    if isinstance(shape, StringShape):
        found += _outside_pattern(shape, value, path)
    elif isinstance(shape, StructureShape):
        found += _in_structure(shape, value, path)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for number, entry in enumerate(value):
            found += model_errors(shape.member, entry, f"{path}[{number}]")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for key, entry in value.items():
            found += model_errors(shape.key, key, f"{path} (key)")
            found += model_errors(shape.value, entry, f"{path}[{key}]")
    return found


def _in_structure(shape: StructureShape, value: Any, path: str) -> list[str]:
    if shape.is_document_type:
        return []
    prefix = f"{path}." if path else ""
    found = [f"{prefix}{name}: is required" for name in shape.required_members if name not in value]
    if shape.is_tagged_union and len(value) != 1:
        found.append(f"{path}: takes exactly one of {', '.join(shape.members)}, not {len(value)}")
    for name, entry in value.items():
        if name in shape.members:
            found += model_errors(shape.members[name], entry, f"{prefix}{name}")
        else:
            found.append(f"{prefix}{name}: is not a member; allowed: {_names(shape.members)}")
    return found


def _outside_bounds(shape: Shape, value: Any, path: str) -> list[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    # A blob is still in its encoding.
    if (least is None and most is None) or (shape.type_name == "blob" and isinstance(value, str)):
        return []
    unit = _COUNTED.get(shape.type_name)
    size = len(value) if unit else value
    if (least is None or size >= least) and (most is None or size <= most):
        return []
    bounds = " and ".join(
        f"{word} {bound}"
        for word, bound in (("at least", least), ("at most", most))
        if bound is not None
    )
    return [_line(shape, path, value, f"{bounds} {unit}, not {size}" if unit else bounds)]


def _outside_enum(shape: Shape, value: Any, path: str) -> list[str]:
    allowed = shape.metadata.get("enum")
    if not allowed or value in allowed:
        return []
    return [_line(shape, path, value, f"one of {_names(allowed)}")]


def _outside_pattern(shape: Shape, value: Any, path: str) -> list[str]:
    pattern = shape.metadata.get("pattern")
    if not pattern or _matcher(pattern)(value):
        return []
    return [_line(shape, path, value, f"the pattern {pattern}")]


@cache
def _matcher(pattern: str) -> Callable[[str], object]:
    """Return a function that matches a value against a pattern of a model.

    A pattern without an anchor is meant for the whole value. They are Java's, where a word's letters are
    ASCII, and a range may end in halves of a character.
    """
    here = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    compiled = regex.compile(here, 0 if r"\p" in pattern else regex.ASCII)
    anchored = pattern.startswith("^") or pattern.endswith("$")
    return compiled.search if anchored else compiled.fullmatch


def _names(names: Any) -> str:
    listed = sorted(names)
    return ", ".join(listed) if len(listed) <= 40 else f"{', '.join(listed[:40])} and others"


def _line(shape: Shape, path: str, value: object, allowed: str) -> str:
    shown = "(hidden)" if shape.metadata.get("sensitive") else repr(value)
    if len(shown) > _SHOWN:
        shown = f"{shown[:_SHOWN]}..."
    return f"{path} = {shown}: allowed: {allowed}"
