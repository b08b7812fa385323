"""Addresses of resource instances, as Terraform writes them."""

import re
from collections.abc import Iterable
from typing import Final

_KEY: Final = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')


def is_identifier(text: str) -> bool:
    """Return whether Terraform takes the text as a name: Unicode's identifiers, with combining marks."""
    return not text.startswith("-") and text.replace("-", "_").isidentifier()


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


def resource_blocks(addresses: Iterable[str]) -> list[str]:
    """Return the heads of the blocks that instances of these addresses come from, each once, sorted."""
    blocks = {_KEY.sub("", address) for address in addresses}
    pairs = {tuple(block.split(".")[-2:]) for block in blocks}
    return [f'resource "{kind}" "{name}"' for kind, name in sorted(pairs)]


def _quoted(key: str) -> str:
    escaped = "".join(_ESCAPES.get(char, char) for char in key)
    return escaped.replace("${", "$${").replace("%{", "%%{")


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
