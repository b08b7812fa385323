"""A VPC that exists already: its subnets and ways out, and what it lacks for a stage."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aws.client import Clients, ask, ask_all, ask_unless
from common.errors import UserError

Way = Literal["internet", "nat", "other", "none"]

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
_BALANCER_ADDRESSES = 8
# What a task on Fargate calls before its container starts, and when it writes a log.
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
_NEEDED_ENDPOINTS = ("ecr.api", "ecr.dkr", "logs", "s3", "secretsmanager")
_NO_VPC = frozenset({"InvalidVpcID.NotFound", "InvalidVpcID.Malformed"})


@dataclass(frozen=True, kw_only=True)
class SubnetFacts:
    """One subnet; `way` is where its default route leads."""

    id: str
    zone: str
    block: str
    free: int
    way: Way


@dataclass(frozen=True, kw_only=True)
class VpcFacts:
    """A VPC; `endpoints` are the services that it reaches by endpoints of its own.

    `nat_addresses` are the public ones of its NAT gateways.
    """

    id: str
    block: str
    dns_support: bool
    dns_hostnames: bool
    endpoints: tuple[str, ...]
    subnets: tuple[SubnetFacts, ...]
    nat_addresses: tuple[str, ...] = ()

    def of(self, *ways: Way) -> tuple[SubnetFacts, ...]:
        """Return the subnets of these ways, the one with most free addresses in each zone."""
        best: dict[str, SubnetFacts] = {}
        for each in sorted(self.subnets, key=lambda one: (-one.free, one.id)):
            if each.way in ways:
                best.setdefault(each.zone, each)
        return tuple(best[zone] for zone in sorted(best))


def vpc_facts(clients: Clients, vpc_id: str) -> VpcFacts:
    """Ask for a VPC. Raises UserError for one that does not exist and when AWS refuses."""
    answer = ask_unless(clients, "ec2", "DescribeVpcs", _NO_VPC, VpcIds=[vpc_id])
    if not answer or not answer["Vpcs"]:
        raise UserError(
            f"there is no VPC {vpc_id} in this region and account: print them with `aws ec2 describe-vpcs`"
        )
    tables, subnets, endpoints = (
        ask_all(
            clients,
            "ec2",
            f"Describe{what}",
            what,
            Filters=[{"Name": "vpc-id", "Values": [vpc_id]}],
        )
        for what in ("RouteTables", "Subnets", "VpcEndpoints")
    )
    return VpcFacts(
        id=vpc_id,
        block=answer["Vpcs"][0]["CidrBlock"],
        dns_support=_attribute(clients, vpc_id, "enableDnsSupport"),
        dns_hostnames=_attribute(clients, vpc_id, "enableDnsHostnames"),
        endpoints=tuple(
            sorted({".".join(each["ServiceName"].split(".")[3:]) for each in endpoints})
        ),
        subnets=tuple(
            SubnetFacts(
                id=each["SubnetId"],
                zone=each["AvailabilityZone"],
                block=each["CidrBlock"],
                free=each["AvailableIpAddressCount"],
                way=_way(each["SubnetId"], tables),
            )
            for each in sorted(subnets, key=lambda one: str(one["SubnetId"]))
        ),
        nat_addresses=_nat_addresses(clients, vpc_id),
    )


def lacks(
    vpc: VpcFacts, *, public: Sequence[str], private: Sequence[str], tasks: int, in_public: bool
) -> Iterator[str]:
    """Yield what the VPC lacks for a stage of so many tasks at once, each in one line."""
    if not vpc.dns_support:
        yield "enableDnsSupport is off: no name is found inside; its owner turns it on"
    if not vpc.dns_hostnames:
        yield "enableDnsHostnames is off: the file system and private names need it; its owner turns it on"
    known = {each.id: each for each in vpc.subnets}
    for tier, ids in (("public", public), ("private", private)):
        yield from (f"{each} is no subnet of {vpc.id}" for each in ids if each not in known)
        zones = [known[each].zone for each in ids if each in known]
        if len(set(zones)) < 2:
            yield f"its {tier} subnets are in fewer than two zones: {', '.join(zones) or 'none'}"
        for zone in sorted({each for each in zones if zones.count(each) > 1}):
            yield f"two {tier} subnets are in {zone}: name one a zone"
    tasks_each = -(-tasks // max(len(public if in_public else private), 1))
    for each in (known[id_] for id_ in public if id_ in known):
        yield from _too_few(each, _BALANCER_ADDRESSES + (tasks_each if in_public else 0))
        if each.way != "internet":
            yield f"{each.id} has no route to an internet gateway, and is named public"
    for each in (known[id_] for id_ in private if id_ in known):
        # The database, its standby and the file system have one each.
        yield from _too_few(each, 3 + (0 if in_public else tasks_each))
        yield from _not_private(vpc, each, in_public=in_public)


def _not_private(vpc: VpcFacts, subnet: SubnetFacts, *, in_public: bool) -> Iterator[str]:
    if subnet.way == "internet":
        yield f"{subnet.id} has a route to an internet gateway, and is named private"
    missing = ", ".join(sorted(set(_NEEDED_ENDPOINTS) - set(vpc.endpoints)))
    if subnet.way == "none" and not in_public and missing:
        yield (
            f"{subnet.id} has no way out: a route to a NAT gateway, or endpoints of {missing}, by which no "
            "third party is reached"
        )


def _too_few(subnet: SubnetFacts, needed: int) -> Iterator[str]:
    if subnet.free < needed:
        yield f"{subnet.id} has {subnet.free} free addresses, and needs {needed}"


def quoted(values: Iterable[str]) -> str:
    """Write a list as a stage file has it, however long."""
    return "[" + ", ".join(f'"{each}"' for each in values) + "]"


def _nat_addresses(clients: Clients, vpc_id: str) -> tuple[str, ...]:
    """Return where the world sees its tasks come from: a private gateway has no such address."""
    gateways = ask_all(
        clients,
        "ec2",
        "DescribeNatGateways",
        "NatGateways",
        Filters=[
            {"Name": "vpc-id", "Values": [vpc_id]},
            {"Name": "state", "Values": ["available"]},
        ],
    )
    return tuple(
        sorted(
            each["PublicIp"]
            for gateway in gateways
            for each in gateway.get("NatGatewayAddresses", ())
            if each.get("PublicIp")
        )
    )


def _attribute(clients: Clients, vpc_id: str, name: str) -> bool:
    answer = ask(clients, "ec2", "DescribeVpcAttribute", VpcId=vpc_id, Attribute=name)
    return bool(answer[name[0].upper() + name[1:]]["Value"])


def _way(subnet: str, tables: Sequence[Mapping[str, Any]]) -> Way:
    """Return where a subnet's default route leads; one without a table of its own has the main one."""
    own = [
        table
        for table in tables
        if any(each.get("SubnetId") == subnet for each in table["Associations"])
    ] or [table for table in tables if any(each.get("Main") for each in table["Associations"])]
    for route in (route for table in own for route in table["Routes"]):
        if route.get("DestinationCidrBlock") != "0.0.0.0/0" or route.get("State") == "blackhole":
            continue
        if str(route.get("GatewayId", "")).startswith("igw-"):
            return "internet"
        return "nat" if route.get("NatGatewayId") else "other"
    return "none"
