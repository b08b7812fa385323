"""Whose object is adopted where a legacy base and a CloudFormation stack both have one. Pure.

What can only work together comes from one owner as a whole: a network with all that is in it, a bucket with
its settings. Where the database is, there the network is: it can be moved into no other.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, get_args

from common.errors import UserError, listed
from imports.inventory import Decision
from imports.legacy_side import LegacySide
from imports.record import Source
from imports.sources.terraform_base.mapping import PARTS, secret_of_released
from modules.base.naming import resource_name
from modules.settings.secrets import MASTER_CREDENTIALS, SECRETS

NETWORK: Final = "network"
_DATABASE: Final = "aws_db_instance.main"
_IN_NETWORK: Final = re.compile(
    r"aws_(vpc|subnet|internet_gateway|eip|nat_gateway|route_table|security_group|db_|lb|ecs_|efs_|appautoscaling_)"
)
# They tell where the database is, and how to log in.
_OF_DATABASE: Final = frozenset(
    f"aws_secretsmanager_secret.{resource_name(row.name)}"
    for row in SECRETS
    if row.origin == "composed" or row.name == MASTER_CREDENTIALS
)
_WHOLES: Final = {
    "aws_s3_bucket_": "aws_s3_bucket.data",
    "aws_sns_topic_": "aws_sns_topic.alarms",
}
_CALLED: Final[Mapping[Source, str]] = {
    "base": "the legacy base",
    "stack": "the CloudFormation stack",
}

Ids = Mapping[str, str]
"""Import ids by our address."""


def part_of(address: str) -> str:
    """Return the part of the platform that comes from one owner as a whole; of most objects they alone."""
    if _IN_NETWORK.match(address) or address in _OF_DATABASE:
        return NETWORK
    return next((whole for prefix, whole in _WHOLES.items() if address.startswith(prefix)), address)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Whose each part is that both owners have. `undecided` are lines for those that nobody has decided."""

    of: Mapping[str, Source]
    undecided: tuple[str, ...] = ()

    def is_left(self, address: str, source: Source) -> bool:
        """Return whether an object of this owner is left to it, because the other's is adopted."""
        return self.of.get(part_of(address), source) != source

    def why(self, address: str) -> str:
        """Return why the object at an address is left where it is."""
        part = part_of(address)
        return f"the {part} of {_CALLED[self.of[part]]} is adopted in its place; this one stays"


def choose(base: Ids, stack: Ids, preferred: Sequence[str]) -> Choice:
    """Return whose each part is: by `--prefer` where both have it, and the network with the one database.

    Raises UserError for a preference that decides nothing, and for an object that both own.
    """
    _refuse_one_object(base, stack)
    both = {part_of(address) for address in base} & {part_of(address) for address in stack}
    wanted = _wanted(preferred, both)
    owners: dict[Source, Ids] = {"base": base, "stack": stack}
    with_database = [source for source, ids in owners.items() if _DATABASE in ids]
    of: dict[str, Source] = {
        part: found for part in both if (found := wanted.get(part) or wanted.get(""))
    }
    if NETWORK in both and len(with_database) == 1:
        (owner,) = with_database
        if wanted.get(NETWORK, owner) != owner:
            raise UserError(
                f"--prefer {NETWORK}={wanted[NETWORK]}: only {_CALLED[owner]} has the database, which cannot "
                f"be moved into another network: leave that preference out"
            )
        of[NETWORK] = owner
    return Choice(
        of=of,
        undecided=tuple(_undecided(part, base, stack) for part in sorted(both - of.keys())),
    )


def left_to_stack(side: LegacySide, choice: Choice) -> LegacySide:
    """Return the legacy side with what the stack has in its place not covered: it stays in the old state.

    So does what the old tool makes for it: a password that left the old state would be drawn anew.
    """
    left = [
        each
        for each in side.decisions
        if each.address is not None and choice.is_left(each.address, "base")
    ]
    addresses = {str(each.address) for each in left}
    objects = {(each.type, each.import_id) for each in left}

    def goes_with(each: Decision) -> bool:
        secret = secret_of_released(each.type, each.legacy_address)
        type_, attribute = PARTS.get(each.type, ("", ""))
        whole = side.attributes.get(each.legacy_address, {}).get(attribute)
        return secret in addresses or (type_, whole) in objects

    def after(each: Decision) -> Decision:
        if each in left:
            why = choice.why(str(each.address))
        elif each.verdict == "release" and goes_with(each):
            why = "it goes with what stays in the legacy state"
        else:
            return each
        return replace(each, verdict="not covered", address=None, import_id=None, why=why)

    return replace(side, decisions=[after(each) for each in side.decisions])


def _wanted(preferred: Sequence[str], both: set[str]) -> dict[str, Source]:
    """Return the owners that were asked for, by part; of "" for all others."""
    wanted: dict[str, Source] = {}
    for text in preferred:
        part, _, name = text.rpartition("=")
        owner = next((each for each in get_args(Source) if each == name), None)
        if owner is None:
            raise UserError(
                f"--prefer {text}: allowed: base, stack, or of one part, as in --prefer "
                "aws_s3_bucket.data=base"
            )
        if part and part not in both:
            raise UserError(
                f"--prefer {text}: not both owners have {part}; they both have: "
                f"{listed(sorted(both)) or 'nothing'}"
            )
        wanted[part] = owner
    return wanted


def _undecided(part: str, base: Ids, stack: Ids) -> str:
    ours, theirs = (_told(part, ids) for ids in (base, stack))
    return (
        f"both have {'a ' if part == NETWORK else ''}{part}, the base {ours} and the stack {theirs}: say "
        f"whose is adopted, with --prefer {part}=base or --prefer {part}=stack; the other stays with its "
        "owner"
    )


def _told(part: str, ids: Ids) -> str:
    """Return what an owner's part is called: a network by its database, which is what is chosen."""
    found = {address: id_ for address, id_ in ids.items() if part_of(address) == part}
    return found.get(_DATABASE) or found.get(part) or next(iter(found.values()))


def _refuse_one_object(base: Ids, stack: Ids) -> None:
    def keyed(ids: Ids) -> dict[tuple[str, str], str]:
        return {(address.partition(".")[0], id_): address for address, id_ in ids.items() if id_}

    shared = sorted(keyed(base).keys() & keyed(stack).keys())
    if shared:
        type_, id_ = shared[0]
        raise UserError(
            f"the {type_} {id_} is in the legacy state and in the CloudFormation stack: an object has one "
            "owner; let `terraform state rm ADDRESS` take it out of the legacy state, which destroys nothing"
            + (f" (and {len(shared) - 1} more)" if shared[1:] else "")
        )
