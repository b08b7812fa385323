"""Logs, alarms, who is told, and the dashboard."""

import json
from typing import Any

import pytest

from modules.settings.services import SERVICES
from tests.conftest import Synthesize
from tests.stack import Stack

NAMES = [row.name.replace("-", "_") for row in SERVICES]
ROUTED = [name for name in NAMES if name != "python_agent"]
WITH_CPU = ["app", "functions", "hasura", "supertokens"]
ON_DASHBOARD = ["app", "functions", "hasura", "supertokens", "optaplanner"]
DATABASE = ["cpu", "free_storage", "freeable_memory", "connections"]
EDGE = ["unhealthy_hosts", "target_5xx", "latency"]
ALARMS = sorted([
    "alb_5xx",
    *(f"{name}_{kind}" for name in ROUTED for kind in EDGE),
    *(f"{name}_cpu" for name in WITH_CPU),
    *(f"database_{kind}" for kind in DATABASE),
])  # fmt: skip
NO_TASK = [f"{name}_no_task" for name in NAMES]
BESIDE = [*NO_TASK, "file_storage_credits"]
METRIC_ALARM = "aws_cloudwatch_metric_alarm"
BALANCER = "${aws_lb.main.arn_suffix}"


@pytest.mark.parametrize("service", NAMES)
@pytest.mark.parametrize(("stage", "kept"), [("dev", False), ("staging", False), ("prod", True)])
def test_a_services_log_is_kept_for_30_days_and_past_prods_end(
    stack: Synthesize, service: str, stage: str, *, kept: bool
) -> None:
    group = stack(stage).resource("aws_cloudwatch_log_group", service)

    name = service.replace("_", "-")
    assert group["name"] == f"/aws/ecs/atomic-{stage}-ecs-cluster/{name}"
    assert group["retention_in_days"] == 30
    assert group["skip_destroy"] is kept


def test_the_logs_folder_is_the_clusters_name(stack: Synthesize) -> None:
    cluster = stack("dev").resource("aws_ecs_cluster", "main")

    assert cluster["name"] == "atomic-dev-ecs-cluster"


@pytest.mark.parametrize("service", NAMES)
def test_every_container_of_a_task_writes_into_the_services_log(
    stack: Synthesize, service: str
) -> None:
    groups = {
        container["logConfiguration"]["options"]["awslogs-group"]
        for container in stack("dev").containers(service).values()
    }

    assert groups == {f"${{aws_cloudwatch_log_group.{service}.name}}"}


@pytest.mark.parametrize("stage", ["dev", "staging", "prod", "aurora"])
def test_there_are_thirty_alarms_one_for_each_service_and_one_for_the_files(
    stack: Synthesize, stage: str
) -> None:
    assert len(ALARMS) == 30
    assert stack(stage).names(METRIC_ALARM) == sorted([*ALARMS, *BESIDE])


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_the_operator_and_takes_missing_data_for_good(
    stack: Synthesize, name: str
) -> None:
    alarm = stack("dev").resource(METRIC_ALARM, name)

    assert alarm["alarm_name"] == f"atomic-dev-{name.replace('_', '-')}"
    assert alarm["treat_missing_data"] == "notBreaching"
    assert alarm["alarm_actions"] == ["${aws_sns_topic.alarms.arn}"]
    # And when it is over.
    assert alarm["ok_actions"] == ["${aws_sns_topic.alarms.arn}"]


@pytest.mark.parametrize("service", ROUTED)
@pytest.mark.parametrize("kind", EDGE)
def test_a_target_groups_alarm_has_both_dimensions(
    stack: Synthesize, service: str, kind: str
) -> None:
    alarm = stack("dev").resource(METRIC_ALARM, f"{service}_{kind}")

    assert alarm["dimensions"] == {
        "LoadBalancer": BALANCER,
        "TargetGroup": f"${{aws_lb_target_group.{service}.arn_suffix}}",
    }


@pytest.mark.parametrize("service", ROUTED)
def test_latency_is_a_percentile(stack: Synthesize, service: str) -> None:
    alarm = stack("dev").resource(METRIC_ALARM, f"{service}_latency")

    assert alarm["extended_statistic"] == "p90"
    assert "statistic" not in alarm
    assert alarm["threshold"] == (2 if service == "optaplanner" else 1)
    assert (alarm["period"], alarm["evaluation_periods"]) == (300, 3)
    # Of two requests in five minutes one is slow, and nobody is to be woken up by it.
    assert alarm["evaluate_low_sample_count_percentiles"] == "ignore"


# One of each kind whole; the other numbers are in `tests/modules/monitoring/test_alarms.py`.
CONDITIONS: dict[str, tuple[object, ...]] = {
    "alb_5xx": ("HTTPCode_ELB_5XX_Count", "Sum", "GreaterThanOrEqualToThreshold", 5, 1),
    "app_unhealthy_hosts": ("UnHealthyHostCount", "Maximum", "GreaterThanThreshold", 0, 2),
    "app_target_5xx": ("HTTPCode_Target_5XX_Count", "Sum", "GreaterThanOrEqualToThreshold", 3, 1),
    "app_cpu": ("CPUUtilization", "Average", "GreaterThanOrEqualToThreshold", 85, 3),
    "database_cpu": ("CPUUtilization", "Average", "GreaterThanOrEqualToThreshold", 85, 3),
    "database_free_storage": (
        "FreeStorageSpace",
        "Average",
        "LessThanOrEqualToThreshold",
        10 * 2**30,
        1,
    ),
    "database_freeable_memory": (
        "FreeableMemory",
        "Average",
        "LessThanOrEqualToThreshold",
        200 * 2**20,
        2,
    ),
    "database_connections": (
        "DatabaseConnections",
        "Average",
        "GreaterThanOrEqualToThreshold",
        150,
        3,
    ),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_an_alarms_condition_reaches_terraform(stack: Synthesize, name: str) -> None:
    alarm = stack("prod").resource(METRIC_ALARM, name)

    found = [
        alarm[key]
        for key in (
            "metric_name",
            "statistic",
            "comparison_operator",
            "threshold",
            "evaluation_periods",
        )
    ]
    assert tuple(found) == CONDITIONS[name]
    assert alarm["period"] == 300


@pytest.mark.parametrize("kind", DATABASE)
@pytest.mark.parametrize(
    ("stage", "dimensions"),
    [
        ("dev", {"DBInstanceIdentifier": "${aws_db_instance.main.identifier}"}),
        ("aurora", {"DBClusterIdentifier": "${aws_rds_cluster.main.cluster_identifier}"}),
    ],
)
def test_a_database_alarm_names_it_by_its_identifier(
    stack: Synthesize, stage: str, dimensions: dict[str, str], kind: str
) -> None:
    assert stack(stage).resource(METRIC_ALARM, f"database_{kind}")["dimensions"] == dimensions


@pytest.mark.parametrize("service", WITH_CPU)
def test_a_services_alarm_names_cluster_and_service(stack: Synthesize, service: str) -> None:
    alarm = stack("dev").resource(METRIC_ALARM, f"{service}_cpu")
    cluster = stack("dev").resource("aws_ecs_cluster", "main")
    ecs_service = stack("dev").resource("aws_ecs_service", service)

    assert alarm["dimensions"] == {
        "ClusterName": cluster["name"],
        "ServiceName": ecs_service["name"],
    }


def test_auroras_storage_alarm_watches_how_near_the_volume_is_to_its_end(
    stack: Synthesize,
) -> None:
    """FreeLocalStorage, which other Auroras have, Serverless v2 does not send."""
    alarm = stack("aurora").resource(METRIC_ALARM, "database_free_storage")

    assert alarm["metric_name"] == "VolumeBytesUsed"
    assert alarm["comparison_operator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["threshold"] == 128 * 2**40 - 10 * 2**30


def test_the_topic_mails_the_operator(stack: Synthesize) -> None:
    topic = stack("dev").resource("aws_sns_topic", "alarms")
    subscription = stack("dev").resource("aws_sns_topic_subscription", "operator")

    assert topic["name"] == "atomic-dev-AlarmTopic"
    assert subscription["topic_arn"] == "${aws_sns_topic.alarms.arn}"
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "ops@example.com")


def test_only_the_accounts_alarms_and_events_publish_to_the_topic(stack: Synthesize) -> None:
    statements = stack("dev").policy("aws_sns_topic_policy", "alarms")["Statement"]

    account = "${data.aws_caller_identity.current.account_id}"
    assert [statement["Principal"] for statement in statements] == [
        {"Service": "cloudwatch.amazonaws.com"},
        {"Service": "events.amazonaws.com"},
    ]
    for statement in statements:
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": account}}


def test_topic_and_dashboard_are_named_after_the_stack_whatever_the_prefix(
    stack: Synthesize,
) -> None:
    topic = stack("frugal").resource("aws_sns_topic", "alarms")
    dashboard = stack("frugal").resource("aws_cloudwatch_dashboard", "main")

    assert topic["name"] == "atomic-frugal-AlarmTopic"
    assert dashboard["dashboard_name"] == "atomic-frugal-SystemHealthOverview"


def widgets(stack: Stack) -> dict[str, dict[str, Any]]:
    """The properties of the dashboard's widgets by title."""
    body = json.loads(stack.resource("aws_cloudwatch_dashboard", "main")["dashboard_body"])
    found = {w["properties"]["title"]: w["properties"] for w in body["widgets"]}
    assert len(found) == len(body["widgets"])
    return found


def shown(stack: Stack, title: str) -> set[tuple[str, ...]]:
    """The lines of a graph, without their labels."""
    metrics = widgets(stack)[title]["metrics"]
    return {tuple(part for part in line if isinstance(part, str)) for line in metrics}


def target(service: str) -> tuple[str, ...]:
    group = f"${{aws_lb_target_group.{service}.arn_suffix}}"
    return ("LoadBalancer", BALANCER, "TargetGroup", group)


def running(service: str) -> tuple[str, ...]:
    cluster, name = "atomic-dev-ecs-cluster", f"atomic-dev-{service}"
    return ("ClusterName", cluster, "ServiceName", name)


INSTANCE = ("DBInstanceIdentifier", "${aws_db_instance.main.identifier}")
ELB = "AWS/ApplicationELB"
# The specification's list.
SHOWN: dict[str, set[tuple[str, ...]]] = {
    "Load balancer 5xx": {(ELB, "HTTPCode_ELB_5XX_Count", "LoadBalancer", BALANCER)},
    "app latency p90": {(ELB, "TargetResponseTime", *target("app"))},
    "Unhealthy hosts": {(ELB, "UnHealthyHostCount", *target(name)) for name in ROUTED},
    "Service CPU %": {("AWS/ECS", "CPUUtilization", *running(name)) for name in ON_DASHBOARD},
    "Service memory %": {("AWS/ECS", "MemoryUtilization", *running(name)) for name in ON_DASHBOARD},
    "Database CPU %": {("AWS/RDS", "CPUUtilization", *INSTANCE)},
    "Database free storage": {("AWS/RDS", "FreeStorageSpace", *INSTANCE)},
    "Database free memory": {("AWS/RDS", "FreeableMemory", *INSTANCE)},
    "Database connections": {("AWS/RDS", "DatabaseConnections", *INSTANCE)},
}


def test_the_dashboard_shows_what_the_specification_lists(stack: Synthesize) -> None:
    assert widgets(stack("dev")).keys() == {"Key alarms", *SHOWN}


@pytest.mark.parametrize("title", SHOWN)
def test_a_graph_shows_the_stages_own_metrics(stack: Synthesize, title: str) -> None:
    assert shown(stack("dev"), title) == SHOWN[title]


def test_the_dashboard_shows_the_state_of_every_alarm(stack: Synthesize) -> None:
    alarms = widgets(stack("dev"))["Key alarms"]["alarms"]

    assert sorted(alarms) == [
        f"${{{METRIC_ALARM}.{name}.arn}}" for name in sorted([*ALARMS, *BESIDE])
    ]
