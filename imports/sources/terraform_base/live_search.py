"""What the rules of discovery share: the configuration, what exists and what is found already."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from aws.resources import RESOURCES
from aws.resources.row import Live
from common.errors import listed, one_line
from imports.existing import Existing
from imports.sources.terraform_base.planned import (
    AfterApply,
    ConfiguredObject,
    Value,
    refers_to,
    waiting_in,
)

ErrorKind = Literal["missing", "ambiguous", "unresolved"]

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


@dataclass(frozen=True, kw_only=True)
class DiscoveryError:
    """An object that was not found: at which legacy address, what was looked for, what is there.

    `missing` is in AWS no more, `ambiguous` is there more than once, `unresolved` cannot be
    looked for, because what would tell it apart is not known.
    """

    address: str
    kind: ErrorKind
    sought: str
    found: str
    remedy: str

    def __str__(self) -> str:
        """Return the error in one line."""
        return one_line(
            f"{self.address} is {self.kind}: looked for {self.sought}; found {self.found}; "
            f"{self.remedy}"
        )


class NoMatchError(Exception):
    """An object that is not told apart in AWS, one to one."""

    def __init__(
        self, wanted: ConfiguredObject, kind: ErrorKind, *, sought: str, found: str, remedy: str
    ) -> None:
        super().__init__(found)
        self.error = DiscoveryError(
            address=wanted.address, kind=kind, sought=sought, found=found, remedy=remedy
        )


@dataclass(frozen=True, kw_only=True)
class Search:
    """Everything a rule may look at; `known` are objects by legacy address, found so far.

    `told` are the import ids, by legacy address, that the arguments were evaluated with.
    """

    region: str
    objects: Sequence[ConfiguredObject]
    existing: Existing = field(repr=False)
    known: Mapping[str, Live]
    told: Mapping[str, str]

    def text(self, wanted: ConfiguredObject, argument: str) -> str:
        """Return an argument that has to be a known text. Raises NoMatchError."""
        return self._text(wanted, argument, wanted.arguments.get(argument))

    def name_tag(self, wanted: ConfiguredObject) -> str | None:
        """Return the tag Name, or None when the configuration sets none. Raises NoMatchError."""
        tags = wanted.arguments.get("tags")
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

    def living(self, type_: str) -> list[Live]:
        """Return the objects of a type without those that are as good as gone."""
        return [each for each in self.existing[type_] if each.gone is None]

    def _text(self, wanted: ConfiguredObject, argument: str, value: Value) -> str:
        if isinstance(value, str | int | float) and value != "":
            return str(value)
        raise NoMatchError(
            wanted,
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


Rule = Callable[[Search, ConfiguredObject], Live]


def only(
    wanted: ConfiguredObject,
    candidates: Sequence[Live],
    sought: str,
    *,
    hint: str = "",
    remedy: str = "",
) -> Live:
    """Return the one candidate. Raises NoMatchError when there is none, or more than one.

    `hint` says what is there instead when there is none.
    """
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise NoMatchError(
            wanted, "ambiguous", sought=sought, found=ids(candidates), remedy=AMBIGUOUS
        )
    raise NoMatchError(
        wanted, "missing", sought=sought, found=hint or "nothing", remedy=remedy or MISSING
    )


def unresolved(wanted: ConfiguredObject, needed: str) -> NoMatchError:
    """Say what the configuration lacks to tell an object apart."""
    return NoMatchError(
        wanted,
        "unresolved",
        sought=f"the {RESOURCES[wanted.type].label}",
        found=f"the configuration does not give it {needed}",
        remedy=UNRESOLVED,
    )


def ids(lives: Iterable[Live]) -> str:
    """Return the import ids, in order, as one text; of many the first few."""
    return listed(sorted(each.import_id for each in lives), limit=_IDS_SHOWN)
