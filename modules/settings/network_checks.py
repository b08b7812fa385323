"""What can be wrong between the settings of a network: the stage's own, or one that it is given."""

import ipaddress
from collections.abc import Iterator

from modules.settings.rules.network import availability_zone
from modules.settings.setting_error import SettingError, at, refused
from modules.settings.stage_settings import StageSettings

# A load balancer's subnet has to be a /27 or larger.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
SMALLEST_SUBNET = 27
# The zones in which Fargate runs, where they are fewer than three.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
_ZONES_WITH_FARGATE = {"cn-north-1": 2, "us-west-1": 2}
# What shapes a VPC of the stage's own, and what would change its owner's.
_OF_AN_OWN_VPC = (
    "vpc_cidr_block",
    "zone_count",
    "availability_zones",
    "subnet_newbits",
    "search_domain",
)


def find_network_errors(settings: StageSettings) -> Iterator[SettingError]:
    """Everything that is wrong with the stage's network."""
    network = settings.network
    given = (network.public_subnet_ids, network.private_subnet_ids, network.nat_addresses)
    if network.vpc_id or any(given):
        yield from _given_network(settings)
        return
    subnet_prefix = ipaddress.IPv4Network(network.vpc_cidr_block).prefixlen + network.subnet_newbits
    subnets = 2 * network.zone_count
    too_small = subnet_prefix > SMALLEST_SUBNET
    largest_prefix = SMALLEST_SUBNET - network.subnet_newbits
    if too_small or 2**network.subnet_newbits < subnets:
        newbits = max((subnets - 1).bit_length(), 2)
        fits = subnet_prefix - network.subnet_newbits + newbits <= SMALLEST_SUBNET
        yield at(
            "network.vpc_cidr_block",
            network.vpc_cidr_block,
            "network.zone_count",
            "network.subnet_newbits",
        ).must_be(
            f"a block that holds {subnets} subnets (2 for each of {network.zone_count} zones) of "
            f"/{SMALLEST_SUBNET} or larger; with subnet_newbits = {network.subnet_newbits} they are "
            f"/{subnet_prefix}",
            " or ".join(
                [
                    *([f"use a block of at least /{largest_prefix}"] if too_small else []),
                    *([f"subnet_newbits = {newbits}"] if fits else []),
                ]
            ),
        )
    if settings.phase != "adopt" and network.zone_count < 2:
        yield at("network.zone_count", network.zone_count).must_be(
            "2 or 3: a database's subnets and a load balancer need two zones",
            "raise zone_count",
        )
    most = _ZONES_WITH_FARGATE.get(settings.region, 3)
    if network.zone_count > most:
        yield at("network.zone_count", network.zone_count, "region").must_be(
            f"{most}: Fargate runs in no more zones of {settings.region}",
            f"write zone_count = {most}, or choose another region",
        )
    zones = network.availability_zones
    if zones and (len(set(zones)) != network.zone_count or len(zones) != network.zone_count):
        yield at("network.availability_zones", list(zones), "network.zone_count").must_be(
            f"{network.zone_count} different zones (zone_count), or none",
            "list as many zones as zone_count says",
        )
    for zone in zones:
        refusal = availability_zone(zone, region=settings.region)
        if refusal:
            yield refused("network.availability_zones", zone, refusal, "region")


def _given_network(settings: StageSettings) -> Iterator[SettingError]:
    network = settings.network
    subnets = {name: getattr(network, name) for name in ("public_subnet_ids", "private_subnet_ids")}
    if network.vpc_id is None:
        for name, ids in subnets.items():
            if ids:
                yield at(f"network.{name}", list(ids), "network.vpc_id").must_be(
                    "subnets of the VPC in network.vpc_id, which is left out",
                    "add vpc_id, or leave them out: then the stage has a VPC of its own",
                )
        if network.nat_addresses:
            yield at(
                "network.nat_addresses", list(network.nat_addresses), "network.vpc_id"
            ).must_be(
                "those of the VPC in network.vpc_id, which is left out: a stage knows its own",
                "leave them out",
            )
        return
    for name in _OF_AN_OWN_VPC:
        if name in network.model_fields_set:
            yield at(f"network.{name}", getattr(network, name), "network.vpc_id").must_be(
                "left out beside vpc_id: it would shape or change a VPC that is its owner's",
                "take it out",
            )
    for name, ids in subnets.items():
        if len(set(ids)) < 2 or len(set(ids)) != len(ids):
            yield at(f"network.{name}", list(ids)).must_be(
                "two or more different subnets, each in a zone of its own",
                f"paste what `python -m ops vpc {network.vpc_id} --region {settings.region}` prints",
            )
    for both in set(network.public_subnet_ids) & set(network.private_subnet_ids):
        yield at("network.private_subnet_ids", both, "network.public_subnet_ids").must_be(
            "no subnet that is in public_subnet_ids too",
            "take it out of one of the two",
        )
