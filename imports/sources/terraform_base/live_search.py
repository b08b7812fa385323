"""What the rules of discovery share: the configuration, the rows and what is found already."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aws.resources import RESOURCES
from aws.resources.call import Row
from common.errors import shorten
from imports.sources.terraform_base.live_rows import Rows, id_of
from imports.sources.terraform_base.planned import (
    AfterApply,
    ConfiguredObject,
    Value,
    refers_to,
    waiting_in,
)

ProblemKind = Literal["missing", "ambiguous", "unresolved"]
Attributes = Mapping[str, Any]

MISSING: Final = (
    "if it is gone on purpose, take it out of the legacy configuration; if it was renamed in AWS, "
    "name it as there; or give the legacy state with --state"
)
AMBIGUOUS: Final = (
    "let only the right one carry this name in AWS, or give the legacy state with --state"
)
UNRESOLVED: Final = (
    "write the value into the legacy configuration or its variables, or give the legacy state "
    "with --state"
)
_IDS_SHOWN: Final = 5


class NoMatchError(Exception):
    """An object that is not told apart in AWS, one to one."""

    def __init__(self, kind: ProblemKind, *, sought: str, found: str, remedy: str) -> None:
        super().__init__(found)
        self.kind: ProblemKind = kind
        self.sought = sought
        self.found = found
        self.remedy = remedy


@dataclass(frozen=True, kw_only=True)
class Search:
    """Everything a rule may look at; `known` are attributes by legacy address, found so far.

    `told` are the import ids, by legacy address, that the arguments were evaluated with.
    """

    region: str
    objects: Sequence[ConfiguredObject]
    rows: Rows = field(repr=False)
    known: Mapping[str, Attributes]
    told: Mapping[str, str]

    def value(self, wanted: ConfiguredObject, argument: str) -> Value:
        """Return an argument as far as it is known; None if not set."""
        return wanted.arguments.get(argument)

    def text(self, wanted: ConfiguredObject, argument: str) -> str:
        """Return an argument that has to be a known text. Raises NoMatchError."""
        return self._text(wanted, argument, self.value(wanted, argument))

    def name_tag(self, wanted: ConfiguredObject) -> str | None:
        """Return the tag Name, or None when the configuration sets none. Raises NoMatchError."""
        tags = self.value(wanted, "tags")
        if tags is None or (isinstance(tags, Mapping) and tags.get("Name") is None):
            return None
        return self._text(wanted, "tag Name", tags["Name"] if isinstance(tags, Mapping) else tags)

    def referring(
        self, type_: str, argument: str, wanted: ConfiguredObject
    ) -> Iterable[ConfiguredObject]:
        """Return the objects of `type_` whose `argument` is made of an attribute of `wanted`."""
        for each in self.objects:
            value = each.arguments.get(argument) if each.type == type_ else None
            if isinstance(value, str):
                if value == self.told.get(wanted.address):
                    yield each
            elif refers_to(value, each, wanted):
                yield each

    def living(self, type_: str) -> list[Row]:
        """Return the rows of a type without those that are as good as gone."""
        return [row for row in self.rows[type_] if RESOURCES[type_].gone(row) is None]

    def _text(self, wanted: ConfiguredObject, argument: str, value: Value) -> str:
        if isinstance(value, str | int | float) and value != "":
            return str(value)
        raise NoMatchError(
            "unresolved",
            sought=f"the {argument} of the {RESOURCES[wanted.type].label}",
            found=self._why(wanted, argument, value),
            remedy=UNRESOLVED,
        )

    def _why(self, wanted: ConfiguredObject, argument: str, value: Value) -> str:
        if value is None or value == "":
            return f"the configuration sets no {argument}"
        for waiting in waiting_in(value):
            return self._why_unknown(wanted, waiting)
        return f"{argument} is no text"

    def _why_unknown(self, wanted: ConfiguredObject, waiting: AfterApply) -> str:
        if not waiting.references:
            return "it is known only after apply"
        made_of = f"it is made of {waiting.references[0]}"
        for each in self.objects:
            if each.address not in self.known and refers_to(waiting, wanted, each):
                return f"{made_of}, and {each.address} was not found"
        return f"{made_of}, which is known only after apply"


Rule = Callable[[Search, ConfiguredObject], Attributes]


def only(
    type_: str, candidates: Sequence[Row], sought: str, *, hint: str = "", remedy: str = ""
) -> Row:
    """Return the one candidate. Raises NoMatchError when there is none, or more than one.

    `hint` says what is there instead when there is none.
    """
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise NoMatchError(
            "missing", sought=sought, found=hint or "nothing", remedy=remedy or MISSING
        )
    raise NoMatchError("ambiguous", sought=sought, found=ids(type_, candidates), remedy=AMBIGUOUS)


def ids(type_: str, rows: Iterable[Row]) -> str:
    """Return the import ids of the rows, in order, as one text; of many the first few."""
    found = sorted(id_of(type_, row) for row in rows)
    rest = [f"and {len(found) - _IDS_SHOWN} more"] if len(found) > _IDS_SHOWN else []
    return ", ".join([*found[:_IDS_SHOWN], *rest])


def tagged(rows: Iterable[Row], name: str) -> list[Row]:
    """Return the rows whose tag Name is `name`."""
    return [row for row in rows if name_of(row) == name]


def name_of(row: Row) -> str | None:
    """Return the tag Name of an EC2 object."""
    tags = row.get("Tags") or ()
    return next((str(tag["Value"]) for tag in tags if tag["Key"] == "Name"), None)


def named(name: str | None) -> str:
    """Return how a tag Name stands in a message."""
    return "without a tag Name" if name is None else f"with the tag Name {shorten(name)}"
