"""Preflight: each import id of a record is found, missing or elsewhere, before Terraform runs."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from aws.client import boto3_clients
from aws.resources import ADOPTABLE
from common.errors import UserError
from imports.preflight import Presence, preflight
from imports.record import AdoptedObject, AdoptionRecord, LegacyOrigin
from imports.sources.cloudformation.verdicts import OF_STACK
from imports.sources.terraform_base.mapping import ADOPTED

REGION = "us-east-1"
ACCOUNT = "123456789012"
ANYBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}],
    }
)


def record(
    objects: dict[str, str], *, account: str = ACCOUNT, region: str = REGION
) -> AdoptionRecord:
    return AdoptionRecord(
        stage="dev",
        account_id=account,
        region=region,
        legacy=LegacyOrigin(source="state"),
        adopted=[
            AdoptedObject(
                address=address, legacy_address=f"{address}_old", import_id=id_, observed={}
            )
            for address, id_ in objects.items()
        ],
        released=[],
        not_covered=[],
    )


def check(objects: dict[str, str]) -> list[Presence]:
    return preflight(record(objects), boto3_clients(region=REGION))


def check_one(address: str, id_: str) -> Presence:
    (finding,) = check({address: id_})
    return finding


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        yield


def client(service: str, region: str = REGION) -> Any:
    return boto3.client(service, region_name=region)  # type: ignore[call-overload]  # any name


def make_network() -> dict[str, str]:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(SubnetId=subnet, RouteTableId=table)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    return {
        "aws_vpc.main": vpc,
        "aws_subnet.public_0": subnet,
        "aws_route_table.public": table,
        "aws_route_table_association.public_0": f"{subnet}/{table}",
        "aws_eip.nat_0": address,
        "aws_nat_gateway.nat_0": nat["NatGatewayId"],
        "aws_security_group.database": group,
        "aws_internet_gateway.main": gateway,
    }


def make_named() -> dict[str, str]:
    client("ecr").create_repository(repositoryName="atomic-app")
    client("ecs").create_cluster(clusterName="a-cluster")
    iam = client("iam")
    iam.create_role(RoleName="a-role", AssumeRolePolicyDocument=ANYBODY)
    policy = iam.create_policy(PolicyName="a-policy", PolicyDocument=ANYBODY)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="a-role", PolicyArn=policy)
    secret = client("secretsmanager").create_secret(Name="a-secret", SecretString="planted")
    return {
        "aws_ecr_repository.app": "atomic-app",
        "aws_ecs_cluster.main": "a-cluster",
        "aws_iam_role.ecs_task_execution_role": "a-role",
        "aws_iam_policy.ecs_application_task_policy": policy,
        "aws_iam_role_policy_attachment.of_the_policy": f"a-role/{policy}",
        "aws_secretsmanager_secret.openai_api_key": secret["ARN"],
    }


def make_bucket() -> dict[str, str]:
    s3 = client("s3")
    s3.create_bucket(Bucket="a-bucket")
    s3.put_public_access_block(
        Bucket="a-bucket", PublicAccessBlockConfiguration={"BlockPublicAcls": True}
    )
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket="a-bucket", ServerSideEncryptionConfiguration={"Rules": [rule]})
    return {
        "aws_s3_bucket.data": "a-bucket",
        "aws_s3_bucket_versioning.data": "a-bucket",
        "aws_s3_bucket_public_access_block.data": "a-bucket",
        "aws_s3_bucket_server_side_encryption_configuration.data": "a-bucket",
    }


def make_database() -> dict[str, str]:
    rds, ec2 = client("rds"), client("ec2")
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]
    rds.create_db_subnet_group(
        DBSubnetGroupName="a-group", DBSubnetGroupDescription="a group", SubnetIds=subnets
    )
    rds.create_db_instance(
        DBInstanceIdentifier="a-database",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="owner",
        MasterUserPassword="planted-by-a-test",
    )
    return {"aws_db_subnet_group.main": "a-group", "aws_db_instance.main": "a-database"}


def test_every_adopted_type_can_be_looked_for() -> None:
    assert {legacy.partition(".")[0] for legacy in ADOPTED} | OF_STACK == ADOPTABLE


def test_what_stands_in_the_account_is_found_and_sorted_by_address() -> None:
    objects = {**make_network(), **make_named(), **make_bucket(), **make_database()}
    of_base = {legacy.partition(".")[0] for legacy in ADOPTED}
    assert {address.partition(".")[0] for address in objects} == of_base

    findings = check(objects)

    assert [each.address for each in findings] == sorted(objects)
    assert {each.address: each.import_id for each in findings} == objects
    assert all(each.ok and each.detail == "" for each in findings)


def test_ids_that_are_not_there_are_missing() -> None:
    objects = {**make_network(), **make_named(), **make_bucket(), **make_database()}

    findings = check({address: f"{id_}x" for address, id_ in objects.items()})

    assert {each.verdict for each in findings} == {"missing"}
    (said,) = [each for each in findings if each.address == "aws_vpc.main"]
    assert str(said) == (
        f"aws_vpc.main ({objects['aws_vpc.main']}x) is missing: AWS lists no such VPC in "
        "us-east-1: run `python -m imports inventory` again, and compare the record with its "
        "last commit"
    )


def test_an_association_of_two_that_exist_but_are_not_associated_is_missing() -> None:
    made = make_network()
    other = client("ec2").create_route_table(VpcId=made["aws_vpc.main"])["RouteTable"]

    finding = check_one(
        "aws_route_table_association.public_0",
        f"{made['aws_subnet.public_0']}/{other['RouteTableId']}",
    )

    assert finding.verdict == "missing"


def test_another_account_is_the_only_finding_and_says_both() -> None:
    wrong = record(make_named(), account="999999999999", region="eu-west-1")

    (finding,) = preflight(wrong, boto3_clients(region=REGION))

    assert (finding.address, finding.verdict, finding.ok) == ("", "elsewhere", False)
    assert finding.detail == (
        "it was made in account 999999999999, region eu-west-1; the credentials in use are of "
        "account 123456789012, region us-east-1"
    )
    assert str(finding).startswith("the adoption record is elsewhere: it was made in account")


def test_another_region_of_the_same_account_is_said() -> None:
    (finding,) = preflight(record(make_named(), region="us-west-2"), boto3_clients(region=REGION))

    assert finding.verdict == "elsewhere"


def test_a_bucket_of_another_region_is_elsewhere() -> None:
    client("s3", "eu-west-1").create_bucket(
        Bucket="a-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )

    finding = check_one("aws_s3_bucket.data", "a-bucket")

    assert finding.verdict == "elsewhere"
    assert finding.detail == "it is in eu-west-1, not in us-east-1"


def test_an_arn_tells_by_itself_that_it_is_of_another_region_or_account() -> None:
    findings = check(
        {
            "aws_iam_policy.one": "arn:aws:iam::999999999999:policy/a-policy",
            "aws_secretsmanager_secret.one": (
                f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:a-secret-AbCdEf"
            ),
        }
    )

    assert [(each.verdict, each.detail) for each in findings] == [
        ("elsewhere", "it is in the account 999999999999, not in 123456789012"),
        ("elsewhere", "it is in eu-west-1, not in us-east-1"),
    ]


def test_a_secret_scheduled_for_deletion_is_missing() -> None:
    arn = make_named()["aws_secretsmanager_secret.openai_api_key"]
    client("secretsmanager").delete_secret(SecretId=arn, RecoveryWindowInDays=7)

    finding = check_one("aws_secretsmanager_secret.openai_api_key", arn)

    assert finding.verdict == "missing"
    assert finding.detail.startswith("the secret is scheduled for deletion on 20")


def test_a_deleted_cluster_is_missing() -> None:
    make_named()
    client("ecs").delete_cluster(cluster="a-cluster")

    finding = check_one("aws_ecs_cluster.main", "a-cluster")

    assert (finding.verdict, finding.detail) == ("missing", "the ECS cluster is INACTIVE")


def test_settings_that_a_bucket_lost_are_missing() -> None:
    objects = make_bucket()
    client("s3").delete_public_access_block(Bucket="a-bucket")

    findings = {each.address: each.verdict for each in check(objects)}

    assert findings == {
        "aws_s3_bucket.data": "found",
        "aws_s3_bucket_versioning.data": "found",
        "aws_s3_bucket_public_access_block.data": "missing",
        "aws_s3_bucket_server_side_encryption_configuration.data": "found",
    }


def test_a_record_of_nothing_has_no_findings() -> None:
    assert check({}) == []


def test_a_type_that_is_not_known_is_refused() -> None:
    with pytest.raises(UserError, match="aws_sqs_queue cannot be looked for in AWS"):
        check({"aws_sqs_queue.orders": "orders"})


def test_a_refusal_of_aws_names_the_call() -> None:
    clients = {"sts": client("sts"), "ec2": client("ec2")}
    with Stubber(clients["sts"]) as stub:
        stub.add_client_error("get_caller_identity", "ExpiredToken", "the token has expired")

        with pytest.raises(UserError, match=r"sts:GetCallerIdentity.*log in again"):
            preflight(record({}), lambda service: clients[service])
