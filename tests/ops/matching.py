"""The matcher over objects that a test plants."""

from collections.abc import Mapping
from typing import Any

from aws.resources.row import Live
from imports.recovery.matching import Matcher, Matches
from terraform.stack import Stack


def match(
    resources: Mapping[str, Any],
    live: Mapping[str, list[Live]],
    *,
    tags: Mapping[str, str],
    held: Mapping[str, Mapping[str, Any]] | None = None,
    recorded: Mapping[str, Live] | None = None,
    adopted: frozenset[str] = frozenset(),
) -> Matches:
    """What of `live` is at which address of `resources`, in a stage with these default tags."""
    held = held or {}
    return Matcher(
        resources=dict(sorted(Stack(document={"resource": resources}).resources.items())),
        held=held,
        held_ids=frozenset(str(each["id"]) for each in held.values()),
        default_tags=tags,
        recorded=recorded or {},
        adopted=adopted,
        lister=lambda type_, within: [
            each for each in live.get(type_, []) if each.key[0] == within
        ],
    ).match()


def found_ids(matches: Matches) -> dict[str, str]:
    """The import id at each address."""
    return {address: live.import_id for address, live in matches.found.items()}
