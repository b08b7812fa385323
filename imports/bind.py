"""Binds an adoption record to a synthesized stack: import blocks, and what the objects are like.

Pure but for `bind_file`: Terraform JSON and a record in, Terraform JSON out.
"""

import copy
import json
from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from aws.resources import ADOPTABLE, RESOURCES
from common.errors import UserError
from common.files import replace_file
from imports.as_found import leave_out
from imports.record import AdoptedObject, AdoptionRecord
from modules.base.literal import literal
from modules.settings.stage_settings import OF_APPLICATION
from terraform.references import addresses
from terraform.stack import Stack

Document = dict[str, Any]


def bind(
    document: Mapping[str, Any],
    record: AdoptionRecord | None,
    *,
    phase: str,
    kept: Set[str] = frozenset(),
) -> Document:
    """Bind the stack to its adopted objects: imported under their ids, described as they were found.

    In phase `adopt` the stack holds exactly the record's objects, described in full. In later phases it
    holds everything, and adopted objects keep what makes them what they are; `kept` stays as found too.
    Raises UserError when the record names an address that the stack does not have.
    """
    bound = copy.deepcopy(dict(document))
    adopted = record.addresses if record else frozenset()
    # Of what is adopted, `_describe` keeps it.
    leave_out(bound, kept - adopted)
    if record is None:
        return bound
    managed = Stack(document=document).resources.keys()
    for item in record.adopted:
        resource = bound["resource"].get(item.type, {}).get(item.name)
        if resource is None or item.type not in ADOPTABLE:
            raise UserError(
                f"the adoption record of {record.stage} names {item.address}, which the stage does not "
                "have: make the stage file's settings those of the legacy base again (zones, NAT mode), "
                "or run `python -m imports inventory` again"
            )
        referred = addresses(resource) & managed
        # What only phase full builds is as it was found until then.
        in_full = phase == "adopt" or (phase != "full" and item.address.startswith(OF_APPLICATION))
        ids = record.security_groups if item.source == "stack" else {}
        _describe(resource, item, in_full=in_full, kept=kept, ids=ids)
        _keep_the_order(resource, referred)
    if phase == "adopt":
        _keep_only(bound, adopted)
    elif phase != "full":
        _wait_for_what_is_there(bound, Stack(document=bound).resources.keys())
    if record.stack:
        leave_old_tags(bound)
    bound["import"] = [
        {"to": item.address, "id": literal(item.import_id)}
        for item in sorted(record.adopted, key=lambda item: item.address)
    ]
    return bound


def bind_file(
    path: Path, record: AdoptionRecord | None, *, phase: str, kept: Set[str] = frozenset()
) -> None:
    """Bind the record to the synthesized stack at `path`, in place.

    Raises UserError, and then the file is gone: unbound, it would create everything anew.
    """
    document = json.loads(path.read_text())
    path.unlink()
    replace_file(path, json.dumps(bind(document, record, phase=phase, kept=kept), indent=2))


def leave_old_tags(document: Document) -> None:
    """Let the provider leave the tags alone that the CDK's helpers go by: they go with the old stack."""
    for provider in document["provider"]["aws"]:
        provider["ignore_tags"] = [{"key_prefixes": ["aws-cdk:"]}]


def _describe(
    resource: Document,
    item: AdoptedObject,
    *,
    in_full: bool,
    kept: Set[str],
    ids: Mapping[str, str],
) -> None:
    """Put what was found in the place of what the stage says; `ids` are security groups by reference."""
    row = RESOURCES[item.type]
    if in_full:
        # What has to hold before it starts is of tasks that are not there yet.
        resource.get("lifecycle", {}).pop("precondition", None)
    chosen = (each for each in row.chosen if f"{item.address}.{each}" in kept)
    taken = (*(row.identity or ()), *(row.settings if in_full else chosen))
    for attribute in taken:
        value = item.observed.get(attribute)
        if value is None and attribute in row.unsaid:
            lifecycle = resource.setdefault("lifecycle", {})
            lifecycle["ignore_changes"] = [*lifecycle.get("ignore_changes", ()), attribute]
        elif value is None:
            resource.pop(attribute, None)
        else:
            resource[attribute] = literally(value)
    for attribute in row.tied:
        if attribute in item.observed:
            resource[attribute] = literally(item.observed[attribute])
    for attribute in row.merged:
        if attribute not in item.observed and attribute in _NEVER_NONE:
            continue
        found = literally(item.observed.get(attribute) or [])
        ours = [] if in_full else resource.get(attribute) or []
        try:
            merged = merge_rules(found, ours, key=_told_by(_KEYS[attribute], ids))
        except (AttributeError, TypeError):
            raise UserError(
                f"the adoption record's {attribute} of {item.address} is no list of rules: restore it "
                "from version control, or run `python -m imports inventory` again"
            ) from None
        if merged:
            resource[attribute] = merged
        else:
            resource.pop(attribute, None)


def _keep_the_order(resource: Document, referred: frozenset[str]) -> None:
    """Keep the order that a value in place of a reference loses: a destroy would take both at once."""
    waits_for = referred - addresses(resource)
    if waits_for:
        resource["depends_on"] = sorted({*resource.get("depends_on", ()), *waits_for})


def literally(value: Any) -> Any:
    """Escape a value so that Terraform takes it as it is: `${aws:username}` is no expression here."""
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, Mapping):
        return {literal(key): literally(item) for key, item in value.items()}
    if isinstance(value, list):
        return [literally(item) for item in value]
    return value


def merge_rules(
    found: Sequence[Document], ours: Sequence[Document], *, key: Callable[[Document], object]
) -> list[Document]:
    """Return the rules that were found, and those of ours that say something else.

    A rule of ours for the same traffic is left out, whatever its description: to re-word a rule is to revoke
    it for a moment.
    """
    known = {key(rule) for rule in found}
    return [*found, *(rule for rule in ours if key(rule) not in known)]


def _told_by(key: Callable[[Any], object], ids: Mapping[str, str]) -> Callable[[Any], object]:
    """Return the key of a rule with what it refers to by its id, where that is known."""
    if not ids:
        return key

    def known(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: known(item) for name, item in value.items()}
        if isinstance(value, list):
            return [known(item) for item in value]
        return ids.get(value, value) if isinstance(value, str) else value

    return lambda rule: key(known(rule))


def _traffic(rule: Document) -> object:
    sources = [
        tuple(sorted(map(str, rule.get(source) or ())))
        for source in ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups")
    ]
    return (
        str(rule.get("protocol")),
        str(rule.get("from_port") or 0),
        str(rule.get("to_port") or 0),
        bool(rule.get("self")),
        *sources,
    )


def _destination(route: Document) -> object:
    return next(
        (
            route[key]
            for key in ("cidr_block", "ipv6_cidr_block", "destination_prefix_list_id")
            if route.get(key)
        ),
        "",
    )


# An older record does not say these, and an object always has some.
_NEVER_NONE = frozenset({"security_groups", "vpc_security_group_ids"})
_KEYS: Mapping[str, Callable[[Document], object]] = {
    "ingress": _traffic,
    "egress": _traffic,
    "route": _destination,
    "security_groups": str,
    "vpc_security_group_ids": str,
}


def _keep_only(document: Document, kept: frozenset[str]) -> None:
    """Leave out what the record does not hold, and the outputs that speak of it."""
    document["resource"] = {
        type_: left
        for type_, named in document["resource"].items()
        if (left := {name: r for name, r in named.items() if f"{type_}.{name}" in kept})
    }
    document.pop("ephemeral", None)
    # It tells what kind of secret a role's would be, and no role is here.
    document.get("data", {}).pop("aws_secretsmanager_secrets", None)
    known = kept | Stack(document=document).data.keys()
    document["output"] = {
        name: output
        for name, output in document.get("output", {}).items()
        if addresses(output) <= known
    }
    # cdktf keeps a list of the outputs of its own, and stumbles over one that is not there.
    listed = document.get("//", {}).get("outputs", {})
    for stack, outputs in listed.items():
        listed[stack] = {key: name for key, name in outputs.items() if name in document["output"]}
    _wait_for_what_is_there(document, known)
    for type_, named in document["resource"].items():
        for name, resource in named.items():
            unknown = addresses(resource) - known
            if unknown:
                raise UserError(
                    f"{type_}.{name} refers to {', '.join(sorted(unknown))}, which is not adopted: the "
                    "record does not describe it in full; run `python -m imports inventory` again"
                )


def _wait_for_what_is_there(document: Document, known: Set[str]) -> None:
    for named in document["resource"].values():
        for resource in named.values():
            if "depends_on" in resource:
                resource["depends_on"] = [each for each in resource["depends_on"] if each in known]


def covers(configured: object, observed: object) -> bool:
    """Return whether the configuration says all that was observed; it may say more."""
    if isinstance(observed, list):
        if not isinstance(configured, list):
            return False
        if all(isinstance(item, Mapping) for item in observed):
            return len(merge_rules(configured, observed, key=_text)) == len(configured)
        return all(item in configured for item in observed)
    return configured == observed


def _text(rule: Mapping[str, Any]) -> str:
    return repr(sorted((key, value) for key, value in rule.items() if value not in (None, [], "")))
