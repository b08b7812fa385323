"""How the objects of the network are told apart, one rule for each type."""

from collections.abc import Mapping
from typing import Final, Never

from aws.resources import RESOURCES
from aws.resources.call import Row
from aws.resources.ec2 import associations_in
from common.errors import shorten
from imports.sources.terraform_base.live_search import (
    AMBIGUOUS,
    MISSING,
    UNRESOLVED,
    Attributes,
    NoMatchError,
    Rule,
    Search,
    ids,
    name_of,
    named,
    only,
    tagged,
)
from imports.sources.terraform_base.planned import ConfiguredObject


def _vpc(search: Search, wanted: ConfiguredObject) -> Attributes:
    # A block alone says little: 10.0.0.0/16 is everybody's first choice.
    name = _required_name(search, wanted)
    block = search.text(wanted, "cidr_block") if "cidr_block" in wanted.arguments else None
    sought = f"a VPC {named(name)}" + (f" and the block {block}" if block else "")
    namesakes = tagged(search.rows[wanted.type], name)
    matching = [row for row in namesakes if block in {None, row["CidrBlock"]}]
    alike = [row for row in search.rows[wanted.type] if row["CidrBlock"] == block]
    hint = "; ".join(
        f"{row['VpcId']} {named(name_of(row))} and the block {row['CidrBlock']}"
        for row in namesakes or alike
    )
    row = only("aws_vpc", matching, sought, hint=hint)
    return RESOURCES[wanted.type].attributes_of(row)


def _subnet(search: Search, wanted: ConfiguredObject) -> Attributes:
    vpc, block = search.text(wanted, "vpc_id"), search.text(wanted, "cidr_block")
    row = only(
        "aws_subnet",
        [each for each in _within(search, wanted, vpc) if each.get("CidrBlock") == block],
        f"a subnet with the block {block} in {vpc}",
    )
    return RESOURCES[wanted.type].attributes_of(row)


def _internet_gateway(search: Search, wanted: ConfiguredObject) -> Attributes:
    vpc, name = search.text(wanted, "vpc_id"), search.name_tag(wanted)
    attached = [
        row
        for row in search.rows[wanted.type]
        if any(each.get("VpcId") == vpc for each in row.get("Attachments", ()))
    ]
    row = only(wanted.type, _narrowed(attached, name), f"an internet gateway attached to {vpc}")
    return RESOURCES[wanted.type].attributes_of(row)


def _security_group(search: Search, wanted: ConfiguredObject) -> Attributes:
    vpc, name = search.text(wanted, "vpc_id"), search.text(wanted, "name")
    namesakes = [row for row in search.rows[wanted.type] if row["GroupName"] == name]
    elsewhere = ", ".join(f"{row['GroupId']} in {row.get('VpcId')}" for row in namesakes)
    row = only(
        wanted.type,
        [each for each in namesakes if each.get("VpcId") == vpc],
        f"a security group named {shorten(name)} in {vpc}",
        hint=f"only {elsewhere}" if elsewhere else "",
    )
    return RESOURCES[wanted.type].attributes_of(row)


def _nat_gateway(search: Search, wanted: ConfiguredObject) -> Attributes:
    subnet, name = search.text(wanted, "subnet_id"), search.name_tag(wanted)
    kind = RESOURCES[wanted.type]
    gone = [
        f"{row['NatGatewayId']}, which is {state}"
        for row in search.rows[wanted.type]
        if row.get("SubnetId") == subnet and (state := kind.gone(row)) is not None
    ]
    standing = [row for row in search.living(wanted.type) if row.get("SubnetId") == subnet]
    row = only(
        wanted.type,
        _narrowed(standing, name),
        f"a NAT gateway in {subnet}",
        hint="only " + ", ".join(gone) if gone else "",
    )
    return {**kind.attributes_of(row), "allocation_id": _address_of(row)}


def _address_of(gateway: Row) -> str | None:
    addresses = gateway.get("NatGatewayAddresses", ())
    primary = [each for each in addresses if each.get("IsPrimary")] or addresses
    return primary[0].get("AllocationId") if len(primary) == 1 else None


def _eip(search: Search, wanted: ConfiguredObject) -> Attributes:
    held = {
        search.known[gateway.address]["allocation_id"]
        for gateway in search.referring("aws_nat_gateway", "allocation_id", wanted)
        if gateway.address in search.known
    } - {None}
    name = search.name_tag(wanted)
    if name is None and not held:
        _no_way(wanted, "a tag Name, or a NAT gateway that holds it")
    addresses = search.rows[wanted.type]
    namesakes = tagged(addresses, name) if name is not None else []
    row = _agreed(
        wanted,
        namesakes,
        [row for row in addresses if row["AllocationId"] in held],
        sought=f"an elastic IP address {named(name)}",
        holder="held by its NAT gateway",
    )
    return RESOURCES[wanted.type].attributes_of(row)


def _route_table(search: Search, wanted: ConfiguredObject) -> Attributes:
    vpc, name = search.text(wanted, "vpc_id"), search.name_tag(wanted)
    subnets = {
        search.value(each, "subnet_id")
        for each in search.referring("aws_route_table_association", "route_table_id", wanted)
        if isinstance(search.value(each, "subnet_id"), str)
    }
    used = {
        row["RouteTableId"]
        for row in associations_in(search.rows[wanted.type])
        if row["SubnetId"] in subnets
    }
    tables = _within(search, wanted, vpc)
    serving = [row for row in tables if row["RouteTableId"] in used]
    sought = f"a route table {named(name)} in {vpc}"
    if name is None:
        if not subnets:
            _no_way(wanted, "a tag Name, or a subnet that uses it")
        row = only(wanted.type, serving, f"the route table that its subnets use in {vpc}")
    elif namesakes := tagged(tables, name):
        row = _agreed(wanted, namesakes, serving, sought=sought, holder="used by its subnets")
    else:
        hint = f"its subnets use {ids(wanted.type, serving)}, of another name" if serving else ""
        row = only(wanted.type, [], sought, hint=hint)
    return RESOURCES[wanted.type].attributes_of(row)


def _association(search: Search, wanted: ConfiguredObject) -> Attributes:
    subnet, table = search.text(wanted, "subnet_id"), search.text(wanted, "route_table_id")
    entries = [row for row in search.rows[wanted.type] if row["SubnetId"] == subnet]
    others = ids("aws_route_table", entries)
    row = only(
        wanted.type,
        [each for each in entries if each["RouteTableId"] == table],
        f"an association of {subnet} with {table}",
        hint=f"the subnet is associated with {others}" if others else "",
    )
    return RESOURCES[wanted.type].attributes_of(row)


def _within(search: Search, wanted: ConfiguredObject, vpc: str) -> list[Row]:
    return [row for row in search.living(wanted.type) if row.get("VpcId") == vpc]


def _narrowed(rows: list[Row], name: str | None) -> list[Row]:
    # The place has told it already; the name, which anybody may change, only decides among several.
    if len(rows) < 2 or name is None:
        return rows
    return tagged(rows, name) or rows


def _agreed(
    wanted: ConfiguredObject,
    namesakes: list[Row],
    held: list[Row],
    *,
    sought: str,
    holder: str,
) -> Row:
    """Return the row that the tag and the place agree upon; either may be silent."""
    both = [row for row in namesakes if row in held]
    if namesakes and held and not both:
        raise NoMatchError(
            "ambiguous",
            sought=sought,
            found=f"{ids(wanted.type, namesakes)} by its name, but {ids(wanted.type, held)} "
            f"{holder}",
            remedy=AMBIGUOUS,
        )
    return only(wanted.type, both or namesakes or held, sought, remedy=MISSING)


def _required_name(search: Search, wanted: ConfiguredObject) -> str:
    name = search.name_tag(wanted)
    if name is None:
        _no_way(wanted, "a tag Name")
    return name


def _no_way(wanted: ConfiguredObject, needed: str) -> Never:
    label = RESOURCES[wanted.type].label
    raise NoMatchError(
        "unresolved",
        sought=f"the {label}",
        found=f"the configuration does not give it {needed}",
        remedy=UNRESOLVED,
    )


# In the order in which one leads to the next.
NETWORK_RULES: Final[Mapping[str, Rule]] = {
    "aws_vpc": _vpc,
    "aws_subnet": _subnet,
    "aws_internet_gateway": _internet_gateway,
    "aws_security_group": _security_group,
    "aws_nat_gateway": _nat_gateway,
    "aws_eip": _eip,
    "aws_route_table": _route_table,
    "aws_route_table_association": _association,
}
