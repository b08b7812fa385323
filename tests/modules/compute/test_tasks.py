"""The tasks of the services: size, images, volumes, tracing, environment, secrets."""

from typing import Any

import pytest

from modules.settings.services import SERVICES
from tests.conftest import Synthesize

NAMES = [row.name.replace("-", "_") for row in SERVICES]
EVERY = pytest.mark.parametrize("service", NAMES)


# CPU and memory of the specification's table; all others have 256 and 512.
SIZES = {
    "supertokens": ("256", "1024"),
    "hasura": ("256", "1024"),
    "optaplanner": ("1024", "2048"),
    "python_agent": ("256", "2048"),
}


@EVERY
def test_a_task_is_a_linux_x86_64_fargate_task_of_its_size(stack: Synthesize, service: str) -> None:
    task = stack("dev").resource("aws_ecs_task_definition", service)

    assert task["requires_compatibilities"] == ["FARGATE"]
    assert task["network_mode"] == "awsvpc"
    assert task["runtime_platform"] == {
        "operating_system_family": "LINUX",
        "cpu_architecture": "X86_64",
    }
    assert (task["cpu"], task["memory"]) == SIZES.get(service, ("256", "512"))


def test_a_service_may_run_on_graviton(stack: Synthesize) -> None:
    task = stack("frugal").resource("aws_ecs_task_definition", "app")

    assert task["runtime_platform"]["cpu_architecture"] == "ARM64"


def test_the_single_writer_mounts_lancedb_with_iam_over_tls(stack: Synthesize) -> None:
    (volume,) = stack("dev").resource("aws_ecs_task_definition", "python_agent")["volume"]

    assert volume["efs_volume_configuration"] == {
        "file_system_id": "${aws_efs_file_system.lancedb.id}",
        "transit_encryption": "ENABLED",
        "authorization_config": {
            "access_point_id": "${aws_efs_access_point.lancedb.id}",
            "iam": "ENABLED",
        },
    }


def test_the_volume_is_mounted_where_lancedb_expects_it(stack: Synthesize) -> None:
    (volume,) = stack("dev").resource("aws_ecs_task_definition", "python_agent")["volume"]
    (mount,) = stack("dev").containers("python_agent")["python-agent"]["mountPoints"]

    assert mount["sourceVolume"] == volume["name"]
    assert mount["containerPath"] == "/mnt/lancedb_data"


MOUNT_NOTHING = [
    row.name for row in SERVICES if not row.uses_file_storage and not row.uses_database
]


@pytest.mark.parametrize("service", MOUNT_NOTHING)
def test_other_services_mount_nothing(stack: Synthesize, service: str) -> None:
    assert "volume" not in stack("dev").resource("aws_ecs_task_definition", service)


@pytest.mark.parametrize(
    ("service", "image"),
    [
        ("app", "${aws_ecr_repository.app.repository_url}:latest"),
        ("python_agent", "${aws_ecr_repository.python_agent.repository_url}:latest"),
        ("hasura", "hasura/graphql-engine:v2.48.9"),
    ],
)
def test_an_image_comes_from_the_projects_registry_or_is_pinned(
    stack: Synthesize, service: str, image: str
) -> None:
    assert stack("dev").containers(service)[service.replace("_", "-")]["image"] == image


PROXIED = {"supertokens", "functions", "handshake", "oauth", "optaplanner"}
TRACED = ["app", "functions", "handshake", "oauth", "optaplanner"]


@pytest.mark.parametrize("service", TRACED)
def test_a_traced_service_has_the_collector_beside_it(stack: Synthesize, service: str) -> None:
    containers = stack("dev").containers(service)

    name = service.replace("_", "-")
    beside = (["strip-proxy"] if service in PROXIED else []) + ["xray-collector"]
    assert list(containers)[: 1 + len(beside)] == [name, *beside]
    collector = containers["xray-collector"]
    assert collector["image"].startswith("public.ecr.aws/aws-observability/aws-otel-collector:v")
    assert collector["essential"] is False
    assert environment(containers[name])["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://localhost:4318"


@pytest.mark.parametrize(
    ("stage", "service"),
    [("dev", "supertokens"), ("dev", "hasura"), *(("route53", name) for name in NAMES)],
)
def test_without_tracing_a_task_has_no_collector(
    stack: Synthesize, stage: str, service: str
) -> None:
    containers = stack(stage).containers(service)

    assert "xray-collector" not in containers
    variables = environment(containers[service.replace("_", "-")])
    assert [name for name in variables if name.startswith("OTEL_")] == []


def environment(container: dict[str, Any]) -> dict[str, str]:
    return {pair["name"]: pair["value"] for pair in container["environment"]}


def secrets(container: dict[str, Any]) -> dict[str, str]:
    return {pair["name"]: pair["valueFrom"] for pair in container["secrets"]}


def arn(name: str) -> str:
    return f"${{aws_secretsmanager_secret.{name}.arn}}"


@pytest.mark.parametrize(("stage", "on"), [("dev", False), ("route53", True)])
def test_functions_gets_the_brokers_where_kafka_is_on(
    stack: Synthesize, stage: str, *, on: bool
) -> None:
    given = secrets(stack(stage).containers("functions")["functions"])

    brokers = {key: value for key, value in given.items() if key.startswith("KAFKA_")}
    variables = ("KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BROKERS")
    assert brokers == (dict.fromkeys(variables, arn("msk_bootstrap_brokers")) if on else {})


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_rollback_finds_the_revision_that_it_goes_back_to(stack: Synthesize, stage: str) -> None:
    for name in stack(stage).names("aws_ecs_task_definition"):
        assert stack(stage).resource("aws_ecs_task_definition", name)["skip_destroy"] is True
