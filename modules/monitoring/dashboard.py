"""The system health dashboard's body, as CloudWatch takes it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WIDTH = 24  # the grid's columns
_ALARMS_HEIGHT = 4
# CloudWatch refuses a dashboard with more in one widget.
ALARMS_PER_WIDGET = 100


@dataclass(frozen=True, kw_only=True)
class Graph:
    """One graph: its lines are metrics `(namespace, metric, {dimension: value}, label)`."""

    title: str
    statistic: str
    lines: Sequence[tuple[str, str, Mapping[str, str], str]]
    width: int = 6


def load_balancer_graphs(
    *, load_balancer_suffix: str, target_group_suffixes: Mapping[str, str], latency_of: str
) -> list[Graph]:
    """Errors, the latency of one service where the stage has it, and the unhealthy hosts of each."""
    edge = {"LoadBalancer": load_balancer_suffix}
    targets = {
        service: edge | {"TargetGroup": suffix} for service, suffix in target_group_suffixes.items()
    }
    namespace = "AWS/ApplicationELB"
    latency = [
        Graph(
            title=f"{latency_of} latency p90",
            statistic="p90",
            lines=[(namespace, "TargetResponseTime", dimensions, latency_of)],
            width=8,
        )
        for service, dimensions in targets.items()
        if service == latency_of
    ]
    return [
        Graph(
            title="Load balancer 5xx",
            statistic="Sum",
            lines=[(namespace, "HTTPCode_ELB_5XX_Count", edge, "5xx")],
            width=8,
        ),
        *latency,
        Graph(
            title="Unhealthy hosts",
            statistic="Maximum",
            lines=[
                (namespace, "UnHealthyHostCount", dimensions, service)
                for service, dimensions in targets.items()
            ],
            width=8,
        ),
    ]


def service_graphs(*, cluster: str, services: Mapping[str, str]) -> list[Graph]:
    """CPU and memory; `services` maps a service to its ECS service name."""
    return [
        Graph(
            title=f"Service {label}",
            statistic="Average",
            lines=[
                (
                    "AWS/ECS",
                    metric,
                    {"ClusterName": cluster, "ServiceName": name},
                    service,
                )
                for service, name in services.items()
            ],
            width=12,
        )
        for metric, label in (
            ("CPUUtilization", "CPU %"),
            ("MemoryUtilization", "memory %"),
        )
    ]


def database_graphs(*, dimensions: Mapping[str, str], storage_metric: str) -> list[Graph]:
    """Draw what the database's alarms watch."""
    return [
        Graph(
            title=f"Database {label}",
            statistic="Average",
            lines=[("AWS/RDS", metric, dimensions, label)],
        )
        for metric, label in (
            ("CPUUtilization", "CPU %"),
            (
                storage_metric,
                "storage used" if storage_metric == "VolumeBytesUsed" else "free storage",
            ),
            ("FreeableMemory", "free memory"),
            ("DatabaseConnections", "connections"),
        )
    ]


def dashboard_body(
    *, region: str, alarm_arns: Sequence[str], graphs: Sequence[Graph]
) -> dict[str, Any]:
    """Lay out the alarms' state over the graphs, in rows of the grid."""
    widgets = [
        _alarm_widget(alarm_arns[start : start + ALARMS_PER_WIDGET], index=index)
        for index, start in enumerate(range(0, max(len(alarm_arns), 1), ALARMS_PER_WIDGET))
    ]
    x, y = 0, len(widgets) * _ALARMS_HEIGHT
    for graph in graphs:
        if x + graph.width > _WIDTH:
            x, y = 0, y + 6
        widgets.append(_graph_widget(graph, region=region, x=x, y=y))
        x += graph.width
    return {"widgets": widgets}


def _alarm_widget(alarm_arns: Sequence[str], *, index: int) -> dict[str, Any]:
    return {
        "type": "alarm",
        "x": 0,
        "y": index * _ALARMS_HEIGHT,
        "width": _WIDTH,
        "height": _ALARMS_HEIGHT,
        "properties": {
            "title": f"Key alarms ({index + 1})" if index else "Key alarms",
            "alarms": list(alarm_arns),
        },
    }


def _graph_widget(graph: Graph, *, region: str, x: int, y: int) -> dict[str, Any]:
    return {
        "type": "metric",
        "x": x,
        "y": y,
        "width": graph.width,
        "height": 6,
        "properties": {
            "title": graph.title,
            "region": region,
            "view": "timeSeries",
            "stat": graph.statistic,
            "period": 300,
            "metrics": [
                [
                    namespace,
                    metric,
                    *(part for pair in dimensions.items() for part in pair),
                    {"label": label},
                ]
                for namespace, metric, dimensions, label in graph.lines
            ],
        },
    }
