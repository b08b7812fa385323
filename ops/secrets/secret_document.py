"""The keys of a JSON secret: which hold a value, and how a person sets some without losing the others.

Pure. No message ever holds a part of a value.
"""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from common.errors import UserError
from common.text_files import RepeatedNameError, each_once
from modules.settings.placeholders import is_placeholder
from modules.settings.secrets import PLACEHOLDER, SecretRow


@dataclass(frozen=True, kw_only=True)
class KeyStates:
    """The keys of a stored document that hold nothing of use.

    ECS starts no task that reads a key which is `lacking`: not there, or no text. One that is `unset` holds a
    placeholder, which the service gets.
    """

    lacking: tuple[str, ...]
    unset: tuple[str, ...]


def key_states(row: SecretRow, stored: str) -> KeyStates:
    """Look at the keys that the stage declares; all are lacking where the value is no JSON object."""
    document = _document(stored) or {}
    texts = {key: value for key, value in document.items() if isinstance(value, str)}
    return KeyStates(
        lacking=tuple(key for key in row.keys if key not in texts),
        unset=tuple(
            key
            for key in row.keys
            if key in texts and (not texts[key] or is_placeholder(texts[key]))
        ),
    )


def with_keys(row: SecretRow, stored: str | None, given: Mapping[str, str]) -> str:
    """Return the document with what is given in place, and all else as it is.

    A declared key that is nowhere gets the placeholder, so that a task starts. Raises UserError for a key
    that the stage does not declare, and where the stored value is no JSON object that keys could be set in.
    """
    for key in given:
        check_is_a_key(row, key)
    document = {} if stored is None or is_placeholder(stored) else _document(stored)
    if document is None:
        if set(row.keys) - given.keys():
            raise UserError(
                f"the value for {row.name} was not set: what it holds now is no JSON object, so one key has "
                f"no place: give all of {', '.join(row.keys)} at once, as a JSON object on standard input"
            )
        document = {}
    missing = dict.fromkeys((key for key in row.keys if key not in document), PLACEHOLDER)
    return json.dumps({**document, **missing, **given}, ensure_ascii=False)


def check_is_a_key(row: SecretRow, key: str) -> None:
    """Raise UserError for a key that the stage does not declare."""
    if key in row.keys:
        return
    where = f"the keys of [secrets.{row.name}] in the stage file" if row.is_own else "no key"
    close = difflib.get_close_matches(key, row.keys, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    allowed = (
        f"{where}: {', '.join(row.keys)}"
        if row.keys
        else f"{row.name} has no keys: leave --key out"
    )
    raise UserError(f"{row.name} has no key {key!r}: {meant}allowed: {allowed}")


def piped_keys(row: SecretRow, text: str) -> dict[str, str]:
    """Return the keys in a JSON object from standard input. Raises UserError for what is none."""
    try:
        json.loads(text, object_pairs_hook=each_once)
    except RepeatedNameError:
        raise UserError(
            f"the value for {row.name} was not set: it names a key twice: allowed: each key once"
        ) from None
    except (ValueError, RecursionError):
        pass
    document = _document(text)
    form = "{" + ", ".join(f'"{key}": "..."' for key in row.keys) + "}"
    if not document or not all(isinstance(value, str) for value in document.values()):
        raise UserError(
            f"the value for {row.name} was not set: it is no JSON object of texts: allowed: {form}, or "
            "some of these keys; or one value with --key KEY"
        )
    return document


def _document(text: str) -> dict[str, str] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
