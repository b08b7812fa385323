"""Judges a plan: may it be applied without touching what was adopted?

Pure: a plan, the record, the synthesized stack and what would be overwritten in, a verdict out.
Nothing overrides a verdict but the stage file's `allow_overwrite`. Longer than others: all rules are here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import KW_ONLY, dataclass, replace
from typing import Literal

from aws.resources import RESOURCES, import_id
from imports.bind import covers, literally
from imports.record import AdoptedObject, AdoptionRecord
from terraform.overwrites import Overwrite, as_found_remedy
from terraform.plan import AttributeChange, Change, Plan, in_words
from terraform.refused import Refused
from terraform.stack import Stack

Kind = Literal["clean", "state-only", "adopted", "addition", "change", "blocked"]


@dataclass(frozen=True)
class Ruling:
    """What the plan does to one address, and how that is judged."""

    address: str
    kind: Kind
    why: str
    _: KW_ONLY
    changes: tuple[AttributeChange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The judgement of a whole plan."""

    findings: tuple[Ruling, ...]

    def count(self, kind: Kind) -> int:
        """Count the findings of a kind."""
        return sum(finding.kind == kind for finding in self.findings)

    @property
    def blocked(self) -> tuple[Ruling, ...]:
        """What keeps the plan from being applied; empty when it may be."""
        return tuple(finding for finding in self.findings if finding.kind == "blocked")


def judge_adoption(
    plan: Plan,
    record: AdoptionRecord,
    *,
    phase: str,
    stack: Stack,
    overwrites: Sequence[Overwrite] = (),
    refused: Sequence[Refused] = (),
    allowed: Set[str] = frozenset(),
) -> Verdict:
    """Judge a plan of the stage that `record` belongs to.

    `overwrites` are the documents in AWS that its creates would replace, `refused` what AWS would refuse.
    `allowed` are the addresses of `allow_overwrite`.
    """
    replaced = {each.address: each for each in overwrites}
    # A deposed object, left over from a replacement, is planned beside the one at its address.
    changes = plan.by_address
    deposed = [change for change in plan.changes if change.deposed]
    adopted = {item.address: item for item in record.adopted}
    findings = [
        *(
            _judge_adopted(item, changes.get(address), phase, allowed)
            for address, item in sorted(adopted.items())
        ),
        *(
            _judge_overwrite(replaced[address])
            if address in replaced and phase != "adopt"
            else _judge_other(change, phase, allowed)
            for address, change in sorted(changes.items())
            if address not in adopted
        ),
        *(_judge_other(change, phase, allowed) for change in deposed),
        *_doubles(changes),
        *_missing_coverage(record, stack, phase),
    ]
    reasons = {each.address: each.why for each in refused}
    return Verdict(
        findings=tuple(
            replace(each, kind="blocked", why=reasons[each.address])
            if each.address in reasons and each.kind != "blocked"
            else each
            for each in findings
        )
    )


def judge_recovery(plan: Plan, ids: Mapping[str, str | None]) -> Verdict:
    """Judge the next deploy upon a state that these objects came back into.

    `ids` are their import ids by address, None for one without. They must be what the stage has there, and
    data stays. What else the deploy changes is judged when it comes. Deposed objects are left to it too.
    """
    changes = plan.by_address
    reasons = {
        address: _lost(change, expected=ids[address], by="AWS")
        if address in ids
        else _data_lost(change)
        for address, change in changes.items()
    }
    return Verdict(
        findings=(
            *(Ruling(address, "blocked", why) for address, why in sorted(reasons.items()) if why),
            *_doubles(changes),
        )
    )


def _judge_adopted(
    item: AdoptedObject, change: Change | None, phase: str, allowed: Set[str]
) -> Ruling:
    address = item.address
    if change is None:
        return Ruling(address, "blocked", "the record adopts it, and the plan lacks it")
    differences = change.attributes
    blocked = _block_reason(
        change, differences, expected=item.import_id, phase=phase, allowed=allowed
    )
    if blocked:
        return Ruling(address, "blocked", blocked, changes=differences)
    if change.actions == ("no-op",):
        what = "imported without a change" if change.importing else "no change"
        return Ruling(address, "clean", what)
    if _all_state_only(differences):
        why = "changes in the state alone, no request to AWS"
        return Ruling(address, "state-only", why, changes=differences)
    chosen = _chosen(item, change)
    if chosen and address not in allowed:
        why = (
            f"what somebody has chosen would be changed ({', '.join(chosen)}): "
            + as_found_remedy([f"{address}.{each}" for each in chosen], allowed=address)
        )
        return Ruling(address, "blocked", why, changes=differences)
    return Ruling(address, "change", "changed in place", changes=differences)


def _chosen(item: AdoptedObject, change: Change) -> list[str]:
    """Return the settings that are as the record found them, and that the plan gives up."""
    before, after = (change.before or {}, change.after or {})
    return [
        attribute
        for attribute, gives_up in RESOURCES[item.type].chosen.items()
        if before.get(attribute) == item.observed.get(attribute)
        and gives_up(before.get(attribute), after.get(attribute))
    ]


def _all_state_only(differences: tuple[AttributeChange, ...]) -> bool:
    return bool(differences) and all(difference.state_only for difference in differences)


def _block_reason(
    change: Change,
    differences: tuple[AttributeChange, ...],
    *,
    expected: str,
    phase: str,
    allowed: Set[str],
) -> str | None:
    """Return why an adopted object may not be planned like this; None when it may."""
    lost = _lost(change, expected=expected, by="the record")
    if lost:
        return lost
    if change.actions == ("no-op",) or _all_state_only(differences):
        return None
    if phase == "adopt" or (change.importing and not _only_starts_again(change, differences)):
        return "it would be changed in AWS" + _of_phase(phase)
    changed = {difference.attribute for difference in differences}
    kept = RESOURCES[change.type].identity or ()
    is_other = bool(changed & set(kept))
    why = "its identifying attributes would be changed"
    return why if is_other else _unprotected(change, allowed)


def _only_starts_again(change: Change, differences: tuple[AttributeChange, ...]) -> bool:
    """Return whether a service would go on with the revision that it runs, as after a rollback.

    An import reads the revision without its ARN, and not that each deployment was to start new tasks.
    """
    changed = {each.attribute for each in differences if not each.state_only}
    before, after = (change.before or {}, change.after or {})
    runs, wanted = (str(each.get("task_definition")) for each in (before, after))
    return (
        change.type == "aws_ecs_service"
        and changed <= {"force_new_deployment", "task_definition"}
        and wanted.endswith(f"/{runs}")
    )


def _lost(change: Change, *, expected: str | None, by: str) -> str | None:
    """Return how an object would be lost or taken for another; None when it would not.

    `expected` is its import id, if it has one, and `by` who says so.
    """
    other = _other_object(change, expected=expected) if expected else None
    if other:
        return f"{other}, {by} says {expected}"
    if change.actions == ("create",):
        return "it would be created anew beside the existing one"
    if "delete" in change.actions or "forget" in change.actions:
        return "it would be " + in_words(change.actions)
    return None


def _data_lost(change: Change) -> str | None:
    return f"it holds data and would be {in_words(change.actions)}" if change.loses_data else None


def _of_phase(phase: str) -> str:
    """Return what the reason is, by the phase."""
    if phase == "adopt":
        return (
            ": somebody has changed it since the inventory, or the stage file says something else: run "
            "`python -m imports inventory` again"
        )
    return (
        f' while it is imported, because the stage file says phase = "{phase}": write phase = "adopt" there, '
        "adopt, and go back to this phase then"
    )


def _other_object(change: Change, *, expected: str) -> str | None:
    """Return what the plan has in the recorded object's place; None when it is that object, or none."""
    if change.importing:
        id_ = change.importing.get("id")
        return None if id_ == expected else f"the plan imports {id_}"
    # Terraform passes over an import block without a word when the state has something at its address.
    held = import_id(change.type, change.before) if change.before else expected
    return None if held == expected else f"the state holds {held}"


def _unprotected(change: Change, allowed: Set[str]) -> str | None:
    """Return why a change that ends backups or a firewall is blocked; None for another, or an allowed one."""
    if not change.ends_protection or change.address in allowed:
        return None
    before = (change.before or {}).get("backup_retention_period")
    why = (
        f"the database would lose its backups: write backup_retention_days = {before} below [database]"
        if before
        else "it protects the stage and would be " + in_words(change.actions)
    )
    return f'{why}; where it may go, write allow_overwrite = ["{change.address}"]'


def _judge_overwrite(overwrite: Overwrite) -> Ruling:
    if overwrite.allowed:
        return Ruling(overwrite.address, "change", f"allowed: {overwrite}")
    remedy = as_found_remedy([overwrite.address], allowed=overwrite.address)
    return Ruling(overwrite.address, "blocked", f"{overwrite}; {remedy}")


def _judge_other(change: Change, phase: str, allowed: Set[str]) -> Ruling:
    address, actions = change.address, change.actions
    if change.does_nothing:
        return Ruling(address, "clean", "no change")
    if phase == "adopt":
        why = f"phase adopt holds adopted objects only, and this would be {in_words(actions)}"
        return Ruling(address, "blocked", why)
    data_lost = _data_lost(change)
    if data_lost:
        return Ruling(address, "blocked", data_lost, changes=change.attributes)
    if actions == ("create",):
        return Ruling(address, "addition", "created")
    unprotected = _unprotected(change, allowed)
    if unprotected:
        return Ruling(address, "blocked", unprotected)
    return Ruling(address, "change", in_words(actions), changes=change.attributes)


def _doubles(changes: Mapping[str, Change]) -> Iterator[Ruling]:
    """Terraform accepts one object at two addresses; the two would then fight over it."""
    ids = Counter((change.type, (change.before or {}).get("id")) for change in changes.values())
    for address, change in sorted(changes.items()):
        id_ = (change.before or {}).get("id")
        if id_ is not None and ids[change.type, id_] > 1:
            yield Ruling(address, "blocked", f"{id_} is at another address too")


def _missing_coverage(record: AdoptionRecord, stack: Stack, phase: str) -> Iterator[Ruling]:
    """Compare the arguments: a clean import proves nothing about what the configuration leaves out."""
    for item in record.adopted:
        resource = stack.resources.get(item.address)
        if resource is None:
            continue  # the plan lacks it too, which is said already
        attributes = RESOURCES[item.type].observed
        if phase != "adopt":
            attributes = (*(RESOURCES[item.type].identity or ()), *RESOURCES[item.type].merged)
        missing = [
            attribute
            for attribute in attributes
            if item.observed.get(attribute)
            and not covers(resource.attributes.get(attribute), literally(item.observed[attribute]))
        ]
        if missing:
            why = "the configuration does not manage what was observed: " + ", ".join(missing)
            yield Ruling(item.address, "blocked", why)
