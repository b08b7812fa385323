"""Values as a stage file spells them."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Final

from modules.settings.credential_shapes import credential_within

_LONGEST = 160


class Hidden:
    """Stands for a value that must not be shown."""

    def __repr__(self) -> str:
        return "(not shown)"


HIDDEN: Final = Hidden()


def toml_value(value: object) -> str:
    """Return a value in TOML's spelling, on one line and not longer than a message bears.

    A credential is not shown, and of a table only its keys: its values may be secrets in the wrong place.
    """
    text = _spelled(value)
    return f"{text[: _LONGEST - 3]}..." if len(text) > _LONGEST else text


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        hidden = credential_within(value) is not None
        return str(HIDDEN) if hidden else printable(json.dumps(value, ensure_ascii=False))
    if isinstance(value, Mapping):
        keys = ", ".join(f"{_key(str(key))} = ..." for key in value)
        return f"{{ {keys} }}" if keys else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_spelled(entry) for entry in value)}]"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if bare else printable(json.dumps(key, ensure_ascii=False))


def printable(text: str) -> str:
    """Write TOML's escapes for what nobody could see."""
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
