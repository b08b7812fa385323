"""Who may reach whom: the whole relation of every stage, and that each mistake in it is found."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from modules.settings.stage_files import parse_stage
from security.expected import expected_reach
from security.reachability import UNREAD_TYPES, Opening, network_failures, reachability
from terraform.stack import Stack
from tests.conftest import Synthesize
from tests.imports.records import bound_document
from tests.stages import SHIPPED, VARIANTS, stage_settings

# Where the load balancer meets a service: the proxy beside it, or its own port.
PROXY = 8000
ROUTED = {
    "supertokens": PROXY,
    "hasura": 8080,
    "functions": PROXY,
    "handshake": PROXY,
    "oauth": PROXY,
    "optaplanner": PROXY,
    "app": 3000,
}
SERVICES = (*ROUTED, "python_agent")
# The specification's table: source, target, port.
TABLE = {
    ("internet", "load_balancer", 80),
    ("internet", "load_balancer", 443),
    *(("load_balancer", service, port) for service, port in ROUTED.items()),
    *((caller, "hasura", 8080) for caller in ("functions", "handshake", "oauth", "app")),
    *((caller, "functions", 3000) for caller in ("hasura", "handshake", "optaplanner", "app")),
    ("functions", "optaplanner", 8081),
    ("oauth", "handshake", 3000),
    ("hasura", "app", 3000),
    ("app", "supertokens", 3567),
    ("supertokens", "database", 5432),
    ("hasura", "database", 5432),
    ("optaplanner", "database", 5432),
    ("python_agent", "file_storage", 2049),
}


def out(*services: str) -> set[tuple[str, str, int]]:
    """A service's way to registries, AWS and third parties; the platform's own domain is among them."""
    return {(service, to, 443) for service in services for to in ("internet", "load_balancer")}


def to_kafka(service: str) -> set[Opening]:
    return {
        Opening(
            source=service,
            destination="internet",
            protocol="tcp",
            first_port=first,
            last_port=last,
        )
        for first, last in ((9092, 9098), (9194, 9198))
    }


def tcp(table: set[tuple[str, str, int]]) -> set[Opening]:
    return {
        Opening(source=source, destination=target, protocol="tcp", first_port=port, last_port=port)
        for source, target, port in table
    }


PLATFORM = tcp(TABLE | out(*SERVICES))
# Beyond the table: a ninth service, which sends mail; Kafka.
MORE: dict[str, set[Opening]] = {
    "frugal": tcp(
        {("load_balancer", "reports", 9000), ("reports", "internet", 587)} | out("reports")
    ),
    "route53": to_kafka("functions"),
    "tailored": tcp({("load_balancer", "insights", 8000)} | out("insights", "worker")),
}
# What is left out leads nowhere.
LESS = {"tailored": ("oauth", "python_agent")}


def asked_for(stage: str) -> set[Opening]:
    if stage == "fronted":  # CloudFront alone reaches the load balancer, over TLS
        others = {each for each in PLATFORM if each.destination != "load_balancer"}
        return others | tcp({("CloudFront", "load_balancer", 443)})
    gone = LESS.get(stage, ())
    return {each for each in PLATFORM if not {each.source, each.destination} & {*gone}} | MORE.get(
        stage, set()
    )


FULL = [*SHIPPED, *(variant for variant in VARIANTS if variant != "foundation")]


@pytest.mark.parametrize("stage", FULL)
def test_what_the_specification_lists_is_open_and_nothing_else(
    stack: Synthesize, stage: str
) -> None:
    expected = asked_for(stage)

    assert network_failures(Stack(document=stack(stage).json), stage=stage, expected=expected) == []


@pytest.mark.parametrize("stage", [*SHIPPED, *VARIANTS])
def test_a_stages_settings_ask_for_what_the_specification_lists(stage: str) -> None:
    expected = asked_for(stage) if stage in FULL else set()

    assert expected_reach(stage_settings(stage)) == expected


def test_a_given_vpcs_subnets_are_taken_for_what_they_are_named(stack: Synthesize) -> None:
    expected = expected_reach(stage_settings("lodged"))

    assert network_failures(stack("lodged").read, stage="lodged", expected=expected) == []


def test_a_prefix_list_of_others_is_not_taken_for_cloudfronts(stack: Synthesize) -> None:
    document = copy.deepcopy(stack("fronted").json)
    document["data"]["aws_ec2_managed_prefix_list"]["cloudfront"]["name"] = "com.example.all"

    checks = {
        each.check
        for each in network_failures(Stack(document=document), stage="fronted", expected=set())
    }
    assert checks == {"NET_UNREAD"}


def test_a_port_outside_that_the_load_balancer_opens_leads_there_too() -> None:
    document = {**VARIANTS["thrifty"], "services": {"app": {"outbound_ports": [80, 443]}}}
    settings, mistakes = parse_stage(document, stage="thrifty")
    assert not mistakes

    assert expected_reach(settings) - PLATFORM == tcp(
        {("app", "internet", 80), ("app", "load_balancer", 80)}
    )


def test_a_foundation_has_nothing_that_connects(stack: Synthesize) -> None:
    assert (
        network_failures(
            Stack(document=stack("foundation").json), stage="foundation", expected=set()
        )
        == []
    )


@pytest.mark.jsii
def test_an_adopted_bases_groups_keep_what_they_had_open() -> None:
    """GIVEN a base whose groups let everything out, THEN that stays, and nothing else is added."""
    everything_out = {
        Opening(source=source, destination="internet", protocol="-1", first_port=0, last_port=65535)
        for source in ("load_balancer", "database")
    }
    expected = (
        PLATFORM
        | everything_out
        | tcp({("database", "load_balancer", 80), ("database", "load_balancer", 443)})
    )

    assert (
        network_failures(Stack(document=bound_document("full")), stage="adopted", expected=expected)
        == []
    )


Change = Callable[[dict[str, Any]], object]


ANYBODY = {"cidr_ipv4": "0.0.0.0/0"}


def a_rule(group: str, port: int, **peer: str) -> dict[str, Any]:
    return {
        "security_group_id": f"${{aws_security_group.{group}.id}}",
        "ip_protocol": "tcp",
        "from_port": port,
        "to_port": port,
        **peer,
    }


def opened(target: str, port: int, **peer: str) -> Change:
    """Another rule that lets somebody in."""
    rule = a_rule(target, port, **peer)
    return lambda r: r["aws_vpc_security_group_ingress_rule"].update(planted=rule)


def without_route(table: str) -> Change:
    return lambda r: r["aws_route_table"][table].pop("route")


def database_in(subnet: str) -> Change:
    return lambda r: r["aws_db_subnet_group"]["main"].update(
        subnet_ids=[f"${{aws_subnet.{subnet}.id}}"]
    )


def dropped(type_: str, name: str) -> Change:
    return lambda r: r[type_].pop(name)


def with_address(service: str) -> Change:
    """In the public subnets with an address, and open to everybody on its port."""

    def change(resources: dict[str, Any]) -> None:
        resources["aws_ecs_service"][service]["network_configuration"].update(
            subnets=["${aws_subnet.public_0.id}"], assign_public_ip=True
        )
        opened(service, ROUTED[service], **ANYBODY)(resources)

    return change


APP = {"referenced_security_group_id": "${aws_security_group.app.id}"}
EGRESS = "aws_vpc_security_group_egress_rule"
# What is done to dev's resources -> the checks that fail.
MISTAKES: dict[str, tuple[Change, set[str]]] = {
    "a service lets in whoever may call port 443 anywhere": (
        opened("hasura", 443, **APP),
        {"NET_UNEXPECTED"},
    ),
    "the database lets in the whole VPC, and a service may go anywhere": (
        lambda r: (
            r["aws_security_group"]["database"]["ingress"].append(
                {
                    "protocol": "tcp",
                    "from_port": 5432,
                    "to_port": 5432,
                    "cidr_blocks": ["10.0.0.0/16"],
                }
            ),
            r[EGRESS].update(planted=a_rule("app", 5432, **ANYBODY)),
        ),
        {"NET_UNEXPECTED"},
    ),
    "the load balancer opens another port": (
        lambda r: r["aws_security_group"]["load_balancer"]["ingress"][0].update(to_port=8080),
        {"NET_UNEXPECTED", "NET_MISSING"},
    ),
    "a service may go to another port": (
        lambda r: r[EGRESS]["app_to_anywhere"].update(from_port=25),
        {"NET_UNEXPECTED", "NET_MISSING"},
    ),
    "a task has a public address and an open port": (
        with_address("app"),
        {"NET_UNEXPECTED", "NET_TASK_EXPOSED"},
    ),
    "the database moves to a public subnet": (database_in("public_0"), {"NET_DATABASE_PUBLIC"}),
    "the database gets a public address": (
        lambda r: r["aws_db_instance"]["main"].update(publicly_accessible=True),
        {"NET_DATABASE_PUBLIC"},
    ),
    "a private subnet gets the public routes": (
        lambda r: r["aws_route_table_association"]["private_0"].update(
            route_table_id="${aws_route_table.public.id}"
        ),
        {"NET_DATABASE_PUBLIC", "NET_MISSING"},
    ),
    "a private subnet loses its way out": (without_route("private_1"), {"NET_MISSING"}),
    "the public subnets lose theirs, and the NAT gateway with them": (
        without_route("public"),
        {"NET_MISSING"},
    ),
    "the NAT gateway stands in a private subnet": (
        lambda r: r["aws_nat_gateway"]["nat_0"].update(subnet_id="${aws_subnet.private_0.id}"),
        {"NET_MISSING"},
    ),
    "the NAT gateway goes": (dropped("aws_nat_gateway", "nat_0"), {"NET_MISSING"}),
    "a subnet is in no route table": (
        dropped("aws_route_table_association", "private_0"),
        {"NET_MISSING"},
    ),
    "a service may not call another": (dropped(EGRESS, "oauth_calls_handshake"), {"NET_MISSING"}),
    "a service may not go to the database": (
        dropped(EGRESS, "hasura_to_database"),
        {"NET_MISSING"},
    ),
    "a service may not mount its file system": (
        dropped(EGRESS, "python_agent_to_file_storage"),
        {"NET_MISSING"},
    ),
    "the load balancer may not go to the services": (
        lambda r: r["aws_security_group"]["load_balancer"].pop("egress"),
        {"NET_MISSING"},
    ),
    "a service is not let in": (
        dropped("aws_vpc_security_group_ingress_rule", "app_from_load_balancer"),
        {"NET_MISSING"},
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_network_is_found(stack: Synthesize, mistake: str) -> None:
    change, expected = MISTAKES[mistake]
    document = copy.deepcopy(stack("dev").json)
    change(document["resource"])

    failures = network_failures(Stack(document=document), stage="dev", expected=PLATFORM)

    assert {each.check for each in failures} == expected


@pytest.mark.parametrize("type_", UNREAD_TYPES)
def test_what_the_function_does_not_understand_is_told(stack: Synthesize, type_: str) -> None:
    document = copy.deepcopy(stack("dev").json)
    document["resource"][type_] = {"one": {}}

    (failure,) = network_failures(Stack(document=document), stage="dev", expected=PLATFORM)

    assert (failure.check, failure.resource) == ("NET_UNREAD", f"{type_}.one")


@pytest.mark.parametrize("peer", ["cidr_ipv6", "prefix_list_id"])
def test_a_rule_whose_peer_cannot_be_read_is_refused(stack: Synthesize, peer: str) -> None:
    document = copy.deepcopy(stack("dev").json)
    opened("hasura", 8080, **{peer: "x"})(document["resource"])

    with pytest.raises(ValueError, match="speaks of IPv6 or of a prefix list"):
        reachability(Stack(document=document))
    (failure,) = network_failures(Stack(document=document), stage="dev", expected=PLATFORM)
    assert failure.check == "NET_UNREAD"
    assert "speaks of IPv6 or of a prefix list" in failure.what
