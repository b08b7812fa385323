"""Judges what the next deploy would do with what was found. Pure: a plan in, a table's rows out."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Literal

from aws.resources import STATEFUL
from terraform.plan import Plan

Effect = Literal["unchanged", "changed", "replaced", "destroyed", "created"]


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What the next deploy would do at one address; `blocks` where that must not be."""

    address: str
    effect: Effect
    attributes: tuple[str, ...]
    blocks: bool


def outlook(plan: Plan, *, recovered: Set[str]) -> tuple[Outlook, ...]:
    """What the plan would do, address by address; of what it leaves alone, what is recovered.

    A recovered object that would be replaced or destroyed is not what the stage had there. What holds data
    must not be replaced or destroyed at all.
    """
    found = []
    for address, change in plan.by_address.items():
        effect = _effect(change.actions)
        ours = address in recovered
        if effect == "unchanged" and not ours:
            continue
        found.append(
            Outlook(
                address=address,
                effect=effect,
                attributes=tuple(each.attribute for each in change.attributes),
                blocks=effect in {"replaced", "destroyed"} and (ours or change.type in STATEFUL),
            )
        )
    return tuple(sorted(found, key=lambda each: each.address))


def _effect(actions: Sequence[str]) -> Effect:
    if "delete" in actions:
        return "replaced" if "create" in actions else "destroyed"
    if "create" in actions:
        return "created"
    return "changed" if "update" in actions else "unchanged"
