"""What becomes of each row when its stack is deleted. Pure: record and stack in, one line a row out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from common.errors import listed
from common.templates import read_template
from imports.record import StackOrigin, StackRow
from imports.sources.cloudformation.owners_stack import OwnersRow, OwnersStack, parse_template
from imports.sources.cloudformation.references import referred, texts
from imports.stack_retirement.template_text import HANDLE, POLICIES, RETAIN, differences, kept

Outcome = Literal["kept", "deleted"]

# What the platform has put its own in the place of; the look at what is in use comes later.
_REPLACED: Final = frozenset(
    {("AWS::ECS::Service", "TaskDefinition"), ("AWS::S3::BucketPolicy", "PolicyDocument")}
)


@dataclass(frozen=True, kw_only=True)
class RowPlan:
    """What CloudFormation will do with one row's object, and why."""

    logical_id: str
    type: str
    physical_id: str
    outcome: Outcome
    why: str


def plan(origin: StackOrigin, stack: OwnersStack) -> tuple[RowPlan, ...]:
    """Return what becomes of each row, sorted: kept is what has another owner, and all that it needs.

    `stack` is as it was before its retirement began.
    """
    recorded = {row.logical_id: row for row in origin.rows}
    needed = _needed(stack, recorded)
    return tuple(
        _planned(recorded[logical_id], stack.rows[logical_id], needed)
        for logical_id in sorted(stack.rows.keys() & recorded.keys())
    )


def retained(rows: Sequence[RowPlan]) -> frozenset[str]:
    """Return the rows that get the policies."""
    return frozenset(row.logical_id for row in rows if row.outcome == "kept")


def lacking(stack: OwnersStack, rows: frozenset[str]) -> list[str]:
    """Return the rows to be kept that the deployed template does not keep."""
    return sorted(
        logical_id
        for logical_id in rows & stack.rows.keys()
        if any(stack.rows[logical_id].definition.get(policy) != RETAIN for policy in POLICIES)
    )


def moved_on(origin: StackOrigin, stack: OwnersStack, text: str) -> str:
    """Say in what a stack is not as the inventory found it, but for our own policies; empty for nothing.

    `text` is the template before the retirement.
    """
    if parse_template(text, source=origin.name).template_sha256 != origin.template_sha256:
        return "its template is another"
    before = read_template(text)
    changed = differences(_bare(stack.template, origin), _bare(before, origin))
    if changed:
        return f"its template differs in {listed(changed)}"
    recorded = {row.logical_id: row.physical_id for row in origin.rows}
    others = sorted(
        logical_id
        for logical_id, row in stack.rows.items()
        if logical_id != HANDLE and recorded.get(logical_id) != row.physical_id
    )
    return f"its rows are others: {listed(others)}" if others else ""


def _bare(document: Mapping[str, object], origin: StackOrigin) -> dict[str, object]:
    """Return a template as if every row were kept: what a retirement may have changed is then the same."""
    every = kept(document, [row.logical_id for row in origin.rows])
    every["Resources"].pop(HANDLE, None)
    return every


def _planned(recorded: StackRow, row: OwnersRow, needed: Mapping[str, str]) -> RowPlan:
    outcome: Outcome = "kept"
    why = ", ".join(recorded.addresses) or recorded.why
    if recorded.verdict == "leave to CloudFormation":
        if recorded.logical_id in needed:
            why = f"{needed[recorded.logical_id]} needs it"
        elif str(row.definition.get("DeletionPolicy", "")).startswith(RETAIN):
            why = "its own policy keeps it"
        else:
            outcome = "deleted"
    if any("?" in text for text in texts(row.properties)):
        # CloudFormation answers so for every letter beyond ASCII, and takes what it answers for a change.
        why = f"{why}; a ? in its text may have been another letter, and would be written as ?"
    return RowPlan(
        logical_id=row.logical_id,
        type=row.type,
        physical_id=recorded.physical_id,
        outcome=outcome,
        why=why,
    )


def _needed(stack: OwnersStack, recorded: Mapping[str, StackRow]) -> dict[str, str]:
    """Return what would go though what stays refers to it, and what that is."""
    needed: dict[str, str] = {}
    waiting = sorted(
        row.logical_id for row in recorded.values() if row.verdict in ("import", "not covered")
    )
    while waiting:
        name = waiting.pop()
        for other in _referred(stack, name):
            left = recorded.get(other)
            if left and left.verdict == "leave to CloudFormation" and other not in needed:
                needed[other] = name
                waiting.append(other)
    return needed


def _referred(stack: OwnersStack, name: str) -> Iterator[str]:
    row = stack.rows.get(name)
    if row is None:
        return
    for property_, value in row.properties.items():
        if (row.type, property_) not in _REPLACED:
            yield from referred(value)
    if row.type == "AWS::IAM::Role":
        for other in stack.rows.values():
            if other.type == "AWS::IAM::Policy" and name in referred(other.properties.get("Roles")):
                yield other.logical_id
