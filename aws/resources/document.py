"""Documents that a create by Terraform overwrites: what AWS holds and what a plan says, in one plain form.

The create of such a type is a put. What AWS sets by itself counts as nothing.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore import xform_name

from aws.client import Clients
from aws.resources.call import Row
from common.policy_statements import statements_of

Attributes = Mapping[str, Any]
Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class DocumentReader:
    """How the document of a type is read.

    `held` makes it of the row that AWS lists, or None where nobody has put one there; it may ask for more.
    `planned` makes it of the planned attributes, or None where it is not known before apply.
    """

    held: Callable[[Clients, Row], Document | None]
    planned: Callable[[Attributes], Document | None]


def held_in_row(
    read: Callable[[Any], Document | None],
) -> Callable[[Clients, Row], Document | None]:
    """Return the reader of a row whose list tells the whole document."""
    return lambda _clients, row: read(row["document"])


def planned_policy(after: Attributes) -> Document | None:
    """Return the policy that a plan says."""
    return policy_document(after.get("policy"))


# Terraform writes these blocks in the singular.
_SINGULAR: Final = {
    "transitions": "transition",
    "noncurrent_version_transitions": "noncurrent_version_transition",
    "filters": "filter",
    "conditions": "condition",
    "tags": "tag",
}


def plain(value: Any) -> Any:
    """Return a value by Terraform's names, without what is unset; a list of one block is that block."""
    if isinstance(value, Mapping):
        parts = {_name(key): plain(item) for key, item in value.items()}
        return {key: part for key, part in parts.items() if part not in (None, "", [], {})}
    if isinstance(value, list):
        items = [plain(item) for item in value]
        if len(items) == 1 and isinstance(items[0], dict):
            return items[0]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return value


def some_of(value: Any, names: Sequence[str]) -> Document:
    """Return what a value says under these of Terraform's names."""
    found = plain(value)
    return {name: found[name] for name in names if name in found}


def _name(key: str) -> str:
    name = xform_name(key)
    return _SINGULAR.get(name, name)


def policy_document(text: object) -> Document | None:
    """Spell a policy in one way: single items in lists, lists sorted; None for what is no policy."""
    if not isinstance(text, str) or not text:
        return None
    try:
        policy = json.loads(text)
    except ValueError:
        return None
    if not isinstance(policy, dict):
        return None
    return {
        "statement": sorted(
            (_statement(each) for each in statements_of(policy) or ()),
            key=lambda each: json.dumps(each, sort_keys=True),
        )
    }


_EVERYBODY: Final = {"AWS": ["*"]}


def _statement(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {
        key: _EVERYBODY if key == "Principal" and item == "*" else _listed(item)
        for key, item in value.items()
        if key not in {"Effect", "Sid"}
    } | {"Effect": value.get("Effect")}


def _listed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _listed(item) for key, item in value.items()}
    items = value if isinstance(value, list) else [value]
    return sorted(str(item).lower() if isinstance(item, bool) else str(item) for item in items)
