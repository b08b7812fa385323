"""What adoption takes in: a given plan before, and afterwards what the new state holds."""

import json
from pathlib import Path
from typing import Any

import pytest

from aws.client import Clients
from common.errors import UserError
from imports.adopt import notes_on_owners, read_back, run_gate
from imports.record import AdoptionRecord, LegacyOrigin, StackOrigin
from imports.retire import LEGACY
from terraform.state import State, parse_state
from terraform.state_backups import write_backup
from terraform.workspace import BACKUPS, Workspace
from tests.imports.records import a_record, an_object, attributes, base_record

VPC = an_object("aws_vpc.main", "vpc-1")
SECRET = an_object("aws_secretsmanager_secret.a", "arn:a")
DATABASE = an_object("aws_db_instance.main", "db")


def held(address: str, /, **facts: Any) -> dict[str, Any]:
    type_, _, name = address.partition(".")
    return {"mode": "managed", "type": type_, "name": name, "instances": [{"attributes": facts}]}


def a_state(*resources: dict[str, Any]) -> State:
    document = {"version": 4, "serial": 1, "lineage": "new", "resources": list(resources)}
    return parse_state(json.dumps(document), source="the new state")


def complaints(item: Any, *resources: dict[str, Any]) -> list[str]:
    return read_back(a_state(*resources), a_record(item))


def test_the_base_in_the_new_state_is_as_recorded() -> None:
    resources = [held(item.address, **attributes()[item.address]) for item in base_record().adopted]

    assert read_back(a_state(*resources), base_record()) == []


@pytest.mark.parametrize("state", [None, a_state()])
def test_every_object_that_the_state_lacks_is_named(state: State | None) -> None:
    assert read_back(state, base_record()) == [
        f"{item.address} is not in the state" for item in base_record().adopted
    ]


@pytest.mark.parametrize(
    "resource",
    [
        held("aws_vpc.main", id="vpc-1") | {"mode": "data"},
        held("aws_vpc.main", id="vpc-1") | {"instances": []},
        held("aws_vpc.other", id="vpc-1"),
        held("aws_subnet.main", id="vpc-1"),
    ],
)
def test_nothing_else_stands_for_the_object(resource: dict[str, Any]) -> None:
    assert complaints(VPC, resource) == ["aws_vpc.main is not in the state"]


def test_another_object_at_the_address_is_a_complaint() -> None:
    assert complaints(VPC, held("aws_vpc.main", id="vpc-2")) == [
        "aws_vpc.main is vpc-2, the record says vpc-1"
    ]


def test_an_object_without_an_id_is_an_error() -> None:
    with pytest.raises(UserError, match="a aws_vpc with an empty id"):
        complaints(VPC, held("aws_vpc.main", id=None))


def test_a_secret_has_a_recovery_window() -> None:
    nothing = held(SECRET.address, arn="arn:a", recovery_window_in_days=None)
    month = held(SECRET.address, arn="arn:a", recovery_window_in_days=30)

    assert complaints(SECRET, nothing) == ["aws_secretsmanager_secret.a has no recovery window"]
    assert complaints(SECRET, month) == []


def test_the_database_says_whether_it_leaves_a_final_snapshot() -> None:
    nothing = held(DATABASE.address, identifier="db", skip_final_snapshot=None)
    kept = held(DATABASE.address, identifier="db", skip_final_snapshot=False)

    assert complaints(DATABASE, nothing) == [
        "aws_db_instance.main does not say whether it leaves a final snapshot"
    ]
    assert complaints(DATABASE, kept) == []


def test_no_complaint_shows_another_attribute() -> None:
    planted = held(DATABASE.address, identifier="other", password="hunter2")

    assert complaints(DATABASE, planted) == ["aws_db_instance.main is other, the record says db"]


CHANGE = {
    "address": "a",
    "mode": "managed",
    "type": "t",
    "name": "n",
    "change": {"actions": ["no-op"]},
}
NO_PLANS: dict[str, object] = {
    "a list": [],
    "a state": {"version": 4, "resources": []},
    "no list of changes": {"resource_changes": {}},
    "a change that is a text": {"resource_changes": ["aws_vpc.main"]},
    "a change without its parts": {"resource_changes": [{}]},
    "one of two": {"resource_changes": [CHANGE, {**CHANGE, "address": None}]},
    "no actions": {"resource_changes": [{**CHANGE, "change": {}}]},
    "an action that is none": {"resource_changes": [{**CHANGE, "change": {"actions": [1]}}]},
    "attributes that are none": {
        "resource_changes": [{**CHANGE, "change": {"actions": ["update"], "before": "x"}}]
    },
    "attributes that are 0": {
        "resource_changes": [{**CHANGE, "change": {"actions": ["update"], "after": 0}}]
    },
    "an id that is a list": {
        "resource_changes": [{**CHANGE, "change": {"actions": ["update"], "before": {"id": []}}}]
    },
    "no name": {"resource_changes": [{**CHANGE, "name": None}]},
    "paths that are none": {
        "resource_changes": [{**CHANGE, "change": {"actions": ["create"], "replace_paths": [1]}}]
    },
}
NO_CONFIGURATIONS: dict[str, object] = {
    "a list": [],
    "resources that are none": {"root_module": {"resources": {"aws_vpc.main": {}}}},
    "a resource without an address": {"root_module": {"resources": [{"expressions": {}}]}},
    "expressions that are none": {
        "root_module": {"resources": [{"address": "a", "expressions": ["x"]}]}
    },
    "references that are none": {
        "root_module": {
            "resources": [{"address": "a", "expressions": {"vpc_id": {"references": "aws_vpc"}}}]
        }
    },
}


def refusal(plan: Path) -> str:
    """Why a given plan is not judged; nothing of the stage is asked for before."""
    workspace = Workspace(stage="none", environ={"ATOMIC_STAGES_DIR": str(plan.parent)})
    with pytest.raises(UserError) as caught:
        run_gate(workspace, plan_file=plan, progress=lambda _step: None)
    return str(caught.value)


@pytest.mark.parametrize("content", NO_PLANS.values(), ids=NO_PLANS)
def test_what_is_no_plan_is_refused(tmp_path: Path, content: object) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(content))

    said = refusal(tmp_path / "plan.json")

    assert said.startswith(f"{tmp_path}/plan.json: not a plan in JSON (no resource_changes): write")
    assert said.endswith("`terraform show -json PLAN > FILE`")


@pytest.mark.parametrize("content", NO_CONFIGURATIONS.values(), ids=NO_CONFIGURATIONS)
def test_a_plan_with_a_configuration_that_is_none_is_refused(
    tmp_path: Path, content: object
) -> None:
    plan = {"resource_changes": [CHANGE], "configuration": content}
    (tmp_path / "plan.json").write_text(json.dumps(plan))

    assert "not a plan in JSON (no configuration): write" in refusal(tmp_path / "plan.json")


def test_a_plan_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "No such file or directory" in refusal(tmp_path / "none")


def test_the_plan_of_a_run_that_failed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"resource_changes": [], "errored": true}')

    assert refusal(tmp_path / "plan.json").endswith("the plan of a run that failed: plan again")


def test_a_plan_that_is_one_is_judged_with_the_record(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps({"resource_changes": [CHANGE]}))

    assert refusal(tmp_path / "plan.json").startswith("stage none has no adoption record")


def notes(record: AdoptionRecord, folder: Path, clients: Clients, *, phase: str) -> tuple[str, ...]:
    workspace = Workspace(stage="dev", environ={"ATOMIC_STATE_DIR": str(folder)})
    return notes_on_owners(record, workspace, clients, phase=phase)


def test_the_gate_warns_until_a_backup_says_that_the_old_state_is_retired(
    tmp_path: Path, clients: Clients
) -> None:
    record = a_record(VPC, legacy=LegacyOrigin(source="state", lineage="new", serial=1))

    (note,) = notes(record, tmp_path, clients, phase="full")
    assert "stop that CI, and run `python -m imports retire`" in note
    assert notes(record, tmp_path, clients, phase="adopt") == ()

    write_backup(tmp_path / BACKUPS, LEGACY, a_state(held("aws_vpc.main", id="vpc-1")))

    assert notes(record, tmp_path, clients, phase="full") == ()


def test_the_gate_warns_until_cloudformation_says_that_the_stack_is_deleted(
    tmp_path: Path, clients: Clients
) -> None:
    cloudformation = clients("cloudformation")
    body = json.dumps({"Resources": {"Mine": {"Type": "AWS::SNS::Topic"}}})
    arn = cloudformation.create_stack(StackName="AwsStack", TemplateBody=body)["StackId"]
    origin = StackOrigin(
        arn=arn, name="AwsStack", template_sha256="0" * 64, last_updated="", rows=[]
    )
    record = a_record(VPC, legacy=LegacyOrigin(source="none"), stack=origin)

    (note,) = notes(record, tmp_path, clients, phase="foundation")
    assert note.startswith("the stack AwsStack is not retired: ")
    assert note.endswith("imports retire --stage dev --cloudformation AwsStack`")
    assert notes(record, tmp_path, clients, phase="adopt") == ()

    cloudformation.delete_stack(StackName=arn)

    assert notes(record, tmp_path, clients, phase="foundation") == ()


def test_a_base_whose_state_is_lost_has_no_old_state_to_retire(
    tmp_path: Path, clients: Clients
) -> None:
    assert notes(a_record(VPC), tmp_path, clients, phase="full") == ()
