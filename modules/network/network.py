"""The VPC: public and private subnets in each zone, and the way out."""

import ipaddress
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from cdktf import Fn, ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.data_aws_availability_zones import (
    DataAwsAvailabilityZones,
)
from cdktf_cdktf_provider_aws.default_security_group import DefaultSecurityGroup
from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from cdktf_cdktf_provider_aws.route_table import RouteTable, RouteTableRoute
from cdktf_cdktf_provider_aws.route_table_association import RouteTableAssociation
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_aws.vpc import Vpc
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint
from constructs import Construct

from modules.base.address import address
from modules.base.naming import Names
from modules.context import Context
from modules.settings import stage_settings as s

if TYPE_CHECKING:
    from cdktf_cdktf_provider_aws.data_aws_subnet import DataAwsSubnet
    from cdktf_cdktf_provider_aws.data_aws_vpc import DataAwsVpc

EVERYWHERE = "0.0.0.0/0"
# Zones without Fargate, without an application load balancer (usw1-az2), or without RDS's small classes
# (use1-az3). By id: each account has its own order of names.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
# https://github.com/ned1313/Getting-Started-Terraform/issues/44 (us-east-1e, which is use1-az3)
# https://github.com/widdix/mastodon-on-aws/issues/13 (us-west-1)
ZONES_NOT_TAKEN = ("apne1-az3", "cnn1-az3", "cnn1-az4", "use1-az3", "usw1-az2")


def subnet_blocks(vpc_cidr_block: str, newbits: int, count: int) -> list[str]:
    """Cut the first `count` subnets as Terraform's `cidrsubnet(vpc_cidr_block, newbits, i)` does."""
    network = ipaddress.IPv4Network(vpc_cidr_block)
    return [str(block) for block in islice(network.subnets(prefixlen_diff=newbits), count)]


class GivenNetwork(Construct):
    """A VPC that is its owner's: looked up, and never changed or destroyed.

    Its routes, its DHCP options and its logs stay as they are; `python -m ops vpc` says what it lacks.
    """

    def __init__(self, scope: Construct, id_: str, *, vpc_id: str, settings: s.Network) -> None:
        super().__init__(scope, id_)
        # Only now: no other stage waits for their import.
        from cdktf_cdktf_provider_aws.data_aws_subnet import DataAwsSubnet  # noqa: PLC0415
        from cdktf_cdktf_provider_aws.data_aws_vpc import DataAwsVpc  # noqa: PLC0415

        self.is_given = True
        self.vpc: Vpc | DataAwsVpc = address("main", DataAwsVpc)(self, "vpc", id=vpc_id)

        def subnets(tier: str, ids: Sequence[str]) -> Sequence["Subnet | DataAwsSubnet"]:
            return [
                # A subnet of another VPC is not found, before anything is made.
                address(f"{tier}_{index}", DataAwsSubnet)(
                    self, f"{tier}_subnet_{index}", id=each, vpc_id=vpc_id
                )
                for index, each in enumerate(ids)
            ]

        self.public_subnets = subnets("public", settings.public_subnet_ids)
        self.private_subnets = subnets("private", settings.private_subnet_ids)
        self.ways_out: list[RouteTableAssociation] = []
        self.open_to_the_internet: list[ITerraformDependable] = []
        self.outgoing_addresses: Sequence[str] = settings.nat_addresses
        self.assign_public_ip: bool = settings.nat == "none"
        self.task_subnets = self.public_subnets if self.assign_public_ip else self.private_subnets


class Network(Construct):
    """The VPC of one stage.

    Private route tables are one per zone whatever the NAT mode, so that changing the mode moves routes and
    replaces nothing. With NAT mode `none` private subnets have no way out, and tasks run in the public ones.
    """

    def __init__(
        self, scope: Construct, id_: str, *, context: Context, settings: s.Network
    ) -> None:
        super().__init__(scope, id_)
        self.is_given = False
        names = context.names
        count = settings.zone_count
        blocks = subnet_blocks(settings.vpc_cidr_block, settings.subnet_newbits, 2 * count)
        self._zones = self._zone_names(settings)

        self.vpc: Vpc | DataAwsVpc = address("main", Vpc)(
            self,
            "vpc",
            cidr_block=settings.vpc_cidr_block,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": names.vpc},
        )
        # AWS makes it with the VPC, open within itself. Nothing here uses it.
        address("main", DefaultSecurityGroup)(
            self,
            "default_security_group",
            vpc_id=self.vpc.id,
            tags={"Name": names.default_security_group},
        )
        gateway = address("main", InternetGateway)(
            self,
            "internet_gateway",
            vpc_id=self.vpc.id,
            tags={"Name": names.internet_gateway},
        )
        public_subnets = self._subnets("public", blocks[:count], names)
        private_subnets = self._subnets("private", blocks[count:], names)
        self.public_subnets: Sequence[Subnet | DataAwsSubnet] = public_subnets
        self.private_subnets: Sequence[Subnet | DataAwsSubnet] = private_subnets

        public_routes = address("public", RouteTable)(
            self,
            "public_route_table",
            vpc_id=self.vpc.id,
            route=[RouteTableRoute(cidr_block=EVERYWHERE, gateway_id=gateway.id)],
            tags={"Name": names.public_route_table},
        )
        gateways = self._nat_gateways(public_subnets, settings.nat, names, gateway)
        private_tables: list[RouteTable] = []
        # A task that starts before its subnet has a way out cannot pull its image.
        self.ways_out: list[RouteTableAssociation] = []
        for index, (public, private) in enumerate(
            zip(public_subnets, private_subnets, strict=True)
        ):
            nat = gateways[index : index + 1] or gateways[:1]
            private_routes = address(f"private_{index}", RouteTable)(
                self,
                f"private_route_table_{index}",
                vpc_id=self.vpc.id,
                route=[
                    RouteTableRoute(cidr_block=EVERYWHERE, nat_gateway_id=way_out.id)
                    for way_out in nat
                ]
                or None,
                tags={"Name": names.private_route_table(index)},
            )
            private_tables.append(private_routes)
            self.ways_out += [
                self._association("public", index, public, public_routes),
                self._association("private", index, private, private_routes),
            ]

        # AWS makes a load balancer for the internet only where there is a way to it, and a gateway leaves a
        # VPC only when no public address is in use any more.
        self.open_to_the_internet: list[ITerraformDependable] = [gateway, *self.ways_out[::2]]
        # An adopted VPC may have one, and a route table takes but one.
        if not context.is_adopted(Vpc, "main"):
            self._reach_s3([public_routes, *private_tables], context)

        # With no NAT gateway every task comes from an address of its own.
        self.outgoing_addresses: list[str] = [nat_gateway.public_ip for nat_gateway in gateways]
        self.assign_public_ip: bool = settings.nat == "none"
        self.task_subnets = self.public_subnets if self.assign_public_ip else self.private_subnets

    def _reach_s3(self, tables: list[RouteTable], context: Context) -> None:
        """Lead to S3 past the NAT gateways, which bill each GB: images' layers come from there.

        AWS bills nothing for an endpoint of this kind.
        https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html
        """
        address("s3", VpcEndpoint)(
            self,
            "s3_endpoint",
            vpc_id=self.vpc.id,
            vpc_endpoint_type="Gateway",
            service_name=f"com.amazonaws.{context.region}.s3",
            route_table_ids=[table.id for table in tables],
            tags={"Name": context.names.s3_endpoint},
        )

    def _zone_names(self, settings: s.Network) -> list[str]:
        if settings.availability_zones:
            return list(settings.availability_zones)
        region_zones = address("available", DataAwsAvailabilityZones)(
            self,
            "availability_zones",
            state="available",
            exclude_zone_ids=list(ZONES_NOT_TAKEN),
            # Local zones and zones that an account has to opt in to take no load balancer.
            filter=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
        )
        return [str(Fn.element(region_zones.names, index)) for index in range(settings.zone_count)]

    def _subnets(self, tier: str, blocks: list[str], names: Names) -> list[Subnet]:
        return [
            address(f"{tier}_{index}", Subnet)(
                self,
                f"{tier}_subnet_{index}",
                vpc_id=self.vpc.id,
                cidr_block=block,
                availability_zone=zone,
                # What needs a public address asks for it.
                map_public_ip_on_launch=False,
                tags={"Name": names.subnet(tier, zone), "Tier": tier.title()},
                # AWS's list of zones changes, and a subnet never moves: it would be replaced.
                lifecycle=TerraformResourceLifecycle(ignore_changes=["availability_zone"]),
            )
            for index, (block, zone) in enumerate(zip(blocks, self._zones, strict=True))
        ]

    def _association(
        self, tier: str, index: int, subnet: Subnet, table: RouteTable
    ) -> RouteTableAssociation:
        return address(f"{tier}_{index}", RouteTableAssociation)(
            self,
            f"{tier}_association_{index}",
            subnet_id=subnet.id,
            route_table_id=table.id,
        )

    def _nat_gateways(
        self, subnets: list[Subnet], mode: s.NatMode, names: Names, gateway: InternetGateway
    ) -> list[NatGateway]:
        count = {"none": 0, "single": 1, "per-az": len(subnets)}[mode]
        gateways = []
        for index, subnet in enumerate(subnets[:count]):
            ip = address(f"nat_{index}", Eip)(
                self,
                f"nat_ip_{index}",
                domain="vpc",
                tags={"Name": names.nat_address(index)},
            )
            gateways.append(
                address(f"nat_{index}", NatGateway)(
                    self,
                    f"nat_gateway_{index}",
                    allocation_id=ip.id,
                    subnet_id=subnet.id,
                    tags={"Name": names.nat_gateway(index)},
                    depends_on=[gateway],
                )
            )
        return gateways


AnyNetwork = Network | GivenNetwork


def network_of(scope: Construct, id_: str, *, context: Context, settings: s.Network) -> AnyNetwork:
    """Return the VPC of the stage's own, or the one that it is given."""
    if settings.vpc_id:
        return GivenNetwork(scope, id_, vpc_id=settings.vpc_id, settings=settings)
    return Network(scope, id_, context=context, settings=settings)
