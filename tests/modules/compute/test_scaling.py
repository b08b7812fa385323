"""How many tasks a service runs, and who decides it."""

import pytest

from modules.compute.containers import memory_target
from modules.settings.services import SERVICES, Service
from tests.conftest import Synthesize

NAMES = [row.name.replace("-", "_") for row in SERVICES]
EVERY = pytest.mark.parametrize("service", NAMES)


# service -> most tasks, CPU %, memory % of the task (65 and 70 of the service's own), scale in s, scale out s
SCALING = {"functions": (4, 65, 78.1, 300, 60), "app": (3, 70, 77.5, 180, 60)}


def test_only_functions_and_app_scale(stack: Synthesize) -> None:
    assert stack("dev").names("aws_appautoscaling_target") == sorted(SCALING)
    assert stack("dev").names("aws_appautoscaling_policy") == sorted(
        f"{service}_{kind}" for service in SCALING for kind in ("cpu", "memory")
    )


@pytest.mark.parametrize("service", SCALING)
def test_a_service_scales_from_one_task_to_its_most(stack: Synthesize, service: str) -> None:
    target = stack("dev").resource("aws_appautoscaling_target", service)

    name = f"${{aws_ecs_service.{service}.name}}"
    assert target["resource_id"] == f"service/${{aws_ecs_cluster.main.name}}/{name}"
    assert target["scalable_dimension"] == "ecs:service:DesiredCount"
    assert (target["min_capacity"], target["max_capacity"]) == (1, SCALING[service][0])


@pytest.mark.parametrize("service", SCALING)
@pytest.mark.parametrize(("kind", "index"), [("cpu", 1), ("memory", 2)])
def test_a_service_scales_on_the_specifications_target(
    stack: Synthesize, service: str, kind: str, index: int
) -> None:
    policy = stack("dev").resource("aws_appautoscaling_policy", f"{service}_{kind}")

    metric = {"cpu": "CPU", "memory": "Memory"}[kind]
    *_, scale_in, scale_out = SCALING[service]
    assert policy["policy_type"] == "TargetTrackingScaling"
    assert policy["target_tracking_scaling_policy_configuration"] == {
        "predefined_metric_specification": {
            "predefined_metric_type": f"ECSServiceAverage{metric}Utilization"
        },
        "target_value": SCALING[service][index],
        "scale_in_cooldown": scale_in,
        "scale_out_cooldown": scale_out,
    }


@EVERY
def test_terraform_leaves_the_number_of_scaled_tasks_alone(stack: Synthesize, service: str) -> None:
    lifecycle = stack("dev").resource("aws_ecs_service", service).get("lifecycle", {})

    assert lifecycle.get("ignore_changes") == (["desired_count"] if service in SCALING else None)


def test_the_memory_of_collector_and_proxy_is_not_taken_for_the_applications() -> None:
    """A task of 512 MiB: 192 beside the service at most, whose own 320 are to be used by half."""
    row = Service(name="reports", memory_mib=512, memory_target_percent=50)

    assert memory_target(row, beside_mib=0) == 50
    assert memory_target(row, beside_mib=192) == round(100 * (192 + 160) / 512, 1)
