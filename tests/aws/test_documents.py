"""Documents that a create overwrites: what somebody has set is found, what AWS sets by itself is not."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from aws.client import Clients
from aws.resources import DOCUMENTS
from aws.resources.document import policy_document
from modules.compute.expiry import lifecycle_policy
from modules.settings.stage_settings import Images
from terraform.overwrites import held_documents, overwrites
from tests.imports.records import a_plan, planned

BUCKET = "live-data"
READERS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Readers",
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        }
    ],
}
TLS_ONLY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*"}]}
EXPIRE = {
    "Rules": [
        {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": 9}}
    ]
}


def _of_bucket(part: str, **after: Any) -> dict[str, Any]:
    return planned(f"aws_s3_bucket_{part}.data", "create", after={"bucket": BUCKET, **after})


LIFECYCLE = _of_bucket(
    "lifecycle_configuration",
    rule=[
        {
            "id": "expire",
            "status": "Enabled",
            "prefix": None,
            "filter": [{"prefix": "", "and": [], "tag": [], "object_size_less_than": None}],
            "expiration": [],
            "transition": [],
            "noncurrent_version_transition": [],
            "noncurrent_version_expiration": [
                {"noncurrent_days": 30, "newer_noncurrent_versions": None}
            ],
            "abort_incomplete_multipart_upload": [{"days_after_initiation": 7}],
        }
    ],
)
OF_BUCKET = {
    "policy": _of_bucket("policy", policy=json.dumps(TLS_ONLY)),
    "lifecycle": LIFECYCLE,
    "versioning": _of_bucket("versioning", versioning_configuration=[{"status": "Enabled"}]),
    "logging": _of_bucket("logging", target_bucket="ours", target_prefix="data-bucket/"),
    "public access": _of_bucket(
        "public_access_block",
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    ),
    "encryption": _of_bucket(
        "server_side_encryption_configuration",
        rule=[{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}],
    ),
}


def _encrypt(s3: Any) -> None:
    key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/theirs"}
    rules = [{"ApplyServerSideEncryptionByDefault": key, "BucketKeyEnabled": True}]
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": rules})


def _log(s3: Any) -> None:
    s3.create_bucket(Bucket="theirs")
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::theirs/*",
    }
    s3.put_bucket_policy(Bucket="theirs", Policy=json.dumps({"Statement": [allowed]}))
    target = {"TargetBucket": "theirs", "TargetPrefix": "l/"}
    s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus={"LoggingEnabled": target})


def _open(s3: Any) -> None:
    open_ = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False
    )
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=open_)


SET_BY_HAND: dict[str, tuple[Callable[[Any], Any], str]] = {
    "policy": (
        lambda s3: s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(READERS)),
        "cloudfront.amazonaws.com",
    ),
    "lifecycle": (
        lambda s3: s3.put_bucket_lifecycle_configuration(
            Bucket=BUCKET, LifecycleConfiguration=EXPIRE
        ),
        '"theirs"',
    ),
    "versioning": (
        lambda s3: s3.put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
        ),
        "Suspended",
    ),
    "logging": (_log, '"theirs"'),
    "public access": (_open, '"block_public_policy": false'),
    "encryption": (_encrypt, "alias/theirs"),
}


def found(clients: Clients, *changes: dict[str, Any], allowed: str = "") -> Any:
    plan = a_plan(*changes)
    return overwrites(plan, held_documents(plan, clients), allowed=frozenset(allowed.split()))


@pytest.mark.parametrize("part", OF_BUCKET)
def test_a_bucket_without_a_document_has_nothing_to_lose(clients: Clients, part: str) -> None:
    clients("s3").create_bucket(Bucket=BUCKET)

    assert found(clients, OF_BUCKET[part]) == ()


@pytest.mark.parametrize("part", OF_BUCKET)
def test_a_bucket_that_is_not_there_has_nothing_to_lose(clients: Clients, part: str) -> None:
    assert found(clients, OF_BUCKET[part]) == ()


@pytest.mark.parametrize("part", OF_BUCKET)
def test_what_somebody_has_set_on_a_bucket_is_named_with_what_it_holds(
    clients: Clients, part: str
) -> None:
    clients("s3").create_bucket(Bucket=BUCKET)
    put, word = SET_BY_HAND[part]
    put(clients("s3"))

    (overwrite,) = found(clients, OF_BUCKET[part])

    assert overwrite.address == OF_BUCKET[part]["address"]
    assert word in overwrite.holds
    assert word not in overwrite.becomes
    assert not overwrite.allowed


def test_a_policy_that_says_the_same_in_other_words_is_no_loss(clients: Clients) -> None:
    clients("s3").create_bucket(Bucket=BUCKET)
    (statement,) = READERS["Statement"]
    other = {**statement, "Sid": "Other", "Action": ["s3:GetObject"]}  # type: ignore[dict-item]  # a mapping
    clients("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Statement": other}))

    assert found(clients, _of_bucket("policy", policy=json.dumps(READERS))) == ()


def test_our_own_lifecycle_of_a_deploy_that_broke_off_is_no_loss(clients: Clients) -> None:
    clients("s3").create_bucket(Bucket=BUCKET)
    ours = {
        "ID": "expire",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    clients("s3").put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration={"Rules": [ours]}
    )

    assert found(clients, LIFECYCLE) == ()


def test_a_policy_that_is_known_after_apply_only_counts_as_another(clients: Clients) -> None:
    clients("s3").create_bucket(Bucket=BUCKET)
    clients("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(READERS))

    (overwrite,) = found(clients, _of_bucket("policy", policy=None))

    assert overwrite.becomes == "(known after apply)"


def test_a_named_address_may_be_overwritten(clients: Clients) -> None:
    clients("s3").create_bucket(Bucket=BUCKET)
    clients("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(READERS))

    (overwrite,) = found(clients, OF_BUCKET["policy"], allowed="aws_s3_bucket_policy.data")

    assert overwrite.allowed


POLICY = json.dumps(lifecycle_policy(Images()))
EXPIRING = planned(
    "aws_ecr_lifecycle_policy.app", "create", after={"repository": "live-app", "policy": POLICY}
)


def test_a_registrys_own_rules_are_named(clients: Clients) -> None:
    clients("ecr").create_repository(repositoryName="live-app")
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 900}
    theirs = {"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]}
    clients("ecr").put_lifecycle_policy(
        repositoryName="live-app", lifecyclePolicyText=json.dumps(theirs)
    )

    (overwrite,) = found(clients, EXPIRING)

    assert '"countNumber": 900' in overwrite.holds
    assert '"countNumber": 50' in overwrite.becomes


def test_the_same_rules_in_another_spelling_and_none_are_no_loss(clients: Clients) -> None:
    clients("ecr").create_repository(repositoryName="live-app")
    assert found(clients, EXPIRING) == ()
    same = json.loads(POLICY)
    for rule in same["rules"]:
        rule["description"] = "in other words"
    clients("ecr").put_lifecycle_policy(
        repositoryName="live-app", lifecyclePolicyText=json.dumps(same, indent=2, sort_keys=True)
    )
    assert found(clients, EXPIRING) == ()


CAPACITY = planned(
    "aws_ecs_cluster_capacity_providers.main",
    "create",
    after={
        "cluster_name": "live",
        "capacity_providers": ["FARGATE", "FARGATE_SPOT"],
        "default_capacity_provider_strategy": [],
    },
)


def test_the_default_capacity_providers_of_a_cluster_are_named(clients: Clients) -> None:
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 3}]
    clients("ecs").create_cluster(
        clusterName="live",
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=strategy,
    )

    (overwrite,) = found(clients, CAPACITY)

    assert '"weight": 3' in overwrite.holds
    assert '"default_capacity_provider_strategy": []' in overwrite.becomes


def test_the_same_capacity_providers_and_none_are_no_loss(clients: Clients) -> None:
    assert found(clients, CAPACITY) == ()
    clients("ecs").create_cluster(clusterName="live")
    assert found(clients, CAPACITY) == ()
    clients("ecs").put_cluster_capacity_providers(
        cluster="live",
        capacityProviders=["FARGATE_SPOT", "FARGATE"],
        defaultCapacityProviderStrategy=[],
    )
    assert found(clients, CAPACITY) == ()


@pytest.fixture(name="network")
def _network(clients: Clients) -> tuple[dict[str, Any], str]:
    """The plan of the default group of a new network, and that group's id."""
    vpc = clients("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    groups = clients("ec2").describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [vpc]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )
    change = planned("aws_default_security_group.main", "create", after={"vpc_id": vpc})
    return change, str(groups["SecurityGroups"][0]["GroupId"])


def test_the_default_group_as_aws_makes_it_is_no_loss(
    clients: Clients, network: tuple[dict[str, Any], str]
) -> None:
    assert found(clients, network[0]) == ()


def test_a_rule_that_somebody_gave_the_default_group_is_named(
    clients: Clients, network: tuple[dict[str, Any], str]
) -> None:
    change, group = network
    clients("ec2").authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=5432, ToPort=5432, CidrIp="10.9.0.0/16"
    )

    (overwrite,) = found(clients, change)

    assert "10.9.0.0/16" in overwrite.holds


def test_a_default_group_that_something_uses_is_named_with_what_uses_it(
    clients: Clients, network: tuple[dict[str, Any], str]
) -> None:
    change, group = network
    subnet = clients("ec2").create_subnet(
        VpcId=change["change"]["after"]["vpc_id"], CidrBlock="10.0.1.0/24"
    )["Subnet"]["SubnetId"]
    machine = clients("ec2").run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=subnet, SecurityGroupIds=[group]
    )["Instances"][0]

    (overwrite,) = found(clients, change)

    assert machine["NetworkInterfaces"][0]["NetworkInterfaceId"] in overwrite.holds


def test_an_interface_that_nothing_has_attached_is_no_user_of_the_group(
    clients: Clients, network: tuple[dict[str, Any], str]
) -> None:
    change, group = network
    subnet = clients("ec2").create_subnet(
        VpcId=change["change"]["after"]["vpc_id"], CidrBlock="10.0.1.0/24"
    )["Subnet"]["SubnetId"]
    clients("ec2").create_network_interface(SubnetId=subnet, Groups=[group])

    assert found(clients, change) == ()


def test_a_topics_own_policy_is_no_loss_and_one_that_was_set_is(clients: Clients) -> None:
    arn = clients("sns").create_topic(Name="alarms")["TopicArn"]
    after = {"arn": arn, "policy": json.dumps(TLS_ONLY)}
    change = planned("aws_sns_topic_policy.alarms", "create", after=after)
    assert found(clients, change) == ()

    clients("sns").set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(READERS)
    )

    (overwrite,) = found(clients, change)
    assert "cloudfront.amazonaws.com" in overwrite.holds


def test_the_policy_of_a_file_system_is_named(clients: Clients) -> None:
    system = clients("efs").create_file_system(CreationToken="a")["FileSystemId"]
    after = {"file_system_id": system, "policy": json.dumps(TLS_ONLY)}
    change = planned("aws_efs_file_system_policy.lancedb", "create", after=after)
    assert found(clients, change) == ()

    clients("efs").put_file_system_policy(FileSystemId=system, Policy=json.dumps(READERS))

    assert [each.address for each in found(clients, change)] == [change["address"]]


def test_an_inline_policy_of_a_role_is_named(clients: Clients) -> None:
    iam = clients("iam")
    iam.create_role(RoleName="task", AssumeRolePolicyDocument=json.dumps(TLS_ONLY))
    after = {"role": "task", "name": "execution", "policy": json.dumps(TLS_ONLY)}
    change = planned("aws_iam_role_policy.task", "create", after=after)
    assert found(clients, change) == ()

    iam.put_role_policy(RoleName="task", PolicyName="execution", PolicyDocument=json.dumps(READERS))

    assert [each.address for each in found(clients, change)] == [change["address"]]


@pytest.mark.parametrize("type_", sorted(DOCUMENTS))
def test_where_the_parent_is_new_aws_is_not_asked(type_: str) -> None:
    change = planned(f"{type_}.main", "create", after={})

    def no_client(service: str, /) -> Any:
        raise AssertionError(service)

    assert held_documents(a_plan(change), no_client) == {}


@pytest.mark.parametrize("action", ["no-op", "update", "delete"])
def test_what_the_state_has_is_no_overwrite(clients: Clients, action: str) -> None:
    clients("s3").create_bucket(Bucket=BUCKET)
    clients("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(READERS))
    change = planned("aws_s3_bucket_policy.data", action, after={"bucket": BUCKET, "policy": "{}"})

    assert found(clients, change) == ()


@pytest.mark.parametrize("text", [None, "", "no json", "[]", 3])
def test_what_is_no_policy_is_no_document(text: object) -> None:
    assert policy_document(text) is None
