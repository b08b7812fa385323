"""What CloudWatch has measured of a stage's services in the last quarter of an hour."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from ops.deployed import Deployed
from ops.facts.maintenance import load_balancers
from ops.facts.services import ServiceFacts

MINUTES: Final = 15
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
_MOST_AT_ONCE = 500
_PERIOD_SECONDS = 300

_Statistic = Literal["Average", "Sum"]


@dataclass(frozen=True, kw_only=True)
class ServiceMetrics:
    """How one service fares. None is what was not measured, which is not the same as zero.

    `cpu_percent` and `memory_percent` are the means of all its tasks, of what they may have. `requests` and
    `errors` count what came through the load balancer, and the answers 500 to 599 among it.
    """

    name: str
    cpu_percent: float | None
    memory_percent: float | None
    requests: int | None
    errors: int | None


def service_metrics(
    deployed: Deployed, services: Sequence[ServiceFacts]
) -> tuple[ServiceMetrics, ...]:
    """Return the metrics of each service that exists. Raises UserError when AWS refuses."""
    present = [each for each in services if each.stands]
    balancer = _balancer(deployed) if any(each.targets for each in present) else None
    wanted = [
        query
        for number, each in enumerate(present)
        for query in _queries(deployed, number, each, balancer)
    ]
    found = _values(deployed, wanted)
    return tuple(_metrics(number, each, found) for number, each in enumerate(present))


def _queries(
    deployed: Deployed, number: int, service: ServiceFacts, balancer: str | None
) -> Iterator[dict[str, Any]]:
    of_service = {
        "ClusterName": deployed.names.cluster,
        "ServiceName": deployed.names.ecs_service(service.name),
    }
    yield _query(f"cpu{number}", "AWS/ECS", "CPUUtilization", of_service, "Average")
    yield _query(f"memory{number}", "AWS/ECS", "MemoryUtilization", of_service, "Average")
    if balancer and service.targets:
        routed = {"LoadBalancer": balancer, "TargetGroup": service.targets.group}
        name = "AWS/ApplicationELB"
        yield _query(f"requests{number}", name, "RequestCount", routed, "Sum")
        yield _query(f"errors{number}", name, "HTTPCode_Target_5XX_Count", routed, "Sum")


def _query(
    id_: str, namespace: str, metric: str, dimensions: Mapping[str, str], statistic: _Statistic
) -> dict[str, Any]:
    return {
        "Id": id_,
        "MetricStat": {
            "Metric": {
                "Namespace": namespace,
                "MetricName": metric,
                "Dimensions": [{"Name": key, "Value": dimensions[key]} for key in dimensions],
            },
            "Period": _PERIOD_SECONDS,
            "Stat": statistic,
        },
    }


def _values(deployed: Deployed, queries: Sequence[dict[str, Any]]) -> dict[str, list[float]]:
    """Return the values of each query that has any."""
    now = datetime.now(UTC)
    found: dict[str, list[float]] = {}
    for start in range(0, len(queries), _MOST_AT_ONCE):
        results = deployed.ask_all(
            "cloudwatch",
            "GetMetricData",
            "MetricDataResults",
            MetricDataQueries=list(queries[start : start + _MOST_AT_ONCE]),
            StartTime=now - timedelta(minutes=MINUTES),
            EndTime=now,
        )
        found |= {each["Id"]: list(each["Values"]) for each in results if each["Values"]}
    return found


def _metrics(
    number: int, service: ServiceFacts, found: Mapping[str, list[float]]
) -> ServiceMetrics:
    requests = found.get(f"requests{number}")
    # The load balancer reports errors where there are some, and requests where there are any.
    errors = found.get(f"errors{number}", [0.0])
    return ServiceMetrics(
        name=service.name,
        cpu_percent=_mean(found.get(f"cpu{number}")),
        memory_percent=_mean(found.get(f"memory{number}")),
        requests=None if requests is None else round(sum(requests)),
        errors=None if requests is None else round(sum(errors)),
    )


def _mean(values: Sequence[float] | None) -> float | None:
    return round(sum(values) / len(values), 1) if values else None


def _balancer(deployed: Deployed) -> str | None:
    """Return the load balancer as CloudWatch calls it, `app/NAME/ID`; None where there is none."""
    found = load_balancers(deployed)
    return found[0]["LoadBalancerArn"].partition(":loadbalancer/")[2] if found else None
