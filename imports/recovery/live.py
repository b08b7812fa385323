"""What the rules of finding share: one object in AWS, and how it is looked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aws.client import Clients, ask_all, ask_unless

Row = Mapping[str, Any]
Key = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Live:
    """An object in AWS.

    `key` is what tells it apart among its type, `import_id` how Terraform imports it. `attributes` are those
    that others refer to. `tags` is None where its list does not tell them. `in_use` says that other objects
    stand on it. `unfinished` is its state while AWS still makes it. `alone` says that its parent can have but
    one of its key. `tied_to` are the objects, by type and import id, that say by their own names whose it is.
    """

    key: Key
    import_id: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None
    in_use: bool = False
    unfinished: str | None = None
    alone: bool = False
    tied_to: frozenset[tuple[str, str]] = frozenset()


Texts = Callable[[str], str]
"""Gives an argument (`cidr_block`, `tags.Name`) of a planned resource. Raises UnknownValueError."""


class UnknownValueError(Exception):
    """An argument that cannot be known, because what it refers to does not stand."""


@dataclass(frozen=True, kw_only=True)
class Finder:
    """How the objects of a type are found.

    `key` makes a planned resource's key of its arguments. `list` gives all objects whose key begins with
    that key's first part: it asks AWS for these alone where AWS can be asked so.
    """

    key: Callable[[Texts], Key]
    list: Callable[[Clients, str], list[Live]]


def arguments(*names: str) -> Callable[[Texts], Key]:
    """A key that is made of arguments as they are."""
    return lambda text: tuple(text(name) for name in names)


def rows(
    clients: Clients, service: str, operation: str, result: str, **parameters: Any
) -> list[Row]:
    """Everything that one listing call returns, over all of its pages."""
    return ask_all(clients, service, operation, (result,), **parameters)[result]


def rows_if_there(
    clients: Clients,
    service: str,
    operation: str,
    result: str,
    absent: frozenset[str],
    **parameters: Any,
) -> list[Any]:
    """What one call returns that asks for something by name; AWS answers `absent` where it is not there."""
    answer = ask_unless(clients, service, operation, absent, **parameters)
    return list(answer[result]) if answer else []


def tags_of(row: Row, *, member: str = "Tags") -> dict[str, str]:
    """The tags in a row."""
    return {str(tag["Key"]): str(tag["Value"]) for tag in row.get(member) or ()}


def state(row: Row, member: str, *, busy: frozenset[str]) -> str | None:
    """The state of a row while it is one of `busy`."""
    found = str(row.get(member) or "").lower()
    return found if found in busy else None


CREATING: Final = frozenset({"creating", "provisioning", "pending", "backing-up", "modifying"})
_GONE: Final = frozenset({"deleting", "deleted"})


def one_list(
    service: str,
    operation: str,
    result: str,
    name: str,
    *,
    import_id: str = "",
    parameters: Callable[[str], Mapping[str, Any]] = lambda _: {},
    absent: frozenset[str] = frozenset(),
    status: str = "",
) -> Callable[[Clients, str], list[Live]]:
    """The lister of objects that stand in one list by their `name`; `import_id` is another member."""

    def listed(clients: Clients, wanted: str) -> list[Live]:
        found = rows_if_there(clients, service, operation, result, absent, **parameters(wanted))
        return [
            _named(row, row[name], str(row[import_id or name]), status)
            for row in found
            if row.get(name) == wanted and str(row.get(status)).lower() not in _GONE
        ]

    return listed


def _named(row: Row, name: str, import_id: str, status: str) -> Live:
    arn = next((str(value) for key, value in row.items() if key.lower() == "arn"), import_id)
    return Live(
        key=(name,),
        import_id=import_id,
        attributes={"id": import_id, "arn": arn, "name": name, "bucket": name},
        unfinished=state(row, status, busy=CREATING) if status else None,
    )


def at_most_one(
    service: str, operation: str, parameter: str, *absent: str, member: str = ""
) -> Callable[[Clients, str], list[Live]]:
    """The lister of what another object has once or not at all, and is imported by that one's id.

    AWS answers with one of the errors `absent` where there is none, or without the `member`.
    """

    def listed(clients: Clients, owner: str) -> list[Live]:
        answer = ask_unless(clients, service, operation, frozenset(absent), **{parameter: owner})
        there = answer is not None and (not member or bool(answer.get(member)))
        return [Live(key=(owner,), import_id=owner)] if there else []

    return listed
