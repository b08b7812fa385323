"""The VPC, its subnets and the way out, for each NAT mode."""

import pytest

from tests.conftest import Synthesize

# stage -> block, zones, NAT gateways
NETWORKS = {
    "dev": ("10.0.0.0/16", 2, 1),
    "prod": ("10.0.0.0/16", 2, 2),
    "frugal": ("10.42.0.0/16", 3, 0),
}
STAGES = pytest.mark.parametrize("stage", NETWORKS)


@STAGES
def test_the_vpc_has_the_stages_block_and_dns_names(stack: Synthesize, stage: str) -> None:
    vpc = stack(stage).resource("aws_vpc", "main")

    assert vpc["cidr_block"] == NETWORKS[stage][0]
    assert vpc["enable_dns_support"] is True
    assert vpc["enable_dns_hostnames"] is True


@STAGES
def test_each_zone_has_a_public_and_a_private_subnet(stack: Synthesize, stage: str) -> None:
    zones = range(NETWORKS[stage][1])

    expected = [f"{tier}_{zone}" for tier in ("private", "public") for zone in zones]
    assert stack(stage).names("aws_subnet") == expected


@STAGES
def test_public_subnets_take_the_first_blocks_and_private_ones_the_next(
    stack: Synthesize, stage: str
) -> None:
    block, zones, _ = NETWORKS[stage]
    start = block.removesuffix("0.0/16")

    blocks = [
        stack(stage).resource("aws_subnet", f"{tier}_{zone}")["cidr_block"]
        for tier in ("public", "private")
        for zone in range(zones)
    ]

    assert blocks == [f"{start}{index}.0/24" for index in range(2 * zones)]


def test_no_zone_is_taken_that_has_no_fargate_or_no_small_database(stack: Synthesize) -> None:
    zones = stack("prod").read.data["data.aws_availability_zones.available"].attributes

    assert zones["exclude_zone_ids"] == [
        "apne1-az3",
        "cnn1-az3",
        "cnn1-az4",
        "use1-az3",
        "usw1-az2",
    ]


@STAGES
def test_subnets_of_one_number_share_a_zone(stack: Synthesize, stage: str) -> None:
    zones = range(NETWORKS[stage][1])

    found = [
        stack(stage).resource("aws_subnet", f"{tier}_{zone}")["availability_zone"]
        for tier in ("public", "private")
        for zone in zones
    ]

    names = "data.aws_availability_zones.available.names"
    assert found == [f"${{element({names}, {zone})}}" for zone in zones] * 2


@STAGES
def test_no_subnet_gives_public_addresses_unasked(stack: Synthesize, stage: str) -> None:
    given = [
        stack(stage).resource("aws_subnet", name)["map_public_ip_on_launch"]
        for name in stack(stage).names("aws_subnet")
    ]

    assert given == [False] * 2 * NETWORKS[stage][1]


@STAGES
def test_the_vpcs_default_security_group_is_closed(stack: Synthesize, stage: str) -> None:
    group = stack(stage).resource("aws_default_security_group", "main")

    assert group["vpc_id"] == "${aws_vpc.main.id}"
    assert group.keys() & {"ingress", "egress"} == set()


@STAGES
def test_public_subnets_leave_through_the_internet_gateway(stack: Synthesize, stage: str) -> None:
    (route,) = stack(stage).resource("aws_route_table", "public")["route"]

    assert route["cidr_block"] == "0.0.0.0/0"
    assert route["gateway_id"] == "${aws_internet_gateway.main.id}"


@STAGES
@pytest.mark.parametrize("tier", ["public", "private"])
def test_each_subnet_has_its_tiers_routes(stack: Synthesize, stage: str, tier: str) -> None:
    for zone in range(NETWORKS[stage][1]):
        association = stack(stage).resource("aws_route_table_association", f"{tier}_{zone}")
        table = "public" if tier == "public" else f"private_{zone}"

        assert association["subnet_id"] == f"${{aws_subnet.{tier}_{zone}.id}}"
        assert association["route_table_id"] == f"${{aws_route_table.{table}.id}}"


@STAGES
def test_the_nat_mode_says_how_many_gateways_there_are(stack: Synthesize, stage: str) -> None:
    gateways = [f"nat_{index}" for index in range(NETWORKS[stage][2])]

    assert stack(stage).names("aws_nat_gateway") == gateways
    assert stack(stage).names("aws_eip") == gateways


def test_nat_per_az_lets_each_private_subnet_leave_in_its_own_zone(stack: Synthesize) -> None:
    for zone in (0, 1):
        (route,) = stack("prod").resource("aws_route_table", f"private_{zone}")["route"]
        gateway = stack("prod").resource("aws_nat_gateway", f"nat_{zone}")

        assert route["cidr_block"] == "0.0.0.0/0"
        assert route["nat_gateway_id"] == f"${{aws_nat_gateway.nat_{zone}.id}}"
        assert gateway["subnet_id"] == f"${{aws_subnet.public_{zone}.id}}"
        assert gateway["allocation_id"] == f"${{aws_eip.nat_{zone}.id}}"


@pytest.mark.parametrize("zone", [0, 1])
def test_a_single_nat_gateway_serves_both_zones(stack: Synthesize, zone: int) -> None:
    (route,) = stack("dev").resource("aws_route_table", f"private_{zone}")["route"]

    assert route["nat_gateway_id"] == "${aws_nat_gateway.nat_0.id}"


@pytest.mark.parametrize("zone", [0, 1, 2])
def test_without_nat_private_subnets_have_no_way_out(stack: Synthesize, zone: int) -> None:
    assert "route" not in stack("frugal").resource("aws_route_table", f"private_{zone}")


@pytest.mark.parametrize(
    ("stage", "tables"),
    [
        ("dev", ["public", "private_0", "private_1"]),
        ("foundation", ["public", "private_0", "private_1"]),
        ("frugal", ["public", "private_0", "private_1", "private_2"]),
    ],
)
def test_s3_is_reached_past_the_nat_gateways(
    stack: Synthesize, stage: str, tables: list[str]
) -> None:
    endpoint = stack(stage).resource("aws_vpc_endpoint", "s3")

    assert endpoint["vpc_endpoint_type"] == "Gateway"
    assert endpoint["service_name"] == "com.amazonaws.us-east-1.s3"
    assert endpoint["route_table_ids"] == [f"${{aws_route_table.{name}.id}}" for name in tables]


def test_an_adopted_vpc_gets_no_second_way_to_s3(stack: Synthesize) -> None:
    assert stack("adopted").names("aws_vpc_endpoint") == []
