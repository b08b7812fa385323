"""Counts what stands in an account, object by object, so that it can be held against a state.

Every type of the platform whose objects can be there twice or be left behind is listed, whoever made the
object. What AWS has at most once within another object (a bucket's policy, a cluster's capacity providers)
is not counted: it can be neither. A certificate's validation is no object at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dev.fault_injection.census_lists import LISTS
from dev.fault_injection.census_rows import Client, Row


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


def census(client: Client) -> frozenset[Thing]:
    """Every object in the account that somebody made; `client` makes boto3 clients."""
    return frozenset(
        Thing(type=type_, id=id_) for type_, list_ids in LISTS.items() for id_ in list_ids(client)
    )


def held_by(*states: Mapping[str, Any]) -> frozenset[Thing]:
    """What states (`terraform state pull`) hold of the counted types, named as in the census."""
    return frozenset(
        Thing(
            type=resource["type"], id=_IDENTITY.get(resource["type"], _id)(instance["attributes"])
        )
        for state in states
        for resource in state.get("resources", ())
        if resource["mode"] == "managed" and resource["type"] in LISTS
        for instance in resource["instances"]
    )


def compare(counted: frozenset[Thing], held: frozenset[Thing]) -> Comparison:
    """Hold the account against the states."""
    return Comparison(orphans=tuple(sorted(counted - held)), missing=tuple(sorted(held - counted)))


def _id(attributes: Row) -> str:
    return str(attributes["id"])


def _arn(attributes: Row) -> str:
    return str(attributes["arn"])


# Where a state's `id` does not tell two objects apart.
_IDENTITY: Final[Mapping[str, Callable[[Row], str]]] = {
    "aws_appautoscaling_policy": _arn,
    "aws_appautoscaling_scheduled_action": _arn,
    "aws_cloudwatch_dashboard": lambda attributes: str(attributes["dashboard_name"]),
    "aws_db_instance": lambda attributes: str(attributes["identifier"]),
    "aws_ecs_task_definition": _arn,
    "aws_iam_role_policy_attachment": lambda attributes: (
        f"{attributes['role']}/{attributes['policy_arn']}"
    ),
    "aws_route53_record": lambda attributes: (
        f"{attributes['zone_id']}_{attributes['fqdn'].rstrip('.')}_{attributes['type']}"
    ),
}
