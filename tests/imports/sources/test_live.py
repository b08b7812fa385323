"""Discovery: what the configuration declares is found in AWS, one to one, or it is said why not.

The account is moto's, in this process, and holds what tests/legacy/base would have created.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber
from moto import mock_aws
from moto.iam.aws_managed_policies import aws_managed_policies_data

from aws.client import Clients, boto3_clients
from aws.resources import import_id
from aws.resources.row import Live
from common.errors import UserError
from imports.existing import read_existing
from imports.sources.terraform_base.live import Discovery, discover, find_in
from imports.sources.terraform_base.live_search import DiscoveryError
from imports.sources.terraform_base.mapping import find_base
from imports.sources.terraform_base.planned import (
    AfterApply,
    ConfiguredObject,
    LegacyConfiguration,
)
from tests.imports.sources.plans import evaluated, planned

BASE = find_base(planned("base").objects)
REGION = "us-east-1"
ACCOUNT = "123456789012"
BUCKET = f"atomic-data-bucket-{ACCOUNT}-{REGION}"
AWS_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
SECRETS = {
    "db_credentials": "rds-master-credentials",
    "hasura_admin_secret": "hasura-admin-secret",
    "api_token_secret": "api-token-secret",
    "openai_api_key_secret": "openai-api-key",
    "supertokens_db_conn_string_secret": "supertokens-db-conn-string",
    "hasura_db_conn_string_secret": "hasura-db-conn-string",
    "optaplanner_db_conn_string_secret": "optaplanner-db-conn-string",
    "hasura_jwt_secret": "hasura-jwt-secret",
}
ANYBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}],
    }
)
# moto knows AWS's own policies only when it is told to.
SETTINGS: Any = {"iam": {"load_aws_managed_policies": True}}


def configuration() -> LegacyConfiguration:
    return planned("base")


def changed(address: str, **arguments: Any) -> LegacyConfiguration:
    """The configuration with these arguments of one object; None takes one away."""
    whole = configuration()

    def change(each: ConfiguredObject) -> ConfiguredObject:
        if each.address != address:
            return each
        merged = {**each.arguments, **arguments}
        kept = {name: value for name, value in merged.items() if value is not None}
        return replace(each, arguments=kept)

    return replace(whole, objects=tuple(change(each) for each in whole.objects))


# The calls since a test's account was furnished.
CALLS: Counter[str] = Counter()


@cache
def client_of(service: str, /) -> Any:
    """A client that outlives a test: to make one takes longer than most tests."""
    client = boto3.client(  # type: ignore[call-overload]  # any name
        service, region_name=REGION, aws_access_key_id="t", aws_secret_access_key="t"
    )

    def count(model: Any, **_: object) -> None:
        CALLS.update([f"{service}:{model.name}"])

    client.meta.events.register("before-call", count)
    return client


class Account:
    """An account of moto: `aws.ec2` is its client for ec2.

    `made` are the import ids of what stands in it, by legacy address; `aws[ADDRESS]` is one.
    """

    def __init__(self) -> None:
        self.made: dict[str, str] = {}

    def __getattr__(self, service: str) -> Any:
        return client_of(service)

    def __getitem__(self, address: str) -> str:
        return self.made[address]

    def find(self, wanted: LegacyConfiguration | None = None) -> Discovery:
        """What discovery finds of the configuration."""
        whole = wanted or configuration()
        return discover(whole, client_of, lambda ids: evaluated(whole, ids))

    def tag(self, id_: str, name: str) -> None:
        """Give an object of EC2 a tag Name."""
        self.ec2.create_tags(Resources=[id_], Tags=[{"Key": "Name", "Value": name}])


@cache
def policies_of_aws() -> str:
    """The one that is attached; all of them would take moto two seconds for each test."""
    name = AWS_POLICY.rpartition("/")[2]
    return json.dumps({name: json.loads(aws_managed_policies_data)[name]})


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setattr("moto.iam.models.aws_managed_policies_data", policies_of_aws())
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws(config=SETTINGS):
        yield Account()


@pytest.fixture
def base(empty: Account) -> Account:
    """An account with the legacy base in it, made by hand."""
    for make in (network, groups, storage, roles, rest):
        empty.made |= make(empty)
    CALLS.clear()
    return empty


def network(aws: Account) -> dict[str, str]:
    ec2, made = aws.ec2, {}
    vpc = made["aws_vpc.main"] = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    aws.tag(vpc, "atomic-vpc")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    made["aws_internet_gateway.gw"] = gateway
    public = made["aws_route_table.public"] = table(aws, vpc, "atomic-public-routes")
    for i, zone in enumerate(["us-east-1a", "us-east-1b"]):
        outer = subnet(aws, vpc, f"10.0.{i}.0/24", zone)
        inner = subnet(aws, vpc, f"10.0.{i + 2}.0/24", zone)
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        aws.tag(address, f"atomic-nat-address-{i + 1}")
        nat = ec2.create_nat_gateway(SubnetId=outer, AllocationId=address)["NatGateway"]
        private = table(aws, vpc, f"atomic-private-routes-{i + 1}")
        ec2.associate_route_table(SubnetId=outer, RouteTableId=public)
        ec2.associate_route_table(SubnetId=inner, RouteTableId=private)
        made |= {
            f"aws_subnet.public[{i}]": outer,
            f"aws_subnet.private[{i}]": inner,
            f"aws_eip.nat[{i}]": address,
            f"aws_nat_gateway.nat[{i}]": nat["NatGatewayId"],
            f"aws_route_table.private[{i}]": private,
            f"aws_route_table_association.public[{i}]": f"{outer}/{public}",
            f"aws_route_table_association.private[{i}]": f"{inner}/{private}",
        }
    return made


def subnet(aws: Account, vpc: str, block: str, zone: str) -> str:
    made = aws.ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)
    return str(made["Subnet"]["SubnetId"])


def table(aws: Account, vpc: str, name: str) -> str:
    id_ = str(aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"])
    aws.tag(id_, name)
    return id_


def vpc_of(aws: Account) -> str:
    names = [{"Name": "tag:Name", "Values": ["atomic-vpc"]}]
    return str(aws.ec2.describe_vpcs(Filters=names)["Vpcs"][0]["VpcId"])


def groups(aws: Account) -> dict[str, str]:
    names = {"alb": "alb", "ecs_tasks": "ecs-tasks", "rds": "rds", "msk_client": "msk-client"}
    return {
        f"aws_security_group.{ours}": aws.ec2.create_security_group(
            GroupName=f"atomic-{theirs}-sg", Description="made by a test", VpcId=vpc_of(aws)
        )["GroupId"]
        for ours, theirs in names.items()
    }


def storage(aws: Account) -> dict[str, str]:
    aws.s3.create_bucket(Bucket=BUCKET)
    aws.s3.put_public_access_block(
        Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
    )
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    aws.s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    repositories = ("app", "functions", "handshake", "oauth", "optaplanner")
    for name in repositories:
        aws.ecr.create_repository(repositoryName=f"atomic-{name}")
    return {
        "aws_s3_bucket.data_bucket": BUCKET,
        "aws_s3_bucket_versioning.data_bucket_versioning": BUCKET,
        "aws_s3_bucket_public_access_block.data_bucket_public_access_block": BUCKET,
        "aws_s3_bucket_server_side_encryption_configuration.data_bucket_sse_config": BUCKET,
        **{f"aws_ecr_repository.{name}": f"atomic-{name}" for name in repositories},
    }


def roles(aws: Account) -> dict[str, str]:
    execution, task = "atomic-ecs-task-execution-role", "atomic-ecs-application-task-role"
    for role in (execution, task):
        aws.iam.create_role(RoleName=role, AssumeRolePolicyDocument=ANYBODY)
    policy = aws.iam.create_policy(
        PolicyName="atomic-ecs-application-task-policy", PolicyDocument=ANYBODY
    )["Policy"]["Arn"]
    aws.iam.attach_role_policy(RoleName=execution, PolicyArn=AWS_POLICY)
    aws.iam.attach_role_policy(RoleName=task, PolicyArn=policy)
    attachment = "aws_iam_role_policy_attachment"
    return {
        "aws_iam_role.ecs_task_execution_role": execution,
        "aws_iam_role.ecs_application_task_role": task,
        "aws_iam_policy.ecs_application_task_policy": policy,
        f"{attachment}.ecs_task_execution_role_policy": f"{execution}/{AWS_POLICY}",
        f"{attachment}.ecs_application_task_role_custom_policy": f"{task}/{policy}",
    }


def rest(aws: Account) -> dict[str, str]:
    vpc = [{"Name": "vpc-id", "Values": [vpc_of(aws)]}]
    subnets = [each["SubnetId"] for each in aws.ec2.describe_subnets(Filters=vpc)["Subnets"]]
    aws.ecs.create_cluster(clusterName="atomic-ecs-cluster")
    aws.rds.create_db_subnet_group(
        DBSubnetGroupName="atomic-db-subnet-group",
        DBSubnetGroupDescription="made by a test",
        SubnetIds=subnets,
    )
    aws.rds.create_db_instance(
        DBInstanceIdentifier="atomic-rds-postgres",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="postgresadmin",
        MasterUserPassword="planted-by-a-test",
        DBSubnetGroupName="atomic-db-subnet-group",
    )
    return {
        "aws_ecs_cluster.main": "atomic-ecs-cluster",
        "aws_db_subnet_group.default": "atomic-db-subnet-group",
        "aws_db_instance.main": "atomic-rds-postgres",
        **{
            f"aws_secretsmanager_secret.{ours}": aws.secretsmanager.create_secret(
                Name=f"atomic-{theirs}", SecretString="planted-by-a-test"
            )["ARN"]
            for ours, theirs in SECRETS.items()
        },
    }


def import_ids(found: Discovery) -> dict[str, str]:
    return {
        address: import_id(address.partition(".")[0], attributes)
        for address, attributes in found.attributes.items()
    }


def problem(found: Discovery, address: str) -> DiscoveryError:
    (one,) = [each for each in found.errors if each.address == address]
    return one


# --- a base that is whole ---------------------------------------------------------------------


def test_every_adopted_object_is_found_under_its_import_id(base: Account) -> None:
    found = base.find()

    assert found.errors == ()
    assert import_ids(found) == base.made
    assert len(base.made) == 46


def test_what_is_not_adopted_is_not_looked_for(base: Account) -> None:
    found = base.find()

    types = {address.partition(".")[0] for address in found.attributes}
    assert "aws_secretsmanager_secret_version" not in types
    assert "random_password" not in types


def test_a_call_lists_all_objects_of_a_kind(base: Account) -> None:
    base.find()
    two_zones = Counter(CALLS)
    CALLS.clear()
    whole = configuration()
    base.find(replace(whole, objects=tuple(each for each in whole.objects if each.index != 1)))
    one_zone = CALLS

    assert two_zones == one_zone
    assert set(two_zones.values()) == {1}


def test_no_call_changes_anything_or_reads_a_secret(base: Account) -> None:
    base.find()

    operations = {call.partition(":")[2] for call in CALLS}
    assert operations
    assert all(name.startswith(("Describe", "List", "Get")) for name in operations)
    assert "GetSecretValue" not in operations


def test_later_pages_are_read(base: Account) -> None:
    for number in range(120):
        base.secretsmanager.create_secret(Name=f"a-{number:03}", SecretString="planted")
    base.secretsmanager.create_secret(Name="zzz", SecretString="planted")

    found = base.find(changed("aws_secretsmanager_secret.hasura_jwt_secret", name="zzz"))

    assert "zzz" in found.attributes["aws_secretsmanager_secret.hasura_jwt_secret"]["arn"]
    assert CALLS["secretsmanager:ListSecrets"] == 2


# --- two that could be it ---------------------------------------------------------------------


def test_two_vpcs_of_one_name_are_told_apart_by_their_block(base: Account) -> None:
    other = base.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    base.tag(other, "atomic-vpc")

    found = base.find()

    assert import_ids(found) == base.made


def test_two_vpcs_of_one_name_and_block_are_ambiguous(base: Account) -> None:
    other = base.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    base.tag(other, "atomic-vpc")

    found = base.find()

    said = problem(found, "aws_vpc.main")
    assert said.kind == "ambiguous"
    assert said.sought == 'a VPC with the tag Name "atomic-vpc" and the block 10.0.0.0/16'
    assert base["aws_vpc.main"] in said.found
    assert other in said.found
    assert "--state" in said.remedy


def test_what_depends_on_an_unknown_vpc_is_not_guessed(base: Account) -> None:
    other = base.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    base.tag(other, "atomic-vpc")

    found = base.find()

    said = problem(found, "aws_security_group.rds")
    assert said.kind == "unresolved"
    assert said.found == "it is made of aws_vpc.main.id, and aws_vpc.main was not found"
    assert "aws_s3_bucket.data_bucket" in found.attributes


def test_a_vpc_whose_name_has_changed_is_missing_and_pointed_at(base: Account) -> None:
    base.tag(base["aws_vpc.main"], "renamed")

    said = problem(base.find(), "aws_vpc.main")

    assert said.kind == "missing"
    assert f'{base["aws_vpc.main"]} with the tag Name "renamed"' in said.found


def test_a_security_group_of_another_vpc_is_not_taken(base: Account) -> None:
    other = base.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    made = base.ec2.create_security_group(
        GroupName="atomic-rds-sg", Description="a namesake", VpcId=other
    )
    assert import_ids(base.find()) == base.made

    base.ec2.delete_security_group(GroupId=base["aws_security_group.rds"])
    said = problem(base.find(), "aws_security_group.rds")

    assert said.kind == "missing"
    assert said.found == f"only {made['GroupId']}, whose vpc_id is {other}"


def test_addresses_of_one_name_are_told_apart_by_their_nat_gateways(base: Account) -> None:
    for i in range(2):
        base.tag(base[f"aws_eip.nat[{i}]"], "atomic-nat-address-1")

    assert import_ids(base.find()) == base.made


def test_addresses_of_one_name_that_nothing_holds_are_ambiguous(base: Account) -> None:
    base.ec2.delete_nat_gateway(NatGatewayId=base["aws_nat_gateway.nat[0]"])
    spare = base.ec2.allocate_address(Domain="vpc")["AllocationId"]
    base.tag(spare, "atomic-nat-address-1")

    said = problem(base.find(), "aws_eip.nat[0]")

    assert said.kind == "ambiguous"
    assert said.found == ", ".join(sorted([spare, base["aws_eip.nat[0]"]]))


def test_an_address_whose_name_contradicts_its_gateway_is_ambiguous(base: Account) -> None:
    base.tag(base["aws_eip.nat[0]"], "renamed")
    spare = base.ec2.allocate_address(Domain="vpc")["AllocationId"]
    base.tag(spare, "atomic-nat-address-1")

    said = problem(base.find(), "aws_eip.nat[0]")

    assert said.kind == "ambiguous"
    assert said.found == (
        f"{spare} by its name, but {base['aws_eip.nat[0]']} held by its NAT gateway"
    )


def test_an_address_without_a_name_is_found_through_its_gateway(base: Account) -> None:
    base.ec2.delete_tags(Resources=[base["aws_eip.nat[1]"]], Tags=[{"Key": "Name"}])

    assert import_ids(base.find()) == base.made


def test_route_tables_of_one_name_are_told_apart_by_their_subnets(base: Account) -> None:
    table(base, base["aws_vpc.main"], "atomic-private-routes-1")

    assert import_ids(base.find()) == base.made


def test_a_route_table_that_its_subnet_does_not_use_is_ambiguous(base: Account) -> None:
    other = table(base, base["aws_vpc.main"], "somebody-elses")
    reassociate(base, base["aws_subnet.private[0]"], other)

    found = base.find()

    said = problem(found, "aws_route_table.private[0]")
    assert said.kind == "ambiguous"
    assert said.found == (
        f"{base['aws_route_table.private[0]']} by its name, but {other} used by its subnets"
    )
    assert problem(found, "aws_route_table_association.private[0]").kind == "unresolved"


def test_two_addresses_never_lead_to_one_object(base: Account) -> None:
    doubled = changed("aws_ecr_repository.oauth", name="atomic-app")

    found = base.find(doubled)

    for address in ("aws_ecr_repository.app", "aws_ecr_repository.oauth"):
        said = problem(found, address)
        assert said.kind == "ambiguous"
        assert "aws_ecr_repository.app and aws_ecr_repository.oauth" in said.found
        assert address not in found.attributes


# --- what is gone -----------------------------------------------------------------------------


def reassociate(base: Account, subnet_id: str, table_id: str | None) -> None:
    uses = [{"Name": "association.subnet-id", "Values": [subnet_id]}]
    (used,) = base.ec2.describe_route_tables(Filters=uses)["RouteTables"]
    for entry in used["Associations"]:
        if entry.get("SubnetId") == subnet_id:
            base.ec2.disassociate_route_table(AssociationId=entry["RouteTableAssociationId"])
    if table_id:
        base.ec2.associate_route_table(SubnetId=subnet_id, RouteTableId=table_id)


def test_an_association_that_is_undone_is_missing(base: Account) -> None:
    reassociate(base, base["aws_subnet.private[1]"], None)

    found = base.find()

    assert problem(found, "aws_route_table_association.private[1]").kind == "missing"
    assert "aws_route_table.private[1]" in found.attributes


def test_a_deleted_nat_gateway_is_missing(base: Account) -> None:
    gone = deleted_gateway(base)

    found = discovered_with("aws_nat_gateway", gone)

    said = problem(found, "aws_nat_gateway.nat[0]")
    assert said.kind == "missing"
    assert said.found == f"only {base['aws_nat_gateway.nat[0]']}, which is deleted"
    assert import_ids(found)["aws_eip.nat[0]"] == base["aws_eip.nat[0]"]


def test_a_nat_gateway_that_replaced_a_deleted_one_is_found(base: Account) -> None:
    def replaced(live: Live) -> list[Live]:
        new = f"{live.import_id}-new"
        return [
            *deleted_gateway(base)(live),
            replace(live, import_id=new, attributes={**live.attributes, "id": new}),
        ]

    found = discovered_with("aws_nat_gateway", replaced)

    nat = found.attributes["aws_nat_gateway.nat[0]"]["id"]
    assert nat == f"{base['aws_nat_gateway.nat[0]']}-new"


Change = Callable[[Live], Sequence[Live]]


def deleted_gateway(base: Account) -> Change:
    """moto forgets a deleted gateway at once; AWS lists it for an hour."""

    def change(live: Live) -> list[Live]:
        ours = live.import_id == base["aws_nat_gateway.nat[0]"]
        return [replace(live, gone="deleted") if ours else live]

    return change


def discovered_with(type_: str, change: Change) -> Discovery:
    """Discovery where other objects of one type exist."""
    objects = [each for each in configuration().objects if BASE.address(each)]
    existing = read_existing(
        client_of,
        types={each.type for each in objects},
        buckets={BUCKET},
        clusters={"atomic-ecs-cluster"},
    )
    other = [new for live in existing[type_] for new in change(live)]
    return find_in(
        {**existing, type_: other},
        objects,
        region=REGION,
        evaluate=lambda ids: evaluated(configuration(), ids),
    )


def test_a_secret_scheduled_for_deletion_is_missing_and_said_to_be(base: Account) -> None:
    arn = base["aws_secretsmanager_secret.api_token_secret"]
    base.secretsmanager.delete_secret(SecretId=arn, RecoveryWindowInDays=30)

    found = base.find()

    said = problem(found, "aws_secretsmanager_secret.api_token_secret")
    assert said.kind == "missing"
    assert f"{arn} is scheduled for deletion on 20" in said.found
    assert "restore-secret" in said.remedy


def test_a_missing_bucket_takes_its_settings_with_it(base: Account) -> None:
    base.s3.delete_bucket(Bucket=BUCKET)

    found = base.find()

    said = problem(found, "aws_s3_bucket.data_bucket")
    assert (said.kind, said.found) == ("missing", "nothing")
    assert said.sought == f'a bucket named "{BUCKET}"'
    assert problem(found, "aws_s3_bucket_versioning.data_bucket_versioning").found == (
        "it is made of aws_s3_bucket.data_bucket.id, and aws_s3_bucket.data_bucket was not found"
    )


def test_a_bucket_of_another_region_is_not_taken(base: Account) -> None:
    base.s3.delete_bucket(Bucket=BUCKET)
    base.s3.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )

    said = problem(base.find(), "aws_s3_bucket.data_bucket")

    assert said.kind == "missing"
    assert f"{BUCKET} is in us-west-2, not in us-east-1" in said.found


def test_a_bucket_without_an_access_block_is_said(base: Account) -> None:
    base.s3.delete_public_access_block(Bucket=BUCKET)

    found = base.find()

    (said,) = found.errors
    assert said.address == "aws_s3_bucket_public_access_block.data_bucket_public_access_block"
    assert said.kind == "missing"


def test_a_deleted_cluster_is_missing_though_aws_still_lists_it(base: Account) -> None:
    base.ecs.delete_cluster(cluster="atomic-ecs-cluster")

    said = problem(base.find(), "aws_ecs_cluster.main")

    assert said.kind == "missing"
    assert "is INACTIVE" in said.found


def test_a_detached_policy_is_missing(base: Account) -> None:
    policy = base["aws_iam_policy.ecs_application_task_policy"]
    base.iam.detach_role_policy(RoleName="atomic-ecs-application-task-role", PolicyArn=policy)

    (said,) = base.find().errors

    address = "aws_iam_role_policy_attachment.ecs_application_task_role_custom_policy"
    assert (said.address, said.kind) == (address, "missing")


def test_an_empty_account_holds_nothing(empty: Account) -> None:
    found = empty.find()

    assert found.attributes == {}
    assert len(found.errors) == 46
    assert {each.kind for each in found.errors} == {"missing", "unresolved"}


# --- what cannot be looked for ----------------------------------------------------------------


def test_a_name_that_cannot_be_told_is_unresolved_with_its_reason(base: Account) -> None:
    unknown = changed("aws_ecs_cluster.main", name=AfterApply())

    said = problem(base.find(unknown), "aws_ecs_cluster.main")

    assert (said.kind, said.found) == ("unresolved", "it is known only after apply")
    assert said.sought == "the name of the ECS cluster"


def test_a_name_made_after_apply_is_unresolved(base: Account) -> None:
    suffix = AfterApply(("random_pet.suffix.id", "random_pet.suffix"))

    said = problem(base.find(changed("aws_ecs_cluster.main", name=suffix)), "aws_ecs_cluster.main")

    assert said.kind == "unresolved"
    assert said.found == "it is made of random_pet.suffix.id, which is known only after apply"


def test_a_generated_name_is_unresolved(base: Account) -> None:
    generated = changed("aws_iam_role.ecs_task_execution_role", name=None, name_prefix="atomic-")

    said = problem(base.find(generated), "aws_iam_role.ecs_task_execution_role")

    assert (said.kind, said.found) == ("unresolved", "the configuration sets no name")


def test_a_vpc_without_a_name_is_unresolved(base: Account) -> None:
    said = problem(base.find(changed("aws_vpc.main", tags=None)), "aws_vpc.main")

    assert (said.kind, said.found) == (
        "unresolved",
        "the configuration does not give it a tag Name",
    )


def test_a_route_table_without_a_name_is_found_by_its_subnets(base: Account) -> None:
    unnamed = changed("aws_route_table.public", tags=None)

    assert import_ids(base.find(unnamed)) == base.made


def test_an_object_of_another_provider_is_unresolved(base: Account) -> None:
    whole = configuration()
    west = tuple(
        replace(each, provider="base.west") if each.type == "aws_ecs_cluster" else each
        for each in whole.objects
    )

    said = problem(base.find(replace(whole, objects=west)), "aws_ecs_cluster.main")

    assert said.kind == "unresolved"
    assert "base.west" in said.found


def test_a_problem_reads_as_one_line(empty: Account) -> None:
    said = str(problem(empty.find(), "aws_ecs_cluster.main"))

    assert said.startswith(
        'aws_ecs_cluster.main is missing: looked for an ECS cluster named "atomic-ecs-cluster"; '
        "found nothing; "
    )
    assert "\n" not in said


# --- the account ------------------------------------------------------------------------------


def test_another_region_than_the_configuration_s_is_refused(empty: Account) -> None:
    with pytest.raises(UserError, match='base is in "eu-west-1", but "us-east-1" was'):
        empty.find(replace(configuration(), region="eu-west-1"))


# --- AWS says no ------------------------------------------------------------------------------


def unasked(_ids: Mapping[str, str]) -> LegacyConfiguration:
    raise AssertionError("nothing was found that could tell more")


def refusing(code: str, message: str = "no") -> Clients:
    client = boto3.client(
        "ec2", region_name=REGION, aws_access_key_id="t", aws_secret_access_key="t"
    )
    stub = Stubber(client)
    stub.add_client_error("describe_vpcs", code, message)
    stub.activate()
    return lambda _service: client


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("UnauthorizedOperation", "refused ec2:DescribeVpcs.*allow this action"),
        ("ExpiredToken", "refused ec2:DescribeVpcs, the credentials are not valid.*log in again"),
        ("RequestLimitExceeded", "refused ec2:DescribeVpcs, too many calls.*wait a minute"),
        ("InternalError", r"refused ec2:DescribeVpcs \(InternalError: \"two lines\"\)"),
    ],
)
def test_a_refusal_names_the_call_and_what_to_do(code: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        discover(configuration(), refusing(code, "two\nlines"), unasked)

    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_missing_credentials_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    client = refusing("unused")("ec2")

    def nobody(*_args: object, **_kwargs: object) -> None:
        raise NoCredentialsError

    monkeypatch.setattr(client, "_make_api_call", nobody)

    with pytest.raises(UserError, match=r"credentials cannot be used.*AWS_PROFILE"):
        discover(configuration(), lambda _service: client, unasked)


def test_a_profile_that_does_not_exist_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody-s")

    with pytest.raises(UserError, match="nobody-s"):
        boto3_clients(region=REGION)


def test_an_endpoint_that_is_down_is_said() -> None:
    def client(service: str, /) -> Any:
        return boto3.client(  # type: ignore[call-overload]  # any name
            service,
            region_name=REGION,
            endpoint_url="http://127.0.0.1:1",
            aws_access_key_id="t",
            aws_secret_access_key="t",
            config=Config(retries={"total_max_attempts": 1}),
        )

    with pytest.raises(UserError, match=r"did not answer ec2:DescribeVpcs.*AWS_ENDPOINT_URL"):
        discover(configuration(), client, unasked)


def test_an_endpoint_that_is_no_url_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")

    with pytest.raises(UserError, match="set AWS_ENDPOINT_URL to a URL"):
        discover(configuration(), boto3_clients(region=REGION), unasked)


def test_a_missing_region_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "t")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "t")

    with pytest.raises(UserError, match="no region is set: set AWS_REGION"):
        discover(configuration(), boto3_clients(), unasked)
