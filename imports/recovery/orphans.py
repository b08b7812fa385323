"""What a killed and repeated deploy has left behind: objects with the stage's tags beside the stage's own.

Only types that hold no data and that AWS gives no unique name can be left behind so. A KMS key holds none
either, but what it has encrypted is lost with it: none is ever deleted here.
"""

import time
from collections.abc import Iterable, Mapping, Set
from typing import Final

from aws.client import Clients, ask
from aws.resources import RESOURCES
from aws.resources.removal import Removal
from common.errors import UserError
from common.progress import Progress
from imports.recovery.matching import Orphan

_POLL_SECONDS: Final = 5
_LONGEST_WAIT_SECONDS: Final = 10 * 60


def with_contents(
    clients: Clients,
    orphans: Iterable[Orphan],
    *,
    default_tags: Mapping[str, str],
    kept: Set[str],
) -> tuple[Orphan, ...]:
    """The orphans and, in those that are VPCs, what has the stage's tags; in order of deletion.

    `kept` are the ids of what the state holds.
    """
    found = set(orphans)
    for orphan in orphans:
        if orphan.type == "aws_vpc" and not orphan.in_use:
            found |= {
                Orphan(type=resource.type, import_id=live.import_id, address=orphan.address)
                for resource in RESOURCES.values()
                if resource.removal and "vpc_id" in resource.attributes
                for live in resource.everything(clients)
                if live.attributes.get("vpc_id") == orphan.import_id
                and default_tags.items() <= (live.tags or {}).items()
                and live.import_id not in kept
            }
    order = list(RESOURCES)
    return tuple(
        sorted(found, key=lambda each: (order.index(each.type), each.address, each.import_id))
    )


def command(orphan: Orphan) -> str:
    """The AWS command that deletes it."""
    return _removal(orphan).command(orphan.import_id)


def is_left_to_a_person(orphan: Orphan) -> bool:
    """Whether it is never deleted here."""
    return orphan.in_use or bool(_removal(orphan).by_hand)


def advice(orphan: Orphan) -> str:
    """What to do with it, in a line."""
    if orphan.in_use:
        return "in use, find out by what"
    why = _removal(orphan).by_hand
    return f"{why}: when nothing needs it, {command(orphan)}" if why else command(orphan)


def delete(clients: Clients, orphans: Iterable[Orphan], *, progress: Progress) -> None:
    """Delete all but those that are left to a person, in the order of `with_contents`.

    Raises UserError where AWS refuses, and leaves what comes after.
    """
    for orphan in orphans:
        if is_left_to_a_person(orphan):
            continue
        progress(f"deleting {orphan.type} {orphan.import_id}")
        _removal(orphan).carry_out(clients, orphan.import_id)
        if orphan.type == "aws_nat_gateway":
            _await_deleted(clients, orphan.import_id)


def _await_deleted(clients: Clients, gateway: str) -> None:
    """Its address and its subnet are free only then."""
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while time.monotonic() < deadline:
        answer = ask(clients, "ec2", "DescribeNatGateways", NatGatewayIds=[gateway])
        if all(row["State"] == "deleted" for row in answer["NatGateways"]):
            return
        time.sleep(_POLL_SECONDS)
    raise UserError(f"{gateway} is not deleted after 10 minutes: run the same command again")


def _removal(orphan: Orphan) -> Removal:
    removal = RESOURCES[orphan.type].removal
    if removal is None:
        raise ValueError(f"{orphan.type} is never left behind")
    return removal
