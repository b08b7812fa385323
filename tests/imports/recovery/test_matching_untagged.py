"""Which live object is at which address of a stage without default tags: none is taken for its likeness."""

from collections.abc import Mapping
from typing import Any

from aws.resources.row import Live
from imports.recovery.matching import Ambiguity, Matches
from terraform.stack import Stack
from tests.ops.matching import found_ids, match

NAMED = {"Name": "atomic-nat-eip-0"}
DOMAIN = "app.example.com"
CERTIFICATE: Mapping[str, Any] = {"aws_acm_certificate": {"main": {"domain_name": DOMAIN}}}
ADDRESS: Mapping[str, Any] = {"aws_eip": {"nat_0": {"tags": NAMED}}}
BALANCER: Mapping[str, Any] = {"aws_lb": {"main": {"name": "atomic-alb"}}}


def _match(
    resources: Mapping[str, Any],
    live: Mapping[str, list[Live]],
    *,
    held: Mapping[str, Mapping[str, Any]] | None = None,
    recorded: Mapping[str, Live] | None = None,
) -> Matches:
    return match(resources, live, tags={}, held=held, recorded=recorded)


def _address(id_: str, **tags: str) -> Live:
    key = ("atomic-nat-eip-0",)
    return Live(key=key, import_id=id_, attributes={"id": id_}, tags={**NAMED, **tags})


def _certificate(id_: str, *balancers: str) -> Live:
    tied = frozenset(("aws_lb", each) for each in balancers)
    return Live(key=(DOMAIN,), import_id=id_, attributes={"id": id_}, tags={}, tied_to=tied)


def _balancer(arn: str) -> Live:
    return Live(key=("atomic-alb",), import_id=arn, attributes={"id": arn})


def test_a_name_of_its_own_is_enough() -> None:
    matches = _match(BALANCER, {"aws_lb": [_balancer("arn:lb")]})

    assert found_ids(matches) == {"aws_lb.main": "arn:lb"}


def test_an_object_with_the_tags_that_the_configuration_gives_it_is_taken() -> None:
    matches = _match(ADDRESS, {"aws_eip": [_address("eipalloc-1", CostCenter="7")]})

    assert found_ids(matches) == {"aws_eip.nat_0": "eipalloc-1"}


def test_of_two_with_these_tags_neither_is_taken() -> None:
    matches = _match(ADDRESS, {"aws_eip": [_address("eipalloc-2"), _address("eipalloc-1")]})

    assert found_ids(matches) == {}
    assert matches.undecided == (
        Ambiguity(address="aws_eip.nat_0", import_ids=("eipalloc-1", "eipalloc-2")),
    )


def test_the_one_in_use_is_not_taken_for_ours_for_that() -> None:
    busy = Live(
        key=("atomic-nat-eip-0",), import_id="eipalloc-1", attributes={}, tags=NAMED, in_use=True
    )

    matches = _match(ADDRESS, {"aws_eip": [busy, _address("eipalloc-2")]})

    assert (found_ids(matches), matches.orphans) == ({}, ())


def test_an_object_with_the_default_tags_of_a_stage_is_not_taken_for_its_name() -> None:
    matches = _match(ADDRESS, {"aws_eip": [_address("eipalloc-1", Stage="dev")]})

    assert found_ids(matches) == {}
    assert [each.import_ids for each in matches.undecided] == [("eipalloc-1",)]


def test_what_the_configuration_gives_no_tag_is_not_taken_for_its_likeness() -> None:
    matches = _match(CERTIFICATE, {"aws_acm_certificate": [_certificate("arn:cert")]})

    assert found_ids(matches) == {}
    assert matches.undecided == (
        Ambiguity(address="aws_acm_certificate.main", import_ids=("arn:cert",)),
    )


def test_what_an_object_of_the_stage_has_in_use_is_taken_and_its_likeness_is_not() -> None:
    live = {
        "aws_acm_certificate": [
            _certificate("arn:other", "arn:theirs"),
            _certificate("arn:ours", "arn:lb"),
        ],
        "aws_lb": [_balancer("arn:lb")],
    }

    matches = _match({**CERTIFICATE, **BALANCER}, live)

    assert found_ids(matches) == {"aws_acm_certificate.main": "arn:ours", "aws_lb.main": "arn:lb"}
    assert matches.undecided == ()


def test_what_an_object_in_the_state_has_in_use_is_taken() -> None:
    matches = _match(
        {**CERTIFICATE, **BALANCER},
        {"aws_acm_certificate": [_certificate("arn:ours", "arn:lb")]},
        held={"aws_lb.main": {"id": "arn:lb"}},
    )

    assert found_ids(matches) == {"aws_acm_certificate.main": "arn:ours"}


def test_what_is_alone_in_a_recorded_parent_is_taken_without_a_tag() -> None:
    resources = {
        "aws_vpc": {"main": {"cidr_block": "10.0.0.0/16"}},
        "aws_security_group": {"app": {"vpc_id": "${aws_vpc.main.id}", "name": "atomic-app"}},
    }
    group = Live(key=("vpc-1", "atomic-app"), import_id="sg-1", tags={}, alone=True)
    recorded = {"aws_vpc.main": Live(key=(), import_id="vpc-1", attributes={"id": "vpc-1"})}

    matches = _match(resources, {"aws_security_group": [group]}, recorded=recorded)

    assert found_ids(matches) == {"aws_vpc.main": "vpc-1", "aws_security_group.app": "sg-1"}


def test_what_the_record_has_at_another_address_is_not_taken_twice() -> None:
    resources = {"aws_eip": {"nat_0": {"tags": NAMED}, "nat_1": {"tags": {"Name": "gone"}}}}
    recorded = {"aws_eip.nat_1": Live(key=(), import_id="eipalloc-1", attributes={})}

    matches = _match(resources, {"aws_eip": [_address("eipalloc-1")]}, recorded=recorded)

    assert found_ids(matches) == {"aws_eip.nat_1": "eipalloc-1"}
    assert matches.undecided == ()


def test_a_part_of_a_recorded_object_is_told_by_it_though_it_has_the_same_id() -> None:
    resources = {
        "aws_s3_bucket": {"data": {"bucket": "atomic-data"}},
        "aws_s3_bucket_policy": {"data": {"bucket": "${aws_s3_bucket.data.bucket}"}},
    }
    bucket = Live(key=(), import_id="atomic-data", attributes={"bucket": "atomic-data"})
    policy = Live(key=("atomic-data",), import_id="atomic-data")

    matches = _match(
        resources, {"aws_s3_bucket_policy": [policy]}, recorded={"aws_s3_bucket.data": bucket}
    )

    assert matches.found.keys() == resources_of(resources)


def resources_of(resources: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return set(Stack(document={"resource": resources}).resources)


def test_nothing_is_an_orphan_without_tags_that_say_so() -> None:
    matches = _match(
        ADDRESS,
        {"aws_eip": [_address("eipalloc-1"), _address("eipalloc-2")]},
        held={"aws_eip.nat_0": {"id": "eipalloc-1"}},
    )

    assert matches.orphans == ()
