"""What is brought back without an import: what stands of it, and only that."""

import datetime
from typing import Any

import pytest

from aws.client import Clients
from imports.recovery.unimportable import scheduled_action_read, unimportable
from terraform.stack import Resource

ADDRESS = "aws_appautoscaling_scheduled_action.app"
TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/dev/app",
    "ScalableDimension": "ecs:service:DesiredCount",
}
ACTION = Resource(
    type="aws_appautoscaling_scheduled_action",
    name="app",
    attributes={
        "name": "app-noon",
        "resource_id": "${aws_appautoscaling_target.app.resource_id}",
        "scalable_dimension": "ecs:service:DesiredCount",
        "service_namespace": "ecs",
    },
)


def _found(clients: Clients, known: dict[str, Any] | None) -> list[str]:
    return [
        each.attributes["name"]
        for each in unimportable(
            clients, {ADDRESS: ACTION}, lambda _address: known, provider="provider"
        ).values()
    ]


@pytest.fixture
def scheduled(clients: Clients) -> Clients:
    """A service that two actions scale."""
    for name in ("app-midnight", "app-noon"):
        clients("application-autoscaling").put_scheduled_action(
            **TARGET,
            ScheduledActionName=name,
            Schedule="cron(0 12 ? * MON-FRI *)",
            ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 4},
        )
    return clients


def test_scheduled_scaling_comes_back_by_its_name(scheduled: Clients) -> None:
    assert _found(scheduled, {"resource_id": "service/dev/app"}) == ["app-noon"]


def test_scheduled_scaling_that_does_not_stand_does_not_come_back(clients: Clients) -> None:
    assert _found(clients, {"resource_id": "service/dev/app"}) == []


def test_scheduled_scaling_of_a_target_that_does_not_stand_is_not_asked_for(
    scheduled: Clients,
) -> None:
    assert _found(scheduled, None) == []


def test_a_scheduled_action_is_as_aws_tells_it() -> None:
    row = {
        "ScheduledActionName": "app-night-stop",
        "ScheduledActionARN": "arn:action",
        "ServiceNamespace": "ecs",
        "Schedule": "cron(0 20 ? * MON-FRI *)",
        "Timezone": "Europe/Berlin",
        "ResourceId": "service/dev/app",
        "ScalableDimension": "ecs:service:DesiredCount",
        "ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": 0},
        "EndTime": datetime.datetime(2026, 12, 24, 18, tzinfo=datetime.UTC),
    }

    attributes = scheduled_action_read(row, provider="provider").attributes

    assert attributes == {
        "arn": "arn:action",
        "end_time": "2026-12-24T18:00:00Z",
        "id": "app-night-stop-ecs-service/dev/app",
        "name": "app-night-stop",
        "resource_id": "service/dev/app",
        "scalable_dimension": "ecs:service:DesiredCount",
        "scalable_target_action": [{"max_capacity": "0", "min_capacity": "0"}],
        "schedule": "cron(0 20 ? * MON-FRI *)",
        "service_namespace": "ecs",
        "start_time": None,
        "timezone": "Europe/Berlin",
    }
