"""The alarms against the specification's table."""

import pytest

from modules.monitoring import alarms
from modules.monitoring.alarms import AlarmRow
from modules.settings.services import SERVICES
from modules.settings.stage_settings import AlarmThresholds

GIB, MIB = 2**30, 2**20
ROUTED = ("app", "supertokens", "hasura", "functions", "handshake", "oauth", "optaplanner")
WITH_CPU = ("app", "functions", "hasura", "supertokens")
AT_LEAST, AT_MOST = "GreaterThanOrEqualToThreshold", "LessThanOrEqualToThreshold"

# alarm -> metric, statistic, comparison, threshold, periods of 5 minutes
TABLE: dict[str, tuple[str, str, str, float, int]] = {
    "alb_5xx": ("HTTPCode_ELB_5XX_Count", "Sum", AT_LEAST, 5, 1),
    **{
        f"{name}_unhealthy_hosts": ("UnHealthyHostCount", "Maximum", "GreaterThanThreshold", 0, 2)
        for name in ROUTED
    },
    **{
        f"{name}_target_5xx": ("HTTPCode_Target_5XX_Count", "Sum", AT_LEAST, 3, 1)
        for name in ROUTED
    },
    **{
        f"{name}_latency": (
            "TargetResponseTime",
            "p90",
            AT_LEAST,
            2 if name == "optaplanner" else 1,
            3,
        )
        for name in ROUTED
    },
    **{f"{name}_cpu": ("CPUUtilization", "Average", AT_LEAST, 85, 3) for name in WITH_CPU},
    "database_cpu": ("CPUUtilization", "Average", AT_LEAST, 85, 3),
    "database_free_storage": ("FreeStorageSpace", "Average", AT_MOST, 10 * GIB, 1),
    "database_freeable_memory": ("FreeableMemory", "Average", AT_MOST, 200 * MIB, 2),
    "database_connections": ("DatabaseConnections", "Average", AT_LEAST, 150, 3),
}


def rows(thresholds: AlarmThresholds) -> dict[str, AlarmRow]:
    """The alarms of the eight rows, as the stack puts them together."""
    found = [
        *alarms.load_balancer_alarms(thresholds, load_balancer_suffix="app/alb/1"),
        *alarms.database_alarms(
            thresholds, dimensions={"DBInstanceIdentifier": "db"}, storage_metric="FreeStorageSpace"
        ),
    ]
    for service in SERVICES:
        if service.path:
            found += alarms.target_group_alarms(
                service,
                thresholds,
                load_balancer_suffix="app/alb/1",
                target_group_suffix=f"targetgroup/{service.name}/1",
            )
        found += alarms.service_alarms(
            service, thresholds, cluster="cluster", ecs_service=f"P-{service.name}"
        )
    by_key = {row.key: row for row in found}
    assert len(by_key) == len(found)
    return by_key


ROWS = rows(AlarmThresholds())


def test_the_operator_is_told_half_an_hour_before_the_files_are_slow() -> None:
    row = alarms.file_storage_alarm("fs-1")

    assert (row.namespace, row.metric, row.statistic) == (
        "AWS/EFS",
        "BurstCreditBalance",
        "Minimum",
    )
    assert (row.comparison, row.threshold) == (AT_MOST, 30 * 60 * 100 * MIB)
    assert row.dimensions == {"FileSystemId": "fs-1"}


def test_there_are_thirty_alarms() -> None:
    assert len(ROWS) == 30
    assert sorted(ROWS) == sorted(TABLE)


@pytest.mark.parametrize("key", TABLE)
def test_an_alarm_has_the_specifications_condition(key: str) -> None:
    row = ROWS[key]

    assert (
        row.metric,
        row.statistic,
        row.comparison,
        row.threshold,
        row.evaluation_periods,
    ) == TABLE[key]
    assert row.period_seconds == 300


@pytest.mark.parametrize("service", ROUTED)
@pytest.mark.parametrize("kind", ["unhealthy_hosts", "target_5xx", "latency"])
def test_a_target_groups_metric_has_both_dimensions(service: str, kind: str) -> None:
    row = ROWS[f"{service}_{kind}"]

    assert row.namespace == "AWS/ApplicationELB"
    assert row.dimensions == {
        "LoadBalancer": "app/alb/1",
        "TargetGroup": f"targetgroup/{service}/1",
    }


def test_the_load_balancers_own_metric_has_one_dimension() -> None:
    row = ROWS["alb_5xx"]

    assert (row.namespace, row.dimensions) == ("AWS/ApplicationELB", {"LoadBalancer": "app/alb/1"})


@pytest.mark.parametrize("service", WITH_CPU)
def test_a_services_metric_names_cluster_and_service(service: str) -> None:
    row = ROWS[f"{service}_cpu"]

    assert (row.namespace, row.dimensions) == (
        "AWS/ECS",
        {"ClusterName": "cluster", "ServiceName": f"P-{service}"},
    )


@pytest.mark.parametrize("kind", ["cpu", "free_storage", "freeable_memory", "connections"])
def test_a_database_metric_names_the_instance(kind: str) -> None:
    row = ROWS[f"database_{kind}"]

    assert (row.namespace, row.dimensions) == ("AWS/RDS", {"DBInstanceIdentifier": "db"})


# setting -> value, an alarm that follows it, its threshold
THRESHOLDS: dict[str, tuple[float, str, float]] = {
    "alb_5xx_count": (7, "alb_5xx", 7),
    "target_5xx_count": (8, "oauth_target_5xx", 8),
    "service_cpu_percent": (50.5, "hasura_cpu", 50.5),
    "database_cpu_percent": (60, "database_cpu", 60),
    "database_free_storage_gib": (1.5, "database_free_storage", 1.5 * GIB),
    "database_freeable_memory_mib": (64, "database_freeable_memory", 64 * MIB),
    "database_connections": (40, "database_connections", 40),
}


def test_every_threshold_is_a_setting() -> None:
    assert sorted(THRESHOLDS) == sorted(AlarmThresholds.model_fields)


@pytest.mark.parametrize("setting", THRESHOLDS)
def test_a_stage_may_change_a_threshold(setting: str) -> None:
    value, key, threshold = THRESHOLDS[setting]

    changed = rows(AlarmThresholds.model_validate({setting: value}))

    assert changed[key].threshold == threshold


def test_a_services_latency_threshold_is_its_own() -> None:
    (app,) = (row for row in SERVICES if row.name == "app")
    slow = app.model_copy(update={"latency_threshold_seconds": 5})

    *_, latency = alarms.target_group_alarms(
        slow, AlarmThresholds(), load_balancer_suffix="a", target_group_suffix="b"
    )

    assert (latency.key, latency.threshold) == ("app_latency", 5)


def test_a_name_uses_hyphens() -> None:
    assert ROWS["app_unhealthy_hosts"].name_suffix == "app-unhealthy-hosts"
