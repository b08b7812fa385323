"""Reads plans (`terraform show -json`): what each does to which attribute of which object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.text_files import read_json
from imports.attributes import is_state_only
from modules.settings.stateful import STATEFUL


@dataclass(frozen=True, kw_only=True)
class AttributeChange:
    """One attribute that the plan changes; values that Terraform marks as sensitive are not shown."""

    attribute: str
    before: str
    after: str
    state_only: bool

    def __str__(self) -> str:
        return f"{self.attribute}: {self.before} -> {self.after}"


_REMEDY = "write one with `terraform show -json PLAN > FILE`"
_WANTED = "a plan in JSON"


def read_plan(path: Path) -> dict[str, Any]:
    """A plan that `terraform show -json` has written to a file; a plan without changes has an empty list.

    Raises UserError when the file holds something else.
    """
    plan = read_json(path, wanted=_WANTED, remedy=_REMEDY)
    other = other_document(plan)
    if other:
        raise UserError(f"{path}: not {_WANTED} ({other}): {_REMEDY}")
    lacks = _lacks(plan)
    if lacks:
        raise UserError(f"{path}: not {_WANTED} (no {lacks}): {_REMEDY}")
    return {**plan, "resource_changes": plan.get("resource_changes", [])}


# What each plan has, with changes or without. Terraform leaves out what would be empty.
_OF_A_PLAN = frozenset({"configuration", "planned_values", "prior_state", "resource_drift"})
_OTHERS = {
    "values": "the JSON of a state, which `terraform show -json` prints where no plan is named",
    "provider_schemas": "the schemas of providers",
    "diagnostics": "the answer of `terraform validate`",
    "lineage": "a state",
    "@level": "a line of Terraform's log",
    "terraform": "a configuration",
}


def other_document(document: object) -> str | None:
    """Which other JSON of Terraform's this is; None for a plan, and for what Terraform does not write."""
    if not isinstance(document, dict) or "resource_changes" in document:
        return None
    found = next((what for key, what in _OTHERS.items() if key in document), None)
    version = document.get("format_version")
    if found is None and version is not None and not isinstance(version, str):
        return "its format_version is no text"
    return found


def _lacks(plan: object) -> str | None:
    """Which part of a plan is not there, or is not as Terraform writes it."""
    if not isinstance(plan, dict) or not _has_changes(plan):
        return "resource_changes"
    return None if _is_configuration(plan.get("configuration", {})) else "configuration"


def _has_changes(plan: Mapping[str, Any]) -> bool:
    """Whether its list of changes is one; Terraform leaves an empty one out."""
    if "resource_changes" not in plan:
        return "format_version" in plan and not _OF_A_PLAN.isdisjoint(plan)
    changes = plan["resource_changes"]
    return isinstance(changes, list) and all(map(_is_change, changes))


_SIDES = ("before", "after")
_OF_A_CHANGE = (*_SIDES, "after_unknown", "importing")


def _is_change(value: object) -> bool:
    """Whether it has what the gate looks at."""
    match value:
        case {
            "address": str(),
            "mode": str(),
            "type": str(),
            "name": str(),
            "change": {"actions": [*actions]} as change,
        }:
            parts = (change.get(key) or {} for key in _OF_A_CHANGE)
            return (
                all(isinstance(action, str) for action in actions)
                and all(
                    isinstance(part, dict) and isinstance(part.get("id"), str | bool | None)
                    for part in parts
                )
                # Nothing is null here, and nothing else.
                and all(change.get(side) or change.get(side) in (None, {}) for side in _SIDES)
                and _are_paths(change.get("replace_paths") or [])
            )
        case _:
            return False


def _are_paths(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(path, list) for path in value)


def _is_configuration(value: object) -> bool:
    """Whether the resources in it, if there are any, say what they refer to as Terraform does."""
    match value:
        case {"root_module": {"resources": [*resources]}}:
            return all(map(_is_configured, resources))
        case {"root_module": {"resources": _}}:
            return False
        case {"root_module": module}:
            return isinstance(module, dict)
        case _:
            return isinstance(value, dict)


def _is_configured(value: object) -> bool:
    match value:
        case {"address": str(), "expressions": expressions}:
            return isinstance(expressions, dict) and all(map(_is_expression, expressions.values()))
        case {"address": str()}:
            return True
        case _:
            return False


def _is_expression(value: object) -> bool:
    """A nested block is a list of more of them, and nobody looks into it."""
    references = value.get("references") if isinstance(value, dict) else None
    return references is None or (
        isinstance(references, list) and all(isinstance(each, str) for each in references)
    )


def loses_data(change: Mapping[str, Any]) -> bool:
    """Whether a planned change destroys, replaces or forgets something that holds data."""
    actions = change["change"]["actions"]
    return change["type"] in STATEFUL and ("delete" in actions or "forget" in actions)


def in_words(actions: Sequence[str]) -> str:
    """What a plan's actions do to an object, as in `it would be ...`."""
    names = {
        ("create",): "created",
        ("update",): "changed in place",
        ("delete",): "destroyed",
        ("forget",): "forgotten",
        ("delete", "create"): "replaced",
        ("create", "delete"): "replaced",
    }
    return names.get(tuple(actions), " and ".join(actions))


def attribute_changes(change: Mapping[str, Any]) -> tuple[AttributeChange, ...]:
    """What a planned change does, attribute by attribute, sorted."""
    plan = change["change"]
    if not plan.get("before") or not plan.get("after"):
        return ()  # created or destroyed as a whole
    before, after = plan["before"], plan["after"]
    unknown = plan.get("after_unknown") or {}
    marks = (plan.get("before_sensitive"), plan.get("after_sensitive"))
    found = []
    for attribute in sorted({*before, *after, *(key for key, value in unknown.items() if value)}):
        old, new = before.get(attribute), after.get(attribute)
        is_unknown = bool(unknown.get(attribute)) and new is None
        if old == new and not is_unknown:
            continue
        hidden = any(is_sensitive(mark, attribute) for mark in marks)
        found.append(
            AttributeChange(
                attribute=attribute,
                before="(sensitive)" if hidden else repr(old),
                after=(
                    "(sensitive)" if hidden else "(known after apply)" if is_unknown else repr(new)
                ),
                state_only=not is_unknown and is_state_only(change["type"], attribute, old, new),
            )
        )
    return tuple(found)


def is_sensitive(marks: object, attribute: str) -> bool:
    """Whether Terraform marks anything within an attribute as sensitive."""
    return _marked(marks.get(attribute) if isinstance(marks, Mapping) else marks)


def _marked(marks: object) -> bool:
    """Whether anything within is marked: Terraform writes a mark, mostly false, for each item of a list."""
    if isinstance(marks, Mapping | list):
        return any(map(_marked, marks.values() if isinstance(marks, Mapping) else marks))
    return bool(marks)
