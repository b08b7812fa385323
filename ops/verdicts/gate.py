"""Judges a plan: would it lose data, what protects it, or what somebody has set, or be refused?

Pure: a plan and what AWS holds in, a judgement out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from aws.resources import CARRYING, PROTECTING
from aws.resources.document import Document
from terraform.overwrites import Overwrite, overwrites
from terraform.plan import Change, Plan, in_words
from terraform.refused import Refused, downgrades, failed_checks, failed_conditions

# Terraform's reasons in words. https://developer.hashicorp.com/terraform/internals/json-format
_REASONS = {
    "delete_because_no_resource_config": "it is no longer configured",
    "delete_because_no_module": "it is no longer configured",
    "replace_because_tainted": "it is tainted",
    "replace_by_request": "-replace asks for it",
    "replace_by_triggers": "replace_triggered_by asks for it",
}
UNCHANGED = "unchanged"
CREATED = "created"
_IN_PLACE = in_words(["update"])


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Something that holds, carries or protects data, and that the plan would take away."""

    address: str
    would_be: str
    because: str
    allowed: bool

    @property
    def of_protection(self) -> bool:
        """Whether the data stays, and what protects it goes."""
        return self.address.partition(".")[0] in PROTECTING or self.would_be == _IN_PLACE


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a plan does: what it loses, and how many of each kind of change there are in all.

    `failed_checks` are those that Terraform warns of, and that stop no deploy.
    """

    retain_data: bool
    losses: tuple[Loss, ...]
    counts: Mapping[str, int]
    overwrites: tuple[Overwrite, ...] = ()
    refused: tuple[Refused, ...] = ()
    failed_checks: tuple[Refused, ...] = ()

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


def judge_deploy(
    plan: Plan,
    *,
    retain_data: bool,
    allowed: Set[str],
    held: Mapping[str, Document],
    taken: Sequence[Refused] = (),
) -> Judgement:
    """Judge a plan.

    `allowed` are addresses that may be lost or overwritten, `held` the documents in AWS at addresses that the
    plan creates, `taken` the creates whose names are taken.
    """
    losses = [
        Loss(
            address=change.address,
            would_be=in_words(change.actions),
            because=_because(change),
            allowed=change.address in allowed,
        )
        for change in plan.changes
        if change.loses_data or _destroys_the_network_of_data(change) or change.ends_protection
    ]
    return Judgement(
        retain_data=retain_data,
        losses=tuple(sorted(losses, key=lambda loss: loss.address)),
        counts=dict(Counter(map(_kind, plan.changes))),
        overwrites=overwrites(plan, held, allowed=allowed),
        refused=(*downgrades(plan), *failed_conditions(plan), *taken),
        failed_checks=tuple(failed_checks(plan)),
    )


def _destroys_the_network_of_data(change: Change) -> bool:
    """Return whether the network of data is destroyed: a new number of zones moves private subnets."""
    return change.type in CARRYING and "delete" in change.actions


def _kind(change: Change) -> str:
    return UNCHANGED if change.does_nothing else in_words(change.actions)


def _because(change: Change) -> str:
    if change.actions == ("update",):
        return "with backup_retention_period = 0 its automated backups are deleted"
    if change.deposed:
        return "it is left over from a replacement"
    if change.forcing:
        return "of a change of " + ", ".join(change.forcing)
    return _REASONS.get(str(change.reason), "the plan says so")
