"""The network of a synthesized stage: security group rules, subnets, routes, and what is where."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any, Literal

from aws.resources.rds import DATABASES
from terraform.references import name_in, sole
from terraform.stack import Stack

Direction = Literal["ingress", "egress"]
DIRECTIONS: tuple[Direction, ...] = ("ingress", "egress")
INTERNET = "internet"
CLOUDFRONT = "CloudFront"
_CLOUDFRONTS_LIST = "com.amazonaws.global.cloudfront.origin-facing"
_ALL_PORTS = (0, 65535)
# A stack does not know a given VPC's block, nor its routes: that a subnet has those that it is named for is
# what the doctor asks AWS.
_OF_A_GIVEN_VPC = "10.0.0.0/8"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of a security group. Its peer is a group, `CLOUDFRONT`, or a block of addresses."""

    direction: Direction
    group: str
    protocol: str
    first_port: int
    last_port: int
    peer_group: str | None = None
    block: IPv4Network | None = None


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Something with a network interface: its groups, its subnets, and whether it has a public address."""

    name: str
    groups: frozenset[str]
    subnets: frozenset[str]
    public: bool


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The rules, the VPCs' and the subnets' blocks, and which subnets the internet and NAT gateways serve.

    From `entered` subnets there is a route to the internet gateway, from `natted` ones to a NAT gateway that
    has such a route and an address itself.
    """

    rules: tuple[Rule, ...]
    vpcs: tuple[IPv4Network, ...]
    blocks: Mapping[str, IPv4Network]
    entered: frozenset[str]
    natted: frozenset[str]


def with_references(stack: Stack) -> Stack:
    """Return the stack's resources, with references where observed values name adopted objects by id."""
    text = json.dumps(stack.document.get("resource", {}))
    for address, id_ in stack.imports.items():
        text = text.replace(f'"{id_}"', f'"${{{address}.id}}"')
    return Stack(document={"resource": json.loads(text), "data": stack.document.get("data", {})})


def read_layout(stack: Stack) -> Layout:
    """Return the layout of a stack. Raises ValueError for a rule whose peer cannot be read."""
    subnets = _named(stack, "aws_subnet")
    entered = frozenset(_routed(stack, "gateway_id", _named(stack, "aws_internet_gateway").keys()))
    gateways = {
        name
        for name, gateway in _named(stack, "aws_nat_gateway").items()
        if gateway.get("allocation_id")
        and gateway.get("connectivity_type", "public") == "public"
        and name_in(gateway["subnet_id"]) in entered
    }
    given = {each.name for each in stack.data.values() if each.type == "aws_subnet"}
    return Layout(
        rules=tuple(_rules(stack)),
        vpcs=tuple(IPv4Network(block) for block in _vpcs(stack).values()),
        blocks={
            **{name: IPv4Network(subnet["cidr_block"]) for name, subnet in subnets.items()},
            **dict.fromkeys(given, IPv4Network(_OF_A_GIVEN_VPC)),
        },
        entered=entered | {name for name in given if name.startswith("public_")},
        natted=frozenset(_routed(stack, "nat_gateway_id", gateways))
        | {name for name in given if name.startswith("private_")},
    )


def endpoints(stack: Stack) -> list[Endpoint]:
    """Return everything in the network."""
    return [
        *(
            Endpoint(
                name="load_balancer",
                groups=_names(balancer["security_groups"]),
                subnets=_names(balancer["subnets"]),
                public=not balancer.get("internal"),
            )
            for balancer in _named(stack, "aws_lb").values()
        ),
        *(
            Endpoint(
                name=name,
                groups=_names(service["network_configuration"]["security_groups"]),
                subnets=_names(service["network_configuration"]["subnets"]),
                public=bool(service["network_configuration"].get("assign_public_ip")),
            )
            for name, service in _named(stack, "aws_ecs_service").items()
        ),
        *_databases(stack),
        *(
            Endpoint(
                name="file_storage",
                groups=_names(target["security_groups"]),
                subnets=_names([target["subnet_id"]]),
                public=False,
            )
            for target in _named(stack, "aws_efs_mount_target").values()
        ),
    ]


def _databases(stack: Stack) -> Iterator[Endpoint]:
    groups = _named(stack, "aws_db_subnet_group")
    instances = _named(stack, "aws_rds_cluster_instance").values()
    for type_ in sorted(DATABASES):
        for database in _named(stack, type_).values():
            subnet_group = groups[name_in(database["db_subnet_group_name"])]
            public = any(each.get("publicly_accessible") for each in (database, *instances))
            yield Endpoint(
                name="database",
                groups=_names(database["vpc_security_group_ids"]),
                subnets=_names(subnet_group["subnet_ids"]),
                public=public,
            )


def _rules(stack: Stack) -> Iterator[Rule]:
    vpcs = _vpcs(stack)
    for group, resource in _named(stack, "aws_security_group").items():
        for direction in DIRECTIONS:
            for rule in resource.get(direction) or ():
                yield from _inline(rule, group, direction, vpcs, stack)
    for direction in DIRECTIONS:
        for rule in _named(stack, f"aws_vpc_security_group_{direction}_rule").values():
            yield _separate(rule, direction, vpcs)


def _inline(
    rule: Mapping[str, Any],
    group: str,
    direction: Direction,
    vpcs: Mapping[str, str],
    stack: Stack,
) -> Iterator[Rule]:
    lists = rule.get("prefix_list_ids") or ()
    if rule.get("ipv6_cidr_blocks") or not all(_is_cloudfront(each, stack) for each in lists):
        raise ValueError(f"a rule of {group} speaks of IPv6 or of a prefix list: {rule}")
    protocol = _protocol(rule["protocol"])
    first, last = _ports(protocol, rule["from_port"], rule["to_port"])
    peers = [name_in(peer) for peer in rule.get("security_groups") or ()]
    for peer in [*peers, *([group] if rule.get("self") else []), *([CLOUDFRONT] if lists else [])]:
        yield Rule(
            direction=direction,
            group=group,
            protocol=protocol,
            first_port=first,
            last_port=last,
            peer_group=peer,
        )
    for block in rule.get("cidr_blocks") or ():
        yield Rule(
            direction=direction, group=group, protocol=protocol, first_port=first, last_port=last,
            block=_block(block, vpcs),
        )  # fmt: skip


def _is_cloudfront(prefix_list: str, stack: Stack) -> bool:
    meant = sole(prefix_list)
    listed = stack.data.get(meant.address) if meant else None
    return bool(listed and listed.attributes.get("name") == _CLOUDFRONTS_LIST)


def _vpcs(stack: Stack) -> dict[str, str]:
    """Return the blocks of the VPCs by name; of one that is looked up, one that stands for it."""
    own = {name: str(vpc["cidr_block"]) for name, vpc in _named(stack, "aws_vpc").items()}
    given = [each.name for each in stack.data.values() if each.type == "aws_vpc"]
    return {**own, **dict.fromkeys(given, _OF_A_GIVEN_VPC)}


def _separate(rule: Mapping[str, Any], direction: Direction, vpcs: Mapping[str, str]) -> Rule:
    if any(rule.get(key) for key in ("cidr_ipv6", "prefix_list_id")):
        raise ValueError(f"a rule speaks of IPv6 or of a prefix list: {rule}")
    protocol = _protocol(rule["ip_protocol"])
    first, last = _ports(protocol, rule.get("from_port"), rule.get("to_port"))
    peer = rule.get("referenced_security_group_id")
    return Rule(
        direction=direction,
        group=name_in(rule["security_group_id"]),
        protocol=protocol,
        first_port=first,
        last_port=last,
        peer_group=name_in(peer) if peer else None,
        block=None if peer else _block(rule["cidr_ipv4"], vpcs),
    )


def _routed(stack: Stack, argument: str, gateways: Any) -> Iterator[str]:
    """Yield the subnets whose route table leads everything through one of these gateways."""
    tables = {
        name
        for name, table in _named(stack, "aws_route_table").items()
        for route in table.get("route") or ()
        if route.get("cidr_block") == "0.0.0.0/0" and name_in(route.get(argument)) in gateways
    }
    for association in _named(stack, "aws_route_table_association").values():
        if name_in(association["route_table_id"]) in tables:
            yield name_in(association["subnet_id"])


def _protocol(value: object) -> str:
    return "-1" if str(value) in {"-1", "all"} else str(value)


def _ports(protocol: str, first: int | None, last: int | None) -> tuple[int, int]:
    return _ALL_PORTS if protocol == "-1" or first is None or last is None else (first, last)


def _block(text: str, vpcs: Mapping[str, str]) -> IPv4Network:
    return IPv4Network(vpcs.get(name_in(text), text) if text.startswith("${") else text)


def _named(stack: Stack, type_: str) -> dict[str, Mapping[str, Any]]:
    return {each.name: each.attributes for each in stack.of(type_)}


def _names(references: list[str]) -> frozenset[str]:
    return frozenset(map(name_in, references))
