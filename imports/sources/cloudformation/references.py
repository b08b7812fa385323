"""What a row of a template refers to, without evaluating it."""

import re
from collections.abc import Iterator
from typing import Any, Final

_SUBSTITUTED: Final = re.compile(r"\$\{(?!!)([^}]+)\}")


def referred(value: Any) -> list[str]:
    """Return the logical ids that a value refers to, in the order in which it names them."""
    return list(dict.fromkeys(_referred(value)))


def _referred(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _referred(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref" and isinstance(item, str):
                yield item
            elif key == "Fn::GetAtt":
                yield str(_first(item)).split(".")[0]
            elif key == "Fn::Sub":
                names = _SUBSTITUTED.findall(str(_first(item)))
                yield from (name.split(".")[0] for name in names)
                yield from _referred(item[1:] if isinstance(item, list) else None)
            else:
                yield from _referred(item)


def _first(argument: Any) -> Any:
    """Return an argument, or the first of several; an owner's template may hold anything."""
    if not isinstance(argument, list):
        return argument
    return argument[0] if argument else ""


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
