"""Tells what has changed outside: what AWS has, and what the last deploy left there.

Pure: a plan in, rows out. A plan refreshes the state first, and says in `resource_drift` where AWS
differs from it. That holds also what AWS decides by itself, such as a group's list of rules after a rule was
made beside it. So a difference counts where the same plan would set it back. Rules of security groups are
told beside that: a group whose rules are resources of their own does not see one that somebody has added.
"""

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal

from common.errors import shorten
from terraform.plan import Change, Plan, configured_references, is_marked

Kind = Literal["changed", "deleted", "added"]

_TAGS = ("tags", "tags_all")
_RULES = {
    "ingress": "aws_vpc_security_group_ingress_rule",
    "egress": "aws_vpc_security_group_egress_rule",
}
_SENSITIVE = "(sensitive)"
_ABSENT = "(nothing)"


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One attribute that is not as the last deploy left it; `what` is the address in plain words."""

    address: str
    what: str
    kind: Kind
    attribute: str
    expected: str
    found: str


@dataclass(frozen=True, kw_only=True)
class Drifted:
    """All that has changed outside, and how many changes of the configuration wait to be deployed."""

    rows: tuple[Drift, ...]
    pending: int


def find_drift(plan: Plan) -> Drifted:
    """What a plan knows to have changed outside, sorted by address."""
    planned = plan.by_address
    rows = [
        row
        for drifted in plan.drift
        if not drifted.deposed
        for row in _rows(drifted, planned.get(drifted.address))
    ]
    rows += _foreign_rules(plan)
    changes = {address: change for address, change in planned.items() if not change.does_nothing}
    pending = changes.keys() - _set_right(plan, changes, {row.address for row in rows})
    ordered = sorted(set(rows), key=lambda row: (row.address, row.attribute, row.found))
    return Drifted(rows=tuple(ordered), pending=len(pending))


def _set_right(plan: Plan, changes: Mapping[str, Change], drifted: Set[str]) -> set[str]:
    """The addresses that change because drift is set right: what drifted, and what only hands that on.

    A dashboard, for one, names an alarm that was deleted by an ARN that nobody knows yet.
    """
    referred = {
        address: configured_references(expressions)
        for address, expressions in plan.expressions.items()
    }
    found = set(drifted)
    while more := {
        address
        for address, change in changes.items()
        if address not in found
        and referred.get(address, frozenset()) & found
        and _differs_in_unknowns_alone(change)
    }:
        found |= more
    return found


def _differs_in_unknowns_alone(change: Change) -> bool:
    before, after = change.before or {}, change.after or {}
    unknown = {key for key, mark in change.unknown.items() if is_marked(mark)}
    known = {*before, *after} - unknown
    return (
        change.actions == ("update",)
        and bool(unknown)
        and all(before.get(key) == after.get(key) for key in known)
    )


def in_plain_words(address: str) -> str:
    """`aws_cloudwatch_metric_alarm.app_cpu` as "cloudwatch metric alarm app cpu"."""
    return address.removeprefix("aws_").replace("_", " ").replace(".", " ")


def _rows(drifted: Change, planned: Change | None) -> Iterator[Drift]:
    address = drifted.address
    if planned is None or planned.does_nothing:
        return
    if "delete" in drifted.actions:
        yield _row(address, "deleted", "", "exists", "deleted")
        return
    before, found = drifted.before or {}, drifted.after or {}
    after, unknown = planned.after or {}, planned.unknown
    for attribute in sorted({*before, *found}):
        expected, now = before.get(attribute), found.get(attribute)
        set_back = bool(unknown.get(attribute)) or after.get(attribute) != now
        if expected == now or not set_back:
            continue
        if attribute in _TAGS:
            yield from _tag_rows(address, expected or {}, now or {})
        elif drifted.hides(attribute):
            yield _row(address, "changed", attribute, _SENSITIVE, _SENSITIVE)
        else:
            yield _row(address, "changed", attribute, _text(expected), _text(now))


def _tag_rows(address: str, expected: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Drift]:
    """A tag is told once, though Terraform has it in two attributes."""
    for key in sorted({*expected, *now}):
        if expected.get(key) != now.get(key):
            values = (expected.get(key, _ABSENT), now.get(key, _ABSENT))
            yield _row(address, "changed", f"tag {key}", *map(_text, values))


def _foreign_rules(plan: Plan) -> Iterator[Drift]:
    """Rules that AWS has in a group whose rules are resources of their own, and that none of them made."""
    resources = [each for each in plan.prior if each.mode == "managed"]
    own = {
        direction: {
            (rule.values.get("security_group_id"), *_own_rule(rule.values))
            for rule in resources
            if rule.type == type_
        }
        for direction, type_ in _RULES.items()
    }
    # A group without any rule of its own holds its rules inline, and the plan sees to them.
    separate = {rule[0] for rules in own.values() for rule in rules}
    for group in resources:
        id_ = group.values.get("id")
        if group.type != "aws_security_group" or id_ not in separate:
            continue
        for direction, rules in own.items():
            for rule in group.values.get(direction) or []:
                for source in _sources(rule, id_):
                    if (id_, *_ports(rule), source) not in rules:
                        yield _row(
                            group.address,
                            "added",
                            f"{direction} rule",
                            _ABSENT,
                            f"{rule.get('protocol')} {rule.get('from_port')}-{rule.get('to_port')} {source}",
                        )


def _own_rule(values: Mapping[str, Any]) -> tuple[object, ...]:
    source = next(
        (
            values[key]
            for key in (
                "cidr_ipv4",
                "cidr_ipv6",
                "referenced_security_group_id",
                "prefix_list_id",
            )
            if values.get(key)
        ),
        None,
    )
    ports = {"protocol": values.get("ip_protocol"), **values}
    return (*_ports(ports), source)


def _ports(rule: Mapping[str, Any]) -> tuple[object, ...]:
    protocol = str(rule.get("protocol"))
    if protocol == "-1":
        return (protocol, None, None)  # all ports, which AWS writes in more than one way
    return (protocol, rule.get("from_port"), rule.get("to_port"))


def _sources(rule: Mapping[str, Any], group_id: str) -> Iterator[str]:
    for key in ("cidr_blocks", "ipv6_cidr_blocks", "security_groups", "prefix_list_ids"):
        yield from rule.get(key) or []
    if rule.get("self"):
        yield group_id


def _row(address: str, kind: Kind, attribute: str, expected: str, found: str) -> Drift:
    return Drift(
        address=address,
        what=in_plain_words(address),
        kind=kind,
        attribute=attribute,
        expected=expected,
        found=found,
    )


def _text(value: object) -> str:
    if value is None:
        return _ABSENT
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= 60 and text.isprintable() else shorten(text, limit=200)
