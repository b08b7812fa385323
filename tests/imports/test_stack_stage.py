"""What the stage file says that nobody can read off a service."""

from typing import Any

import pytest

from imports.sources.cloudformation.owners_stack import OwnersStack
from imports.stack_stage import stack_settings

NETWORK = {
    "aws_vpc.main": {"cidr_block": "10.0.0.0/16"},
    "aws_subnet.public_0": {"cidr_block": "10.0.0.0/24"},
}


def settings(*retention: int) -> dict[str, Any]:
    groups = {
        f"aws_cloudwatch_log_group.group_{number}": {"retention_in_days": days}
        for number, days in enumerate(retention)
    }
    stack = OwnersStack(name="AwsStack", rows={}, template={})
    return stack_settings({**NETWORK, **groups}, stack, _no_client)


def _no_client(service: str) -> Any:
    raise AssertionError(service)


@pytest.mark.parametrize(
    ("retention", "days"),
    [((731, 30), 731), ((30, 0), 3653), ((60,), 60)],
)
def test_logs_are_kept_as_long_as_the_longest_of_them_were(
    retention: tuple[int, ...], days: int
) -> None:
    """What is older than a group is told is deleted at once; 0 is a group that keeps all for ever."""
    assert settings(*retention)["logs"] == {"retention_days": days}


@pytest.mark.parametrize("retention", [(7, 30), ()])
def test_logs_that_the_platform_keeps_as_long_need_no_line(retention: tuple[int, ...]) -> None:
    assert "logs" not in settings(*retention)


def test_a_domain_that_systems_manager_keeps_is_the_domain_and_not_the_parameters_name() -> None:
    told = {
        "ParameterKey": "DomainName",
        "ParameterValue": "/site/domain",
        "ResolvedValue": "app.example.com",
    }
    stack = OwnersStack(name="AwsStack", rows={}, template={}, facts={"Parameters": [told]})

    assert stack_settings(NETWORK, stack, _no_client)["domain_name"] == "app.example.com"
