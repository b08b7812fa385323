"""What stays as it was found is told with what it takes to change it, and nothing else is."""

import pytest

from aws.resources import RESOURCES
from imports.explain import _TAKES, Kept, kept_as_found
from imports.record import AdoptedObject
from terraform.stack import Stack
from tests.imports.records import a_record

GROUPS = ("aws_lb_target_group.app", "aws_lb_target_group.hasura")


def kept(observed: dict[str, object], ours: dict[str, object], *addresses: str) -> list[Kept]:
    record = a_record(
        *(
            AdoptedObject(
                address=address, legacy_address="Row", import_id=address, observed=observed
            )
            for address in addresses
        )
    )
    resources: dict[str, dict[str, object]] = {}
    for address in addresses:
        type_, _, name = address.partition(".")
        resources.setdefault(type_, {})[name] = ours
    return kept_as_found(record, Stack(document={"resource": resources}))


def test_a_launch_type_takes_a_new_service() -> None:
    (found,) = kept({"launch_type": "FARGATE"}, {}, "aws_ecs_service.app")

    assert (found.attribute, found.found, found.platform) == (
        "aws_ecs_service.launch_type",
        '"FARGATE"',
        "nothing",
    )
    assert found.takes.startswith("a new service beside the old one")


def test_alike_objects_share_a_line() -> None:
    (found,) = kept({"port": 80}, {"port": 8080}, *GROUPS)

    assert found.addresses == GROUPS


@pytest.mark.parametrize(
    ("observed", "ours"),
    [
        ({"storage_encrypted": True}, {"storage_encrypted": True}),
        ({}, {"storage_encrypted": False}),
        ({"instance_class": "db.t3.micro"}, {"instance_class": "db.t3.small"}),
        ({"kms_key_id": "arn:a"}, {"kms_key_id": "${aws_kms_key.main.arn}"}),
    ],
    ids=["the same", "unset and false", "changed in place", "known after an apply"],
)
def test_no_other_difference_is_told(observed: dict[str, object], ours: dict[str, object]) -> None:
    assert kept(observed, ours, "aws_db_instance.main") == []


@pytest.mark.parametrize("place", _TAKES)
def test_only_what_the_stage_leaves_as_found_is_in_the_table(place: str) -> None:
    type_, _, attribute = place.partition(".")

    assert attribute in (RESOURCES[type_].identity or ())
