"""Addresses of resource instances, as Terraform writes them."""

import re
from typing import Final

IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def instance_address(
    *, kind: str, name: str, index: int | str | None = None, module: str = ""
) -> str:
    """Return the address of one instance as Terraform writes it."""
    base = f"{module}.{kind}.{name}" if module else f"{kind}.{name}"
    match index:
        case None:
            return base
        case int():
            return f"{base}[{index}]"
        case str():
            return f'{base}["{_quoted(index)}"]'


def address_order(address: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that puts `x[2]` before `x[10]`."""
    pieces = re.split(r"([0-9]+)", address)
    return tuple(
        (1, int(piece), "") if piece.isdecimal() and len(piece) < 19 else (0, 0, piece)
        for piece in pieces
    )


def _quoted(key: str) -> str:
    escaped = "".join(_ESCAPES.get(char, char) for char in key)
    return escaped.replace("${", "$${").replace("%{", "%%{")


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
