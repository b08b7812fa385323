"""Who can open a connection to whom in a synthesized stage: the whole relation, not samples of it.

A connection needs a rule on both sides, and between a subnet and the internet a route: through a NAT
gateway, or through the internet gateway for what has a public address. Within a VPC there is always a route.
Where a task may land in several subnets, it reaches what it reaches from all of them, and can be reached
when it can in any.

| check | fails |
| --- | --- |
| NET_UNEXPECTED | a connection that nobody asked for |
| NET_MISSING | a connection that somebody needs |
| NET_TASK_EXPOSED | the internet reaches what is not a load balancer |
| NET_DATABASE_PUBLIC | the database has a public address, or a subnet with a route from the internet |
| NET_UNREAD | a rule or a kind of resource that changes who reaches whom, and that cannot be read here |
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from itertools import product
from typing import Any

from security.exceptions import Failure
from security.network_layout import (
    CLOUDFRONT,
    INTERNET,
    Direction,
    Endpoint,
    Layout,
    Rule,
    endpoints,
    read_layout,
    with_references,
)
from terraform.stack import Stack

# What else decides on reachability; the platform has none of them.
UNREAD_TYPES = (
    "aws_default_network_acl", "aws_default_route_table",
    "aws_ec2_transit_gateway_vpc_attachment", "aws_egress_only_internet_gateway",
    "aws_main_route_table_association", "aws_network_acl", "aws_network_acl_rule", "aws_route",
    "aws_security_group_rule", "aws_vpc_endpoint", "aws_vpc_peering_connection", "aws_vpn_gateway",
)  # fmt: skip

# A gateway endpoint is another way to where the rules let anyone go; it opens nothing.
_ROUTES_ALONE = "Gateway"

LOAD_BALANCER = "load_balancer"
_ANY_PROTOCOL = "-1"


@dataclass(frozen=True, kw_only=True, order=True)
class Opening:
    """One thing that is open, from a first port to a last one, both included.

    `source` and `destination` are `internet`, `CloudFront`, `load_balancer`, `database`, `file_storage`, or a
    service's Terraform name.
    """

    source: str
    destination: str
    protocol: str
    first_port: int
    last_port: int

    def __str__(self) -> str:
        protocol = "every protocol" if self.protocol == _ANY_PROTOCOL else self.protocol
        ports = sorted({self.first_port, self.last_port})
        return f"{protocol}, {' to '.join(map(str, ports))}"

    @property
    def way(self) -> str:
        """Return from whom to whom, as an exception names it."""
        return f"{self.source} to {self.destination}"


def reachability(stack: Stack) -> frozenset[Opening]:
    """Return all that is open in a stack (`cdk.tf.json`).

    Raises ValueError for a rule whose source or destination cannot be read.
    """
    return _relation(with_references(stack))


def _relation(stack: Stack) -> frozenset[Opening]:
    layout = read_layout(stack)
    present = endpoints(stack)
    found: set[Opening] = set()
    for source, destination in product(present, present):
        if source.name != destination.name:
            sides = (
                [
                    rule
                    for rule in _rules(layout, source, "egress")
                    if _meets(rule, destination, layout)
                ],
                [
                    rule
                    for rule in _rules(layout, destination, "ingress")
                    if _meets(rule, source, layout)
                ],
            )
            found |= {
                _reach(source.name, destination.name, *pair)
                for pair in product(*sides)
                if _overlap(*pair)
            }
    for each in present:
        if _can_leave(each, layout):
            found |= {
                Opening(source=each.name, destination=INTERNET, **_traffic(rule))
                for rule in _rules(layout, each, "egress")
                if _is_outside(rule, layout)
            }
        if _can_be_entered(each, layout):
            found |= {
                Opening(source=INTERNET, destination=each.name, **_traffic(rule))
                for rule in _rules(layout, each, "ingress")
                if _is_outside(rule, layout)
            }
            found |= {
                Opening(source=CLOUDFRONT, destination=each.name, **_traffic(rule))
                for rule in _rules(layout, each, "ingress")
                if rule.peer_group == CLOUDFRONT
            }
    return frozenset(found)


def network_failures(stack: Stack, *, stage: str, expected: Set[Opening]) -> list[Failure]:
    """Return what is open and should not be, or should be and is not."""

    def failure(check: str, resource: str, what: object = "") -> Failure:
        return Failure(check=check, resource=resource, stage=stage, what=str(what))

    stack = with_references(stack)
    unread = [
        failure("NET_UNREAD", each.address)
        for each in stack.of(*UNREAD_TYPES)
        if each.attributes.get("vpc_endpoint_type") != _ROUTES_ALONE
    ]
    # A default group that is closed is nobody's way in or out.
    unread += [
        failure("NET_UNREAD", group.address)
        for group in stack.of("aws_default_security_group")
        if group.attributes.get("ingress") or group.attributes.get("egress")
    ]
    try:
        layout, found = read_layout(stack), _relation(stack)
    except ValueError as error:
        # Of the rest nothing can be said: an all-clear would be about a part.
        return sorted([*unread, failure("NET_UNREAD", "aws_security_group", error)])
    exposed = [
        each
        for each in found
        if each.source in {INTERNET, CLOUDFRONT} and each.destination != LOAD_BALANCER
    ]
    public_databases = [
        each
        for each in endpoints(stack)
        if each.name == "database" and (each.public or layout.entered & each.subnets)
    ]
    return sorted(
        [
            *unread,
            *(failure("NET_UNEXPECTED", each.way, each) for each in found - expected),
            *(failure("NET_MISSING", each.way, each) for each in expected - found),
            *(failure("NET_TASK_EXPOSED", each.destination, each) for each in exposed),
            *(failure("NET_DATABASE_PUBLIC", each.name) for each in public_databases),
        ]
    )


def _rules(layout: Layout, endpoint: Endpoint, direction: Direction) -> Iterable[Rule]:
    return [
        rule
        for rule in layout.rules
        if rule.direction == direction and rule.group in endpoint.groups
    ]


def _meets(rule: Rule, peer: Endpoint, layout: Layout) -> bool:
    """Return whether a rule names an endpoint: by its group, or by a block that its subnets lie in."""
    if rule.peer_group is not None:
        return rule.peer_group in peer.groups
    return (
        any(rule.block.overlaps(layout.blocks[subnet]) for subnet in peer.subnets)
        if rule.block
        else False
    )


def _is_outside(rule: Rule, layout: Layout) -> bool:
    """Return whether a rule speaks of addresses beyond the VPC."""
    return rule.block is not None and not any(rule.block.subnet_of(vpc) for vpc in layout.vpcs)


def _can_leave(endpoint: Endpoint, layout: Layout) -> bool:
    with_address = layout.entered if endpoint.public else frozenset[str]()
    return bool(endpoint.subnets) and endpoint.subnets <= layout.natted | with_address


def _can_be_entered(endpoint: Endpoint, layout: Layout) -> bool:
    return endpoint.public and bool(endpoint.subnets & layout.entered)


def _overlap(one: Rule, other: Rule) -> bool:
    protocols = {one.protocol, other.protocol}
    ports = one.first_port <= other.last_port and other.first_port <= one.last_port
    return (len(protocols) == 1 or _ANY_PROTOCOL in protocols) and ports


def _reach(source: str, destination: str, one: Rule, other: Rule) -> Opening:
    protocol = other.protocol if one.protocol == _ANY_PROTOCOL else one.protocol
    return Opening(
        source=source,
        destination=destination,
        protocol=protocol,
        first_port=max(one.first_port, other.first_port),
        last_port=min(one.last_port, other.last_port),
    )


def _traffic(rule: Rule) -> dict[str, Any]:
    return {
        "protocol": rule.protocol,
        "first_port": rule.first_port,
        "last_port": rule.last_port,
    }
