"""CloudFormation on the embedded AWS does what it does on AWS: each trap takes what it takes there."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from imports.sources.cloudformation.owners_stack import deployed_text
from local.emulator import Emulator, running_emulator
from local.owners_stack import (
    SHAPES,
    PlayedStack,
    make_owners_stack,
    make_stack,
    put_template,
)

pytestmark = pytest.mark.integration
_RETAIN = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
_HANDLER = "arn:aws:lambda:us-east-1:123456789012:function:handler"


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulator]:
    with running_emulator() as emulator:
        yield emulator


def _holding(name: str, *retained: str, tagged: bool = True) -> dict[str, Any]:
    """Return a stack with a bucket, a registry and what CDK puts beside them to empty them."""
    tags = {
        kind: [{"Key": f"aws-cdk:auto-delete-{kind}", "Value": "true"}] if tagged else []
        for kind in ("objects", "images")
    }
    rows: dict[str, Any] = {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": f"{name}-bucket", "Tags": tags["objects"]},
        },
        "EmptyBucket": {
            "Type": "Custom::S3AutoDeleteObjects",
            "Properties": {"ServiceToken": _HANDLER, "BucketName": {"Ref": "Bucket"}},
        },
        "Registry": {
            "Type": "AWS::ECR::Repository",
            "Properties": {"RepositoryName": f"{name}-images", "Tags": tags["images"]},
        },
        "EmptyRegistry": {
            "Type": "Custom::ECRAutoDeleteImages",
            "Properties": {"ServiceToken": _HANDLER, "RepositoryName": {"Ref": "Registry"}},
        },
    }
    for logical_id in retained:
        rows[logical_id].update(_RETAIN)
    return {"Resources": rows}


def _made(aws: Emulator, name: str, template: Mapping[str, Any]) -> PlayedStack:
    stack = make_stack(aws, name, template)
    assert stack.wait() == "CREATE_COMPLETE", stack.described().get("StackStatusReason")
    return stack


def _objects(aws: Emulator, bucket: str) -> list[str]:
    return [
        each["Key"] for each in aws.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_stack_of_each_shape_is_made_and_deleted_whole(shape: str) -> None:
    with running_emulator() as aws:
        stack = make_owners_stack(aws, shape)

        assert len(stack.rows()) == SHAPES[shape]
        _unprotect_databases(aws)
        assert stack.delete() == "DELETE_COMPLETE"
        assert aws.client("rds").describe_db_instances()["DBInstances"] == []


def _unprotect_databases(aws: Emulator) -> None:
    rds = aws.client("rds")
    for instance in rds.describe_db_instances()["DBInstances"]:
        rds.modify_db_instance(
            DBInstanceIdentifier=instance["DBInstanceIdentifier"],
            DeletionProtection=False,
            ApplyImmediately=True,
        )


def test_deleting_a_retained_bucket_s_handler_empties_it(aws: Emulator) -> None:
    stack = _made(aws, "loses", _holding("loses", "Bucket"))
    aws.client("s3").put_object(Bucket="loses-bucket", Key="calendar", Body=b"data")

    assert stack.delete() == "DELETE_COMPLETE"

    assert _objects(aws, "loses-bucket") == []


def test_without_the_tag_the_handler_leaves_the_bucket_alone(aws: Emulator) -> None:
    stack = _made(aws, "untagged", _holding("untagged", "Bucket", tagged=False))
    aws.client("s3").put_object(Bucket="untagged-bucket", Key="calendar", Body=b"data")

    stack.delete()

    assert _objects(aws, "untagged-bucket") == ["calendar"]


def test_a_retained_handler_is_not_run(aws: Emulator) -> None:
    stack = _made(aws, "retained", _holding("retained", "Bucket", "EmptyBucket"))
    aws.client("s3").put_object(Bucket="retained-bucket", Key="calendar", Body=b"data")

    stack.delete()

    assert _objects(aws, "retained-bucket") == ["calendar"]
    assert set(stack.events("DELETE_SKIPPED")) == {"Bucket", "EmptyBucket"}


def test_a_handler_with_another_name_is_replaced_and_empties_what_was_before(aws: Emulator) -> None:
    template = _holding("renamed", "Bucket")
    stack = _made(aws, "renamed", template)
    aws.client("s3").put_object(Bucket="renamed-bucket", Key="calendar", Body=b"data")
    template["Resources"]["EmptyBucket"]["Properties"]["BucketName"] = "another"

    assert stack.update(template) == "UPDATE_COMPLETE"

    assert _objects(aws, "renamed-bucket") == []


def test_aws_s_own_tags_have_to_be_given_back_when_a_bucket_is_tagged(aws: Emulator) -> None:
    _made(aws, "tagged", _holding("tagged"))
    s3 = aws.client("s3")
    tags = s3.get_bucket_tagging(Bucket="tagged-bucket")["TagSet"]
    kept = [tag for tag in tags if tag["Key"].startswith("aws:")]

    with pytest.raises(ClientError, match="System tags cannot be removed"):
        s3.put_bucket_tagging(Bucket="tagged-bucket", Tagging={"TagSet": []})
    s3.put_bucket_tagging(Bucket="tagged-bucket", Tagging={"TagSet": kept})

    assert {tag["Key"] for tag in kept} == {
        "aws:cloudformation:stack-name",
        "aws:cloudformation:stack-id",
        "aws:cloudformation:logical-id",
    }


def _database(name: str) -> dict[str, Any]:
    return {
        "Resources": {
            "Secret": {
                "Type": "AWS::SecretsManager::Secret",
                "Properties": {
                    "Name": name,
                    "GenerateSecretString": {
                        "SecretStringTemplate": '{"username": "dbadmin"}',
                        "GenerateStringKey": "password",
                        "ExcludePunctuation": True,
                    },
                },
                **_RETAIN,
            },
            "Database": {
                "Type": "AWS::RDS::DBInstance",
                "Properties": {
                    "DBInstanceIdentifier": name,
                    "DBInstanceClass": "db.t3.micro",
                    "Engine": "postgres",
                    "AllocatedStorage": "20",
                    "MasterUsername": {
                        "Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:username}}"
                    },
                    "MasterUserPassword": {
                        "Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:password}}"
                    },
                },
                **_RETAIN,
            },
            "Attachment": {
                "Type": "AWS::SecretsManager::SecretTargetAttachment",
                "Properties": {
                    "SecretId": {"Ref": "Secret"},
                    "TargetId": {"Ref": "Database"},
                    "TargetType": "AWS::RDS::DBInstance",
                },
            },
        }
    }


def _secret(aws: Emulator, name: str) -> dict[str, Any]:
    value = aws.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    return dict(json.loads(value))


def test_an_attachment_writes_the_database_s_place_into_its_secret_and_takes_it_out(
    aws: Emulator,
) -> None:
    stack = _made(aws, "attached", _database("attached"))
    before = _secret(aws, "attached")

    stack.delete()

    assert before["host"].startswith("attached.")
    assert before["port"] == 5432
    assert _secret(aws, "attached").keys() == {"username", "password"}


def test_a_service_that_says_no_number_of_tasks_runs_one(aws: Emulator) -> None:
    container = {"Name": "app", "Image": "example/app:1", "Essential": True}
    task = {"ContainerDefinitions": [container], "NetworkMode": "bridge"}
    service = {"Cluster": {"Ref": "Cluster"}, "TaskDefinition": {"Ref": "Task"}}
    template = {
        "Resources": {
            "Cluster": {"Type": "AWS::ECS::Cluster"},
            "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": task},
            "Service": {"Type": "AWS::ECS::Service", "Properties": service},
        }
    }

    rows = _made(aws, "untold", template).rows()

    (made,) = aws.client("ecs").describe_services(
        cluster=rows["Cluster"], services=[rows["Service"]]
    )["services"]
    assert made["desiredCount"] == 1


def test_a_database_without_a_policy_is_deleted_after_a_snapshot(aws: Emulator) -> None:
    template = _database("unsaid")
    del template["Resources"]["Database"]["DeletionPolicy"]
    stack = _made(aws, "unsaid", template)

    stack.delete()

    snapshots = aws.client("rds").describe_db_snapshots()["DBSnapshots"]
    assert "unsaid-snapshot" in {each["DBSnapshotIdentifier"] for each in snapshots}


def _default_group(name: str) -> dict[str, Any]:
    return {
        "Resources": {
            "Vpc": {
                "Type": "AWS::EC2::VPC",
                "Properties": {
                    "CidrBlock": "10.0.0.0/16",
                    "Tags": [{"Key": "Name", "Value": name}],
                },
                **_RETAIN,
            },
            "Restrict": {
                "Type": "Custom::VpcRestrictDefaultSG",
                "Properties": {
                    "ServiceToken": _HANDLER,
                    "Account": {"Ref": "AWS::AccountId"},
                    "DefaultSecurityGroupId": {"Fn::GetAtt": ["Vpc", "DefaultSecurityGroup"]},
                },
            },
        }
    }


def _rules(aws: Emulator, vpc_id: str) -> int:
    groups = aws.client("ec2").describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [vpc_id]}]
    )["SecurityGroups"]
    return sum(len(each["IpPermissions"]) + len(each["IpPermissionsEgress"]) for each in groups)


def test_the_default_group_is_closed_and_opened_again_when_its_row_goes(aws: Emulator) -> None:
    stack = _made(aws, "open-again", _default_group("open-again"))
    vpc_id = stack.rows()["Vpc"]
    closed = _rules(aws, vpc_id)

    stack.delete()

    assert closed == 0
    assert _rules(aws, vpc_id) == 2


def test_a_vpc_with_something_in_it_stays_and_the_stack_is_half_gone(aws: Emulator) -> None:
    template = _default_group("half")
    del template["Resources"]["Vpc"]["DeletionPolicy"]
    stack = _made(aws, "half", template)
    aws.client("ec2").create_subnet(VpcId=stack.rows()["Vpc"], CidrBlock="10.0.0.0/24")

    assert stack.delete() == "DELETE_FAILED"
    assert stack.events("DELETE_FAILED")[0] == "half"


def test_a_protected_stack_is_not_deleted(aws: Emulator) -> None:
    stack = _made(aws, "protected", _default_group("protected"))
    stack.cloudformation.update_termination_protection(
        StackName=stack.arn, EnableTerminationProtection=True
    )

    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        stack.delete()


def test_resources_to_retain_are_taken_only_after_a_failed_deletion(aws: Emulator) -> None:
    stack = _made(aws, "too-early", _default_group("too-early"))

    with pytest.raises(ClientError, match="only if the stack is in the DELETE_FAILED state"):
        stack.cloudformation.delete_stack(StackName=stack.arn, RetainResources=["Vpc"])


def test_a_policy_alone_is_an_update_and_is_read_back(aws: Emulator) -> None:
    template = _default_group("policy")
    stack = _made(aws, "policy", template)
    template["Resources"]["Restrict"].update(_RETAIN)

    assert stack.update(template) == "UPDATE_COMPLETE"
    assert stack.template()["Resources"]["Restrict"]["DeletionPolicy"] == "Retain"


def test_the_same_template_again_is_no_update(aws: Emulator) -> None:
    template = _default_group("same")
    stack = _made(aws, "same", template)

    with pytest.raises(ClientError, match="No updates are to be performed"):
        stack.update(template)


def test_the_same_template_with_a_dynamic_reference_is_taken_and_proves_nothing(
    aws: Emulator,
) -> None:
    template = _database("dynamic")
    stack = _made(aws, "dynamic", template)

    assert stack.update(template) == "UPDATE_COMPLETE"


def test_a_template_above_51200_bytes_has_to_come_from_a_bucket(aws: Emulator) -> None:
    template = _default_group("long")
    template["Description"] = "x" * 51_200

    with pytest.raises(ClientError, match="less than or equal to 51200"):
        aws.client("cloudformation").create_stack(
            StackName="long", TemplateBody=json.dumps(template)
        )
    url = put_template(aws, json.dumps(template))
    aws.client("cloudformation").create_stack(StackName="long", TemplateURL=url)


def test_an_export_that_is_used_keeps_its_stack(aws: Emulator) -> None:
    template = _default_group("exports")
    template["Outputs"] = {"Vpc": {"Value": {"Ref": "Vpc"}, "Export": {"Name": "the-vpc"}}}
    exporter = _made(aws, "exports", template)
    _made(
        aws,
        "imports",
        {
            "Resources": {
                "Topic": {
                    "Type": "AWS::SNS::Topic",
                    "Properties": {"TopicName": {"Fn::ImportValue": "the-vpc"}},
                }
            }
        },
    )

    assert exporter.cloudformation.list_imports(ExportName="the-vpc")["Imports"] == ["imports"]
    assert exporter.delete() == "DELETE_FAILED"


def test_drift_names_the_row_and_the_property(aws: Emulator) -> None:
    stack = _made(aws, "drifts", _database("drifts"))
    aws.client("rds").modify_db_instance(
        DBInstanceIdentifier="drifts", AllocatedStorage=40, ApplyImmediately=True
    )
    detection = stack.cloudformation.detect_stack_drift(StackName=stack.arn)
    waiting = True
    while waiting:
        status = stack.cloudformation.describe_stack_drift_detection_status(
            StackDriftDetectionId=detection["StackDriftDetectionId"]
        )
        waiting = status["DetectionStatus"] == "DETECTION_IN_PROGRESS"

    (row,) = stack.cloudformation.describe_stack_resource_drifts(
        StackName=stack.arn, StackResourceDriftStatusFilters=["MODIFIED"]
    )["StackResourceDrifts"]
    assert row["LogicalResourceId"] == "Database"
    assert row["PropertyDifferences"][0]["PropertyPath"] == "/AllocatedStorage"


def test_an_import_brings_an_object_back_under_a_stack(aws: Emulator) -> None:
    template = _holding("brought", "Bucket", "EmptyBucket")
    stack = _made(aws, "brought", template)
    stack.delete()
    wanted = {"Resources": {"Bucket": template["Resources"]["Bucket"]}}
    cloudformation = aws.client("cloudformation")

    change = cloudformation.create_change_set(
        StackName="brought-back",
        ChangeSetName="import",
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps(wanted),
        ResourcesToImport=[
            {
                "ResourceType": "AWS::S3::Bucket",
                "LogicalResourceId": "Bucket",
                "ResourceIdentifier": {"BucketName": "brought-bucket"},
            }
        ],
    )
    cloudformation.execute_change_set(ChangeSetName=change["Id"])
    back = PlayedStack(emulator=aws, arn=change["StackId"])

    assert back.wait() == "IMPORT_COMPLETE"
    assert back.rows() == {"Bucket": "brought-bucket"}


def test_a_custom_row_cannot_be_imported(aws: Emulator) -> None:
    template = _holding("custom", "EmptyBucket")

    with pytest.raises(ClientError, match="not supported for Import"):
        aws.client("cloudformation").create_change_set(
            StackName="custom",
            ChangeSetName="import",
            ChangeSetType="IMPORT",
            TemplateBody=json.dumps(
                {
                    "Resources": {
                        "EmptyBucket": {
                            **template["Resources"]["EmptyBucket"],
                            "Properties": {"BucketName": "x"},
                        }
                    }
                }
            ),
            ResourcesToImport=[
                {
                    "ResourceType": "Custom::S3AutoDeleteObjects",
                    "LogicalResourceId": "EmptyBucket",
                    "ResourceIdentifier": {"BucketName": "x"},
                }
            ],
        )


def _inventory(aws: Emulator, *arguments: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as stages:
        return subprocess.run(
            [sys.executable, "-m", "imports", "inventory", "--stage", "look", *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, **aws.environment, "ATOMIC_STAGES_DIR": stages},
            check=False,
        )


def test_a_look_at_a_deployed_stack_names_every_row_and_changes_nothing() -> None:
    with running_emulator() as aws:
        stack = make_owners_stack(aws, "newest")
        aws.count_from_now()
        looked = _inventory(aws, "--cloudformation", "AwsStack", "--json")
        calls = aws.mutating_calls()
        stack.cloudformation.update_termination_protection(
            StackName=stack.arn, EnableTerminationProtection=True
        )
        refused = _inventory(aws, "--cloudformation", stack.arn)
    found = json.loads(looked.stdout)

    assert looked.returncode == 0, looked.stderr
    assert len({row["logical_id"] for row in found["rows"]}) == SHAPES["newest"]
    assert [
        row["address"]
        for row in found["rows"]
        if row["verdict"] == "import" and not row["why"] and not row["import_id"]
    ] == []
    assert set(calls) <= {"DetectStackDrift"}
    assert refused.returncode == 2
    assert "AwsStack has termination protection" in refused.stdout


def test_a_stack_that_does_not_exist_is_one_line(aws: Emulator) -> None:
    answer = _inventory(aws, "--cloudformation", "Nothing")

    assert answer.returncode == 1
    assert answer.stderr.splitlines()[-1].startswith("error: ")
    assert "Stack with id Nothing does not exist" in answer.stderr


def test_a_template_is_read_as_it_was_deployed_to_the_byte(aws: Emulator) -> None:
    text = json.dumps(_holding("bytes"), indent=3) + "\n\n"
    answer = aws.client("cloudformation").create_stack(StackName="bytes", TemplateBody=text)
    stack = PlayedStack(emulator=aws, arn=answer["StackId"])
    stack.wait()

    assert deployed_text(aws.client, stack.arn) == text
