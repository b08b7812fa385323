"""Who owns each adopted object now: the old owner (a state or a stack), the new state, both or neither."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from common.errors import listed, shorten
from imports.record import AdoptedObject, AdoptionRecord, Source
from terraform.addresses import address_order
from terraform.state import Document
from terraform.state_surgery import Held, held, places

_ALL: Final[frozenset[Source]] = frozenset({"base", "stack"})


class Holder(StrEnum):
    """Who holds an object: the old owner, the new state, both or neither; unknown where one was not asked."""

    LEGACY = "legacy"
    BOTH = "both"
    HERE = "here"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Who holds one adopted object, and what is wrong with that, if anything.

    A `mismatch` is another object at the recorded address, or the object at another address. `made_again`
    says that it is only this: the new state holds the object, and the legacy folder has made another since.
    `asked` says whether its old owner was looked at, `held_here` whether the new state holds it.
    """

    address: str
    legacy_address: str
    import_id: str
    holder: Holder
    mismatch: str | None = None
    source: Source = "base"
    made_again: bool = False
    asked: bool = True
    held_here: bool = False


def ownership(
    record: AdoptionRecord,
    legacy_state: Document | None,
    new_state: Document | None,
    *,
    rows: Set[str] = frozenset(),
    others: Mapping[str, Document | None] = MappingProxyType({}),
    asked: Set[Source] = _ALL,
) -> list[Owner]:
    """Return who holds each object of the record, sorted by our address; None stands for no state.

    `rows` are the logical ids that the CloudFormation stack holds, `others` the states of the legacy folder's
    other workspaces by name, `asked` the old owners that were looked at.
    """
    legacy = _State("legacy", legacy_state)
    new = _State("new", new_state)
    places_by_name = {name: places(document) for name, document in others.items()}
    owners = []
    for item in sorted(record.adopted, key=lambda item: address_order(item.address)):
        here, of_base = new.holds(item, item.address), item.source == "base"
        there = legacy.holds(item, item.legacy_address) if of_base else item.legacy_address in rows
        beside = _in_others(item, places_by_name) if of_base else []
        made = legacy.other(item, item.legacy_address) if of_base else []
        elsewhere = [
            *(legacy.elsewhere(item, item.legacy_address) if of_base else ()),
            *beside,
            *new.other(item, item.address),
            *new.elsewhere(item, item.address),
        ]
        owners.append(
            Owner(
                address=item.address,
                legacy_address=item.legacy_address,
                import_id=item.import_id,
                holder=_HOLDERS[there or bool(beside), here]
                if item.source in asked
                else Holder.UNKNOWN,
                mismatch="; ".join([*made, *elsewhere]) or None,
                source=item.source,
                made_again=here and bool(made) and not elsewhere,
                asked=item.source in asked,
                held_here=here,
            )
        )
    return owners


def _in_others(
    item: AdoptedObject,
    places_by_name: Mapping[str, Mapping[tuple[str, str], Sequence[str]]],
) -> list[str]:
    """Say which of the legacy folder's other workspaces hold the object, and where."""
    return [
        f"{shorten(item.import_id)} is at {shorten(place)} in the legacy workspace {name}"
        for name, found in places_by_name.items()
        for place in found.get((item.type, item.import_id), ())
    ]


def second_base(owners: Sequence[Owner], *, holds_released: bool = False) -> str | None:
    """Say what the legacy folder has made again since the adoption; None where it has not.

    `holds_released`: the legacy state holds something that the record releases.
    """
    made = [owner.legacy_address for owner in owners if owner.made_again]
    if not made:
        return None
    both = any(owner.holder is Holder.BOTH and owner.source == "base" for owner in owners)
    remedy = (
        "`python -m imports retire --acknowledge` removes there what is this stage's, and nothing else"
        if both or holds_released
        # It may hold more than the second base: what no record has covered.
        else "that state holds nothing of this stage's; `terraform plan -destroy` there lists what it does"
    )
    return (
        f"an apply of the old folder has made {len(made)} objects again, a second base beside this stage's: "
        f"{listed(made, limit=3)}: stop that CI; {remedy}"
    )


def twice_owned(owners: Sequence[Owner]) -> list[str]:
    """Say what to do about objects that an old owner and the new state hold, a line for each old owner."""
    both = Counter(owner.source for owner in owners if owner.holder is Holder.BOTH)
    said = []
    if both["base"]:
        said.append(
            f"both tools own {both['base']} objects: an apply of the old folder, by hand or by its CI, would "
            "take back what this project changes on them: stop that CI, and run `python -m imports retire` "
            "now"
        )
    if both["stack"]:
        said.append(
            f"CloudFormation owns {both['stack']} objects too: stop what deploys the stack, and delete it by "
            "`python -m imports retire --cloudformation` alone"
        )
    return said


_HOLDERS = {
    (True, False): Holder.LEGACY,
    (True, True): Holder.BOTH,
    (False, True): Holder.HERE,
    (False, False): Holder.NOBODY,
}


class _State:
    """One of the two states, looked up by address and by object."""

    def __init__(self, name: str, document: Document | None) -> None:
        self._name = name
        self._held = held(document)
        self._places = places(document)

    def holds(self, item: AdoptedObject, address: str) -> bool:
        return self._held.get(address) == Held(type=item.type, import_id=item.import_id)

    def other(self, item: AdoptedObject, address: str) -> list[str]:
        """Say which other object is at the address."""
        found = self._held.get(address)
        if found is None or self.holds(item, address):
            return []
        other = "an object without an id" if found.import_id is None else found.import_id
        return [
            f"{address} in the {self._name} state is {shorten(other)}, not {shorten(item.import_id)}"
        ]

    def elsewhere(self, item: AdoptedObject, address: str) -> list[str]:
        """Say at which other addresses the object is."""
        return [
            f"{shorten(item.import_id)} is at {shorten(place)} in the {self._name} state, and belongs "
            f"at {address}"
            for place in self._places.get((item.type, item.import_id), [])
            if place != address
        ]
