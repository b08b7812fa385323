"""A stack gets back what this state holds of it: as it was before the deletion, by an import after it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.errors import UserError
from imports.record import AdoptedObject, AdoptionRecord
from imports.stack_retirement.rollback_stack import StackRollback, rollback_stack
from local.emulator import Emulator, running_emulator
from tests.imports.stack_retirement.test_retire_stack import KilledError, Killing
from tests.imports.stack_retirement.worlds import World, a_world
from tests.imports.test_retire import Backend, Clock, FakeTerraform
from tests.terraform.test_state_surgery import document, instance, resource

OWN = "aws_sns_topic.own"


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulator]:
    with running_emulator() as emulator:
        yield emulator


class Adopted:
    """A world whose bucket and database this project's state holds, beside a topic of its own."""

    def __init__(self, aws: Emulator, name: str, folder: Path) -> None:
        self.world = a_world(aws, name, folder)
        held = {"aws_s3_bucket.data": f"{name}-data", "aws_db_instance.main": f"{name}-db"}
        rows = {"aws_s3_bucket.data": "Bucket", "aws_db_instance.main": "Database"}
        adopted = [
            AdoptedObject(
                address=address,
                legacy_address=rows[address],
                import_id=object_id,
                observed={},
                source="stack",
            )
            for address, object_id in held.items()
        ]
        self.record: AdoptionRecord = self.world.record.model_copy(update={"adopted": adopted})
        self.state = Backend(
            document(
                resource("aws_s3_bucket", "data", instance(bucket=f"{name}-data")),
                resource("aws_db_instance", "main", instance(identifier=f"{name}-db")),
                resource("aws_sns_topic", "own", instance(arn="own")),
                lineage="new",
                serial=1,
            )
        )
        self.here = FakeTerraform(folder=folder, environment={}, backend=self.state, clock=Clock())

    def roll_back(self, clients: Any = None) -> StackRollback:
        return rollback_stack(
            self.record,
            self.here,
            clients=clients or self.world.clients,
            backup_folder=self.world.folder,
            progress=lambda _: None,
        )

    def held(self) -> set[str]:
        assert self.state.state is not None
        return {f"{each['type']}.{each['name']}" for each in self.state.state["resources"]}


def as_it_is(world: World) -> tuple[Any, ...]:
    return (
        world.stack.template(),
        world.bucket_tags(),
        world.registry_tags(),
        world.bucket_policy(),
        world.secret(),
        world.objects(),
    )


def half_retired(world: World) -> None:
    """Stop a retirement right before the deletion."""
    killing = Killing(world.aws, 10_000, at="DeleteStack")
    with pytest.raises(KilledError):
        world.with_clients(killing).retire()
    assert as_it_is(world)[0]["Resources"]["Bucket"]["DeletionPolicy"] == "Retain"


def test_before_the_deletion_the_stack_is_as_it_was_and_this_state_holds_nothing_of_it(
    aws: Emulator, tmp_path: Path
) -> None:
    adopted = Adopted(aws, "back", tmp_path)
    before = as_it_is(adopted.world)
    half_retired(adopted.world)

    done = adopted.roll_back()

    assert as_it_is(adopted.world) == before
    assert adopted.held() == {OWN}
    assert (done.is_deleted, done.stays) == (False, (OWN,))


def test_without_a_retirement_this_state_forgets_and_the_stack_is_not_touched(
    aws: Emulator, tmp_path: Path
) -> None:
    adopted = Adopted(aws, "untouched", tmp_path)
    aws.count_from_now()

    done = adopted.roll_back()

    assert aws.mutating_calls() == {}
    assert set(done.forgotten) == {"aws_s3_bucket.data", "aws_db_instance.main"}


def test_a_rolled_back_stack_can_be_retired_again(aws: Emulator, tmp_path: Path) -> None:
    adopted = Adopted(aws, "twice", tmp_path)
    half_retired(adopted.world)
    adopted.roll_back()

    done = adopted.world.retire()

    assert done.against == ()
    assert adopted.world.objects() == ["calendar"]


@pytest.mark.parametrize("by", [KilledError, KeyboardInterrupt])
def test_ended_anywhere_the_same_command_finishes(
    aws: Emulator, tmp_path: Path, by: type[BaseException]
) -> None:
    adopted = Adopted(aws, f"torn-by-{by.__name__.lower()}", tmp_path)
    before = as_it_is(adopted.world)
    half_retired(adopted.world)
    kills = 0
    while True:
        kills += 1
        try:
            adopted.roll_back(Killing(aws, kills, by=by))
        except by:
            assert adopted.world.status().startswith("UPDATE"), kills
        else:
            break

    assert kills > 4
    assert as_it_is(adopted.world) == before
    assert adopted.held() == {OWN}


def test_a_stack_that_was_deployed_meanwhile_is_left_alone(aws: Emulator, tmp_path: Path) -> None:
    adopted = Adopted(aws, "meanwhile", tmp_path)
    half_retired(adopted.world)
    wanted = adopted.world.stack.template()
    wanted["Description"] = "another"
    adopted.world.stack.cloudformation.update_stack(
        StackName=adopted.world.stack.arn,
        TemplateBody=json.dumps(wanted),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": "Word", "UsePreviousValue": True}],
    )
    adopted.world.stack.wait()

    with pytest.raises(UserError, match="has moved on since its retirement began"):
        adopted.roll_back()

    assert adopted.held() == {OWN, "aws_s3_bucket.data", "aws_db_instance.main"}


def test_after_the_deletion_the_files_bring_the_rows_back_and_then_this_state_forgets(
    aws: Emulator, tmp_path: Path
) -> None:
    adopted = Adopted(aws, "imported", tmp_path)
    adopted.world.retire()

    told = adopted.roll_back()
    kept_meanwhile = adopted.held()
    stack_id = import_files(aws, "imported", told)
    done = adopted.roll_back()

    assert kept_meanwhile == {OWN, "aws_s3_bucket.data", "aws_db_instance.main"}
    assert told.forgotten == ()
    assert set(told.cannot) == {"Attachment", "EmptyBucket", "EmptyRegistry", "Restrict"}
    assert "write the values of Word into" in " ".join(told.notes)
    rows = aws.client("cloudformation").describe_stack_resources(StackName=stack_id)
    assert {row["LogicalResourceId"] for row in rows["StackResources"]} == {
        *("Vpc", "Bucket", "BucketPolicy", "Registry", "Credentials", "Database", "Mine")
    }
    assert adopted.held() == {OWN}
    assert done.notes == ()


def import_files(aws: Emulator, name: str, told: StackRollback) -> str:
    """Do what the notes say, with the value that a person adds."""
    template, resources, parameters = (path.read_text() for path in told.files)
    cloudformation = aws.client("cloudformation")
    change = cloudformation.create_change_set(
        StackName=name,
        ChangeSetName="bring-back",
        ChangeSetType="IMPORT",
        TemplateBody=template,
        ResourcesToImport=json.loads(resources),
        Parameters=[
            *json.loads(parameters),
            {"ParameterKey": "Word", "ParameterValue": "a-word"},
        ],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    cloudformation.execute_change_set(ChangeSetName="bring-back", StackName=name)
    cloudformation.get_waiter("stack_import_complete").wait(
        StackName=change["StackId"], WaiterConfig={"Delay": 1}
    )
    return str(change["StackId"])
