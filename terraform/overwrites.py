"""Which documents in AWS a plan would overwrite with a create: Terraform itself calls that an addition.

The judgement is pure: a plan and what AWS holds in, findings out. `held_documents` is the edge that asks AWS.
"""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from aws.client import Clients
from aws.resources import RESOURCES
from aws.resources.document import Attributes, Document
from common.errors import shorten
from terraform.plan import Plan

_LONGEST = 400


@dataclass(frozen=True, kw_only=True)
class Overwrite:
    """A planned create that would replace what somebody has set in AWS."""

    address: str
    holds: str
    becomes: str
    allowed: bool

    def __str__(self) -> str:
        return f"AWS has one already, which would be overwritten: {self.holds} -> {self.becomes}"


def as_found_remedy(kept: Sequence[str], *, allowed: str) -> str:
    """Return what to write in the stage file about what somebody has set."""
    return (
        f"where it stays, write keep_as_found = {json.dumps(list(kept))} in the stage file; where it may go, "
        f'allow_overwrite = ["{allowed}"]'
    )


def creates(plan: Plan) -> Iterator[tuple[str, str, Attributes]]:
    """Address, type and attributes of each planned create of a document whose parent may exist already."""
    for change in plan.changes:
        row, after = RESOURCES.get(change.type), change.after or {}
        if row and row.document and change.actions == ("create",) and row.key_in(after):
            yield change.address, change.type, after


def overwrites(
    plan: Plan, held: Mapping[str, Document], *, allowed: Set[str]
) -> tuple[Overwrite, ...]:
    """Return what the plan would overwrite, sorted; `held` are the documents in AWS by address."""
    found = []
    for address, type_, after in sorted(creates(plan), key=lambda each: each[0]):
        if address not in held:
            continue
        reader = RESOURCES[type_].document
        planned = reader.planned(after) if reader else None
        if planned != held[address]:
            found.append(
                Overwrite(
                    address=address,
                    holds=_shown(held[address]),
                    becomes="(known after apply)" if planned is None else _shown(planned),
                    allowed=address in allowed,
                )
            )
    return tuple(found)


def held_documents(plan: Plan, clients: Clients) -> dict[str, Document]:
    """Return the document that AWS has, if any, at each address at which the plan creates one.

    Raises UserError when AWS refuses to tell.
    """
    found = {}
    for address, type_, after in creates(plan):
        document = held_document(type_, after, clients)
        if document is not None:
            found[address] = document
    return found


def held_document(type_: str, after: Attributes, clients: Clients) -> Document | None:
    """Return the document that AWS has where one of these attributes would be put; None without one.

    Raises UserError when AWS refuses to tell.
    """
    row = RESOURCES[type_]
    key = row.key_in(after)
    if key is None or row.document is None:
        return None
    existing = [
        each
        for each in row.rows(clients, key[0])
        if row.gone(each) is None and row.live(each).key == key
    ]
    return row.document.held(clients, existing[0]) if existing else None


def _shown(document: Document) -> str:
    return shorten(json.dumps(document, sort_keys=True), limit=_LONGEST)
