"""Which live object is at which address: one to one, or not at all."""

from collections.abc import Mapping
from typing import Any

from aws.resources.row import Live
from imports.recovery.matching import Ambiguity, Matches, Orphan
from tests.ops.matching import found_ids, match

TAGS = {"Project": "atomic-calendar", "Stage": "dev"}
RESOURCES: Mapping[str, Any] = {
    "aws_vpc": {"main": {"tags": {"Name": "dev-vpc"}}},
    "aws_subnet": {"a": {"vpc_id": "${aws_vpc.main.id}", "cidr_block": "10.0.0.0/24"}},
}


def _vpc(id_: str, **changes: Any) -> Live:
    values: dict[str, Any] = {
        "key": ("dev-vpc",),
        "import_id": id_,
        "attributes": {"id": id_},
        "tags": {**TAGS, "Name": "dev-vpc"},
    }
    return Live(**{**values, **changes})


def _subnet(id_: str, vpc: str) -> Live:
    return Live(key=(vpc, "10.0.0.0/24"), import_id=id_, attributes={"id": id_}, tags=TAGS)


def _match(
    live: Mapping[str, list[Live]],
    *,
    held: Mapping[str, Mapping[str, Any]] | None = None,
    recorded: Mapping[str, Live] | None = None,
    adopted: frozenset[str] = frozenset(),
) -> Matches:
    return match(RESOURCES, live, tags=TAGS, held=held, recorded=recorded, adopted=adopted)


def test_a_child_is_found_within_its_found_parent() -> None:
    subnets = [_subnet("subnet-1", "vpc-1"), _subnet("subnet-2", "vpc-2")]

    matches = _match({"aws_vpc": [_vpc("vpc-1")], "aws_subnet": subnets})

    assert found_ids(matches) == {"aws_vpc.main": "vpc-1", "aws_subnet.a": "subnet-1"}


def test_a_child_is_found_within_a_parent_that_the_state_holds() -> None:
    matches = _match(
        {"aws_subnet": [_subnet("subnet-2", "vpc-2")]}, held={"aws_vpc.main": {"id": "vpc-2"}}
    )

    assert found_ids(matches) == {"aws_subnet.a": "subnet-2"}


def test_without_its_parent_a_child_cannot_stand() -> None:
    assert found_ids(_match({"aws_subnet": [_subnet("subnet-1", "vpc-1")]})) == {}


def test_an_object_with_another_stages_tags_is_not_taken() -> None:
    matches = _match({"aws_vpc": [_vpc("vpc-1", tags={"Name": "dev-vpc", "Stage": "prod"})]})

    assert found_ids(matches) == {}


def _recorded(id_: str) -> dict[str, Live]:
    return {"aws_vpc.main": Live(key=(), import_id=id_, attributes={"id": id_})}


def test_an_adopted_object_is_known_by_its_recorded_id() -> None:
    live = {"aws_vpc": [_vpc("vpc-1", tags={}), _vpc("vpc-2", tags={})]}

    assert found_ids(_match(live, recorded=_recorded("vpc-2"))) == {"aws_vpc.main": "vpc-2"}


def test_an_adopted_object_is_known_whatever_it_is_called_and_its_children_within_it() -> None:
    live = {
        "aws_vpc": [_vpc("vpc-1", key=("renamed",))],
        "aws_subnet": [_subnet("subnet-1", "vpc-1")],
    }

    matches = _match(live, recorded=_recorded("vpc-1"))

    assert found_ids(matches) == {"aws_vpc.main": "vpc-1", "aws_subnet.a": "subnet-1"}


def test_an_adopted_object_that_aws_still_works_on_is_waited_for() -> None:
    live = {"aws_vpc": [_vpc("vpc-1", unfinished="pending")]}

    matches = _match(live, recorded=_recorded("vpc-1"))

    assert matches.found["aws_vpc.main"].unfinished == "pending"


def test_nothing_beside_an_adopted_object_is_an_orphan() -> None:
    matches = _match(
        {"aws_vpc": [_vpc("vpc-1"), _vpc("vpc-2")]},
        held={"aws_vpc.main": {"id": "vpc-2"}},
        adopted=frozenset({"aws_vpc.main"}),
    )

    assert matches.orphans == ()


def test_two_that_could_be_it_are_neither() -> None:
    matches = _match({"aws_vpc": [_vpc("vpc-2"), _vpc("vpc-1")]})

    assert found_ids(matches) == {}
    assert matches.ambiguous == (Ambiguity(address="aws_vpc.main", import_ids=("vpc-1", "vpc-2")),)


def test_of_two_the_one_in_use_is_it_and_the_other_an_orphan() -> None:
    matches = _match({"aws_vpc": [_vpc("vpc-1"), _vpc("vpc-2", in_use=True)]})

    assert found_ids(matches) == {"aws_vpc.main": "vpc-2"}
    assert matches.orphans == (Orphan(type="aws_vpc", import_id="vpc-1", address="aws_vpc.main"),)


def test_a_double_of_what_the_state_holds_is_an_orphan() -> None:
    matches = _match(
        {"aws_vpc": [_vpc("vpc-1"), _vpc("vpc-2")]}, held={"aws_vpc.main": {"id": "vpc-2"}}
    )

    assert [each.import_id for each in matches.orphans] == ["vpc-1"]


def test_a_double_that_is_in_use_is_told_as_such() -> None:
    matches = _match(
        {"aws_vpc": [_vpc("vpc-1", in_use=True), _vpc("vpc-2")]},
        held={"aws_vpc.main": {"id": "vpc-2"}},
    )

    assert matches.orphans == (
        Orphan(type="aws_vpc", import_id="vpc-1", address="aws_vpc.main", in_use=True),
    )
