"""What a VPC lacks is told before a stage is deployed into it."""

from dataclasses import replace

import pytest

from aws.client import Clients
from modules.settings.stage_files import parse_stage
from ops.deployed import Deployed
from ops.doctor.finding import Finding
from ops.doctor.given_network import judge_given_network
from ops.facts.given_vpc import SubnetFacts, VpcFacts, Way, lacks, vpc_facts
from terraform.workspace import Workspace

PUBLIC, PRIVATE = ["subnet-a", "subnet-b"], ["subnet-c", "subnet-d"]


def subnet(id_: str, zone: str, way: Way, free: int = 200) -> SubnetFacts:
    return SubnetFacts(id=id_, zone=zone, block="10.0.0.0/24", free=free, way=way)


WHOLE = VpcFacts(
    id="vpc-1",
    block="10.0.0.0/16",
    dns_support=True,
    dns_hostnames=True,
    endpoints=(),
    subnets=(
        subnet("subnet-a", "1a", "internet"),
        subnet("subnet-b", "1b", "internet"),
        subnet("subnet-c", "1a", "nat"),
        subnet("subnet-d", "1b", "nat"),
    ),
)


def found(vpc: VpcFacts, *, in_public: bool = False) -> list[str]:
    return list(lacks(vpc, public=PUBLIC, private=PRIVATE, tasks=40, in_public=in_public))


def changed(id_: str, **changes: object) -> VpcFacts:
    subnets = tuple(
        replace(each, **changes) if each.id == id_ else each  # type: ignore[arg-type]  # by the test
        for each in WHOLE.subnets
    )
    return replace(WHOLE, subnets=subnets)


def test_a_whole_vpc_lacks_nothing() -> None:
    assert found(WHOLE) == []


@pytest.mark.parametrize(
    ("vpc", "said"),
    [
        (replace(WHOLE, dns_support=False), "enableDnsSupport"),
        (replace(WHOLE, dns_hostnames=False), "enableDnsHostnames"),
        (changed("subnet-b", zone="1a"), "fewer than two zones: 1a, 1a"),
        (changed("subnet-a", way="none"), "subnet-a has no route to an internet gateway"),
        (changed("subnet-c", way="internet"), "subnet-c has a route to an internet gateway"),
        (changed("subnet-c", way="none"), "subnet-c has no way out: a route to a NAT gateway"),
        (changed("subnet-d", free=20), "subnet-d has 20 free addresses, and needs 23"),
        (changed("subnet-a", free=7), "subnet-a has 7 free addresses, and needs 8"),
        (changed("subnet-d", id="subnet-x"), "subnet-d is no subnet of vpc-1"),
    ],
)
def test_each_thing_that_is_missing_is_one_line(vpc: VpcFacts, said: str) -> None:
    assert [said in line for line in found(vpc)].count(True) == 1


def test_endpoints_are_a_way_out_for_what_ecs_needs() -> None:
    endpoints = ("ecr.api", "ecr.dkr", "s3", "secretsmanager")
    closed = replace(
        changed("subnet-c", way="none"),
        endpoints=(*endpoints, "logs"),
    )

    assert found(closed) == []
    (line,) = found(replace(closed, endpoints=endpoints))
    assert "endpoints of logs" in line


def test_tasks_in_public_subnets_need_no_way_out_of_the_private_ones() -> None:
    assert found(changed("subnet-c", way="none"), in_public=True) == []


def test_one_subnet_a_zone_is_proposed_with_most_free_addresses() -> None:
    more = replace(WHOLE, subnets=(*WHOLE.subnets, subnet("subnet-e", "1a", "nat", free=250)))

    assert [each.id for each in more.of("nat", "other")] == ["subnet-e", "subnet-d"]


def lodged(clients: Clients, *addresses: str) -> tuple[str, list[Finding]]:
    """A VPC with one NAT gateway; its address, and what the doctor says of a stage that exempts these."""
    ec2 = clients("ec2")
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    subnets = sorted(each["SubnetId"] for each in ec2.describe_subnets()["Subnets"])
    gateways = ec2.describe_nat_gateways()["NatGateways"]
    if not gateways:
        allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
        gateways = [
            ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=allocation)["NatGateway"]
        ]
    settings, errors = parse_stage(
        {
            "domain_name": "app.example.com",
            "operator_email": "ops@example.com",
            "network": {
                "vpc_id": vpc["VpcId"],
                "public_subnet_ids": subnets[:2],
                "private_subnet_ids": subnets[2:4],
                "nat_addresses": list(addresses),
            },
            "security": {"web_firewall": True},
        },
        stage="lodged",
    )
    assert errors == []
    deployed = Deployed(
        workspace=Workspace(stage="lodged", environ={}), settings=settings, clients=clients
    )
    found = [each for each in judge_given_network(deployed) if "firewall" in each.what]
    return vpc_facts(clients, vpc["VpcId"]).nat_addresses[0], found


def test_addresses_that_the_firewall_counts_are_told_with_the_line_to_write(
    clients: Clients,
) -> None:
    address, (wrong,) = lodged(clients)

    assert f"exempts no address from its limit, and tasks come from {address}" in wrong.what
    assert f'write nat_addresses = ["{address}"] in [network]' in wrong.remedy
    assert lodged(clients, address) == (address, [])
    _, (other,) = lodged(clients, "203.0.113.10")
    assert "exempts 203.0.113.10 from its limit" in other.what
