"""A type of CloudFormation's: how its objects are made, changed, deleted, looked at and imported."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.cloudformation.calls import Create, Delete, Made, Request, Update

Read = Callable[[Request, str], Mapping[str, Any] | None]
"""Returns the properties that an object has now, those that it can tell; None when it is gone."""


def _cannot_change(_request: Request, _physical_id: str, _before: Mapping[str, Any]) -> Made | None:
    return None


def _nothing_to_tell(_request: Request, _physical_id: str) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One type. `identifiers` is what an import names an object by; () for what cannot be imported."""

    create: Create
    delete: Delete
    update: Update = _cannot_change
    read: Read = _nothing_to_tell
    identifiers: tuple[str, ...] = ()
    snapshot: Delete | None = None
    """Deletes it after a last snapshot."""


def nothing(_request: Request, _physical_id: str) -> None:
    """Delete nothing: there is no object behind the row."""


def deleted_by(operation: str, parameter: str) -> Delete:
    """Return what deletes an object by one call that takes its physical id."""

    def delete(request: Request, physical_id: str) -> None:
        request.call(operation, {parameter: physical_id})

    return delete
