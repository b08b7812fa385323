"""Judges a plan: would it lose data or what somebody has set, or be refused?

Pure: a plan's JSON and what AWS holds in, a judgement out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from aws.documents import Document
from modules.settings.stateful import CARRYING
from terraform.overwrites import Overwrite, overwrites
from terraform.plan import in_words, loses_data
from terraform.refused import Refused, downgrades

# Terraform's reasons in words. https://developer.hashicorp.com/terraform/internals/json-format
_REASONS = {
    "delete_because_no_resource_config": "it is no longer configured",
    "delete_because_no_module": "it is no longer configured",
    "replace_because_tainted": "it is tainted",
    "replace_by_request": "-replace asks for it",
    "replace_by_triggers": "replace_triggered_by asks for it",
}
UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Something that holds or carries data, and that the plan would destroy, replace or forget."""

    address: str
    would_be: str
    because: str
    allowed: bool


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a plan does: what it loses and overwrites, and how many of each kind of change there are."""

    retain_data: bool
    losses: tuple[Loss, ...]
    counts: Mapping[str, int]
    overwrites: tuple[Overwrite, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def blocked(self) -> tuple[Loss, ...]:
        """The losses that nobody has allowed; none where the stage does not retain its data."""
        return tuple(loss for loss in self.losses if self.retain_data and not loss.allowed)

    @property
    def blocked_overwrites(self) -> tuple[Overwrite, ...]:
        """The documents that nobody has allowed to be overwritten, in a stage that keeps nothing too."""
        return tuple(each for each in self.overwrites if not each.allowed)

    @property
    def is_open(self) -> bool:
        """Whether the plan may be applied."""
        return not self.blocked and not self.blocked_overwrites and not self.refused


def judge(
    plan: Mapping[str, Any],
    *,
    retain_data: bool,
    allowed: Set[str],
    held: Mapping[str, Document],
    taken: Sequence[Refused] = (),
) -> Judgement:
    """The judgement on a plan (`terraform show -json`).

    `allowed` are addresses that may be lost or overwritten, `held` the documents in AWS at addresses that the
    plan creates, `taken` the creates whose names are taken.
    """
    managed = [each for each in plan.get("resource_changes", []) if each["mode"] == "managed"]
    losses = [
        Loss(
            address=change["address"],
            would_be=in_words(change["change"]["actions"]),
            because=_because(change),
            allowed=change["address"] in allowed,
        )
        for change in managed
        if loses_data(change) or _takes_the_ground_away(change)
    ]
    return Judgement(
        retain_data=retain_data,
        losses=tuple(sorted(losses, key=lambda loss: loss.address)),
        counts=dict(Counter(_kind(change["change"]["actions"]) for change in managed)),
        overwrites=overwrites(plan, held, allowed=allowed),
        refused=(*downgrades(plan), *taken),
    )


def _takes_the_ground_away(change: Mapping[str, Any]) -> bool:
    """Whether a network goes in which data stands: another number of zones moves every private subnet."""
    return change["type"] in CARRYING and "delete" in change["change"]["actions"]


def _kind(actions: list[str]) -> str:
    return UNCHANGED if actions in (["no-op"], ["read"]) else in_words(actions)


def _because(change: Mapping[str, Any]) -> str:
    if change.get("deposed"):
        return "it is left over from a replacement"
    paths = change["change"].get("replace_paths")
    attributes = dict.fromkeys(
        str(path[0])
        for path in (paths if isinstance(paths, list) else [])
        if isinstance(path, list) and path
    )
    if attributes:
        return "of a change of " + ", ".join(attributes)
    return _REASONS.get(str(change.get("action_reason")), "the plan says so")
