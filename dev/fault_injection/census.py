"""Counts what exists in an account, object by object, so that it can be held against a state.

Every type of the catalogue whose objects can be there twice or be left behind is listed, whoever made the
object. What AWS has at most once within another object (a bucket's policy, a cluster's capacity providers)
is not counted: it can be neither. A certificate's validation is no object at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aws.client import Clients
from aws.resources import RESOURCES
from aws.resources.row import ResourceType

_COUNTED: Final[Mapping[str, ResourceType]] = {
    type_: resource for type_, resource in RESOURCES.items() if not resource.is_part
}


@dataclass(frozen=True, order=True, kw_only=True)
class Thing:
    """One object: its Terraform type, and what names it in AWS."""

    type: str
    id: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What an account and a state do not have in common, each sorted."""

    orphans: tuple[Thing, ...]
    """In the account, in no state."""
    missing: tuple[Thing, ...]
    """In a state, not in the account."""


def census(clients: Clients) -> frozenset[Thing]:
    """Return every object in the account that somebody made."""
    return frozenset(
        Thing(type=type_, id=live.import_id)
        for type_, resource in _COUNTED.items()
        for live in resource.everything(clients)
    )


def held_by(*states: Mapping[str, Any]) -> frozenset[Thing]:
    """Return what states (`terraform state pull`) hold of the counted types, named as in the census."""
    return frozenset(
        Thing(type=resource["type"], id=_named(resource["type"], instance["attributes"]))
        for state in states
        for resource in state.get("resources", ())
        if resource["mode"] == "managed" and resource["type"] in _COUNTED
        for instance in resource["instances"]
    )


def compare(counted: frozenset[Thing], held: frozenset[Thing]) -> Comparison:
    """Hold the account against the states."""
    return Comparison(orphans=tuple(sorted(counted - held)), missing=tuple(sorted(held - counted)))


def _named(type_: str, attributes: Mapping[str, Any]) -> str:
    try:
        return _COUNTED[type_].import_id_of(attributes)
    except (KeyError, ValueError):  # one that was not made to its end has no more than its id
        return str(attributes["id"])
