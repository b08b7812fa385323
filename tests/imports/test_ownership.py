"""Who owns each object, in every combination of the two states."""

from typing import Any

import pytest

from imports.ownership import Holder, Owner, ownership, twice_owned
from imports.record import AdoptedObject
from tests.imports.test_retire import a_record, legacy_state, new_state, without
from tests.terraform.test_state_surgery import SECRET, document, instance, resource


def by_address(legacy: Any, new: Any) -> dict[str, Owner]:
    return {item.address: item for item in ownership(a_record(), legacy, new)}


@pytest.mark.parametrize(
    ("legacy", "new", "expected"),
    [
        (legacy_state(), None, Holder.LEGACY),
        (legacy_state(), {}, Holder.LEGACY),
        (legacy_state(), new_state(), Holder.BOTH),
        (None, new_state(), Holder.HERE),
        (document(), new_state(), Holder.HERE),
        (None, None, Holder.NOBODY),
        ({}, document(), Holder.NOBODY),
    ],
)
def test_all_have_the_same_owner(legacy: Any, new: Any, expected: Holder) -> None:
    owners = ownership(a_record(), legacy, new)

    assert {(item.holder, item.mismatch) for item in owners} == {(expected, None)}
    assert len(owners) == 4


def test_half_way() -> None:
    owners = by_address(
        without(legacy_state(), "aws_subnet.public"), without(new_state(), "aws_vpc.main")
    )

    assert {address: str(item.holder) for address, item in owners.items()} == {
        "aws_db_instance.main": "both",
        "aws_subnet.public_0": "here",
        "aws_subnet.public_1": "here",
        "aws_vpc.main": "legacy",
    }


def test_what_is_known_of_an_object() -> None:
    assert by_address(legacy_state(), None)["aws_subnet.public_1"] == Owner(
        address="aws_subnet.public_1",
        legacy_address="aws_subnet.public[1]",
        import_id="subnet-1",
        holder=Holder.LEGACY,
    )


def test_an_old_owner_that_was_not_asked_leaves_the_holder_unknown() -> None:
    owners = ownership(a_record(), None, new_state(), asked=frozenset({"stack"}))

    assert {(each.holder, each.asked, each.held_here) for each in owners} == {
        (Holder.UNKNOWN, False, True)
    }


def test_what_another_workspace_of_the_legacy_folder_holds_is_not_here_alone() -> None:
    owners = ownership(a_record(), document(), new_state(), others={"blue": legacy_state()})

    found = {each.address: (each.holder, each.mismatch) for each in owners}
    assert {holder for holder, _ in found.values()} == {Holder.BOTH}
    assert found["aws_vpc.main"][1] == ('"vpc-1" is at "aws_vpc.main" in the legacy workspace blue')


def test_sorted_by_number_where_there_is_one() -> None:
    adopted = [
        AdoptedObject(
            address=f"aws_subnet.public_{at}",
            legacy_address=f"aws_subnet.public[{at}]",
            import_id=f"subnet-{at}",
            observed={},
        )
        for at in (10, 2, 1)
    ]

    owners = ownership(a_record(adopted=adopted), None, None)

    assert [item.import_id for item in owners] == ["subnet-1", "subnet-2", "subnet-10"]


def test_another_object_at_the_address_is_a_mismatch_and_no_owner() -> None:
    other = resource("aws_vpc", "main", instance(id="vpc-9"))
    legacy = without(legacy_state(), "aws_vpc.main")
    legacy["resources"].append(other)

    owner = by_address(legacy, new_state())["aws_vpc.main"]

    assert owner.holder is Holder.HERE
    assert owner.mismatch == 'aws_vpc.main in the legacy state is "vpc-9", not "vpc-1"'


def test_an_object_at_another_address_is_a_mismatch() -> None:
    new = without(new_state(), "aws_vpc.main")
    new["resources"].append(resource("aws_vpc", "renamed", instance(id="vpc-1")))

    owner = by_address(None, new)["aws_vpc.main"]

    assert owner.holder is Holder.NOBODY
    assert owner.mismatch == (
        '"vpc-1" is at "aws_vpc.renamed" in the new state, and belongs at aws_vpc.main'
    )


def test_a_mismatch_shows_no_attribute_but_the_id() -> None:
    legacy = without(legacy_state(), "aws_db_instance.main")
    legacy["resources"].append(resource("aws_db_instance", "main", instance(password=SECRET)))

    owner = by_address(legacy, None)["aws_db_instance.main"]

    assert owner.mismatch is not None
    assert "an object without an id" in owner.mismatch
    assert SECRET not in repr(owner)


def test_objects_that_both_states_own_are_warned_of_with_what_to_do() -> None:
    (warning,) = twice_owned(ownership(a_record(), legacy_state(), new_state()))

    assert warning.startswith("both tools own 4 objects")
    assert "python -m imports retire" in warning


@pytest.mark.parametrize(("legacy", "new"), [(legacy_state(), None), (None, new_state())])
def test_where_one_state_owns_each_object_there_is_nothing_to_warn_of(
    legacy: Any, new: Any
) -> None:
    assert twice_owned(ownership(a_record(), legacy, new)) == []


def test_an_object_of_a_stack_is_asked_of_the_stack_and_never_of_the_legacy_state() -> None:
    whole = a_record()
    bucket, *others = (item for item in whole.adopted if item.type != "aws_vpc")
    of_stack = bucket.model_copy(update={"source": "stack", "legacy_address": "Row"})
    record = whole.model_copy(update={"adopted": [of_stack, *others]})

    found = ownership(record, legacy_state(), new_state(), rows={"Row"})
    after = ownership(record, legacy_state(), new_state())

    assert {item.holder for item in found} == {Holder.BOTH}
    assert {item.address: item.holder for item in after}[bucket.address] is Holder.HERE
    assert [line.split(":")[0] for line in twice_owned(found)] == [
        f"both tools own {len(others)} objects",
        "CloudFormation owns 1 objects too",
    ]
