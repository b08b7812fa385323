"""How each object is told apart: by what the catalogue says identifies its type, or by its place."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from aws.resources import ADOPTABLE, RESOURCES
from aws.resources.row import Live
from common.errors import listed, shorten
from imports.sources.terraform_base.live_search import (
    AMBIGUOUS,
    MISSING,
    NoMatchError,
    Rule,
    Search,
    ids,
    only,
    unresolved,
)
from imports.sources.terraform_base.planned import ConfiguredObject

_NEAR_SHOWN: Final = 3


def _by_key(search: Search, wanted: ConfiguredObject) -> Live:
    kind = RESOURCES[wanted.type]
    sought = {part: search.text(wanted, part) for part in kind.key}
    key = tuple(sought.values())
    alike = [each for each in search.existing[wanted.type] if each.key == key]
    lost = [(each, why) for each in alike if (why := _in_the_way(search, each))]
    hint, remedy = _near(search, wanted, key), ""
    if lost:
        reasons = "; ".join(f"{each.import_id} is {why}" for each, why in lost)
        hint = f"only one that cannot be adopted: {reasons}"
        remedy = _REMEDIES.get(wanted.type, "")
    named = " and ".join(f"{part} {value}" for part, value in sought.items())
    return only(
        wanted,
        [each for each in alike if not _in_the_way(search, each)],
        f"{kind.one} named {shorten(key[0])}" if len(key) == 1 else f"{kind.one} with {named}",
        hint=hint,
        remedy=remedy,
    )


def _near(search: Search, wanted: ConfiguredObject, key: tuple[str, ...]) -> str:
    """Name those of the same name in another place, or others in the place of one without a name."""
    parts = RESOURCES[wanted.type].key
    if len(parts) == 1:
        return ""
    at = 0 if parts[-1] == "name" else len(parts) - 1
    near = [
        f"{each.import_id}, whose {parts[at]} is {each.key[at]}"
        for each in search.living(wanted.type)
        if [here for here, part in enumerate(each.key) if part != key[here]] == [at]
    ]
    return f"only {listed(near, limit=_NEAR_SHOWN)}" if near else ""


def _in_the_way(search: Search, live: Live) -> str | None:
    region = live.attributes.get("region", search.region)
    return live.gone if region == search.region else f"in {region}, not in {search.region}"


_REMEDIES: Final = {
    "aws_secretsmanager_secret": (
        "bring it back with `aws secretsmanager restore-secret --secret-id ARN`, or take it out "
        "of the legacy configuration"
    ),
    "aws_s3_bucket": "set the region of the legacy configuration to the bucket's",
}


def _vpc(search: Search, wanted: ConfiguredObject) -> Live:
    # A block alone says little: 10.0.0.0/16 is everybody's first choice.
    name = search.name_tag(wanted)
    if name is None:
        raise unresolved(wanted, "a tag Name")
    block = search.text(wanted, "cidr_block") if "cidr_block" in wanted.arguments else None
    namesakes = _tagged(search.existing[wanted.type], name)
    alike = [
        each for each in search.existing[wanted.type] if each.attributes["cidr_block"] == block
    ]
    return only(
        wanted,
        [each for each in namesakes if block in {None, each.attributes["cidr_block"]}],
        f"a VPC {_named(name)}" + (f" and the block {block}" if block else ""),
        hint="; ".join(
            f"{each.import_id} {_named(_name_of(each))} and the block {each.attributes['cidr_block']}"
            for each in namesakes or alike
        ),
    )


def _in_place(search: Search, wanted: ConfiguredObject) -> Live:
    """Take the one in the place; its name, which anybody may change, only decides among several."""
    kind = RESOURCES[wanted.type]
    place, name = search.text(wanted, kind.key[0]), search.name_tag(wanted)
    there = [each for each in search.existing[wanted.type] if each.key[0] == place]
    living = [each for each in there if each.gone is None]
    if len(living) > 1 and name is not None:
        living = _tagged(living, name) or living
    gone = [f"{each.import_id}, which is {each.gone}" for each in there if each.gone]
    hint = "only " + ", ".join(gone) if gone else ""
    return only(wanted, living, f"{kind.one} in {place}", hint=hint)


def _eip(search: Search, wanted: ConfiguredObject) -> Live:
    held = {
        search.known[gateway.address].attributes.get("allocation_id")
        for gateway in search.referring("aws_nat_gateway", "allocation_id", wanted)
        if gateway.address in search.known
    } - {None}
    name = search.name_tag(wanted)
    if name is None and not held:
        raise unresolved(wanted, "a tag Name, or a NAT gateway that holds it")
    addresses = search.existing[wanted.type]
    return _agreed(
        wanted,
        _tagged(addresses, name) if name is not None else [],
        [each for each in addresses if each.import_id in held],
        sought=f"an elastic IP address {_named(name)}",
        holder="held by its NAT gateway",
    )


def _route_table(search: Search, wanted: ConfiguredObject) -> Live:
    vpc, name = search.text(wanted, "vpc_id"), search.name_tag(wanted)
    subnets = {
        subnet
        for each in search.referring("aws_route_table_association", "route_table_id", wanted)
        if isinstance(subnet := each.arguments.get("subnet_id"), str)
    }
    used = {
        each.attributes["route_table_id"]
        for each in search.existing.get("aws_route_table_association", ())
        if each.attributes["subnet_id"] in subnets
    }
    tables = [each for each in search.living(wanted.type) if each.key[0] == vpc]
    serving = [each for each in tables if each.import_id in used]
    if name is None:
        if not subnets:
            raise unresolved(wanted, "a tag Name, or a subnet that uses it")
        return only(wanted, serving, f"the route table that its subnets use in {vpc}")
    sought = f"a route table {_named(name)} in {vpc}"
    namesakes = _tagged(tables, name)
    if namesakes:
        return _agreed(wanted, namesakes, serving, sought=sought, holder="used by its subnets")
    hint = f"its subnets use {ids(serving)}, of another name" if serving else ""
    return only(wanted, [], sought, hint=hint)


def _agreed(
    wanted: ConfiguredObject,
    namesakes: Sequence[Live],
    held: Sequence[Live],
    *,
    sought: str,
    holder: str,
) -> Live:
    """Return the one that the tag and the place agree upon; either may be silent."""
    both = [each for each in namesakes if each in held]
    if namesakes and held and not both:
        raise NoMatchError(
            wanted,
            "ambiguous",
            sought=sought,
            found=f"{ids(namesakes)} by its name, but {ids(held)} {holder}",
            remedy=AMBIGUOUS,
        )
    return only(wanted, both or namesakes or held, sought, remedy=MISSING)


def _tagged(lives: Iterable[Live], name: str) -> list[Live]:
    return [each for each in lives if _name_of(each) == name]


def _name_of(live: Live) -> str | None:
    return (live.tags or {}).get("Name")


def _named(name: str | None) -> str:
    return "without a tag Name" if name is None else f"with the tag Name {shorten(name)}"


# In the order in which one leads to the next.
_NETWORK: Final = (
    "aws_vpc", "aws_subnet", "aws_internet_gateway", "aws_security_group", "aws_nat_gateway", "aws_eip",
    "aws_route_table", "aws_route_table_association",
)  # fmt: skip
_OTHERWISE: Final[Mapping[str, Rule]] = {
    "aws_vpc": _vpc,
    "aws_internet_gateway": _in_place,
    "aws_nat_gateway": _in_place,
    "aws_eip": _eip,
    "aws_route_table": _route_table,
}
RULES: Final[Mapping[str, Rule]] = {
    type_: _OTHERWISE.get(type_, _by_key) for type_ in (*_NETWORK, *sorted(ADOPTABLE - {*_NETWORK}))
}
