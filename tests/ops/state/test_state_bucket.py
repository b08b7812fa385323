"""What a bootstrap leaves of a bucket that somebody has already, and what it adds."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from aws.client import Clients
from ops.state.state_bucket import StateBucket

BUCKET, KEY = "acme-terraform", "atomic-dev.tfstate"
KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
THEIRS = {
    "Sid": "Theirs",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Action": "s3:GetObject",
    "Resource": f"arn:aws:s3:::{BUCKET}/*",
}

Bootstrap = Callable[..., list[str]]


@pytest.fixture
def s3(clients: Clients) -> Any:
    """The S3 of an account that has no bucket yet."""
    return clients("s3")


@pytest.fixture
def bootstrap(clients: Clients) -> Bootstrap:
    """Bootstrap the bucket for the state of a key, and return what that changed."""

    def run(key: str = KEY, kms_key_id: str | None = None) -> list[str]:
        steps = _bucket(clients, key, kms_key_id).prepare()
        return [step.what for step in steps if step.changed]

    return run


def _bucket(clients: Clients, key: str, kms_key_id: str | None) -> StateBucket:
    return StateBucket(
        clients=clients,
        name=BUCKET,
        key=key,
        region="us-east-1",
        account_id="123456789012",
        kms_key_id=kms_key_id,
    )


def lifecycle(s3: Any) -> list[tuple[str, int]]:
    """Below which keys old versions go, and after how many days."""
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    return [
        (each["Filter"]["Prefix"], each["NoncurrentVersionExpiration"]["NoncurrentDays"])
        for each in rules
    ]


def encryption(s3: Any) -> Any:
    found = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]
    return found["Rules"]


def encrypt(s3: Any, algorithm: str, *, key: str = KMS_KEY) -> None:
    cipher = {"SSEAlgorithm": algorithm, "KMSMasterKeyID": key}
    s3.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": cipher, "BucketKeyEnabled": True}]
        },
    )


def test_encryption_that_stays_is_told_as_the_buckets_default(s3: Any, clients: Clients) -> None:
    """Terraform says AES256 for the state itself."""
    s3.create_bucket(Bucket=BUCKET)
    encrypt(s3, "aws:kms")

    told = [step.what for step in _bucket(clients, KEY, None).prepare()]

    assert "encrypted with KMS by default" in told


@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
@pytest.mark.parametrize("kms_key_id", [None, KMS_KEY])
def test_a_buckets_own_kms_encryption_stays_where_the_stage_names_no_other_key(
    algorithm: str, kms_key_id: str | None, s3: Any, bootstrap: Bootstrap
) -> None:
    s3.create_bucket(Bucket=BUCKET)
    encrypt(s3, algorithm)
    before = encryption(s3)

    changed = bootstrap(kms_key_id=kms_key_id)

    assert encryption(s3) == before
    assert not [what for what in changed if "encrypted" in what]


def test_the_stages_key_takes_the_place_of_another_one_and_leaves_the_bucket_key(
    s3: Any, bootstrap: Bootstrap
) -> None:
    s3.create_bucket(Bucket=BUCKET)
    encrypt(s3, "aws:kms")

    bootstrap(kms_key_id=KMS_KEY + "2")

    (rule,) = encryption(s3)
    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == KMS_KEY + "2"
    assert rule["BucketKeyEnabled"] is True


def test_in_a_bucket_that_was_there_the_states_old_versions_alone_go(
    s3: Any, bootstrap: Bootstrap
) -> None:
    s3.create_bucket(Bucket=BUCKET)

    changed = bootstrap()

    assert lifecycle(s3) == [(KEY, 365)]
    assert changed[-1] == "old versions of this state go after 365 days"


def test_in_a_bucket_of_its_own_all_old_versions_go(s3: Any, bootstrap: Bootstrap) -> None:
    bootstrap()

    assert lifecycle(s3) == [("", 365)]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_second_bootstrap_is_quiet(is_there: bool, s3: Any, bootstrap: Bootstrap) -> None:
    if is_there:
        s3.create_bucket(Bucket=BUCKET)
    bootstrap()
    before = lifecycle(s3)

    assert bootstrap() == []
    assert lifecycle(s3) == before


def test_two_stages_in_somebodys_bucket_have_a_rule_each(s3: Any, bootstrap: Bootstrap) -> None:
    s3.create_bucket(Bucket=BUCKET)

    bootstrap("one.tfstate")
    bootstrap("two.tfstate")

    assert lifecycle(s3) == [("one.tfstate", 365), ("two.tfstate", 365)]
    assert bootstrap("one.tfstate") == []


def test_a_second_stage_in_a_stages_bucket_adds_no_rule(s3: Any, bootstrap: Bootstrap) -> None:
    bootstrap("one.tfstate")

    assert bootstrap("two.tfstate") == []
    assert lifecycle(s3) == [("", 365)]


def test_a_rule_of_other_days_is_set_back_where_it_is(s3: Any, bootstrap: Bootstrap) -> None:
    bootstrap()
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": 9}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})

    bootstrap()

    assert lifecycle(s3) == [("", 365)]


def test_a_buckets_smallest_size_for_moving_objects_stays(s3: Any, bootstrap: Bootstrap) -> None:
    """GIVEN a size that moto does not keep."""
    s3.create_bucket(Bucket=BUCKET)
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": "x"}, "Expiration": {"Days": 9}}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
    size = {"TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}
    put: list[dict[str, Any]] = []
    operation = "s3.{}BucketLifecycleConfiguration"
    s3.meta.events.register(
        f"after-call.{operation.format('Get')}", lambda parsed, **_: parsed.update(size)
    )
    s3.meta.events.register(
        f"before-parameter-build.{operation.format('Put')}", lambda params, **_: put.append(params)
    )

    bootstrap()

    assert put[0].items() >= size.items()


def test_a_policy_whose_statement_is_one_object_keeps_it_with_its_version_and_id(
    s3: Any, bootstrap: Bootstrap
) -> None:
    s3.create_bucket(Bucket=BUCKET)
    policy = {"Version": "2008-10-17", "Id": "own", "Statement": THEIRS}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))

    bootstrap()

    found = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    assert [each["Sid"] for each in found["Statement"]] == ["Theirs", "DenyPlainText"]
    assert found["Statement"][0] == THEIRS
    assert (found["Version"], found["Id"]) == ("2008-10-17", "own")
