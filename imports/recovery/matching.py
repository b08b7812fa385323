"""Tells the planned resources apart among what exists in AWS: one to one, or not at all.

A resource whose parent does not exist cannot exist either. Only what carries the stage's own name or tags, or
what its adoption record names, is ever taken.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from aws.resources import RESOURCES
from aws.resources.row import Live
from imports.recovery.untagged import is_told
from terraform.resolving import text
from terraform.stack import Resource


class UnknownValueError(Exception):
    """An argument that cannot be known, because what it refers to does not exist."""


Lister = Callable[[str, str], list[Live]]
"""Gives the objects of a type whose key begins with this text."""


@dataclass(frozen=True, kw_only=True)
class Ambiguity:
    """Objects of which any could be the one at the address."""

    address: str
    import_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Orphan:
    """An object with the stage's tags at whose address another one exists.

    One that is in use, because something needs it, is never deleted here.
    """

    type: str
    import_id: str
    address: str
    in_use: bool = False


@dataclass(frozen=True, kw_only=True)
class Matches:
    """What was found at which address, and what was found beside it. Everything is sorted.

    `ambiguous` are objects that all have the stage's tags. `undecided` are objects of a stage without any,
    which could as well be somebody else's.
    """

    found: Mapping[str, Live]
    ambiguous: tuple[Ambiguity, ...]
    undecided: tuple[Ambiguity, ...] = ()
    orphans: tuple[Orphan, ...]
    unknown_types: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Matcher:
    """Looks for resources one after the other, each after those that its key is made of."""

    resources: Mapping[str, Resource]
    held: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """The attributes of what the state holds, and of data sources, by address."""
    held_ids: Set[str]
    """The ids of all that the state holds, deposed objects too."""
    default_tags: Mapping[str, str]
    recorded: Mapping[str, Live]
    """What an adoption record names and the state lacks, as far as it exists: it has tags of its own."""
    adopted: Set[str]
    """All addresses of that record."""
    lister: Lister
    elsewhere: Lister | None = None
    """The one for resources of the second provider, whose objects are in another region."""
    _found: dict[str, Live | None] = field(default_factory=dict, init=False)
    _ambiguous: list[Ambiguity] = field(default_factory=list, init=False)
    _undecided: list[Ambiguity] = field(default_factory=list, init=False)
    _orphans: set[tuple[str, str, str, bool]] = field(default_factory=set, init=False)

    def match(self) -> Matches:
        """Look for everything that the state does not hold, and beside what it holds for doubles."""
        for address in self.resources:
            self._live(address)
            if address in self.held:
                self._doubles_of_held(address)
        found = {address: live for address, live in sorted(self._found.items()) if live}
        missing_types = {
            self.resources[address].type for address in self.resources if address not in self.held
        }
        return Matches(
            found=found,
            ambiguous=tuple(sorted(self._ambiguous, key=lambda each: each.address)),
            undecided=tuple(sorted(self._undecided, key=lambda each: each.address)),
            orphans=tuple(
                Orphan(type=type_, import_id=id_, address=address, in_use=in_use)
                for type_, id_, address, in_use in sorted(self._orphans)
            ),
            unknown_types=tuple(sorted(missing_types - RESOURCES.keys())),
        )

    def known(self, address: str) -> Mapping[str, Any] | None:
        """Return what others may refer to: of the state, of what is found, else of the planned arguments."""
        if address in self.held:
            return self.held[address]
        if address not in self.resources:
            return None
        live = self._live(address)
        return {**_literals(self.resources[address]), **(live.attributes if live else {})}

    def _live(self, address: str) -> Live | None:
        if address in self.held:
            return None
        if address not in self._found:
            self._found[address] = None  # a circle would end here
            self._found[address] = self._recorded(address) or self._chosen(address)
        return self._found[address]

    def _recorded(self, address: str) -> Live | None:
        there = self.recorded.get(address)
        if there is None:
            return None
        # The same object by its key tells more: what AWS still does to it.
        same = (live for live in self._alike(address) if live.import_id == there.import_id)
        return next(same, there)

    def _chosen(self, address: str) -> Live | None:
        if self.default_tags:
            return self._choose(address, self._candidates(address))
        candidates = [live for live in self._alike(address) if self._is_free(live)]
        ours = [live for live in candidates if self._is_told(address, live)]
        if len(ours) == 1:
            return ours[0]
        if candidates:
            ids = tuple(sorted(live.import_id for live in ours or candidates))
            self._undecided.append(Ambiguity(address=address, import_ids=ids))
        return None

    def _candidates(self, address: str) -> list[Live]:
        return [
            live
            for live in self._alike(address)
            if live.tags is None or self.default_tags.items() <= live.tags.items()
        ]

    def _alike(self, address: str) -> list[Live]:
        """Return all that have the key of the resource."""
        resource = self.resources[address]
        row = RESOURCES.get(resource.type)
        if row is None or row.not_imported:
            return []
        try:
            key = tuple(self._text(resource, path) for path in row.key)
        except UnknownValueError:
            return []
        lister = self.elsewhere if "provider" in resource.attributes else self.lister
        return [live for live in (lister or self.lister)(resource.type, key[0]) if live.key == key]

    def _choose(self, address: str, candidates: list[Live]) -> Live | None:
        if len(candidates) < 2:
            return candidates[0] if candidates else None
        used = [live for live in candidates if live.in_use]
        if len(used) != 1:
            ids = tuple(sorted(live.import_id for live in candidates))
            self._ambiguous.append(Ambiguity(address=address, import_ids=ids))
            return None
        self._add_orphans(address, [live for live in candidates if live is not used[0]])
        return used[0]

    def _doubles_of_held(self, address: str) -> None:
        # Without default tags nothing says that another one is this stage's, and what was adopted has been
        # there before any deploy.
        if (
            self.resources[address].type not in RESOURCES
            or not RESOURCES[self.resources[address].type].can_be_double
            or not self.default_tags
            or address in self.adopted
        ):
            return
        self._add_orphans(
            address,
            [
                live
                for live in self._candidates(address)
                if live.attributes["id"] not in self.held_ids
            ],
        )

    def _add_orphans(self, address: str, lives: list[Live]) -> None:
        type_ = self.resources[address].type
        self._orphans |= {(type_, live.import_id, address, live.in_use) for live in lives}

    def _is_free(self, live: Live) -> bool:
        """Return whether it is not known as another address's; what is told by its name can be no other's."""
        return live.tags is None or (
            live.import_id not in self.held_ids
            and all(live.import_id != other.import_id for other in self.recorded.values())
        )

    def _is_told(self, address: str, live: Live) -> bool:
        return is_told(self.resources[address], live, known=self.known, exists=self._exists)

    def _exists(self, type_: str, import_id: str) -> bool:
        """Return whether the stage has this object, of a type whose id is its import id."""
        return any(
            str(self.held[address].get("id")) == import_id
            if address in self.held
            else (live := self._live(address)) is not None and live.import_id == import_id
            for address, resource in self.resources.items()
            if resource.type == type_
        )

    def _text(self, resource: Resource, path: str) -> str:
        """Return an argument (`tags.Name`) as text; with `?` at its end it may be unset."""
        value: Any = resource.attributes
        for part in path.removesuffix("?").split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is None and path.endswith("?"):
            return ""
        found = text(value, self.known)
        if found is None:
            raise UnknownValueError(path)
        return found


def _literals(resource: Resource) -> dict[str, Any]:
    return {
        name: value
        for name, value in resource.attributes.items()
        if isinstance(value, str | int) and "${" not in str(value)
    }
