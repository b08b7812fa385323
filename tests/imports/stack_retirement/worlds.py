"""A small stack on the embedded AWS with every trap in it, and the record that an inventory makes of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from imports.record import AdoptionRecord, LegacyOrigin
from imports.sources.cloudformation.owners_stack import OwnersStack as Read
from imports.sources.cloudformation.owners_stack import read_owners_stack
from imports.sources.cloudformation.verdicts import RowVerdict
from imports.stack_retirement.plan import RowPlan
from imports.stack_retirement.retire_stack import retire_stack
from imports.stack_retirement.steps import StackRetirement
from imports.stack_side import StackSide
from local.emulator import REGION, Emulator
from local.owners_stack import PlayedStack, make_stack
from tests.stages import stage_settings

ACCOUNT = "123456789012"
LEFT = {
    "AWS::IAM::Role": "shared by the old tasks",
    "AWS::Lambda::Function": "a helper of the old stack alone",
    "AWS::ECS::TaskDefinition": "an old revision",
}
DISARMED = {
    "Custom::S3AutoDeleteObjects",
    "Custom::ECRAutoDeleteImages",
    "Custom::VpcRestrictDefaultSG",
    "AWS::SecretsManager::SecretTargetAttachment",
}
_ASSUMED = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
    ],
}


def template(name: str) -> dict[str, Any]:
    """Return a template in the manner of CDK's, with names of its own."""
    rows: dict[str, Any] = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Restrict": _custom(
            "Custom::VpcRestrictDefaultSG",
            Account={"Ref": "AWS::AccountId"},
            DefaultSecurityGroupId={"Fn::GetAtt": ["Vpc", "DefaultSecurityGroup"]},
        ),
        "HandlerRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": _ASSUMED},
        },
        "Handler": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"ZipFile": "exports.handler = async () => {};"},
                "Handler": "index.handler",
                "Runtime": "nodejs22.x",
                "Role": {"Fn::GetAtt": ["HandlerRole", "Arn"]},
            },
            "DependsOn": ["HandlerRole"],
        },
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": f"{name}-data", "Tags": [_tag("objects")]},
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
        },
        "BucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": _policy()},
        },
        "EmptyBucket": _custom("Custom::S3AutoDeleteObjects", BucketName={"Ref": "Bucket"}),
        "Registry": {
            "Type": "AWS::ECR::Repository",
            "Properties": {"RepositoryName": f"{name}-images", "Tags": [_tag("images")]},
            "DeletionPolicy": "Delete",
        },
        "EmptyRegistry": _custom("Custom::ECRAutoDeleteImages", RepositoryName={"Ref": "Registry"}),
        "Credentials": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {
                "Name": f"{name}/Credentials",
                "GenerateSecretString": {
                    "SecretStringTemplate": '{"username": "dbadmin"}',
                    "GenerateStringKey": "password",
                    "ExcludePunctuation": True,
                },
            },
            "DeletionPolicy": "Delete",
        },
        "Database": {
            "Type": "AWS::RDS::DBInstance",
            "Properties": {
                "DBInstanceIdentifier": f"{name}-db",
                "DBInstanceClass": "db.t3.micro",
                "Engine": "postgres",
                "AllocatedStorage": "20",
                "MasterUsername": "dbadmin",
                "MasterUserPassword": {
                    "Fn::Sub": "{{resolve:secretsmanager:${Credentials}:SecretString:password::}}"
                },
            },
            "DeletionPolicy": "Delete",
        },
        "Attachment": {
            "Type": "AWS::SecretsManager::SecretTargetAttachment",
            "Properties": {
                "SecretId": {"Ref": "Credentials"},
                "TargetId": {"Ref": "Database"},
                "TargetType": "AWS::RDS::DBInstance",
            },
        },
        "Mine": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"{name}-mine"}},
    }
    return {
        "Parameters": {"Word": {"Type": "String", "NoEcho": True}},
        "Resources": rows,
        "Outputs": {"Bucket": {"Value": {"Ref": "Bucket"}}},
    }


def _custom(type_: str, **properties: Any) -> dict[str, Any]:
    return {
        "Type": type_,
        "Properties": {"ServiceToken": {"Fn::GetAtt": ["Handler", "Arn"]}, **properties},
        "UpdateReplacePolicy": "Delete",
        "DeletionPolicy": "Delete",
    }


def _tag(kind: str) -> dict[str, str]:
    return {"Key": f"aws-cdk:auto-delete-{kind}", "Value": "true"}


def _policy() -> dict[str, Any]:
    objects = {"Fn::Sub": "${Bucket.Arn}/*"}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetBucket*", "s3:DeleteObject*"],
                "Principal": {"AWS": {"Fn::GetAtt": ["HandlerRole", "Arn"]}},
                "Resource": [objects],
            },
            {
                "Effect": "Deny",
                "Action": "s3:*",
                "Principal": {"AWS": "*"},
                "Resource": [objects],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


@dataclass(frozen=True, kw_only=True)
class World:
    """One stack with data in it. `clients` may be a wrapper that kills a run."""

    aws: Emulator
    name: str
    stack: PlayedStack
    record: AdoptionRecord
    folder: Path
    clients: Any
    announced: list[Sequence[RowPlan]] = field(default_factory=list)

    def retire(self) -> StackRetirement:
        return retire_stack(
            self.record,
            clients=self.clients,
            backup_folder=self.folder,
            agree=self.announced.append,
            progress=lambda _: None,
        )

    def with_clients(self, clients: Any) -> "World":
        return replace(self, clients=clients)

    @property
    def bucket(self) -> str:
        return f"{self.name}-data"

    def objects(self) -> list[str]:
        found = self.aws.client("s3").list_objects_v2(Bucket=self.bucket)
        return [each["Key"] for each in found.get("Contents", [])]

    def bucket_tags(self) -> dict[str, str]:
        found = self.aws.client("s3").get_bucket_tagging(Bucket=self.bucket)["TagSet"]
        return {tag["Key"]: tag["Value"] for tag in found}

    def bucket_policy(self) -> Any:
        found = self.aws.client("s3").get_bucket_policy(Bucket=self.bucket)["Policy"]
        return json.loads(found)

    def images(self) -> int:
        ecr = self.aws.client("ecr")
        return len(ecr.list_images(repositoryName=f"{self.name}-images")["imageIds"])

    def registry_tags(self) -> dict[str, str]:
        ecr = self.aws.client("ecr")
        known = ecr.describe_repositories(repositoryNames=[f"{self.name}-images"])
        arn = known["repositories"][0]["repositoryArn"]
        return {
            tag["Key"]: tag["Value"] for tag in ecr.list_tags_for_resource(resourceArn=arn)["tags"]
        }

    def secret(self) -> dict[str, Any]:
        client = self.aws.client("secretsmanager")
        found = client.get_secret_value(SecretId=f"{self.name}/Credentials")["SecretString"]
        return dict(json.loads(found))

    def default_rules(self) -> int:
        groups = self.aws.client("ec2").describe_security_groups(
            Filters=[{"Name": "vpc-id", "Values": [self.ids["Vpc"]]}]
        )["SecurityGroups"]
        return sum(len(each["IpPermissions"] + each["IpPermissionsEgress"]) for each in groups)

    @cached_property
    def ids(self) -> Mapping[str, str]:
        assert self.record.stack is not None
        return {row.logical_id: row.physical_id for row in self.record.stack.rows}

    def status(self) -> str:
        return str(self.stack.described()["StackStatus"])


def a_world(
    aws: Emulator,
    name: str,
    folder: Path,
    *,
    change: Callable[[dict[str, Any]], None] = lambda _: None,
) -> World:
    """Make a stack, put data into its objects, and take it into a record."""
    wanted = template(name)
    change(wanted)
    stack = make_stack(aws, name, wanted, {"Word": "a-word-that-nobody-sees"})
    assert stack.wait() == "CREATE_COMPLETE", stack.described().get("StackStatusReason")
    aws.client("s3").put_object(Bucket=f"{name}-data", Key="calendar", Body=b"data")
    aws.client("ecr").put_image(
        repositoryName=f"{name}-images",
        imageManifest='{"schemaVersion": 2, "layers": []}',
        imageManifestMediaType="application/vnd.docker.distribution.manifest.v2+json",
        imageTag="latest",
    )
    return World(
        aws=aws,
        name=name,
        stack=stack,
        record=a_record(aws, stack),
        folder=folder,
        clients=aws.client,
    )


def by_type(stack: Read) -> list[RowVerdict]:
    """Return a verdict for each row, told by its type alone."""
    return [
        RowVerdict(
            logical_id=row.logical_id,
            type=row.type,
            verdict="leave to CloudFormation"
            if row.type in LEFT
            else "disarm"
            if row.type in DISARMED
            else "not covered"
            if row.logical_id == "Mine"
            else "import",
            why=LEFT.get(row.type, ""),
        )
        for row in stack.rows.values()
    ]


def a_record(
    aws: Emulator, stack: PlayedStack, judge: Callable[[Read], list[RowVerdict]] = by_type
) -> AdoptionRecord:
    """Return the record of a stack whose objects nobody has adopted yet."""
    found = read_owners_stack(aws.client, stack.arn, progress=lambda _: None, with_drift=False)
    side = StackSide(
        stack=found,
        settings=stage_settings("dev"),
        verdicts=judge(found),
        region=REGION,
        account_id=ACCOUNT,
    )
    return AdoptionRecord(
        stage="dev",
        account_id=ACCOUNT,
        region=REGION,
        legacy=LegacyOrigin(source="none"),
        adopted=[],
        released=[],
        not_covered=[],
        stack=side.origin,
    )
