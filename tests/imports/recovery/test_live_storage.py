"""What a bucket has once or not at all: AWS answers for each in words of its own when it does not have it.

And whose a backup plan is.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from aws.client import Clients
from aws.resources import RESOURCES

_SETTINGS: dict[str, Callable[[Any], Any]] = {
    "aws_s3_bucket_versioning": lambda s3: s3.put_bucket_versioning(
        Bucket="dev-data", VersioningConfiguration={"Status": "Enabled"}
    ),
    "aws_s3_bucket_lifecycle_configuration": lambda s3: s3.put_bucket_lifecycle_configuration(
        Bucket="dev-data",
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "expire",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "Expiration": {"Days": 30},
                }
            ]
        },
    ),
    "aws_s3_bucket_logging": lambda s3: s3.put_bucket_logging(
        Bucket="dev-data",
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "dev-logs", "TargetPrefix": "d/"}},
    ),
}


def _buckets(clients: Clients) -> Any:
    s3 = clients("s3")
    s3.create_bucket(Bucket="dev-data")
    s3.create_bucket(Bucket="dev-logs")
    write = {"Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"}
    policy = {"Effect": "Allow", **write, "Resource": "arn:aws:s3:::dev-logs/*"}
    document = {"Version": "2012-10-17", "Statement": [policy]}
    s3.put_bucket_policy(Bucket="dev-logs", Policy=json.dumps(document))
    return s3


@pytest.mark.parametrize("type_", _SETTINGS)
def test_what_was_never_set_on_a_bucket_does_not_stand(clients: Clients, type_: str) -> None:
    _buckets(clients)

    assert RESOURCES[type_].listed(clients, "dev-data") == []


@pytest.mark.parametrize("type_", _SETTINGS)
def test_what_was_set_on_a_bucket_is_found_by_the_bucket(clients: Clients, type_: str) -> None:
    _SETTINGS[type_](_buckets(clients))

    assert [each.import_id for each in RESOURCES[type_].listed(clients, "dev-data")] == ["dev-data"]


@pytest.mark.parametrize("type_", _SETTINGS)
def test_what_is_asked_of_a_missing_bucket_does_not_stand(clients: Clients, type_: str) -> None:
    assert RESOURCES[type_].listed(clients, "dev-data") == []


def test_a_backup_plan_is_told_by_the_vault_that_it_writes_to(clients: Clients) -> None:
    backup = clients("backup")
    backup.create_backup_vault(BackupVaultName="dev-vault")
    rule = {"RuleName": "daily", "TargetBackupVaultName": "dev-vault"}
    backup.create_backup_plan(BackupPlan={"BackupPlanName": "dev-daily", "Rules": [rule]})

    # The selections are beside the point, and moto does not know them.
    found = RESOURCES["aws_backup_plan"].listed(_without_selections(clients), "dev-daily")

    assert [each.tied_to for each in found] == [{("aws_backup_vault", "dev-vault")}]


def _without_selections(clients: Clients) -> Clients:
    class Backup:
        def __getattr__(self, name: str) -> Any:
            return getattr(clients("backup"), name)

        def can_paginate(self, _operation: str) -> bool:
            return False

        def list_backup_selections(self, **_asked: str) -> Any:
            return {"BackupSelectionsList": []}

    return lambda _service: Backup()
