"""The ECS cluster and its services."""

import pytest

from modules.settings.services import SERVICES
from tests.conftest import Synthesize

NAMES = [row.name.replace("-", "_") for row in SERVICES]
ON_DEMAND = {"capacity_provider": "FARGATE", "base": 1, "weight": 1}
SPOT = {"capacity_provider": "FARGATE_SPOT", "base": 0, "weight": 4}
EVERY = pytest.mark.parametrize("service", NAMES)


def test_the_cluster_offers_fargate_and_spot(stack: Synthesize) -> None:
    providers = stack("dev").resource("aws_ecs_cluster_capacity_providers", "main")

    assert providers["cluster_name"] == "${aws_ecs_cluster.main.name}"
    assert providers["capacity_providers"] == ["FARGATE", "FARGATE_SPOT"]


def test_the_eight_services_are_there(stack: Synthesize) -> None:
    assert stack("dev").names("aws_ecs_service") == sorted(NAMES)
    assert stack("dev").names("aws_ecs_task_definition") == sorted([*NAMES, "database_apply"])


@EVERY
def test_a_service_runs_its_task_on_platform_1_4_0(stack: Synthesize, service: str) -> None:
    found = stack("dev").resource("aws_ecs_service", service)

    assert found["name"] == f"atomic-dev-{service.replace('_', '-')}"
    assert found["cluster"] == "${aws_ecs_cluster.main.arn}"
    assert found["task_definition"] == f"${{aws_ecs_task_definition.{service}.arn}}"
    assert found["platform_version"] == "1.4.0"
    assert found["desired_count"] == 1


# stage, service -> strategy; a provider of weight 0 would never be used
STRATEGIES = {
    ("dev", "app"): [ON_DEMAND, SPOT],
    ("dev", "functions"): [ON_DEMAND, SPOT],
    ("dev", "supertokens"): [ON_DEMAND],
    ("dev", "hasura"): [ON_DEMAND],
    ("dev", "handshake"): [ON_DEMAND],
    ("dev", "oauth"): [ON_DEMAND],
    ("dev", "optaplanner"): [ON_DEMAND],
    ("dev", "python_agent"): [ON_DEMAND],
    ("frugal", "app"): [SPOT],
}


@pytest.mark.parametrize(("stage", "service"), STRATEGIES)
def test_spot_falls_back_to_on_demand(stack: Synthesize, stage: str, service: str) -> None:
    found = stack(stage).resource("aws_ecs_service", service)

    assert found["capacity_provider_strategy"] == STRATEGIES[stage, service]
    assert found["force_new_deployment"] is True
    assert "launch_type" not in found


@EVERY
def test_a_failed_deployment_rolls_back(stack: Synthesize, service: str) -> None:
    found = stack("dev").resource("aws_ecs_service", service)

    assert found["deployment_circuit_breaker"] == {"enable": True, "rollback": True}


EDGE_ALARMS = ("unhealthy_hosts", "target_5xx", "latency")
# service -> the kinds of its own alarms; python-agent has none
OWN_ALARMS = {
    **dict.fromkeys(("app", "functions", "hasura", "supertokens"), (*EDGE_ALARMS, "cpu")),
    **dict.fromkeys(("handshake", "oauth", "optaplanner"), EDGE_ALARMS),
}


@pytest.mark.parametrize("service", OWN_ALARMS)
def test_a_services_own_alarms_roll_a_deployment_back(stack: Synthesize, service: str) -> None:
    alarms = stack("dev").resource("aws_ecs_service", service)["alarms"]

    assert (alarms["enable"], alarms["rollback"]) == (True, True)
    assert alarms["alarm_names"] == [
        f"${{aws_cloudwatch_metric_alarm.{service}_{kind}.alarm_name}}"
        for kind in OWN_ALARMS[service]
    ]


def test_a_service_without_alarms_waits_for_none(stack: Synthesize) -> None:
    assert "alarms" not in stack("dev").resource("aws_ecs_service", "python_agent")


@EVERY
def test_only_the_single_writer_stops_before_it_starts(stack: Synthesize, service: str) -> None:
    found = stack("dev").resource("aws_ecs_service", service)

    percents = (
        found["deployment_minimum_healthy_percent"],
        found["deployment_maximum_percent"],
    )
    assert percents == ((0, 100) if service == "python_agent" else (100, 200))


@pytest.mark.parametrize(
    ("stage", "service", "value"),
    [
        ("tailored", "worker", "ENABLED"),
        ("tailored", "insights", "DISABLED"),
        ("dev", "app", "DISABLED"),
        ("dev", "python_agent", "DISABLED"),
    ],
)
def test_tasks_move_back_to_a_zone_that_returns_where_two_run_at_all_times(
    stack: Synthesize, stage: str, service: str, value: str
) -> None:
    found = stack(stage).resource("aws_ecs_service", service)

    assert found["availability_zone_rebalancing"] == value


# stage -> public addresses, subnets
PLACES = {
    "dev": (False, "private", 2),
    "prod": (False, "private", 2),
    "frugal": (True, "public", 3),
}


@pytest.mark.parametrize("stage", PLACES)
@EVERY
def test_tasks_have_public_addresses_only_without_nat(
    stack: Synthesize, stage: str, service: str
) -> None:
    network = stack(stage).resource("aws_ecs_service", service)["network_configuration"]

    public, tier, zones = PLACES[stage]
    assert network["assign_public_ip"] is public
    assert network["subnets"] == [f"${{aws_subnet.{tier}_{zone}.id}}" for zone in range(zones)]


# A task that starts too early loops: what each service has to wait for.
WAITS = {
    "hasura": {
        "aws_secretsmanager_secret_version.hasura_admin_secret",
        "aws_secretsmanager_secret_version.hasura_db_conn_string",
        "aws_lb_listener_rule.hasura",
    },
    "python_agent": {
        "aws_efs_mount_target.lancedb_0",
        "aws_efs_mount_target.lancedb_1",
        "aws_secretsmanager_secret_version.deepgram_api_key",
        "aws_secretsmanager_secret_version.notion_api_token",
        "aws_secretsmanager_secret_version.notion_notes_db_id",
        "aws_secretsmanager_secret_version.notion_research_projects_db_id",
        "aws_secretsmanager_secret_version.notion_research_tasks_db_id",
        "aws_secretsmanager_secret_version.openai_api_key",
    },
    "app": {
        "aws_lb_listener_rule.app",
        "aws_secretsmanager_secret_version.hasura_admin_secret",
        "aws_secretsmanager_secret_version.supertokens_api_key",
    },
}


@pytest.mark.parametrize("service", WAITS)
def test_a_service_waits_for_what_it_cannot_start_without(stack: Synthesize, service: str) -> None:
    found = set(stack("dev").resource("aws_ecs_service", service)["depends_on"])

    waits = {name for name in found if not name.startswith("aws_iam_role_policy.")}
    ways_out = {
        f"aws_route_table_association.{tier}_{index}"
        for tier in ("public", "private")
        for index in (0, 1)
    }
    always = {"aws_ecs_cluster_capacity_providers.main", "aws_vpc_dhcp_options_association.main"}
    assert waits == WAITS[service] | ways_out | always


@EVERY
def test_a_tasks_permissions_are_there_before_it_starts(stack: Synthesize, service: str) -> None:
    known = stack("dev").names("aws_iam_role_policy")
    own = {name for name in known if name in {f"{service}_task", f"{service}_execution"}}

    found = stack("dev").resource("aws_ecs_service", service)["depends_on"]

    policies = {name for name in found if name.startswith("aws_iam_role_policy.")}
    assert policies == {f"aws_iam_role_policy.{name}" for name in own}
