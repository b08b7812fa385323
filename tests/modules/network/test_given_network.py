"""A VPC that is its owner's: used by its ids, and nothing of it changed or destroyed."""

import os
from pathlib import Path, PurePath

import pytest

from modules.settings.stage_files import parse_stage
from synth.bindings import accelerate
from tests.conftest import Synthesize, read_stack

REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
VPC, A, B, C, D = "vpc-0123456789abcdef0", *(f"subnet-0000000000000000{n}" for n in "abcd")
GIVEN = {"vpc_id": VPC, "public_subnet_ids": [A, B], "private_subnet_ids": [C, D]}
# What would make, change or take away a part of it.
OF_A_NETWORK = (
    "aws_vpc",
    "aws_subnet",
    "aws_internet_gateway",
    "aws_nat_gateway",
    "aws_eip",
    "aws_route_table",
    "aws_route_table_association",
    "aws_default_security_group",
    "aws_vpc_endpoint",
    "aws_vpc_dhcp_options",
    "aws_vpc_dhcp_options_association",
    "aws_flow_log",
)


@pytest.mark.parametrize("type_", OF_A_NETWORK)
def test_nothing_of_it_is_the_stages(stack: Synthesize, type_: str) -> None:
    assert stack("lodged").names(type_) == []
    assert stack("thrifty").names(type_) != []


def test_its_subnets_are_looked_up_within_it(stack: Synthesize) -> None:
    data = stack("lodged").json["data"]

    assert data["aws_vpc"]["main"]["id"] == VPC
    found = {name: (each["id"], each["vpc_id"]) for name, each in data["aws_subnet"].items()}
    assert found == {
        "public_0": (A, VPC),
        "public_1": (B, VPC),
        "private_0": (C, VPC),
        "private_1": (D, VPC),
    }


def test_the_stages_own_are_in_it(stack: Synthesize) -> None:
    lodged = stack("lodged")
    private = [f"${{data.aws_subnet.private_{n}.id}}" for n in (0, 1)]

    balancer = lodged.resource("aws_lb", "main")
    assert balancer["subnets"] == [f"${{data.aws_subnet.public_{n}.id}}" for n in (0, 1)]
    service = lodged.resource("aws_ecs_service", "app")["network_configuration"]
    assert (service["subnets"], service["assign_public_ip"]) == (private, False)
    assert lodged.resource("aws_db_subnet_group", "main")["subnet_ids"] == private
    group = lodged.resource("aws_security_group", "load_balancer")
    assert group["vpc_id"] == "${data.aws_vpc.main.id}"
    assert group["egress"][0]["cidr_blocks"] == ["${data.aws_vpc.main.cidr_block}"]


@pytest.mark.parametrize(
    ("network", "field"),
    [
        ({"vpc_id": VPC}, "network.public_subnet_ids"),
        ({**GIVEN, "private_subnet_ids": [C]}, "network.private_subnet_ids"),
        ({**GIVEN, "private_subnet_ids": [C, C]}, "network.private_subnet_ids"),
        ({**GIVEN, "private_subnet_ids": [C, A]}, "network.private_subnet_ids"),
        ({**GIVEN, "vpc_cidr_block": "10.1.0.0/16"}, "network.vpc_cidr_block"),
        ({**GIVEN, "search_domain": True}, "network.search_domain"),
        ({"public_subnet_ids": [A, B]}, "network.public_subnet_ids"),
        ({**GIVEN, "vpc_id": "my-vpc"}, "network.vpc_id"),
        ({"nat_addresses": ["203.0.113.10"]}, "network.nat_addresses"),
        ({**GIVEN, "nat_addresses": ["10.0.0.1"]}, "network.nat_addresses.0"),
        ({**GIVEN, "nat_addresses": ["203.0.113.10/32"]}, "network.nat_addresses.0"),
    ],
)
def test_a_vpc_that_cannot_be_used_so_is_named(network: dict[str, object], field: str) -> None:
    _, errors = parse_stage({**REQUIRED, "network": network}, stage="x")

    assert field in {each.field for each in errors}


@pytest.mark.jsii
@pytest.mark.parametrize("given", [["203.0.113.10", "203.0.113.11"], []])
def test_the_firewall_does_not_count_what_comes_from_its_nat_gateways(
    tmp_path: Path, given: list[str]
) -> None:
    accelerate(os.environ)
    from modules.app import synthesize  # noqa: PLC0415  # starts the jsii kernel

    network = {**GIVEN, "nat_addresses": given}
    security = {"web_firewall": True}
    settings, errors = parse_stage(
        {**REQUIRED, "network": network, "security": security}, stage="lodged"
    )
    assert errors == []
    synthesize(
        [settings], adopted={}, outdir=str(tmp_path), state_folder=PurePath("/s"), emulated=False
    )

    stack = read_stack(tmp_path, "atomic-lodged")

    limit = stack.resource("aws_wafv2_web_acl", "main")["rule"][0]["statement"]
    exempt = stack.names("aws_wafv2_ip_set")
    assert ("scope_down_statement" in limit["rate_based_statement"]) == bool(given)
    assert exempt == (["own"] if given else [])
    if given:
        addresses = stack.resource("aws_wafv2_ip_set", "own")["addresses"]
        assert addresses == [f"{each}/32" for each in given]
