"""What a service's metrics say, and that what was not measured is never a zero."""

from datetime import UTC, datetime, timedelta

import pytest

from aws.client import Clients
from ops.deployed import Deployed
from ops.facts.metrics import ServiceMetrics, service_metrics
from ops.facts.services import ServiceFacts, Targets
from terraform.workspace import Workspace
from tests.stages import stage_settings

GROUP = "targetgroup/atomic-dev-app/0123456789abcdef"


@pytest.fixture
def deployed(clients: Clients) -> Deployed:
    return Deployed(
        workspace=Workspace(stage="dev", environ={}),
        settings=stage_settings("dev"),
        clients=clients,
    )


@pytest.fixture
def balancer(clients: Clients) -> str:
    """The load balancer as CloudWatch calls it."""
    subnets = [each["SubnetId"] for each in clients("ec2").describe_subnets()["Subnets"][:2]]
    made = clients("elbv2").create_load_balancer(Name="atomic-dev-alb", Subnets=subnets)
    arn: str = made["LoadBalancers"][0]["LoadBalancerArn"]
    return arn.partition(":loadbalancer/")[2]


def service(name: str = "app", *, routed: bool = True) -> ServiceFacts:
    targets = Targets(healthy=1, unhealthy=0, reasons=(), group=GROUP) if routed else None
    return ServiceFacts(name=name, stands=True, desired=1, running=1, targets=targets)


def put(
    clients: Clients, namespace: str, metric: str, dimensions: dict[str, str], values: list[float]
) -> None:
    """Measure a value every five minutes, the last one now."""
    now = datetime.now(UTC)
    clients("cloudwatch").put_metric_data(
        Namespace=namespace,
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": key, "Value": dimensions[key]} for key in dimensions],
                "Timestamp": now - timedelta(minutes=1 + 5 * back),
                "Value": value,
            }
            for back, value in enumerate(values)
        ],
    )


def test_cpu_and_memory_are_means_of_the_last_quarter_of_an_hour(
    deployed: Deployed, clients: Clients
) -> None:
    of = {"ClusterName": "atomic-dev-ecs-cluster", "ServiceName": "atomic-dev-app"}
    put(clients, "AWS/ECS", "CPUUtilization", of, [10.0, 30.0])
    put(clients, "AWS/ECS", "MemoryUtilization", of, [50.0])
    elsewhere = of | {"ServiceName": "atomic-dev-hasura"}
    put(clients, "AWS/ECS", "CPUUtilization", elsewhere, [99.0])

    assert service_metrics(deployed, [service(routed=False)]) == (
        ServiceMetrics(
            name="app", cpu_percent=20.0, memory_percent=50.0, requests=None, errors=None
        ),
    )


def test_requests_and_errors_are_those_of_its_target_group(
    deployed: Deployed, clients: Clients, balancer: str
) -> None:
    routed = {"LoadBalancer": balancer, "TargetGroup": GROUP}
    put(clients, "AWS/ApplicationELB", "RequestCount", routed, [40.0, 2.0])
    put(clients, "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", routed, [3.0])

    (found,) = service_metrics(deployed, [service()])
    assert (found.requests, found.errors) == (42, 3)


def test_requests_without_a_report_of_errors_had_none(
    deployed: Deployed, clients: Clients, balancer: str
) -> None:
    routed = {"LoadBalancer": balancer, "TargetGroup": GROUP}
    put(clients, "AWS/ApplicationELB", "RequestCount", routed, [7.0])

    (found,) = service_metrics(deployed, [service()])
    assert (found.requests, found.errors) == (7, 0)


@pytest.mark.usefixtures("balancer")
def test_what_was_not_measured_is_no_zero(deployed: Deployed) -> None:
    (found,) = service_metrics(deployed, [service()])

    assert (found.cpu_percent, found.memory_percent) == (None, None)
    assert (found.requests, found.errors) == (None, None)


def test_a_service_that_is_not_deployed_has_no_metrics(deployed: Deployed) -> None:
    assert service_metrics(deployed, [ServiceFacts(name="app", stands=False)]) == ()
