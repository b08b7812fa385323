"""The partition of a region, and what stands in it in a whole stage."""

import json

import botocore.session
import pytest

from modules.base.partition import arn, console, has, host, regions
from security.iam import iam_failures
from tests.conftest import Synthesize

SESSION = botocore.session.get_session()


def test_each_region_has_the_partition_that_botocore_gives_it() -> None:
    assert {each: SESSION.get_partition_for_region(each) for each in regions()} == dict(regions())


@pytest.mark.parametrize(
    ("region", "begins", "logs", "shown"),
    [
        ("eu-west-1", "arn:aws:", "logs.eu-west-1.amazonaws.com", "aws.amazon.com"),
        ("us-gov-east-1", "arn:aws-us-gov:", "logs.us-gov-east-1.amazonaws.com", "-us-gov.com"),
        ("cn-north-1", "arn:aws-cn:", "logs.cn-north-1.amazonaws.com.cn", ".amazonaws.cn"),
    ],
)
def test_a_region_says_how_arns_begin_and_how_hosts_end(
    region: str, begins: str, logs: str, shown: str
) -> None:
    assert arn(region, "iam::aws:policy/P") == f"{begins}iam::aws:policy/P"
    assert host("logs", region) == logs
    assert console(region).endswith(shown)


def test_a_service_is_a_regions_or_its_whole_partitions() -> None:
    assert has("ecs", "us-gov-west-1")
    assert has("route53", "us-gov-west-1")
    assert not has("budgets", "us-gov-west-1")
    assert has("budgets", "cn-north-1")


@pytest.mark.parametrize(
    ("stage", "partition"), [("govcloud", "aws-us-gov"), ("china", "aws-cn"), ("prod", "aws")]
)
def test_all_of_a_stage_is_of_its_partition(stack: Synthesize, stage: str, partition: str) -> None:
    text = json.dumps(stack(stage).json)

    assert f"arn:{partition}:" in text
    assert [other for other in ("aws", "aws-cn", "aws-us-gov") if f"arn:{other}:" in text] == [
        partition
    ]


def test_in_china_the_logs_alone_have_a_principal_of_the_partitions(stack: Synthesize) -> None:
    """Every other service is called as elsewhere, which is what AWS's own CDK writes too."""
    text = json.dumps(stack("china").json)

    assert "logs.cn-northwest-1.amazonaws.com.cn" in text
    assert "ecs-tasks.amazonaws.com" in text
    assert "ecs-tasks.amazonaws.com.cn" not in text


@pytest.mark.parametrize("stage", ["govcloud", "china"])
def test_the_policies_of_another_partition_are_as_sound(stack: Synthesize, stage: str) -> None:
    found, usual = (
        {each.check for each in iam_failures(stack(name).read, stage=name)}
        for name in (stage, "fortified")
    )

    assert found <= usual
