"""What Terraform is asked to read, and what is kept of its answer."""

import json
from typing import Any

import pytest

from aws.resources import RESOURCES
from common.errors import UserError
from imports.observe import observed_arguments, observing_document
from terraform import references
from terraform.stack import Stack
from tests.imports.records import attributes, base_record, stack_document

IDS = {item.address: item.import_id for item in base_record().adopted}
STACK: dict[str, Any] = {
    "terraform": {"backend": {"local": {}}, "required_providers": {"aws": {}}},
    "provider": {"aws": [{"region": "us-east-1"}]},
    "data": {"aws_region": {"here": {}}},
    "output": {"VpcId": {"value": "${aws_vpc.main.id}"}},
    "resource": {
        "aws_vpc": {
            "main": {
                "//": {"metadata": {}},
                "cidr_block": "10.0.0.0/16",
                "ipam": "${aws_ipam.main.id}",
                "region": "${data.aws_region.here.name}",
                "depends_on": ["aws_ipam.main"],
                "lifecycle": {"prevent_destroy": True},
            }
        },
        "aws_ipam": {"main": {}},
    },
}


@pytest.mark.jsii
def test_the_document_imports_each_object_and_holds_no_other() -> None:
    document = observing_document(Stack(document=stack_document("adopt")), IDS)

    assert document["import"] == [{"to": address, "id": IDS[address]} for address in sorted(IDS)]
    held = {f"{type_}.{name}" for type_, named in document["resource"].items() for name in named}
    assert held == set(IDS)


@pytest.mark.jsii
def test_the_document_refers_to_nothing_else() -> None:
    document = observing_document(Stack(document=stack_document("adopt")), IDS)

    assert references.addresses(document["resource"]) <= {
        *IDS,
        "data.aws_caller_identity.current",
    }


def test_the_document_has_no_backend_so_it_finds_no_state() -> None:
    document = observing_document(Stack(document=STACK), {"aws_vpc.main": "vpc-1"})

    assert document["terraform"] == {"required_providers": {"aws": {}}}
    assert document["provider"] == STACK["provider"]
    assert "output" not in document


def test_only_arguments_that_can_be_planned_alone_are_kept() -> None:
    document = observing_document(Stack(document=STACK), {"aws_vpc.main": "vpc-1"})

    assert document["resource"]["aws_vpc"]["main"] == {
        "cidr_block": "10.0.0.0/16",
        "region": "${data.aws_region.here.name}",
    }


@pytest.mark.jsii
def test_versioning_is_read_whatever_it_is_set_to() -> None:
    """GIVEN a stack that says "Disabled", THEN the plan asks for what can follow on every setting."""
    document = observing_document(Stack(document=stack_document("adopt")), IDS)

    versioning = document["resource"]["aws_s3_bucket_versioning"]["data"]
    assert versioning["versioning_configuration"] == {"status": "Enabled"}


def test_the_stack_that_was_given_stays_as_it_is() -> None:
    before = json.dumps(STACK)

    observing_document(Stack(document=STACK), {"aws_vpc.main": "vpc-1"})["resource"]["aws_vpc"][
        "main"
    ].clear()

    assert json.dumps(STACK) == before


@pytest.mark.parametrize("address", ["aws_vpc.other", "aws_eip.nat_0"])
def test_an_address_that_the_stage_does_not_have_is_an_error(address: str) -> None:
    with pytest.raises(UserError) as caught:
        observing_document(Stack(document=STACK), {address: "x"})

    assert str(caught.value).startswith(f"the stage has no {address}: its settings are not those")


@pytest.mark.parametrize("address", sorted(IDS))
def test_only_attributes_of_the_type_are_kept(address: str) -> None:
    type_ = address.partition(".")[0]

    observed = observed_arguments(type_, attributes()[address])

    assert set(observed) <= set(RESOURCES[type_].observed)
    assert observed == {key: observed[key] for key in sorted(observed)}


def test_a_secret_never_gets_into_the_record() -> None:
    planted = {"password": "hunter2", "secret_string": "hunter2", "identifier": "db"}

    for address in IDS:
        type_ = address.partition(".")[0]
        assert "hunter2" not in repr(
            observed_arguments(type_, {**attributes()[address], **planted})
        )


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_what_says_nothing_is_left_out(nothing: object) -> None:
    assert observed_arguments("aws_vpc", {"cidr_block": "c", "tags": nothing}) == {
        "cidr_block": "c"
    }


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("storage_encrypted", False), ("backup_retention_period", 0), ("multi_az", False)],
)
def test_off_and_zero_say_something(attribute: str, value: object) -> None:
    assert observed_arguments("aws_db_instance", {attribute: value}) == {attribute: value}


def test_a_block_loses_its_unset_arguments() -> None:
    rules = [{"bucket_key_enabled": False, "by_default": [{"algorithm": "AES256", "kms": ""}]}]

    observed = observed_arguments(
        "aws_s3_bucket_server_side_encryption_configuration", {"rule": rules}
    )

    assert observed == {
        "rule": [{"bucket_key_enabled": False, "by_default": [{"algorithm": "AES256"}]}]
    }


def test_a_rule_keeps_every_argument_because_terraform_wants_it_whole() -> None:
    rule = {"from_port": 80, "cidr_blocks": ["0.0.0.0/0"], "security_groups": [], "description": ""}

    assert observed_arguments("aws_security_group", {"ingress": [rule]}) == {
        "ingress": [{**rule, "security_groups": None, "description": None}]
    }


def test_rules_are_sorted_whatever_their_order() -> None:
    rules = [{"from_port": port, "self": False} for port in (443, 80, 8080)]

    both = [
        observed_arguments("aws_security_group", {"egress": order})
        for order in (rules, rules[::-1])
    ]

    assert both[0] == both[1]
