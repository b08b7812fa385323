"""Names by which services find each other: the namespace, and what an adopted VPC keeps."""

import pytest

from modules.settings.services import SERVICES
from tests.conftest import Synthesize
from tests.imports.records import bound_document

LISTENING = sorted(row.name for row in SERVICES if row.port)


def test_the_namespace_is_the_stages_own_and_in_its_vpc(stack: Synthesize) -> None:
    namespace = stack("dev").resource("aws_service_discovery_private_dns_namespace", "main")

    assert (namespace["name"], namespace["vpc"]) == ("atomic-dev.internal", "${aws_vpc.main.id}")


def test_each_service_that_listens_has_a_name_and_the_alias_too(stack: Synthesize) -> None:
    names = stack("dev").names("aws_service_discovery_service")

    assert names == sorted([*LISTENING, "graphql_engine"])


def test_a_name_is_forgotten_before_a_task_that_leaves_the_load_balancer_ends(
    stack: Synthesize,
) -> None:
    (record,) = stack("dev").resource("aws_service_discovery_service", "hasura")["dns_config"][
        "dns_records"
    ]
    draining = stack("dev").resource("aws_lb_target_group", "hasura")["deregistration_delay"]

    assert (record["type"], record["ttl"]) == ("A", 10)
    assert record["ttl"] < int(draining)


def test_tasks_of_a_vpc_of_the_stages_own_search_its_namespace(stack: Synthesize) -> None:
    options = stack("dev").resource("aws_vpc_dhcp_options", "main")
    association = stack("dev").resource("aws_vpc_dhcp_options_association", "main")

    assert options["domain_name"] == "atomic-dev.internal"
    assert options["domain_name_servers"] == ["AmazonProvidedDNS"]
    assert association["vpc_id"] == "${aws_vpc.main.id}"


@pytest.mark.jsii
def test_an_adopted_vpc_keeps_its_owners_dhcp_options_and_has_the_names() -> None:
    resources = bound_document("full")["resource"]

    assert {"aws_vpc_dhcp_options", "aws_vpc_dhcp_options_association"} & resources.keys() == set()
    assert {*LISTENING} <= resources["aws_service_discovery_service"].keys()
