"""What a planned change does to a resource's values, in the way a person reads it.

Sensitive values are masked, values that only an apply will know are named, and long text (policies, container
definitions) is compared line by line. Pure.
"""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal

from terraform.plan import Change, is_marked

SENSITIVE = "(sensitive)"
UNKNOWN = "(known after apply)"
_SHORT = 72
_CONTEXT_LINES = 2


@dataclass(frozen=True, kw_only=True)
class DiffLine:
    """One line of a long value."""

    kind: Literal["same", "removed", "added", "left out"]
    text: str


@dataclass(frozen=True, kw_only=True)
class ValueChange:
    """One attribute: short values in `before` and `after`, long ones in `lines`."""

    attribute: str
    before: str = ""
    after: str = ""
    lines: tuple[DiffLine, ...] = ()
    forces_replacement: bool = False


def value_changes(change: Change) -> tuple[ValueChange, ...]:
    """Return the attributes whose values a planned change alters: what forces a replacement first."""
    before, after = _shown(change, "before"), _shown(change, "after")
    replaced = "delete" in change.actions and "create" in change.actions
    found = []
    for attribute in sorted({*before, *after}):
        old, new = before.get(attribute), after.get(attribute)
        forces = attribute in change.forcing
        hidden = SENSITIVE in (old, new)
        if old == new and not (hidden and _differs(change, attribute)):
            continue
        if replaced and not forces and (new == UNKNOWN or (not old and not new)):
            continue  # a new object has a new id; said once, for all of them
        found.append(_compared(attribute, old, new, forces))
    return tuple(sorted(found, key=lambda each: not each.forces_replacement))


def values(change: Change, side: Literal["before", "after"]) -> tuple[ValueChange, ...]:
    """Describe a created object as it will be, or a destroyed one as it was."""
    shown = _shown(change, side)
    named = {
        name: value
        for name, value in shown.items()
        if value not in (None, "", [], {}) and value != UNKNOWN
    }
    return tuple(
        ValueChange(attribute=name, after=_text(value))
        if len(_text(value)) <= _SHORT and "\n" not in _text(value)
        else ValueChange(
            attribute=name,
            lines=tuple(DiffLine(kind="same", text=line) for line in _text(value).splitlines()),
        )
        for name, value in sorted(named.items())
    )


def unknowns(change: Change) -> tuple[str, ...]:
    """Return the attributes that only an apply will know, sorted."""
    return tuple(
        sorted(name for name, value in _shown(change, "after").items() if value == UNKNOWN)
    )


def _shown(change: Change, side: Literal["before", "after"]) -> Mapping[str, Any]:
    """Return the values of one side, masked, with the unknown ones named.

    What is marked on one side is masked on both: the other value may be the same secret.
    """
    if side == "before":
        marks = _either(change.before_sensitive, change.after_sensitive)
        masked = _masked(change.before, marks)
    else:
        found = None if change.after is None else _named(change.after, change.unknown)
        masked = _masked(found, _either(change.after_sensitive, change.before_sensitive))
    return masked if isinstance(masked, Mapping) else {}


def _named(value: Any, marks: Any) -> Any:
    if marks is True:
        return UNKNOWN
    if isinstance(marks, Mapping) and isinstance(value, Mapping | None):
        held = dict(value or {})
        held |= {key: _named(held.get(key), mark) for key, mark in marks.items() if mark}
        return held or value
    if isinstance(marks, list) and isinstance(value, list):
        longer = [*value, *[None] * (len(marks) - len(value))]
        return [_named(item, mark) for item, mark in zip(longer, marks, strict=False)]
    return value


def _either(own: Any, other: Any) -> Any:
    """Return the marks of a value with those of the other side; of a list without marks, all is hidden."""
    if own is True or other is True:
        return True
    if isinstance(own, Mapping) and isinstance(other, Mapping):
        keys = (*own, *(key for key in other if key not in own))
        return {key: _either(own.get(key), other.get(key)) for key in keys}
    if not own and isinstance(other, list):
        return is_marked(other)
    if isinstance(own, list) and isinstance(other, list):
        return [_either(*marks) for marks in zip_longest(own, other)]
    if own and other:  # of two shapes
        return is_marked(own) or is_marked(other)
    return own or other or {}


def _masked(value: Any, marks: Any) -> Any:
    if marks is True:
        return SENSITIVE
    if isinstance(marks, Mapping) and isinstance(value, Mapping):
        return {key: _masked(item, marks.get(key, False)) for key, item in value.items()}
    if isinstance(marks, list) and isinstance(value, list):
        longer = [*marks, *[False] * (len(value) - len(marks))]
        return [_masked(item, mark) for item, mark in zip(value, longer, strict=False)]
    return value


def _differs(change: Change, attribute: str) -> bool:
    before, after = change.before or {}, change.after or {}
    return bool(before.get(attribute) != after.get(attribute))


def _compared(attribute: str, old: Any, new: Any, forces: bool) -> ValueChange:
    before, after = _text(old), _text(new)
    if before == after:  # the difference is in what was left out
        before, after = _text(old, unfold=False), _text(new, unfold=False)
    long = max(len(before), len(after)) > _SHORT or "\n" in before + after
    if long and {before, after} & {SENSITIVE, UNKNOWN}:
        # There is nothing to compare with.
        before, after = (
            f"({len(each.splitlines())} lines)" if "\n" in each else each
            for each in (before, after)
        )
    elif long:
        lines = diff_lines(before.splitlines(), after.splitlines())
        return ValueChange(attribute=attribute, lines=lines, forces_replacement=forces)
    return ValueChange(attribute=attribute, before=before, after=after, forces_replacement=forces)


def diff_lines(before: Sequence[str], after: Sequence[str]) -> tuple[DiffLine, ...]:
    """Return the lines that differ, with two around them."""
    kinds: dict[str, Literal["same", "removed", "added"]] = {
        " ": "same",
        "-": "removed",
        "+": "added",
    }
    found: list[DiffLine] = []
    diff = difflib.unified_diff(before, after, n=_CONTEXT_LINES, lineterm="")
    for number, line in enumerate(diff):
        if line.startswith("@@"):
            if number > 2 or not line.startswith(("@@ -1 ", "@@ -1,", "@@ -0,0 ")):
                found.append(DiffLine(kind="left out", text="…"))
        elif number > 1:
            found.append(DiffLine(kind=kinds[line[0]], text=line[1:]))
    return tuple(found)


def _text(value: Any, *, unfold: bool = True) -> str:
    """Write a value as text: JSON, also within text, over several lines, without what nobody set."""
    if isinstance(value, str):
        return _pretty(value, unfold=unfold)
    if isinstance(value, Mapping | list) and value:
        shown = _unfolded(value) if unfold else value
        one_line = json.dumps(shown, ensure_ascii=False)
        return one_line if len(one_line) <= _SHORT else _lines(shown)
    words = {"None": "(none)", "True": "true", "False": "false", "[]": "(empty)", "{}": "(empty)"}
    return words.get(str(value), str(value))


def _pretty(text: str, *, unfold: bool) -> str:
    if text[:1] not in ("{", "["):
        return text or '""'
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return _lines(_unfolded(value) if unfold else value)


def _lines(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)


def _unfolded(value: Any) -> Any:
    """Without the arguments that nobody set: a provider fills a block up with them."""
    if isinstance(value, Mapping):
        return {key: _unfolded(item) for key, item in value.items() if item not in (None, "", [])}
    return [_unfolded(item) for item in value] if isinstance(value, list) else value
