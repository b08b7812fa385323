"""Tells the planned resources apart among what stands in AWS: one to one, or not at all.

A resource whose parent does not stand cannot stand either. Only what carries the stage's own name or tags is
ever taken.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Final

from ops.recovery.live import Finder, Live, UnknownValueError
from ops.recovery.planned import Planned, text

Lister = Callable[[str, str], list[Live]]
"""Gives the objects of a type whose key begins with this text."""


@dataclass(frozen=True, kw_only=True)
class Ambiguity:
    """Objects of which any could be the one at the address."""

    address: str
    import_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Orphan:
    """An object with the stage's tags at whose address another one stands.

    One that is in use, because something stands on it, is never deleted here.
    """

    type: str
    import_id: str
    address: str
    in_use: bool = False


@dataclass(frozen=True, kw_only=True)
class Matches:
    """What was found at which address, and what was found beside it. Everything is sorted."""

    found: Mapping[str, Live]
    ambiguous: tuple[Ambiguity, ...]
    orphans: tuple[Orphan, ...]
    unknown_types: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Matcher:
    """Looks for resources one after the other, each after those that its key is made of."""

    resources: Mapping[str, Planned]
    held: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """The attributes of what the state holds, and of data sources, by address."""
    held_ids: Set[str]
    """The ids of all that the state holds, deposed objects too."""
    default_tags: Mapping[str, str]
    pinned: Mapping[str, str]
    """The import ids of adopted objects, by address: they have names and tags of their own."""
    finders: Mapping[str, Finder]
    lister: Lister
    _found: dict[str, Live | None] = field(default_factory=dict, init=False)
    _ambiguous: list[Ambiguity] = field(default_factory=list, init=False)
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
            orphans=tuple(
                Orphan(type=type_, import_id=id_, address=address, in_use=in_use)
                for type_, id_, address, in_use in sorted(self._orphans)
            ),
            unknown_types=tuple(sorted(missing_types - self.finders.keys() - NOT_LOOKED_FOR)),
        )

    def known(self, address: str) -> Mapping[str, Any] | None:
        """What others may refer to: of the state, of what is found, else of the plan's own arguments."""
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
            self._found[address] = self._choose(address, self._candidates(address))
        return self._found[address]

    def _candidates(self, address: str) -> list[Live]:
        resource = self.resources[address]
        finder = self.finders.get(resource.type)
        if finder is None:
            return []
        try:
            key = finder.key(lambda path: self._text(resource, path))
        except UnknownValueError:
            return []
        return [
            live
            for live in self.lister(resource.type, key[0])
            if live.key == key and self._ours(address, live)
        ]

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
        if self.resources[address].type not in CAN_BE_DOUBLE:
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

    def _ours(self, address: str, live: Live) -> bool:
        if address in self.pinned:
            return live.import_id == self.pinned[address]
        return live.tags is None or self.default_tags.items() <= live.tags.items()

    def _text(self, resource: Planned, path: str) -> str:
        """An argument (`tags.Name`); with `?` at its end it may be unset."""
        value: Any = resource.arguments
        for part in path.removesuffix("?").split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is None and path.endswith("?"):
            return ""
        found = text(value, self.known)
        if found is None:
            raise UnknownValueError(path)
        return found


# Types that AWS gives no unique name: a deploy that was killed and repeated leaves two of them.
CAN_BE_DOUBLE: Final = frozenset(
    {
        "aws_acm_certificate",
        "aws_backup_plan",
        "aws_backup_selection",
        "aws_efs_access_point",
        "aws_eip",
        "aws_flow_log",
        "aws_internet_gateway",
        "aws_kms_key",
        "aws_nat_gateway",
        "aws_route_table",
        "aws_vpc",
    }
)
# Not looked for: the provider imports none of them, or would read a secret's value. They are made from what
# they belong to (`ops.recovery.unimportable`, `ops.recovery.secret_versions`).
NOT_LOOKED_FOR: Final = frozenset(
    {
        "aws_acm_certificate_validation",
        "aws_appautoscaling_scheduled_action",
        "aws_secretsmanager_secret_version",
    }
)


def _literals(resource: Planned) -> dict[str, Any]:
    return {
        name: value
        for name, value in resource.arguments.items()
        if isinstance(value, str | int) and "${" not in str(value)
    }
