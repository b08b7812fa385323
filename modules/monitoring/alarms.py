"""The alarms, as rows: what is measured, when it is too much, and of what.

Every alarm tells the operator when it starts and when it ends. Missing data is breaching for the alarms on
services without a task alone: there it is the fault itself.

Longer than others: it is one table, and each row says why.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from modules.settings.jobs import Job
from modules.settings.rules.schedules import longest_rest_minutes
from modules.settings.services import Service
from modules.settings.stage_settings import AlarmThresholds

GIB = 1024**3
MIB = 1024**2

Comparison = Literal[
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanThreshold",
]
Interval = tuple[int, int]
# How far an alarm on hours can look back: a week.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
LONGEST_HOURS = 168
StorageMetric = Literal["FreeStorageSpace", "VolumeBytesUsed"]
# What an Aurora volume grows to, whatever its version.
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_Limits.html
AURORA_VOLUME = 128 * 1024**4


@dataclass(frozen=True, kw_only=True)
class AlarmRow:
    """One CloudWatch alarm. `key` is its address and the end of its name; `statistic` may be `p90`.

    `silent` are the times at which it is never too much, in minutes of a week in UTC that begins on Monday.
    Where data may be `missing` it is that which the operator is told of, once there has been some.
    """

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
    missing_data: Literal["notBreaching", "breaching", "missing"] = "notBreaching"
    silent: Sequence[Interval] = ()

    @property
    def is_percentile(self) -> bool:
        """Return whether the statistic is one, which CloudWatch calls an extended statistic."""
        return self.statistic.startswith("p")

    @property
    def silenced(self) -> str:
        """The metric `m`, or the threshold where the minute `w` of the week is in a silent interval.

        `w` has a value where `m` has none.
        """
        times = " OR ".join(f"(w>={begin} AND w<{end})" for begin, end in self.silent)
        return f"IF({times}, {self.threshold:g}, m)"

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
            threshold=service.alarms.target_5xx_count or thresholds.target_5xx_count,
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
            threshold=service.alarms.latency_seconds or service.latency_threshold_seconds,
            evaluation_periods=3,
            dimensions=dimensions,
        ),
    ]


def service_alarms(
    service: Service, thresholds: AlarmThresholds, *, cluster: str, ecs_service: str
) -> list[AlarmRow]:
    """Watch a service as ECS sees it."""
    own = service.alarms
    rows = [
        (
            "CPU",
            "CPU",
            own.cpu_percent or (thresholds.service_cpu_percent if service.cpu_alarm else 0),
        ),
        ("Memory", "memory", own.memory_percent or 0),
    ]
    return [
        AlarmRow(
            key=f"{service.name}_{metric.lower()}",
            description=f"{service.name} is short of {what}",
            namespace="AWS/ECS",
            metric=f"{metric}Utilization",
            statistic="Average",
            comparison="GreaterThanOrEqualToThreshold",
            threshold=percent,
            evaluation_periods=3,
            dimensions={"ClusterName": cluster, "ServiceName": ecs_service},
        )
        for metric, what, percent in rows
        if percent
    ]


def no_task_alarm(
    service: Service,
    *,
    target_group: Mapping[str, str] | None,
    ecs_service: Mapping[str, str],
    silent: Sequence[Interval],
) -> AlarmRow:
    """Watch whether a service runs at all: by its healthy targets, or, with no route, by its CPU's samples.

    Neither metric is sent of a service without a task. The arguments are the metrics' dimensions.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
    """
    namespace, metric, statistic = (
        ("AWS/ApplicationELB", "HealthyHostCount", "Maximum")
        if target_group
        else ("AWS/ECS", "CPUUtilization", "SampleCount")
    )
    return AlarmRow(
        key=f"{service.name}_no_task",
        description=f"{service.name} has no task that works",
        namespace=namespace,
        metric=metric,
        statistic=statistic,
        comparison="LessThanThreshold",
        threshold=1,
        evaluation_periods=2,
        dimensions=target_group or ecs_service,
        missing_data="breaching",
        silent=silent,
    )


def job_alarms(name: str, job: Job, *, schedule_group: str) -> list[AlarmRow]:
    """Watch whether Scheduler still starts a job, where it rests no longer than an alarm can look back.

    Scheduler counts its attempts, and sends nothing where there is none.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
    """
    rest = longest_rest_minutes(job.schedule)
    # One more: a run may come late in its hour, and its count later.
    hours = math.ceil(rest / 60) + 1 if rest else LONGEST_HOURS + 1
    if hours > LONGEST_HOURS:
        return []
    return [
        AlarmRow(
            key=f"{name}_not_run",
            description=f"The job {name} has not been started for {hours} hours",
            namespace="AWS/Scheduler",
            metric="InvocationAttemptCount",
            statistic="Sum",
            comparison="LessThanThreshold",
            threshold=1,
            evaluation_periods=hours,
            dimensions={"ScheduleGroup": schedule_group},
            period_seconds=3600,
            missing_data="missing",
        )
    ]


def failed_jobs_alarm(queue: str) -> AlarmRow:
    """Watch the queue of the jobs that Scheduler could not start, until it is empty again."""
    return AlarmRow(
        key="failed_jobs",
        description="A job could not be started: the queue of failed jobs says which",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        statistic="Maximum",
        comparison="GreaterThanOrEqualToThreshold",
        threshold=1,
        evaluation_periods=1,
        dimensions={"QueueName": queue},
    )


def file_storage_alarm(file_system_id: str) -> AlarmRow:
    """Watch the file system's credits: without them it is as slow as its data is small.

    It has 2.1 TiB of them when it is made, and earns them with what it stores; they are spent at 100 MiB/s.
    The operator is told when they last for half an hour more.
    https://docs.aws.amazon.com/efs/latest/ug/performance.html#bursting
    """
    return AlarmRow(
        key="file_storage_credits",
        description="The file system will be slow: its burst credits are nearly used up; "
        "file_storage.throughput = elastic needs none",
        namespace="AWS/EFS",
        metric="BurstCreditBalance",
        statistic="Minimum",
        comparison="LessThanOrEqualToThreshold",
        threshold=100 * MIB * 30 * 60,
        evaluation_periods=3,
        dimensions={"FileSystemId": file_system_id},
    )


# A week's minute from the time of each sample; the functions tell it where there is no sample, too.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
MINUTE_OF_WEEK = "(DAY(m)-1)*1440+HOUR(m)*60+MINUTE(m)"


def database_alarms(
    thresholds: AlarmThresholds, *, dimensions: Mapping[str, str], storage_metric: StorageMetric
) -> list[AlarmRow]:
    """Watch the database: it grows and it is shared, so it is what runs out first.

    `dimensions` names the instance or the Aurora cluster; `storage_metric` is the engine's own metric of its
    storage: what is free, or what Aurora uses of the most that it takes.
    """
    free = thresholds.database_free_storage_gib * GIB
    grows = storage_metric == "VolumeBytesUsed"
    least: Comparison = "LessThanOrEqualToThreshold"
    most: Comparison = "GreaterThanOrEqualToThreshold"
    connections = thresholds.database_connections
    rows: list[tuple[str, str, str, Comparison, float, int]] = [
        ("cpu", "is short of CPU", "CPUUtilization", most, thresholds.database_cpu_percent, 3),
        (
            "free_storage",
            "is short of storage",
            storage_metric,
            most if grows else least,
            AURORA_VOLUME - free if grows else free,
            1,
        ),
        (
            "freeable_memory",
            "is short of memory",
            "FreeableMemory",
            least,
            thresholds.database_freeable_memory_mib * MIB,
            2,
        ),
        ("connections", "has many open connections", "DatabaseConnections", most, connections, 3),
    ]
    return [
        AlarmRow(
            key=f"database_{key}",
            description=f"The database {what}",
            namespace="AWS/RDS",
            metric=metric,
            statistic="Average",
            comparison=comparison,
            threshold=threshold,
            evaluation_periods=periods,
            dimensions=dimensions,
        )
        for key, what, metric, comparison, threshold, periods in rows
    ]
