"""What the rules of finding share: one object in AWS, and how it is looked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from imports.live_aws import Clients, ask_all, ask_unless

Row = Mapping[str, Any]
Key = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Live:
    """An object in AWS.

    `key` is what tells it apart among its type, `import_id` how Terraform imports it. `attributes` are those
    that others refer to. `tags` is None where its list does not tell them. `in_use` says that other objects
    stand on it. `unfinished` is its state while AWS still makes it.
    """

    key: Key
    import_id: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None
    in_use: bool = False
    unfinished: str | None = None


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


CREATING = frozenset({"creating", "provisioning", "pending", "backing-up", "modifying"})
