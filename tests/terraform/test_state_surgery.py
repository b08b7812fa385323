"""Taking addresses out of a state document and putting them back."""

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from terraform.state import dump_document, parse_document
from terraform.state_surgery import (
    Held,
    differences,
    held,
    managed_addresses,
    places,
    remove_addresses,
    restore_addresses,
)

SECRET = "planted-5e1f"


def resource(
    kind: str, name: str, *instances: dict[str, Any], mode: str = "managed", module: str = ""
) -> dict[str, Any]:
    there = {"module": module} if module else {}
    return {
        **there,
        "mode": mode,
        "type": kind,
        "name": name,
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": list(instances),
    }


def instance(*, index: int | str | None = None, deposed: str = "", **attributes: Any) -> Any:
    key = {} if index is None else {"index_key": index}
    mark = {"deposed": deposed} if deposed else {}
    return {**key, **mark, "schema_version": 0, "attributes": attributes}


def document(*resources: dict[str, Any], serial: int = 7, lineage: str = "old") -> dict[str, Any]:
    return {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": serial,
        "lineage": lineage,
        "outputs": {},
        "resources": list(resources),
        "check_results": None,
    }


STATE = document(
    resource("aws_vpc", "main", instance(id="vpc-1")),
    resource("aws_vpc", "main", instance(id="vpc-0"), mode="data"),
    resource(
        "aws_subnet", "public", instance(index=0, id="subnet-0"), instance(index=1, id="subnet-1")
    ),
    resource("aws_codecommit_repository", "mine", instance(id="queue", password=SECRET)),
    resource("aws_vpc", "main", instance(index='a"b', id="vpc-2"), module="module.copy"),
    resource(
        "aws_db_instance",
        "main",
        instance(identifier="db", password=SECRET),
        instance(identifier="db-before", deposed="0a1b2c3d"),
    ),
)


def test_what_stands_at_each_address() -> None:
    assert held(STATE) == {
        "aws_vpc.main": Held(type="aws_vpc", import_id="vpc-1"),
        "aws_subnet.public[0]": Held(type="aws_subnet", import_id="subnet-0"),
        "aws_subnet.public[1]": Held(type="aws_subnet", import_id="subnet-1"),
        "aws_codecommit_repository.mine": Held(type="aws_codecommit_repository", import_id=None),
        'module.copy.aws_vpc.main["a\\"b"]': Held(type="aws_vpc", import_id="vpc-2"),
        "aws_db_instance.main": Held(type="aws_db_instance", import_id="db"),
    }


@pytest.mark.parametrize("nothing", [None, {}, document()])
def test_no_state_holds_nothing(nothing: Any) -> None:
    assert held(nothing) == {}
    assert places(nothing) == {}
    assert managed_addresses(nothing) == ()


@pytest.mark.parametrize(
    ("address", "type_", "object_id", "expected"),
    [
        ("aws_db_instance.main", "aws_db_instance", "db", True),
        ("aws_db_instance.main", "aws_db_instance", "db-before", False),
        ("aws_db_instance.main", "aws_rds_cluster", "db", False),
        ("aws_vpc.main", "aws_vpc", "vpc-2", False),
        ("aws_vpc.other", "aws_vpc", "vpc-1", False),
        ("aws_subnet.public[1]", "aws_subnet", "subnet-1", True),
        ("aws_codecommit_repository.mine", "aws_codecommit_repository", "queue", False),
    ],
)
def test_an_object_is_held_by_its_type_and_import_id(
    address: str, type_: str, object_id: str, *, expected: bool
) -> None:
    is_held = held(STATE).get(address) == Held(type=type_, import_id=object_id)

    assert is_held is expected


def test_where_objects_are() -> None:
    found = places(STATE)

    assert found["aws_db_instance", "db-before"] == ["aws_db_instance.main (deposed 0a1b2c3d)"]
    assert found["aws_vpc", "vpc-2"] == ['module.copy.aws_vpc.main["a\\"b"]']
    assert ("aws_vpc", "vpc-0") not in found


def test_removing_leaves_all_else_as_it_was() -> None:
    before = {**copy.deepcopy(STATE), "from_the_future": {"kept": True}}
    untouched = copy.deepcopy(before)

    after = remove_addresses(before, {"aws_vpc.main", "aws_subnet.public[0]"})

    assert before == untouched
    assert after["serial"] == 8
    assert after["lineage"] == "old"
    assert after["from_the_future"] == {"kept": True}
    assert [(item["mode"], item["type"]) for item in after["resources"]] == [
        ("data", "aws_vpc"),
        ("managed", "aws_subnet"),
        ("managed", "aws_codecommit_repository"),
        ("managed", "aws_vpc"),
        ("managed", "aws_db_instance"),
    ]
    assert [item["index_key"] for item in after["resources"][1]["instances"]] == [1]
    assert after["resources"][3] == STATE["resources"][4]


def test_a_deposed_object_is_another_object_and_stays() -> None:
    after = remove_addresses(STATE, {"aws_db_instance.main"})

    assert "aws_db_instance.main" not in held(after)
    assert "aws_db_instance.main (deposed 0a1b2c3d)" in managed_addresses(after)


def test_restoring_keeps_what_is_there() -> None:
    now = document(
        resource("aws_vpc", "main", instance(id="vpc-1", tags={"changed": "since"})),
        resource("aws_subnet", "public", instance(index=1, id="subnet-1")),
        resource("aws_sns_topic", "added", instance(arn="arn")),
        serial=40,
    )

    after = restore_addresses(
        now, STATE, {"aws_vpc.main", "aws_subnet.public[0]", "aws_db_instance.main"}
    )

    assert after["serial"] == 41
    assert after["resources"][0] == now["resources"][0]
    assert held(after).keys() == {
        "aws_vpc.main",
        "aws_subnet.public[0]",
        "aws_subnet.public[1]",
        "aws_sns_topic.added",
        "aws_db_instance.main",
    }
    assert "aws_db_instance.main (deposed 0a1b2c3d)" not in managed_addresses(after)


def test_numbers_stay_as_exact_as_they_are_written() -> None:
    text = json.dumps(document(resource("aws_vpc", "main", instance(id="vpc-1", size="NUMBER"))))
    exact = (
        '1.2345678901234567890123456789, "half": 0.5, "huge": 1E+999, "n": 123456789012345678901'
    )

    parsed = parse_document(text.replace('"NUMBER"', exact), source="x")
    again = parse_document(dump_document(parsed), source="x")

    assert again == parsed
    attributes = again["resources"][0]["instances"][0]["attributes"]
    assert attributes["size"] == Decimal("1.2345678901234567890123456789")
    assert attributes["half"] == 0.5
    assert '"huge": 1E+999' in dump_document(parsed)


@pytest.mark.parametrize("text", ["", "{", '{"version": 3}', '{"version": 4}', "[]"])
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="the backup"):
        parse_document(text, source="the backup")


def test_a_number_beyond_all_measure_is_refused() -> None:
    text = dump_document(STATE).replace('"vpc-1"', "1e99999999999999999999999")

    with pytest.raises(UserError, match="beyond all measure"):
        parse_document(text, source="x")


def test_differences_name_addresses_and_nothing_else() -> None:
    other = copy.deepcopy(STATE)
    other["resources"][3]["instances"][0]["attributes"]["password"] = "another"
    other["resources"].reverse()
    other["resources"].pop()
    other["outputs"] = {"x": {"value": SECRET, "type": "string"}}

    found = differences(STATE, other)

    assert found == ("aws_codecommit_repository.mine", "aws_vpc.main", "outputs")


def test_what_terraform_adds_when_it_writes_is_no_difference() -> None:
    other = copy.deepcopy(STATE)
    other["serial"] += 2
    other["resources"].reverse()
    for item in other["resources"]:
        for there in item["instances"]:
            there.update(sensitive_attributes=[], identity_schema_version=0, dependencies=None)

    assert differences(STATE, other) == ()


# --- any document


Keys = list[int] | list[str] | None


def instances(keys: Keys) -> st.SearchStrategy[list[Any]]:
    attributes = st.dictionaries(
        st.sampled_from(["id", "arn", "size"]),
        st.text(max_size=3) | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    )
    current = [
        st.fixed_dictionaries({"index_key": st.just(key), "attributes": attributes})
        for key in keys or []
    ]
    if keys is None:
        current = [st.fixed_dictionaries({"attributes": attributes})]
    deposed = st.lists(st.just({"deposed": "0a1b2c3d", "attributes": {"id": "before"}}), max_size=1)
    return st.tuples(st.tuples(*current), deposed).map(lambda pair: [*pair[0], *pair[1]])


blocks = st.tuples(
    st.sampled_from(["managed", "data"]),
    st.sampled_from(["", "module.a", 'module.b["k"]']),
    st.sampled_from(["aws_vpc", "aws_subnet"]),
    st.sampled_from(["main", "other"]),
)
resources = st.dictionaries(
    blocks,
    (
        st.none()
        | st.lists(st.integers(0, 12), unique=True, min_size=1, max_size=4)
        | st.lists(st.text(max_size=3), unique=True, min_size=1, max_size=3)
    ).flatmap(instances),
    max_size=5,
)
documents = resources.map(
    lambda found: document(
        *(
            resource(kind, name, *there, mode=mode, module=module)
            for (mode, module, kind, name), there in found.items()
        )
    )
)


@settings(deadline=None)
@given(documents, st.data())
def test_what_is_removed_and_restored_is_the_same_again(
    before: dict[str, Any], data: st.DataObject
) -> None:
    addresses = set(data.draw(st.lists(st.sampled_from([*held(before), "aws_vpc.absent"]))))
    copied = copy.deepcopy(before)

    without = remove_addresses(before, addresses)
    again = restore_addresses(without, before, addresses)

    assert before == copied
    assert held(without).keys() == held(before).keys() - addresses
    assert set(differences(before, without)) == addresses & held(before).keys()
    assert differences(before, again) == ()
    assert (without["serial"], again["serial"]) == (8, 9)


@settings(deadline=None)
@given(documents)
def test_any_document_survives_text(before: dict[str, Any]) -> None:
    assert parse_document(dump_document(before), source="x") == before


@settings(deadline=None)
@given(documents, documents)
def test_removing_and_restoring_twice_does_no_more_than_once(
    now: dict[str, Any], backup: dict[str, Any]
) -> None:
    addresses = set(held(backup))

    once = restore_addresses(now, backup, addresses)

    assert held(once).keys() == held(now).keys() | addresses
    assert differences(once, restore_addresses(once, backup, addresses)) == ()
    assert (
        remove_addresses(remove_addresses(once, addresses), addresses)["resources"]
        == remove_addresses(once, addresses)["resources"]
    )


FOREIGN: list[dict[str, Any]] = [
    {"mode": "managed", "type": "aws_codecommit_repository", "name": "own", "instances": [
        {"schema_version": 0, "attributes_flat": {"id": "https://sqs/own", "tags.%": "0"}},
    ]},
    {"mode": "managed", "type": "x_y", "name": "größe", "module": 'module.ä["b.c"]', "provider": 7,
     "later": {"than": ["us"]}, "instances": [
        {"index_key": [], "schema_version": "odd", "attributes": None, "status": "tainted"},
        {"index_key": 1.0, "private": "e30=", "identity": {"arn": "x"}},
    ]},
    {"mode": "ghost", "type": [], "name": None, "instances": "x"},
    {"mode": "data", "type": "x y", "instances": [None, {"attributes": 1}]},
    {"name": "no mode"},
]  # fmt: skip


def test_foreign_objects_go_through_surgery_as_they_are() -> None:
    text = dump_document(document(resource("aws_vpc", "main", instance(id="vpc-1")), *FOREIGN))
    before = parse_document(text, source="old")

    after = remove_addresses(before, {"aws_vpc.main"})
    back = restore_addresses(after, before, {"aws_vpc.main"})

    assert after["resources"] == FOREIGN
    assert parse_document(dump_document(after), source="old")["resources"] == FOREIGN
    assert differences(before, back) == ()
    assert differences(before, after) == ("aws_vpc.main",)


def test_a_foreign_object_that_was_lost_is_named() -> None:
    whole = document(*FOREIGN)
    without = document(*(each for each in FOREIGN if each.get("mode") != "data"))

    assert differences(whole, without) == ("data.x y",)


def test_an_object_with_flat_attributes_has_its_import_id() -> None:
    flat = {"schema_version": 1, "attributes_flat": {"id": "vpc-1", "tags.%": "0"}}

    assert held(document(resource("aws_vpc", "main", flat))) == {
        "aws_vpc.main": Held(type="aws_vpc", import_id="vpc-1")
    }


def test_what_terraform_wrote_of_odd_things_is_the_same_after_surgery() -> None:
    text = (Path(__file__).with_name("odd_state.json")).read_text()
    before = parse_document(text, source="odd")
    gone = {'terraform_data.zürich["日本"]', 'module.orte["d\\"e"].terraform_data.größe'}

    after = remove_addresses(before, gone)

    assert differences(before, after) == tuple(sorted(gone))
    assert after["check_results"] == before["check_results"]
    assert after["outputs"] == before["outputs"]
