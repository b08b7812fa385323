"""Which documents in AWS a plan would overwrite with a create: Terraform itself calls that an addition.

The judgement is pure: a plan and what AWS holds in, findings out. `held_documents` is the edge that asks AWS.
"""

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from aws.client import Clients, ask_unless
from aws.documents import DOCUMENTS, Attributes, Document
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


def creates(plan: Plan) -> Iterator[tuple[str, str, Attributes]]:
    """Address, type and attributes of each planned create of a document whose parent may exist already."""
    for change in plan.changes:
        row = DOCUMENTS.get(change.type)
        if row is None or change.actions != ("create",):
            continue
        after = change.after or {}
        # A parent that is new has no id before apply.
        if all(isinstance(after.get(parent), str) for parent in row.parents):
            yield change.address, change.type, after


def overwrites(
    plan: Plan, held: Mapping[str, Document], *, allowed: Set[str]
) -> tuple[Overwrite, ...]:
    """What the plan would overwrite, sorted; `held` are the documents in AWS by address."""
    found = []
    for address, type_, after in sorted(creates(plan), key=lambda each: each[0]):
        if address not in held:
            continue
        planned = DOCUMENTS[type_].planned(after)
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
    """The document that AWS has at each address at which the plan creates one, where somebody has put one.

    Raises UserError when AWS refuses to tell.
    """
    found = {}
    for address, type_, after in creates(plan):
        row = DOCUMENTS[type_]
        answers = [
            ask_unless(
                clients,
                question.service,
                question.operation,
                question.absent,
                **question.arguments(after),
            )
            for question in row.questions
        ]
        document = None if answers[0] is None else row.held(*answers)
        if document is not None:
            found[address] = document
    return found


def _shown(document: Document) -> str:
    return shorten(json.dumps(document, sort_keys=True), limit=_LONGEST)
