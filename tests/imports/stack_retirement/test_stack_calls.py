"""Calls that change a stack, and what they hand over."""

from unittest.mock import MagicMock

import pytest

from imports.stack_retirement.stack_calls import MOST_BYTES, update_stack


@pytest.mark.parametrize(
    ("region", "suffix"), [("eu-west-1", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn")]
)
def test_a_long_template_is_named_by_the_host_of_its_partition(region: str, suffix: str) -> None:
    client = MagicMock()
    client.meta.region_name = region

    update_stack(lambda _: client, {"StackId": "arn"}, "x" * (MOST_BYTES + 1))

    url = client.update_stack.call_args.kwargs["TemplateURL"]
    assert url.startswith("https://atomic-infra-")
    assert url.endswith(f".s3.{region}.{suffix}/template")
