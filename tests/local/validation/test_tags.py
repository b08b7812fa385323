"""What AWS takes as tags: a request's parameters in, lines out."""

from typing import Any

import pytest
from moto.core.utils import get_service_model

from local.validation.tags import tag_errors


def tagged(**tags: str) -> list[str]:
    shape = get_service_model("secretsmanager").operation_model("CreateSecret").input_shape
    assert shape is not None
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    return tag_errors(shape, {"Name": "a", "Tags": pairs}, service="secretsmanager")


def test_fifty_tags_are_taken_and_one_more_is_refused() -> None:
    fifty = {f"k{number}": "v" for number in range(50)}

    assert tagged(**fifty) == []
    assert tagged(**fifty, one_more="v") == ["Tags: allowed: at most 50 tags, not 51"]


@pytest.mark.parametrize(
    ("service", "operation", "params", "path"),
    [
        (
            "ec2",
            "CreateVpc",
            {"TagSpecifications": [{"Tags": [{"Key": "aws:x"}]}]},
            "TagSpecifications[0].Tags",
        ),
        ("ecs", "CreateCluster", {"tags": [{"key": "aws:x"}]}, "tags"),
        ("logs", "CreateLogGroup", {"tags": {"aws:x": ""}}, "tags"),
        ("s3", "PutBucketTagging", {"Tagging": {"TagSet": [{"Key": "aws:x"}]}}, "Tagging.TagSet"),
        ("application-autoscaling", "TagResource", {"Tags": {"aws:x": ""}}, "Tags"),
    ],
)
def test_tags_are_found_however_a_service_writes_them(
    service: str, operation: str, params: dict[str, Any], path: str
) -> None:
    shape = get_service_model(service).operation_model(operation).input_shape
    assert shape is not None

    (line,) = tag_errors(shape, params, service=service)

    assert line.startswith(f"{path}: key 'aws:x': allowed: ")


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"a" * 129: "v"}, "1 to 128 characters, not 129"),
        ({"": "v"}, "1 to 128 characters, not 0"),
        ({"a": "v" * 257}, "at most 256 characters, not 257"),
        ({"AWS:a": "v"}, 'does not begin with "aws:"'),
        ({"a&b": "v"}, "key 'a&b': allowed: a key of letters, digits, spaces and _ . : / = + - @"),
        ({"Team": "R&D (platform), #1"}, "Tags[Team]: allowed: a value of letters"),
    ],
)
def test_a_tag_that_aws_does_not_take_is_refused(tags: dict[str, str], said: str) -> None:
    (line,) = tagged(**tags)

    assert said in line


def test_ec2_takes_any_character() -> None:
    shape = get_service_model("ec2").operation_model("CreateVpc").input_shape
    assert shape is not None
    given = {"TagSpecifications": [{"Tags": [{"Key": "Team", "Value": "R&D (platform), #1"}]}]}

    assert tag_errors(shape, given, service="ec2") == []


def test_iam_takes_keys_that_differ_in_capitals_alone_for_one() -> None:
    shape = get_service_model("iam").operation_model("CreateRole").input_shape
    assert shape is not None
    given = {"Tags": [{"Key": "Team", "Value": ""}, {"Key": "team", "Value": ""}]}

    assert tag_errors(shape, given, service="iam") == [
        "Tags: key 'team' is given twice, but for capitals"
    ]
