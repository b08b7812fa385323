"""A base on which its owner has set whatever can be set: all of it is there after the deploy."""

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest

from local.emulator import Emulator, running_emulator
from local.legacy import legacy_base
from modules.settings.secrets import PLACEHOLDER
from tests.integration.conftest import assert_no_changes
from tests.integration.story import STACK, STAGE, Story

pytestmark = pytest.mark.integration

OWN = "owners-own"
REPOSITORY = "atomic-app"
KEPT = [
    "aws_db_instance.main.auto_minor_version_upgrade",
    "aws_db_instance.main.max_allocated_storage",
    "aws_db_instance.main.parameter_group_name",
    "aws_db_instance.main.publicly_accessible",
    "aws_db_instance.main.storage_type",
    "aws_default_security_group.main",
    "aws_ecr_repository.app.image_tag_mutability",
    "aws_ecs_cluster_capacity_providers.main",
    "aws_s3_bucket_logging.data",
    "aws_s3_bucket_policy.data",
]
# Drawn at random by the deploy; every other secret is asserted by its whole value.
GENERATED = {"atomic-supertokens-api-key"}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The base, applied; since then its owner has been in the console."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "stages").mkdir()
    with running_emulator() as emulator:
        legacy = legacy_base(folder / "legacy", emulator, environment=os.environ)
        legacy.checked("apply", "-auto-approve", "-input=false", "-no-color")
        _of_the_bucket(emulator)
        _of_the_rest(emulator)
        yield Story(emulator=emulator, legacy=legacy, folder=folder)


def test_what_the_owner_set_is_written_to_the_stage_file(story: Story) -> None:
    answer = story.imports("inventory", *story.from_legacy)

    assert answer.code == 0, answer.text + answer.errors
    text = (story.stages / f"{STAGE}.toml").read_text()
    (line,) = [line for line in answer.text.splitlines() if "somebody has set in AWS" in line]
    assert f"keep_as_found = {json.dumps(KEPT)}" in line
    assert all(f'"{address}"' in text for address in KEPT)


def test_the_full_platform_leaves_all_of_it_as_it_is_and_every_secret_whole(story: Story) -> None:
    before, rules = _documents(story.emulator), _rules(story.emulator)
    secrets = story.secret_values()
    adoption = story.imports("adopt", "--stage", STAGE)
    assert adoption.code == 0, adoption.text + adoption.errors
    story.set_phase("full")
    gate = story.imports("gate", "--stage", STAGE)
    assert gate.code == 0, gate.text
    assert [address for address in KEPT if f"kept as found {address}:" not in gate.text] == []

    story.cdktf.run("deploy", STACK, "--auto-approve")

    assert _documents(story.emulator) == before
    after = _rules(story.emulator)
    assert {group: found & after[group] for group, found in rules.items()} == rules
    assert _expected(secrets, story) == story.secret_values()
    assert_no_changes(story.cdktf, STACK)


def test_without_the_line_the_gate_names_each_of_them_and_blocks(story: Story) -> None:
    path = story.stages / f"{STAGE}.toml"
    kept = path.read_text()
    start, end = kept.index("keep_as_found = ["), kept.index("]", kept.index("keep_as_found = ["))
    path.write_text(kept[:start] + kept[end + 1 :])

    answer = story.imports("gate", "--stage", STAGE)

    path.write_text(kept)
    assert answer.code == 2
    blocked = [line for line in answer.text.splitlines() if line.startswith("BLOCKED")]
    assert [name for name in KEPT if not any(f'"{name}"' in line for line in blocked)] == []


def test_a_rule_that_may_go_is_replaced_where_a_person_allows_it(story: Story) -> None:
    path = story.stages / f"{STAGE}.toml"
    policy = "aws_s3_bucket_policy.data"
    text = path.read_text().replace(f'    "{policy}",\n', "")
    path.write_text(f'allow_overwrite = ["{policy}"]\n{text}')
    gate = story.imports("gate", "--stage", STAGE)

    story.cdktf.run("deploy", STACK, "--auto-approve")

    assert gate.code == 0, gate.text
    assert f"change {policy}: allowed: AWS has one already" in gate.text
    bucket = _bucket(story.emulator)
    found = story.emulator.client("s3").get_bucket_policy(Bucket=bucket)["Policy"]
    assert "aws:SecureTransport" in found


def _expected(before: Mapping[str, str], story: Story) -> dict[str, str]:
    """Every secret of the stage, by what the base held, and what is the platform's own."""
    after = story.secret_values()
    (instance,) = story.emulator.client("rds").describe_db_instances()["DBInstances"]
    credentials = json.loads(before["atomic-rds-master-credentials"])
    host = f"{instance['Endpoint']['Address']}:5432/atomicdb"
    login = f"{credentials['username']}:{quote(credentials['password'], safe='')}"
    return {
        **dict.fromkeys(after, PLACEHOLDER),
        **{name: after[name] for name in GENERATED},
        # Until the roles are made, the services log in as the master.
        **dict.fromkeys(
            (name for name in after if name.endswith("-db-role")),
            json.dumps(
                {key: credentials[key] for key in ("password", "username")}, separators=(",", ":")
            ),
        ),
        **before,
        "atomic-supertokens-db-conn-string": f"postgresql://{login}@{host}",
        "atomic-hasura-db-conn-string": f"postgres://{login}@{host}",
        "atomic-optaplanner-db-conn-string": f"jdbc:postgresql://{host}",
    }


def _bucket(emulator: Emulator) -> str:
    return next(
        str(bucket["Name"])
        for bucket in emulator.client("s3").list_buckets()["Buckets"]
        if "-data-bucket-" in bucket["Name"]
    )


def _statement(**parts: Any) -> dict[str, Any]:
    statement = {"Sid": "Owner", "Effect": "Allow", "Action": "s3:GetObject", **parts}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _of_the_bucket(emulator: Emulator) -> None:
    s3, bucket = emulator.client("s3"), _bucket(emulator)
    for name in (OWN, f"{OWN}-copies"):
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_policy(
        Bucket=OWN,
        Policy=json.dumps(
            _statement(
                Principal={"Service": "logging.s3.amazonaws.com"},
                Action="s3:PutObject",
                Resource=f"arn:aws:s3:::{OWN}/*",
            )
        ),
    )
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": False,
            "RestrictPublicBuckets": False,
        },
    )
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy=json.dumps(
            _statement(
                Principal={"Service": "cloudfront.amazonaws.com"},
                Resource=f"arn:aws:s3:::{bucket}/*",
            )
        ),
    )
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "theirs",
                    "Status": "Enabled",
                    "Filter": {"Prefix": "tmp/"},
                    "Expiration": {"Days": 9},
                }
            ]
        },
    )
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]},
    )
    s3.put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={
            "CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://a.example.com"]}]
        },
    )
    topic = emulator.client("sns").create_topic(Name=OWN)["TopicArn"]
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    s3.put_bucket_logging(
        Bucket=bucket,
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": OWN, "TargetPrefix": "l/"}},
    )
    trust = _statement(Principal={"Service": "s3.amazonaws.com"}, Action="sts:AssumeRole")
    role = emulator.client("iam").create_role(
        RoleName=OWN, AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]["Arn"]
    s3.put_bucket_replication(
        Bucket=bucket,
        ReplicationConfiguration={
            "Role": role,
            "Rules": [
                {
                    "ID": "copies",
                    "Priority": 1,
                    "Filter": {"Prefix": ""},
                    "DeleteMarkerReplication": {"Status": "Disabled"},
                    "Status": "Enabled",
                    "Destination": {"Bucket": f"arn:aws:s3:::{OWN}-copies"},
                }
            ],
        },
    )


def _of_the_rest(emulator: Emulator) -> None:
    ecs, rds, ecr = (emulator.client(name) for name in ("ecs", "rds", "ecr"))
    ec2, iam = emulator.client("ec2"), emulator.client("iam")
    ecs.put_cluster_capacity_providers(
        cluster="atomic-ecs-cluster",
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 3}],
    )
    rds.create_db_parameter_group(
        DBParameterGroupName=OWN, DBParameterGroupFamily="postgres15", Description="theirs"
    )
    rds.modify_db_parameter_group(
        DBParameterGroupName=OWN,
        Parameters=[
            {"ParameterName": "work_mem", "ParameterValue": "65536", "ApplyMethod": "immediate"}
        ],
    )
    (instance,) = rds.describe_db_instances()["DBInstances"]
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.0.0.0/16"]}])["Vpcs"]
    own = ec2.create_security_group(GroupName=OWN, Description="theirs", VpcId=vpc["VpcId"])[
        "GroupId"
    ]
    rds.modify_db_instance(
        DBInstanceIdentifier=instance["DBInstanceIdentifier"],
        DBParameterGroupName=OWN,
        MaxAllocatedStorage=500,
        StorageType="io1",
        Iops=3000,
        AllocatedStorage=100,
        AutoMinorVersionUpgrade=False,
        PubliclyAccessible=True,
        VpcSecurityGroupIds=[*_groups_of(instance), own],
        ApplyImmediately=True,
    )
    ecr.set_repository_policy(
        repositoryName=REPOSITORY,
        policyText=json.dumps(
            _statement(
                Principal={"AWS": "arn:aws:iam::123456789012:root"}, Action="ecr:BatchGetImage"
            )
        ),
    )
    ecr.put_image_tag_mutability(repositoryName=REPOSITORY, imageTagMutability="IMMUTABLE")
    iam.put_role_policy(
        RoleName="atomic-ecs-application-task-role",
        PolicyName="theirs",
        PolicyDocument=json.dumps(_statement(Resource="*")),
    )
    for group in ec2.describe_security_groups()["SecurityGroups"]:
        if group["GroupName"].startswith("atomic-") or group["GroupName"] == "default":
            ec2.authorize_security_group_ingress(
                GroupId=group["GroupId"],
                IpPermissions=[
                    {
                        "IpProtocol": "tcp",
                        "FromPort": 22,
                        "ToPort": 22,
                        "IpRanges": [{"CidrIp": "192.0.2.0/24", "Description": "theirs"}],
                    }
                ],
            )


def _documents(emulator: Emulator) -> dict[str, Any]:
    """Whatever the owner has set, as AWS tells it."""
    s3, bucket = emulator.client("s3"), _bucket(emulator)
    ecr, iam = emulator.client("ecr"), emulator.client("iam")
    (instance,) = emulator.client("rds").describe_db_instances()["DBInstances"]
    parameters = emulator.client("rds").describe_db_parameters(DBParameterGroupName=OWN)
    (cluster,) = emulator.client("ecs").describe_clusters(clusters=["atomic-ecs-cluster"])[
        "clusters"
    ]
    (repository,) = ecr.describe_repositories(repositoryNames=[REPOSITORY])["repositories"]
    asked = {
        "policy": s3.get_bucket_policy,
        "lifecycle": s3.get_bucket_lifecycle_configuration,
        "versioning": s3.get_bucket_versioning,
        "encryption": s3.get_bucket_encryption,
        "cors": s3.get_bucket_cors,
        "notifications": s3.get_bucket_notification_configuration,
        "public access": s3.get_public_access_block,
        "replication": s3.get_bucket_replication,
        "logging": s3.get_bucket_logging,
    }
    found: dict[str, Any] = {name: ask(Bucket=bucket) for name, ask in asked.items()}
    for answer in found.values():
        answer.pop("ResponseMetadata")
    return found | {
        "capacity providers": (
            cluster["capacityProviders"],
            cluster["defaultCapacityProviderStrategy"],
        ),
        "database": (
            instance["DBParameterGroups"],
            instance["MaxAllocatedStorage"],
            instance["StorageType"],
            instance["Iops"],
            instance["AllocatedStorage"],
            instance["AutoMinorVersionUpgrade"],
            instance["PubliclyAccessible"],
            sorted(_groups_of(instance)),
        ),
        "parameters": parameters["Parameters"],
        "repository policy": ecr.get_repository_policy(repositoryName=REPOSITORY)["policyText"],
        "mutability": repository["imageTagMutability"],
        "role policy": iam.get_role_policy(
            RoleName="atomic-ecs-application-task-role", PolicyName="theirs"
        )["PolicyDocument"],
    }


def _rules(emulator: Emulator) -> dict[str, frozenset[str]]:
    """The rules of each group of the base; the platform may add to them."""
    groups = emulator.client("ec2").describe_security_groups()["SecurityGroups"]
    return {
        group["GroupId"]: frozenset(
            json.dumps([kind, rule["IpProtocol"], rule.get("FromPort"), source], sort_keys=True)
            for kind in ("IpPermissions", "IpPermissionsEgress")
            for rule in group[kind]
            for source in (*rule["IpRanges"], *rule["UserIdGroupPairs"])
        )
        for group in groups
    }


def _groups_of(instance: Mapping[str, Any]) -> list[str]:
    return [str(group["VpcSecurityGroupId"]) for group in instance["VpcSecurityGroups"]]
