"""What a synthesized stack is asked."""

import json
from pathlib import Path

import pytest

from terraform.stack import Resource, Stack, block, read_stack

DOCUMENT = {
    "terraform": {"backend": {"local": {"path": "a.tfstate"}}, "required_providers": {"aws": {}}},
    "provider": {"aws": [{"region": "us-east-1"}]},
    "data": {"aws_region": {"here": {}}},
    "ephemeral": {"aws_secret": {"value": {}}},
    "resource": {
        "aws_vpc": {"main": {"//": {"a": "${aws_eip.x.id}"}, "cidr_block": "10.0.0.0/16"}},
        "aws_subnet": {
            "a": {"vpc_id": "${aws_vpc.main.id}", "depends_on": ["aws_eip.nat"]},
            "b": {"vpc_id": "${data.aws_region.here.name}"},
        },
    },
    "output": {"Vpc": {"value": "${aws_vpc.main.id}"}},
    "import": [{"to": "aws_vpc.main", "id": "vpc-1"}],
}
STACK = Stack(document=DOCUMENT)


def test_a_resource_is_found_by_its_address_without_what_is_no_argument() -> None:
    assert STACK.resources["aws_subnet.a"] == Resource(
        type="aws_subnet",
        name="a",
        attributes={"vpc_id": "${aws_vpc.main.id}"},
        depends_on=("aws_eip.nat",),
    )


def test_a_resource_refers_to_what_it_names_and_what_it_waits_for() -> None:
    assert STACK.resources["aws_subnet.a"].references == {"aws_vpc.main", "aws_eip.nat"}
    assert STACK.resources["aws_vpc.main"].references == set()


def test_data_and_ephemeral_blocks_have_addresses_of_their_own() -> None:
    assert set(STACK.elements) - set(STACK.resources) == {
        "data.aws_region.here",
        "ephemeral.aws_secret.value",
    }


def test_resources_are_asked_for_by_type() -> None:
    assert [each.name for each in STACK.of("aws_subnet")] == ["a", "b"]
    assert [each.address for each in STACK.of()] == ["aws_vpc.main", "aws_subnet.a", "aws_subnet.b"]


def test_a_reference_leads_to_its_resource_of_the_type() -> None:
    assert STACK.referred("${aws_vpc.main.id}", "aws_vpc") is STACK.resources["aws_vpc.main"]
    assert STACK.referred("${aws_vpc.main.id}", "aws_subnet") is None


def test_the_rest_of_the_stack_is_read_too() -> None:
    assert STACK.backend == ("local", {"path": "a.tfstate"})
    assert STACK.without_backend == {"required_providers": {"aws": {}}}
    assert STACK.imports == {"aws_vpc.main": "vpc-1"}
    assert STACK.outputs == {"Vpc": {"value": "${aws_vpc.main.id}"}}


def test_a_stack_is_read_from_its_file_and_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "cdk.tf.json").write_text(json.dumps(DOCUMENT))

    assert read_stack(tmp_path) == read_stack(tmp_path / "cdk.tf.json") == STACK


@pytest.mark.parametrize("content", ["", "[]", "3", '{"resource": []}', '{"resource": {"a": 1}}'])
def test_what_is_no_stack_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)

    with pytest.raises(ValueError, match=r".+"):
        read_stack(path)


@pytest.mark.parametrize("value", [{"a": 1}, [{"a": 1}], ({"a": 1},)])
def test_a_block_is_an_object_or_a_list_of_one(value: object) -> None:
    assert block(value) == {"a": 1}


@pytest.mark.parametrize("value", [None, [], "text"])
def test_no_block_is_an_empty_one(value: object) -> None:
    assert block(value) == {}


def test_dependencies_reach_through_ephemeral_values() -> None:
    document = {
        "resource": {
            "aws_db_instance": {"main": {"password_wo": "${ephemeral.aws_secret.value.text}"}},
            "aws_secret": {"value": {}},
        },
        "ephemeral": {"aws_secret": {"value": {"id": "${aws_secret.value.id}"}}},
    }

    assert Stack(document=document).dependencies("aws_db_instance.main") == ("aws_secret.value",)


def test_depends_on_is_a_dependency() -> None:
    document = {
        "resource": {"aws_a": {"one": {"depends_on": ["aws_b.two"]}, "x": {}}, "aws_b": {"two": {}}}
    }

    assert Stack(document=document).dependencies("aws_a.one") == ("aws_b.two",)
