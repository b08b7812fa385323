"""Decides what becomes of each legacy resource, and where configuration, state and AWS disagree.

Pure: what the readers found in, decisions out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from aws.resources import ADOPTABLE, RESOURCES, import_id
from common.errors import UserError
from imports.sources.terraform_base.mapping import PARTS, Base, Located, find_base
from imports.sources.terraform_base.planned import LegacyConfiguration, is_known
from terraform.addresses import address_order
from terraform.stack import Stack

Fate = Literal["adopt", "release", "not covered", "problem"]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What becomes of one legacy resource. `address` is ours; both ids are set for `adopt` alone."""

    legacy_address: str
    type: str
    verdict: Fate
    address: str | None = None
    import_id: str | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """One argument on which configuration, legacy state and AWS do not agree; None where it is not said."""

    legacy_address: str
    attribute: str
    configuration: str | None
    state: str | None
    aws: str | None


def decide(
    objects: Iterable[Located],
    *,
    attributes: Mapping[str, Mapping[str, Any]],
    errors: Mapping[str, str],
) -> list[Decision]:
    """Make one decision per legacy resource, in the order of their addresses.

    `attributes` are those that import ids are made of, `errors` why they are not known; both by legacy
    address.
    Raises UserError when two legacy resources are one object.
    """
    located = list(objects)
    base = find_base(located)
    decisions = [_decide(item, base, attributes, errors) for item in located]
    adopted = {
        (each.type, str(each.import_id)): str(each.address)
        for each in decisions
        if each.verdict == "adopt"
    }
    decisions = [
        _released_with_its_whole(each, adopted, attributes.get(each.legacy_address, {}))
        for each in decisions
    ]
    seen: dict[tuple[str, str], str] = {}
    for decision in decisions:
        if decision.import_id is None:
            continue
        other = seen.setdefault((decision.type, decision.import_id), decision.legacy_address)
        if other != decision.legacy_address:
            raise UserError(
                f"{other} and {decision.legacy_address} are the same {decision.type}, "
                f"{decision.import_id}: an object can be adopted once; let `terraform state rm ADDRESS` take "
                "one of the two out of the legacy state, which destroys nothing"
            )
    return sorted(decisions, key=lambda decision: address_order(decision.legacy_address))


def _decide(
    item: Located,
    base: Base,
    attributes: Mapping[str, Mapping[str, Any]],
    errors: Mapping[str, str],
) -> Decision:
    where = {"legacy_address": item.address, "type": item.type}
    reason = base.release_reason(item)
    if reason:
        return Decision(**where, verdict="release", why=reason)
    address = base.address(item)
    if address is None:
        own = "no NAT gateway uses it" if base.is_idle_address(item) else "it is your own"
        return Decision(**where, verdict="not covered", why=f"{own}; it stays in the legacy state")
    if item.address not in attributes:
        why = errors.get(item.address, "it was not found in AWS")
        return Decision(**where, verdict="problem", address=address, why=why)
    try:
        id_ = import_id(item.type, attributes[item.address])
    except UserError as error:
        return Decision(**where, verdict="problem", address=address, why=str(error))
    return Decision(**where, verdict="adopt", address=address, import_id=id_)


def _released_with_its_whole(
    decision: Decision,
    adopted: Mapping[tuple[str, str], str],
    attributes: Mapping[str, Any],
) -> Decision:
    """Let the old tool forget what is managed here as a part of an adopted object."""
    type_, attribute = PARTS.get(decision.type, ("", ""))
    whole = adopted.get((type_, str(attributes.get(attribute))))
    if decision.verdict != "not covered" or whole is None:
        return decision
    why = f"it is a part of {whole}, which holds it here: the old tool would change it there"
    return replace(decision, verdict="release", why=why)


def disagreements(
    decisions: Sequence[Decision],
    *,
    configuration: LegacyConfiguration | None,
    state: Mapping[str, Mapping[str, Any]] | None,
    observed: Mapping[str, Mapping[str, Any]],
) -> list[Disagreement]:
    """Return the disagreements about adopted objects, in the decisions' order.

    `state` holds attributes by legacy address, `observed` arguments by our address. What the configuration
    leaves open, or takes from another object, is not compared.
    """
    configured = (
        {item.address: item.arguments for item in configuration.objects} if configuration else {}
    )
    rows = []
    for decision in decisions:
        if decision.address is None or decision.address not in observed:
            continue
        for attribute in _compared(decision.type):
            aws = observed[decision.address].get(attribute)
            held = state.get(decision.legacy_address, {}).get(attribute) if state else None
            said = configured.get(decision.legacy_address, {}).get(attribute)
            state_differs = state is not None and _plain(held) != _plain(aws) and held != _flat(aws)
            said_differs = is_known(said) and said is not None and _plain(said) != _plain(aws)
            if state_differs or said_differs:
                rows.append(
                    Disagreement(
                        legacy_address=decision.legacy_address,
                        attribute=attribute,
                        configuration=_shown(said) if is_known(said) else None,
                        state=_shown(held),
                        aws=_shown(aws),
                    )
                )
    return rows


def unmanaged_arguments(
    decisions: Sequence[Decision],
    *,
    configuration: LegacyConfiguration,
    stack: Stack,
) -> list[str]:
    """Return what the legacy configuration sets on adopted objects and the new stack does not mention.

    A clean import does not show it: what no configuration mentions is not compared. One line per object.
    """
    ours = {decision.legacy_address: decision.address for decision in decisions}
    lines = []
    for item in configuration.objects:
        address = ours.get(item.address)
        if address is None or item.type not in ADOPTABLE:
            continue
        resource = stack.resources.get(address)
        configured = resource.attributes if resource else ()
        managed = {*configured, *RESOURCES[item.type].observed, *_LEFT_OUT}
        missing = sorted(
            argument
            for argument, value in item.arguments.items()
            if argument not in managed and _plain(value) is not None
        )
        if missing:
            lines.append(
                f"{item.address}: the legacy configuration sets {', '.join(missing)}, which this project "
                "does not manage: it stays as it is in AWS"
            )
    return lines


# Arguments that are left out on purpose: a password would be reset.
_LEFT_OUT = frozenset({"password"})


def _compared(type_: str) -> tuple[str, ...]:
    # Rules, routes and policies have many spellings of one meaning; the plan compares them.
    resource = RESOURCES[type_]
    skipped = {*resource.merged, "policy", "assume_role_policy", "rule", "setting"}
    attributes = (*(resource.identity or ()), *resource.settings)
    return tuple(attribute for attribute in attributes if attribute not in skipped)


def _plain(value: Any) -> Any:
    """Make values of the three witnesses comparable: unset, empty, false and 0 are one."""
    if isinstance(value, Mapping):
        return {
            key: _plain(item) for key, item in value.items() if _plain(item) is not None
        } or None
    if isinstance(value, list):
        return [_plain(item) for item in value] or None
    if isinstance(value, bool):
        return value or None
    if isinstance(value, int | float):
        return float(value) or None
    return value or None


def _flat(value: Any) -> Any:
    """Spell a number or a truth as a state of Terraform 0.11 does."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, int | float) else value


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)
