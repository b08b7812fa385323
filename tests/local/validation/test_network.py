"""What the network has to be for what stands in it: a request's parameters in, lines out."""

from typing import Any

import pytest

from local.validation import network
from local.validation.account import Subnet
from tests.given_account import GivenAccount

ZONES = GivenAccount(
    subnets={
        "s-a": Subnet(vpc_id="vpc-1", zone="us-east-1a"),
        "s-a2": Subnet(vpc_id="vpc-1", zone="us-east-1a"),
        "s-b": Subnet(vpc_id="vpc-1", zone="us-east-1b"),
    }
)


def test_a_load_balancer_and_a_database_need_two_zones() -> None:
    assert network.load_balancer_zones({"Subnets": ["s-a", "s-b"]}, ZONES) == []
    assert network.database_zones({"SubnetIds": ["s-a", "s-a2", "s-b"]}, ZONES) == []
    assert network.load_balancer_zones({"Subnets": ["s-a"]}, ZONES) == [
        "Subnets: allowed: subnets in at least two zones, not us-east-1a"
    ]
    assert network.database_zones({"SubnetIds": ["s-a", "s-a2"]}, ZONES)


def test_a_load_balancer_for_the_internet_needs_a_way_to_it() -> None:
    closed = GivenAccount(subnets=ZONES.subnets, without_gateway=frozenset({"vpc-1"}))

    assert network.internet_gateway({"Subnets": ["s-a", "s-b"]}, ZONES) == []
    assert network.internet_gateway({"Subnets": ["s-a"], "Scheme": "internal"}, closed) == []
    (line,) = network.internet_gateway({"Subnets": ["s-a", "s-b"]}, closed)
    assert "VPC vpc-1 has no internet gateway" in line


def test_a_load_balancer_takes_one_subnet_of_a_zone() -> None:
    assert network.load_balancer_zones({"Subnets": ["s-a", "s-a2", "s-b"]}, ZONES)


@pytest.mark.parametrize(
    ("status", "taken"), [("ISSUED", True), ("PENDING_VALIDATION", False), ("", False)]
)
def test_a_listener_takes_only_a_certificate_that_is_issued(status: str, taken: bool) -> None:
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/a"
    account = GivenAccount(certificates={arn: status} if status else {})
    params = {"Protocol": "HTTPS", "Certificates": [{"CertificateArn": arn}]}

    assert (network.listener(params, account) == []) is taken


def test_a_listener_by_https_needs_a_certificate() -> None:
    assert network.listener({"Protocol": "HTTPS"}, GivenAccount())
    assert network.listener({"Protocol": "HTTP"}, GivenAccount()) == []


def test_a_rule_names_a_group_of_its_own_vpc() -> None:
    account = GivenAccount(vpc_of={"sg-1": "vpc-1", "sg-2": "vpc-1", "sg-3": "vpc-2"})

    def rule(source: str) -> list[str]:
        permission = {"UserIdGroupPairs": [{"GroupId": source}]}
        return network.sources({"GroupId": "sg-1", "IpPermissions": [permission]}, account)

    assert rule("sg-2") == []
    assert rule("sg-3") == ["IpPermissions: sg-3 is in vpc-2: allowed: a group in vpc-1, as sg-1"]


def test_a_group_that_a_rule_of_another_one_names_is_not_deleted() -> None:
    account = GivenAccount(naming={"sg-1": ["sg-2"]})

    assert network.dependents({"GroupId": "sg-2"}, account) == []
    assert network.dependents({"GroupId": "sg-1"}, account) == [
        "resource sg-1 has a dependent object: a rule of sg-2 names it; allowed: a group that no rule of "
        "another one names"
    ]


@pytest.mark.parametrize(
    ("first", "last", "taken"), [(80, 80, True), (81, 80, False), (0, 65536, False)]
)
def test_the_ports_of_a_rule_are_in_order(first: int, last: int, taken: bool) -> None:
    permission = {"IpProtocol": "tcp", "FromPort": first, "ToPort": last}

    assert (network.ports({"IpPermissions": [permission]}) == []) is taken


@pytest.mark.parametrize(
    "params",
    [
        {"HealthCheckPath": "health"},
        {"HealthCheckTimeoutSeconds": 30, "HealthCheckIntervalSeconds": 30},
        {"Matcher": {"HttpCode": "200-600"}},
        {"Name": "a", "Protocol": "HTTP", "VpcId": "vpc-1"},
    ],
)
def test_a_target_group_that_elb_does_not_take_is_refused(params: dict[str, Any]) -> None:
    assert len(network.target_group(params)) == 1


def test_a_listener_rule_has_five_values_at_most() -> None:
    def rule(count: int) -> list[str]:
        values = [f"/{number}/*" for number in range(count)]
        condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": values}}
        return network.listener_rule({"Conditions": [condition]})

    assert rule(5) == []
    assert rule(6) == ["Conditions: allowed: at most 5 values in a rule, not 6"]
