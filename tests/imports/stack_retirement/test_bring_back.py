"""What a change set of type IMPORT takes of a stack that is gone."""

import json
from typing import Any

import pytest

from imports.stack_retirement.bring_back import BringBack, bring_back
from imports.stack_retirement.stack_backup import StackBackup

ROWS: dict[str, Any] = {
    "Role": {"Type": "AWS::IAM::Role"},
    "Helper": {"Type": "AWS::Lambda::Function"},
    "Task": {"Type": "AWS::ECS::TaskDefinition"},
    "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Delete"},
    "Policy": {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": {"Ref": "Bucket"},
            "Who": {"Fn::GetAtt": ["Role", "Arn"]},
            "What": {"Fn::Sub": "${Bucket.Arn}/${Role}/${AWS::Region}/${!kept}"},
        },
        "DependsOn": ["Role", "Bucket"],
    },
    "Service": {
        "Type": "AWS::ECS::Service",
        "Properties": {"TaskDefinition": {"Ref": "Task"}},
    },
    "Mine": {
        "Type": "AWS::SNS::Topic",
        "Properties": {"Name": {"Fn::GetAtt": "Helper.Arn"}},
    },
    "Follows": {"Type": "AWS::SNS::Topic", "Properties": {"Name": {"Ref": "Mine"}}},
    "Address": {"Type": "AWS::EC2::EIP"},
    "Route": {"Type": "AWS::EC2::Route"},
    "Custom": {"Type": "Custom::S3AutoDeleteObjects"},
}
IDS = {
    "Role": "role-1",
    "Helper": "helper-1",
    "Task": "arn:aws:ecs:eu-west-1:123456789012:task-definition/task:1",
    "Bucket": "bucket-1",
    "Policy": "bucket-1",
    "Service": "arn:aws:ecs:eu-west-1:123456789012:service/cluster-1/service-1",
    "Mine": "arn:mine",
    "Follows": "arn:follows",
    "Address": "192.0.2.1",
    "Route": "rtb-1|0.0.0.0/0",
    "Custom": "bucket-1",
}
KEPT = frozenset(ROWS) - {"Role", "Helper", "Task"}


@pytest.fixture(scope="module")
def wanted() -> BringBack:
    return brought_back("arn:aws:cloudformation:eu-west-1:123456789012:stack/AwsStack/1")


def brought_back(arn: str) -> BringBack:
    document = {
        "Parameters": {"Word": {"Type": "String", "NoEcho": True}, "Stage": {"Type": "String"}},
        "Resources": ROWS,
        "Outputs": {"Bucket": {"Value": {"Ref": "Bucket"}}},
    }
    backup = StackBackup(
        arn=arn,
        name="AwsStack",
        template=json.dumps(document),
        parameters={"Word": None, "Stage": "prod"},
        capabilities=[],
        role_arn="",
        tags={},
        physical_ids=IDS,
        armed=[],
    )
    return bring_back(
        backup, KEPT, account_id="123456789012", allocations={"Address": "eipalloc-1"}
    )


def identifier(wanted: BringBack, logical_id: str) -> Any:
    (found,) = (each for each in wanted.resources if each["LogicalResourceId"] == logical_id)
    return found["ResourceIdentifier"]


def row(wanted: BringBack, logical_id: str) -> Any:
    return json.loads(wanted.template)["Resources"][logical_id]


def test_each_row_of_the_template_is_imported_and_has_a_policy(wanted: BringBack) -> None:
    rows = json.loads(wanted.template)["Resources"]

    assert (
        set(rows)
        == set(wanted.rows)
        == {"Bucket", "Policy", "Service", "Address", "Route"} | {"Follows"}
    )
    assert {each["DeletionPolicy"] for each in rows.values()} == {"Retain"}


@pytest.mark.parametrize(
    ("logical_id", "identifiers"),
    [
        ("Bucket", {"BucketName": "bucket-1"}),
        ("Service", {"ServiceArn": IDS["Service"], "Cluster": "cluster-1"}),
        ("Route", {"RouteTableId": "rtb-1", "CidrBlock": "0.0.0.0/0"}),
        ("Address", {"PublicIp": "192.0.2.1", "AllocationId": "eipalloc-1"}),
    ],
)
def test_a_row_is_named_by_what_cloudformation_knows_its_type_by(
    wanted: BringBack, logical_id: str, identifiers: dict[str, str]
) -> None:
    assert identifier(wanted, logical_id) == identifiers


def test_what_refers_to_a_row_that_does_not_come_back_is_written_out(wanted: BringBack) -> None:
    policy = row(wanted, "Policy")

    assert policy["Properties"] == {
        "Bucket": {"Ref": "Bucket"},
        "Who": "arn:aws:iam::123456789012:role/role-1",
        "What": {"Fn::Sub": "${Bucket.Arn}/role-1/${AWS::Region}/${!kept}"},
    }
    assert policy["DependsOn"] == ["Bucket"]
    assert row(wanted, "Service")["Properties"] == {"TaskDefinition": IDS["Task"]}


def test_a_role_is_written_out_in_the_partition_of_its_stack() -> None:
    wanted = brought_back("arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/AwsStack/1")

    who = row(wanted, "Policy")["Properties"]["Who"]
    assert who == "arn:aws-cn:iam::123456789012:role/role-1"


def test_a_row_that_needs_what_nobody_knows_any_more_is_named_with_the_reason(
    wanted: BringBack,
) -> None:
    assert wanted.cannot == {
        "Custom": "no Custom::S3AutoDeleteObjects can be imported",
        "Mine": "it refers to Helper.Arn, which nobody knows any more",
    }
    assert row(wanted, "Follows")["Properties"] == {"Name": "arn:mine"}


def test_no_other_part_of_the_template_is_in_the_way(wanted: BringBack) -> None:
    assert set(json.loads(wanted.template)) == {"Parameters", "Resources"}


def test_a_hidden_parameter_is_to_be_given_by_a_person(wanted: BringBack) -> None:
    assert wanted.parameters == [{"ParameterKey": "Stage", "ParameterValue": "prod"}]
    assert wanted.to_be_given == ("Word",)
