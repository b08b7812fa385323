"""What is read of Terraform's plan of a legacy folder."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from common.errors import UserError
from imports.sources.terraform_base.planned import (
    AfterApply,
    ConfiguredObject,
    Value,
    is_known,
    module_path,
    read_configuration,
    refers_to,
)
from terraform.plan import Plan
from tests.imports.sources.plans import plan, planned

NET = 'module.net["a.b"]'


def the(name: str, address: str) -> ConfiguredObject:
    (found,) = [each for each in planned(name).objects if each.address == address]
    return found


def arguments(name: str, address: str) -> Mapping[str, Value]:
    return the(name, address).arguments


def test_every_instance_of_the_base_is_there() -> None:
    configuration = planned("base")

    assert len(configuration.objects) == 57
    assert (configuration.region, configuration.account_id) == ("us-east-1", "123456789012")


def test_blocks_zones_and_tags_are_worth_what_terraform_says() -> None:
    subnet = arguments("base", "aws_subnet.private[1]")

    assert (subnet["cidr_block"], subnet["availability_zone"]) == ("10.0.3.0/24", "us-east-1b")
    assert subnet["tags"] == {
        "Name": "atomic-private-subnet-us-east-1b",
        "Owner": "platform",
        "Purpose": "legacy base",
        "Stack": "atomic",
        "Tier": "private",
    }


def test_only_what_the_configuration_sets_is_an_argument() -> None:
    database = arguments("base", "aws_db_instance.main")

    assert "multi_az" in database
    assert {"apply_immediately", "auto_minor_version_upgrade", "arn"} & database.keys() == set()


def test_what_only_an_apply_tells_says_what_it_is_made_of() -> None:
    assert arguments("base", "aws_security_group.rds")["vpc_id"] == AfterApply(
        ("aws_vpc.main.id", "aws_vpc.main")
    )


def test_the_rest_of_a_block_is_known_beside_what_is_not() -> None:
    rules = arguments("base", "aws_security_group.rds")["ingress"]

    assert isinstance(rules, list)
    (rule,) = rules
    assert rule["from_port"] == 5432
    assert isinstance(rule["security_groups"], AfterApply)
    assert not is_known(rule)


def test_what_the_provider_fills_in_within_a_block_is_no_argument() -> None:
    address = "aws_s3_bucket_versioning.data_bucket_versioning"

    assert arguments("base", address)["versioning_configuration"] == [
        {"mfa_delete": None, "status": "Disabled"}
    ]


def test_what_dynamic_blocks_make_is_there() -> None:
    rules = arguments("module", f"{NET}.aws_security_group.own")["ingress"]

    assert isinstance(rules, list)
    assert [rule["from_port"] for rule in rules] == [0, 1]
    assert all(isinstance(rule["security_groups"], AfterApply) for rule in rules)


def test_an_instance_of_a_module_has_its_keys() -> None:
    subnet = the("module", f'{NET}.aws_subnet.public["b"]')

    assert (subnet.module, subnet.name, subnet.index) == (NET, "public", "b")
    assert subnet.arguments["cidr_block"] == "10.0.1.0/24"
    assert planned("module").modules == ("net",)


def test_an_object_of_another_provider_says_so() -> None:
    assert the("module", "aws_ecs_cluster.west").provider == "aws.west"
    assert the("module", f"{NET}.aws_vpc.main").provider == "aws"


@pytest.mark.parametrize(
    ("source", "argument", "target", "refers"),
    [
        ("aws_nat_gateway.nat[1]", "allocation_id", "aws_eip.nat[1]", True),
        ("aws_nat_gateway.nat[1]", "allocation_id", "aws_eip.nat[0]", False),
        ("aws_nat_gateway.nat[1]", "subnet_id", "aws_eip.nat[1]", False),
        ("aws_subnet.public[1]", "vpc_id", "aws_vpc.main", True),
        ("aws_route_table_association.public[1]", "route_table_id", "aws_route_table.public", True),
        ("aws_subnet.public[1]", "cidr_block", "aws_vpc.main", False),
    ],
)
def test_an_argument_refers_to_the_instance_of_its_own_index(
    source: str, argument: str, target: str, refers: bool
) -> None:
    value = arguments("base", source).get(argument)

    assert refers_to(value, the("base", source), the("base", target)) is refers


def test_a_reference_with_an_index_of_its_own_is_that_instance() -> None:
    gateway, target = the("base", "aws_nat_gateway.nat[0]"), the("base", "aws_eip.nat[1]")
    value = AfterApply(("aws_eip.nat[1].id", "aws_eip.nat[1]", "aws_eip.nat", "count.index"))

    assert refers_to(value, gateway, target)
    assert not refers_to(value, gateway, the("base", "aws_eip.nat[0]"))


def test_a_block_of_the_same_name_in_another_module_is_another() -> None:
    value = AfterApply(("aws_vpc.main.id", "aws_vpc.main"))

    assert not refers_to(
        value, the("base", "aws_subnet.public[0]"), the("module", f"{NET}.aws_vpc.main")
    )


@pytest.mark.parametrize(
    ("module", "path"),
    [
        ("", ""),
        ("module.net", "net"),
        ('module.net["a.b"].module.subnets[0]', "net.subnets"),
        ("module.module.module.x", "module.x"),
    ],
)
def test_the_path_of_a_module_has_no_keys(module: str, path: str) -> None:
    assert module_path(module) == path


def _changed(**parts: Any) -> dict[str, Any]:
    return {**copy.deepcopy(plan("module")), **parts}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (_changed(complete=False), "is not complete"),
        (_changed(errored=True), "is not complete"),
        (_changed(configuration={}), "cannot be read"),
        (_changed(resource_changes=[{}]), "cannot be read"),
        (_changed(resource_changes=1), "cannot be read"),
        ([], "cannot be read"),
    ],
)
def test_a_plan_that_is_not_whole_is_refused(document: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_configuration(Plan(document=document))


def test_no_value_is_shown() -> None:
    assert "10.0.0.0/16" not in repr(planned("base"))
