"""Queues, of which SQS lists URLs alone."""

import pytest

from aws.client import boto3_clients
from aws.resources import RESOURCES


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")],
)
def test_a_queue_has_the_arn_of_its_partition(
    monkeypatch: pytest.MonkeyPatch, region: str, partition: str
) -> None:
    clients = boto3_clients(region=region)
    resource = RESOURCES["aws_sqs_queue"]
    monkeypatch.setattr("aws.resources.sqs.account_of", lambda _: "123456789012")

    assert resource.details is not None
    (found,) = resource.details(clients, [{"value": f"https://sqs.{region}/1/failed"}], None)

    assert found["arn"] == f"arn:{partition}:sqs:{region}:123456789012:failed"
