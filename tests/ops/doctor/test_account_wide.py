"""What the doctor finds in the account beside the stage, asked of moto."""

from typing import NoReturn

import boto3
from moto import mock_aws

from aws.client import boto3_clients
from common.errors import UserError
from ops.doctor.account_wide import watchers

REGION = "us-east-1"


@mock_aws
def test_nothing_watches_over_a_new_account() -> None:
    assert watchers(boto3_clients(region=REGION)) == {
        "CloudTrail": False,
        "GuardDuty": False,
        "AWS Config": False,
    }


@mock_aws
def test_what_watches_over_the_account_is_seen() -> None:
    boto3.client("guardduty", region_name=REGION).create_detector(Enable=True)
    boto3.client("s3", region_name=REGION).create_bucket(Bucket="trail")
    boto3.client("cloudtrail", region_name=REGION).create_trail(Name="all", S3BucketName="trail")

    found = watchers(boto3_clients(region=REGION))

    assert found == {"CloudTrail": True, "GuardDuty": True, "AWS Config": False}


def test_what_may_not_be_asked_is_unknown() -> None:
    def refuse(_service: str) -> NoReturn:
        raise UserError("AWS refuses it")

    assert set(watchers(refuse).values()) == {None}
