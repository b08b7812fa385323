"""A type of CloudFormation's: how its objects are made, changed, deleted, looked at and imported."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
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


def made_by(
    operation: str,
    physical_id: str = "",
    *,
    attributes: Mapping[str, str] | None = None,
    name: str = "",
    longest: int = 64,
    lower: bool = False,
    tags: str = "",
    tagged_as: str = "",
    fixed: Mapping[str, Any] | None = None,
) -> Create:
    """Return what makes an object by one call, with the row's properties and what is `fixed`.

    `physical_id` and the `attributes` that GetAtt gives are members of its answer, in dots. A `name` that the
    row does not say is drawn, and is the physical id where the answer gives none. `tags` is the property with
    the row's own ones; EC2 takes them of a type, `tagged_as`.
    """

    def create(request: Request) -> Made:
        given = {**(fixed or {}), **request.properties}
        if name:
            drawn = request.generated_name(longest=longest, lower=lower)
            given[name] = request.get(name) or drawn
        if tags:
            given["Tags"] = request.tag_list(tags)
        if tagged_as:
            given |= tagged(request, tagged_as)
        answer = request.call(operation, given)
        return Made(
            physical_id=_member(answer, physical_id) if physical_id else given[name],
            attributes={key: _member(answer, path) for key, path in (attributes or {}).items()},
        )

    return create


def tagged(request: Request, type_: str) -> dict[str, Any]:
    """Return the tags as EC2 takes them."""
    return {"TagSpecifications": [{"ResourceType": type_, "Tags": request.tag_list()}]}


def _member(answer: Any, path: str) -> Any:
    return reduce(lambda found, part: found[part], path.split("."), answer)


def deleted_by(
    operation: str,
    parameter: str,
    *,
    of_many: bool = False,
    fixed: Mapping[str, Any] | None = None,
) -> Delete:
    """Return what deletes an object by one call that takes its physical id, or a list of them."""

    def delete(request: Request, physical_id: str) -> None:
        named = [physical_id] if of_many else physical_id
        request.call(operation, {parameter: named, **(fixed or {})})

    return delete
