"""The alarms, as rows: what is measured, when it is too much, and of what.

Every alarm tells the operator when it starts and when it ends; missing data is not breaching.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from modules.settings.services import Service
from modules.settings.stage_settings import AlarmThresholds

GIB = 1024**3
MIB = 1024**2

Comparison = Literal[
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanOrEqualToThreshold",
]


@dataclass(frozen=True, kw_only=True)
class AlarmRow:
    """One CloudWatch alarm. `key` is its address and the end of its name; `statistic` may be `p90`."""

    key: str
    description: str
    namespace: str
    metric: str
    statistic: str
    comparison: Comparison
    threshold: float
    evaluation_periods: int
    dimensions: Mapping[str, str] = field(default_factory=dict)
    period_seconds: int = 300

    @property
    def name_suffix(self) -> str:
        """The key as part of a physical name."""
        return self.key.replace("_", "-")


def load_balancer_alarms(
    thresholds: AlarmThresholds, *, load_balancer_suffix: str
) -> list[AlarmRow]:
    """Watch the load balancer's own errors: nothing healthy to route to, or a refused connection."""
    return [
        AlarmRow(
            key="alb_5xx",
            description="The load balancer itself answers with errors",
            namespace="AWS/ApplicationELB",
            metric="HTTPCode_ELB_5XX_Count",
            statistic="Sum",
            comparison="GreaterThanOrEqualToThreshold",
            threshold=thresholds.alb_5xx_count,
            evaluation_periods=1,
            dimensions={"LoadBalancer": load_balancer_suffix},
        )
    ]


def target_group_alarms(
    service: Service,
    thresholds: AlarmThresholds,
    *,
    load_balancer_suffix: str,
    target_group_suffix: str,
) -> list[AlarmRow]:
    """Watch a routed service as its users see it. These metrics need both dimensions."""
    dimensions = {
        "LoadBalancer": load_balancer_suffix,
        "TargetGroup": target_group_suffix,
    }
    return [
        AlarmRow(
            key=f"{service.name}_unhealthy_hosts",
            description=f"{service.name} has tasks that fail the health check",
            namespace="AWS/ApplicationELB",
            metric="UnHealthyHostCount",
            statistic="Maximum",
            comparison="GreaterThanThreshold",
            threshold=0,
            evaluation_periods=2,
            dimensions=dimensions,
        ),
        AlarmRow(
            key=f"{service.name}_target_5xx",
            description=f"{service.name} answers with errors",
            namespace="AWS/ApplicationELB",
            metric="HTTPCode_Target_5XX_Count",
            statistic="Sum",
            comparison="GreaterThanOrEqualToThreshold",
            threshold=thresholds.target_5xx_count,
            evaluation_periods=1,
            dimensions=dimensions,
        ),
        AlarmRow(
            key=f"{service.name}_latency",
            description=f"{service.name} answers slowly",
            namespace="AWS/ApplicationELB",
            metric="TargetResponseTime",
            statistic="p90",
            comparison="GreaterThanOrEqualToThreshold",
            threshold=service.latency_threshold_seconds,
            evaluation_periods=3,
            dimensions=dimensions,
        ),
    ]


def service_alarms(
    service: Service, thresholds: AlarmThresholds, *, cluster: str, ecs_service: str
) -> list[AlarmRow]:
    """Watch a service as ECS sees it."""
    if not service.cpu_alarm:
        return []
    return [
        AlarmRow(
            key=f"{service.name}_cpu",
            description=f"{service.name} is short of CPU",
            namespace="AWS/ECS",
            metric="CPUUtilization",
            statistic="Average",
            comparison="GreaterThanOrEqualToThreshold",
            threshold=thresholds.service_cpu_percent,
            evaluation_periods=3,
            dimensions={"ClusterName": cluster, "ServiceName": ecs_service},
        )
    ]


def database_alarms(
    thresholds: AlarmThresholds, *, dimensions: Mapping[str, str], storage_metric: str
) -> list[AlarmRow]:
    """Watch the database: it grows and it is shared, so it is what runs out first.

    `dimensions` names the instance or the Aurora cluster; `storage_metric` is the engine's own metric of
    free storage.
    """
    return [
        _database_alarm(
            "database_cpu",
            "The database is short of CPU",
            "CPUUtilization",
            "GreaterThanOrEqualToThreshold",
            thresholds.database_cpu_percent,
            3,
            dimensions,
        ),
        _database_alarm(
            "database_free_storage",
            "The database is short of storage",
            storage_metric,
            "LessThanOrEqualToThreshold",
            thresholds.database_free_storage_gib * GIB,
            1,
            dimensions,
        ),
        _database_alarm(
            "database_freeable_memory",
            "The database is short of memory",
            "FreeableMemory",
            "LessThanOrEqualToThreshold",
            thresholds.database_freeable_memory_mib * MIB,
            2,
            dimensions,
        ),
        _database_alarm(
            "database_connections",
            "The database has many open connections",
            "DatabaseConnections",
            "GreaterThanOrEqualToThreshold",
            thresholds.database_connections,
            3,
            dimensions,
        ),
    ]


def _database_alarm(  # noqa: PLR0917  # four calls above that read as a table
    key: str,
    description: str,
    metric: str,
    comparison: Comparison,
    threshold: float,
    evaluation_periods: int,
    dimensions: Mapping[str, str],
) -> AlarmRow:
    return AlarmRow(
        key=key,
        description=description,
        namespace="AWS/RDS",
        metric=metric,
        statistic="Average",
        comparison=comparison,
        threshold=threshold,
        evaluation_periods=evaluation_periods,
        dimensions=dimensions,
    )
