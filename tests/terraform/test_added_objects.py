"""A state with objects that were found: what Terraform would hold had it made them."""

from typing import Any

from terraform.import_plan import ReadObject
from terraform.plan import Plan
from terraform.stack import Stack
from terraform.state_surgery import add_objects, with_outputs

PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'


def _read(**attributes: Any) -> ReadObject:
    return ReadObject(provider=PROVIDER, schema_version=1, attributes=attributes)


def _with(address: str, arguments: dict[str, Any], read: ReadObject) -> dict[str, Any]:
    type_, name = address.split(".")
    document = {"resource": {type_: {name: arguments}}}
    state = add_objects(None, {address: read}, Stack(document=document), terraform_version="1.11.4")
    attributes: dict[str, Any] = state["resources"][0]["instances"][0]["attributes"]
    return attributes


def test_what_only_a_state_holds_is_taken_from_the_configuration() -> None:
    attributes = _with(
        "aws_db_instance.main",
        {"skip_final_snapshot": True, "password_wo_version": 1, "engine": "postgres"},
        _read(skip_final_snapshot=None, password_wo_version=None, engine="other"),
    )

    assert attributes == {"skip_final_snapshot": True, "password_wo_version": 1, "engine": "other"}


def test_a_service_names_its_task_definition_by_arn_as_configured() -> None:
    arn = "arn:aws:ecs:us-east-1:1:task-definition/dev-app:3"
    document: dict[str, Any] = {
        "resource": {"aws_ecs_service": {"app": {}}, "aws_ecs_task_definition": {"app": {}}}
    }
    objects = {
        "aws_ecs_service.app": _read(task_definition="dev-app:3"),
        "aws_ecs_task_definition.app": _read(arn=arn),
    }

    state = add_objects(None, objects, Stack(document=document), terraform_version="1.11.4")

    service = state["resources"][0]["instances"][0]["attributes"]
    assert service["task_definition"] == arn


def test_a_service_names_a_task_definition_that_the_state_holds_by_arn_too() -> None:
    arn = "arn:aws:ecs:us-east-1:1:task-definition/dev-app:3"
    definition = {
        "mode": "managed",
        "type": "aws_ecs_task_definition",
        "name": "app",
        "provider": PROVIDER,
        "instances": [{"attributes": {"arn": arn}}],
    }
    before = {
        "version": 4,
        "lineage": "ours",
        "serial": 7,
        "outputs": {},
        "resources": [definition],
    }
    document: dict[str, Any] = {"resource": {"aws_ecs_service": {"app": {}}}}
    objects = {"aws_ecs_service.app": _read(task_definition="dev-app:3")}

    state = add_objects(before, objects, Stack(document=document), terraform_version="1.11.4")

    (service,) = (each for each in state["resources"] if each["type"] == "aws_ecs_service")
    assert service["instances"][0]["attributes"]["task_definition"] == arn


def test_a_state_keeps_its_lineage_and_what_it_holds() -> None:
    vpc = {
        "mode": "managed",
        "type": "aws_vpc",
        "name": "main",
        "provider": PROVIDER,
        "instances": [{"attributes": {"id": "vpc-1"}}],
    }
    before = {"version": 4, "lineage": "ours", "serial": 7, "outputs": {}, "resources": [vpc]}
    document: dict[str, Any] = {"resource": {"aws_vpc": {"main": {}}, "aws_eip": {"nat": {}}}}

    state = add_objects(
        before,
        {"aws_eip.nat": _read(id="eip-1")},
        Stack(document=document),
        terraform_version="1.11.4",
    )

    assert (state["lineage"], state["serial"]) == ("ours", 8)
    assert state["resources"][0] == vpc
    assert [each["type"] for each in state["resources"]] == ["aws_vpc", "aws_eip"]


def test_outputs_that_are_known_come_with_it() -> None:
    plan = {
        "planned_values": {
            "outputs": {
                "VpcId": {"value": "vpc-1", "type": "string", "sensitive": False},
                "AlbDnsName": {"sensitive": False},
            }
        }
    }

    state = with_outputs({"outputs": {}}, Plan(document=plan))

    assert state["outputs"] == {"VpcId": {"value": "vpc-1", "type": "string"}}


def test_what_a_configured_value_takes_from_another_object_is_written_out() -> None:
    named = "last-${aws_security_group.database.id}"
    document = {
        "resource": {
            "aws_db_instance": {"main": {"final_snapshot_identifier": named}},
            "aws_security_group": {"database": {"name": "database"}},
        }
    }
    objects = {
        address: ReadObject(provider=PROVIDER, schema_version=1, attributes={"id": id_})
        for address, id_ in (
            ("aws_db_instance.main", "db-1"),
            ("aws_security_group.database", "sg-1"),
        )
    }

    state = add_objects(None, objects, Stack(document=document), terraform_version="1.11.4")

    (database,) = (each for each in state["resources"] if each["type"] == "aws_db_instance")
    assert database["instances"][0]["attributes"]["final_snapshot_identifier"] == "last-sg-1"


def test_data_without_a_type_is_carried_along() -> None:
    odd = {"mode": "data", "name": "odd", "instances": [{"attributes": {}}]}
    before = {"version": 4, "lineage": "ours", "serial": 7, "outputs": {}, "resources": [odd]}

    state = add_objects(before, {}, Stack(document={}), terraform_version="1.11.4")

    assert state["resources"] == [odd]
