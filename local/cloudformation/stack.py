"""A stack: what it was told, what its rows have become, and what happened to it."""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local.cloudformation.template import Template


@dataclass(kw_only=True)
class StackRow:
    """A row of a stack that exists: its physical id and what it was made from."""

    logical_id: str
    type: str
    physical_id: str
    attributes: Mapping[str, Any]
    properties: Mapping[str, Any]
    needs: frozenset[str]
    status: str
    changed: datetime
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a stack or to a row of it."""

    id: str
    at: datetime
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str


@dataclass(kw_only=True)
class Settings:
    """What a caller says of a stack besides its template."""

    parameters: dict[str, str]
    tags: dict[str, str]
    capabilities: list[str]
    role_arn: str | None = None
    topics: list[str] = field(default_factory=list)
    rollback: Mapping[str, Any] | None = None


@dataclass(kw_only=True)
class EmulatedStack:
    """One stack, by its ARN; a deleted one is still told of by it."""

    name: str
    arn: str
    template: Template
    settings: Settings
    status: str
    created: datetime
    reason: str = ""
    updated: datetime | None = None
    deleted: datetime | None = None
    is_protected: bool = False
    policy: str | None = None
    parent: str | None = None
    rows: dict[str, StackRow] = field(default_factory=dict)
    outputs: list[dict[str, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    drift: dict[str, Any] = field(default_factory=dict)
    change_sets: dict[str, "ChangeSet"] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)

    @property
    def is_busy(self) -> bool:
        """Return whether something is being done to it."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def say(self, status: str, *, reason: str = "", row: StackRow | None = None) -> None:
        """Note an event, and the status that it leaves."""
        if row is None:
            self.status, self.reason = status, reason
        else:
            row.status, row.reason, row.changed = status, reason, now()
        self.events.insert(
            0,
            Event(
                id=str(uuid.uuid4()),
                at=now(),
                logical_id=row.logical_id if row else self.name,
                physical_id=row.physical_id if row else self.arn,
                type=row.type if row else "AWS::CloudFormation::Stack",
                status=status,
                reason=reason,
            ),
        )


@dataclass(frozen=True, kw_only=True)
class ChangeSet:
    """A change that was described and not yet made. `imported` are identifiers by logical id."""

    name: str
    arn: str
    type: str
    template: Template
    settings: Settings
    imported: Mapping[str, Mapping[str, str]]
    changes: list[dict[str, Any]]
    status: str
    reason: str
    created: datetime


def now() -> datetime:
    """Return the time, as events have it."""
    return datetime.now(UTC)


def new_arn(kind: str, name: str, *, region: str, account_id: str) -> str:
    """Return the ARN of a new stack or change set."""
    end = "-".join(secrets.token_hex(count) for count in (4, 2, 2, 2, 6))
    return f"arn:aws:cloudformation:{region}:{account_id}:{kind}/{name}/{end}"
