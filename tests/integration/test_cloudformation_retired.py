"""A stack of each shape goes whole and leaves what the platform has adopted, with its data."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from common.errors import UserError
from imports.record import AdoptionRecord
from imports.sources.cloudformation.owners_stack import OwnersStack as Read
from imports.sources.cloudformation.verdicts import Physical, RowVerdict
from imports.stack_retirement.retire_stack import retire_stack
from imports.stack_retirement.stack_backup import read_stack_backup
from imports.stack_retirement.stack_calls import outcomes
from imports.stack_retirement.steps import StackRetirement
from imports.stack_retirement.way_back import brought_back
from local.emulator import Emulator, running_emulator
from local.owners_stack import (
    SHAPES,
    PlayedStack,
    fill,
    make_owners_stack,
    put_template,
)
from tests.imports.sources.cloudformation.test_verdicts import judged_stack
from tests.imports.stack_retirement.worlds import a_record

pytestmark = pytest.mark.integration


@dataclass(frozen=True, kw_only=True)
class Retired:
    """A stack that is gone, with what it held before; `refused` is the word on the first attempt."""

    aws: Emulator
    stack: PlayedStack
    record: AdoptionRecord
    rows: dict[str, str]
    values: dict[str, str]
    refused: str
    done: StackRetirement
    statuses: dict[str, str]


@pytest.fixture(scope="module", params=SHAPES)
def retired(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Retired]:
    folder = tmp_path_factory.mktemp(str(request.param))
    with running_emulator() as aws:
        stack = make_owners_stack(aws, str(request.param))
        fill(aws)
        record, rows, values = record_of(aws, stack), stack.rows(), _values(aws)
        with pytest.raises(UserError) as caught:
            _retire(aws, record, folder)
        _run_other_revisions(aws, record)
        done = _retire(aws, record, folder)
        yield Retired(
            aws=aws,
            stack=stack,
            record=record,
            rows=rows,
            values=values,
            refused=str(caught.value),
            done=done,
            statuses=outcomes(aws.client, stack.arn),
        )


def test_a_stack_whose_services_run_its_own_revisions_is_not_deleted(retired: Retired) -> None:
    assert "still run what goes with the stack" in retired.refused


def test_the_stack_is_gone_and_nothing_is_to_be_looked_at(retired: Retired) -> None:
    assert retired.stack.described()["StackStatus"] == "DELETE_COMPLETE"
    assert retired.done.against == ()


def test_every_row_ended_as_it_was_announced(retired: Retired) -> None:
    wanted = {"kept": "DELETE_SKIPPED", "deleted": "DELETE_COMPLETE"}

    assert {row.logical_id for row in retired.done.rows} == retired.rows.keys()
    assert {row.logical_id: wanted[row.outcome] for row in retired.done.rows} == {
        logical_id: retired.statuses[logical_id] for logical_id in retired.rows
    }


def test_objects_images_and_values_are_as_before(retired: Retired) -> None:
    s3, ecr = retired.aws.client("s3"), retired.aws.client("ecr")
    held = {
        bucket["Name"]: s3.list_objects_v2(Bucket=bucket["Name"])["KeyCount"]
        for bucket in s3.list_buckets()["Buckets"]
        if bucket["Name"] in retired.rows.values()
    }
    images = {
        each["repositoryName"]: len(
            ecr.list_images(repositoryName=each["repositoryName"])["imageIds"]
        )
        for each in ecr.describe_repositories()["repositories"]
    }

    assert set(held.values()) <= {1}
    assert set(images.values()) == {1}
    assert _values(retired.aws) == retired.values
    assert any('"host"' in value for value in retired.values.values())


def test_the_default_group_stays_closed(retired: Retired) -> None:
    vpc = next(id_ for id_ in retired.rows.values() if id_.startswith("vpc-") and "|" not in id_)
    groups = retired.aws.client("ec2").describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [vpc]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]

    assert [each["IpPermissions"] + each["IpPermissionsEgress"] for each in groups] == [[]]


def test_what_only_the_old_stack_needed_is_gone(retired: Retired) -> None:
    going = {row.type for row in retired.done.rows if row.outcome == "deleted"}
    functions = retired.aws.client("lambda").list_functions()["Functions"]

    assert going <= {
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "AWS::CDK::Metadata",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::ECS::TaskDefinition",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
    }
    assert functions == []


def test_the_change_set_brings_its_rows_back(retired: Retired) -> None:
    origin = retired.record.stack
    assert origin is not None
    assert retired.done.backup is not None
    backup = read_stack_backup(retired.done.backup, origin)
    assert backup is not None
    wanted = brought_back(retired.record, origin, backup)
    cloudformation = retired.aws.client("cloudformation")

    change = cloudformation.create_change_set(
        StackName="AwsStack",
        ChangeSetName="bring-back",
        ChangeSetType="IMPORT",
        TemplateURL=put_template(retired.aws, wanted.template),
        ResourcesToImport=wanted.resources,
        Parameters=wanted.parameters,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    cloudformation.execute_change_set(ChangeSetName="bring-back", StackName="AwsStack")
    back = PlayedStack(emulator=retired.aws, arn=change["StackId"])

    assert back.wait() == "IMPORT_COMPLETE", back.described().get("StackStatusReason")
    assert back.rows() == {row: retired.rows[row] for row in wanted.rows}
    kinds = {row.type for row in origin.rows if row.logical_id in wanted.cannot}
    assert not kinds & {"AWS::RDS::DBInstance", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"}


# --- the stage's part, played


def _retire(aws: Emulator, record: AdoptionRecord, folder: Path) -> StackRetirement:
    return retire_stack(
        record,
        clients=aws.client,
        backup_folder=folder,
        agree=lambda _: None,
        progress=lambda _: None,
    )


def _values(aws: Emulator) -> dict[str, str]:
    client = aws.client("secretsmanager")
    return {
        each["Name"]: str(client.get_secret_value(SecretId=each["ARN"])["SecretString"])
        for each in client.list_secrets(MaxResults=100)["SecretList"]
    }


def record_of(aws: Emulator, stack: PlayedStack) -> AdoptionRecord:
    """What the inventory would record of a stack."""
    return a_record(aws, stack, _judged)


def _judged(stack: Read) -> list[RowVerdict]:
    ids = {logical_id: row.physical_id for logical_id, row in stack.rows.items()}
    return judged_stack(stack, Physical(ids=ids, allocations={}))


def _run_other_revisions(aws: Emulator, record: AdoptionRecord) -> None:
    """Let the adopted services run other revisions than the stack's, as phase full does."""
    ecs = aws.client("ecs")
    assert record.stack is not None
    for row in record.stack.rows:
        if (row.type, row.verdict) != ("AWS::ECS::Service", "import"):
            continue
        cluster, name = row.physical_id.split("/")[-2:]
        service = ecs.describe_services(cluster=cluster, services=[name])["services"][0]
        before = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])[
            "taskDefinition"
        ]
        taken = ("cpu", "memory", "networkMode", "requiresCompatibilities")
        plain = ("name", "image", "essential", "portMappings")
        new = ecs.register_task_definition(
            family=f"platform-{before['family']}",
            containerDefinitions=[
                {key: each[key] for key in plain} for each in before["containerDefinitions"]
            ],
            **{key: before[key] for key in taken},
        )["taskDefinition"]["taskDefinitionArn"]
        ecs.update_service(cluster=cluster, service=name, taskDefinition=new)
