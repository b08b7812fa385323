"""The containers of a task, as ECS takes them."""

import json
import socket
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from modules.compute import containers
from modules.settings.secrets import SecretRef
from modules.settings.services import SERVICES, Service

ROWS = {row.name: row for row in SERVICES}
COLLECTOR_IMAGE = "collector:v1"
PLACEHOLDERS = {
    "domain": "app.example.com",
    "region": "eu-west-1",
    "bucket": "files",
    "namespace": "acme.internal",
}


def definitions(service: Service, *, collector_image: str | None = None) -> list[dict[str, Any]]:
    return containers.container_definitions(
        service,
        image="image:1",
        placeholders=PLACEHOLDERS,
        secrets={"TOKEN": "arn:token", "KEY": "arn:doc:key::"},
        log_group="/aws/ecs/cluster/service",
        region="eu-west-1",
        collector_image=collector_image,
        sample_percent=25,
        proxy_image="nginx:1",
        idle_timeout_seconds=3600,
    )


def values(pairs: list[dict[str, str]], key: str = "value") -> dict[str, str]:
    return {pair["name"]: pair[key] for pair in pairs}


def test_a_service_is_one_essential_container_of_its_image() -> None:
    (container,) = definitions(ROWS["app"])

    assert (container["name"], container["image"], container["essential"]) == (
        "app",
        "image:1",
        True,
    )


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (("pgrep", "worker"), ["CMD", "pgrep", "worker"]),
        (("CMD", "pgrep", "worker"), ["CMD", "pgrep", "worker"]),
        (("CMD-SHELL", "curl -f x || exit 1"), ["CMD-SHELL", "curl -f x || exit 1"]),
    ],
)
def test_a_health_command_is_taken_as_ecs_writes_it_too(
    words: tuple[str, ...], asked: list[str]
) -> None:
    service = Service.model_validate({"name": "worker", "health_command": words})

    (container,) = definitions(service)

    assert container["healthCheck"]["command"] == asked


def test_the_container_listens_on_the_services_port() -> None:
    container, *_ = definitions(ROWS["optaplanner"])

    assert container["portMappings"] == [
        {"containerPort": 8081, "hostPort": 8081, "protocol": "tcp"}
    ]


def test_a_service_without_a_port_maps_none() -> None:
    (container,) = definitions(ROWS["python-agent"])

    assert "portMappings" not in container


def test_placeholders_are_filled() -> None:
    environment = {name: f"-{{{name}}}-" for name in PLACEHOLDERS}

    (container,) = definitions(Service(name="reports", environment=environment))

    assert values(container["environment"]) == {
        name: f"-{value}-" for name, value in PLACEHOLDERS.items()
    }


def test_other_braces_stay_as_they_are() -> None:
    service = Service(name="reports", environment={"FORMAT": '{"{domain}": {0}}'})

    (container,) = definitions(service)

    assert values(container["environment"]) == {"FORMAT": '{"app.example.com": {0}}'}


def test_secrets_are_references() -> None:
    (container,) = definitions(ROWS["app"])

    assert values(container["secrets"], "valueFrom") == {
        "TOKEN": "arn:token",
        "KEY": "arn:doc:key::",
    }


def test_variables_are_in_the_order_in_which_ecs_returns_them() -> None:
    (container,) = definitions(ROWS["app"])

    names = [pair["name"] for pair in container["environment"]]
    assert names == sorted(names)
    assert [pair["name"] for pair in container["secrets"]] == ["KEY", "TOKEN"]


def test_the_container_logs_into_the_services_group() -> None:
    (container,) = definitions(ROWS["app"])

    assert container["logConfiguration"] == {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": "/aws/ecs/cluster/service",
            "awslogs-region": "eu-west-1",
            "awslogs-stream-prefix": "app",
        },
    }


def test_the_file_system_is_mounted_for_writing_where_lancedb_expects_it() -> None:
    (container,) = definitions(ROWS["python-agent"])

    assert container["mountPoints"] == [
        {"sourceVolume": "lancedb", "containerPath": "/mnt/lancedb_data", "readOnly": False}
    ]


def test_other_services_mount_nothing() -> None:
    (container,) = definitions(ROWS["app"])

    assert "mountPoints" not in container


def test_the_collector_is_the_specifications_sidecar() -> None:
    _, collector = definitions(ROWS["app"], collector_image=COLLECTOR_IMAGE)

    assert collector["image"] == COLLECTOR_IMAGE
    assert collector["essential"] is False
    assert collector["restartPolicy"] == {"enabled": True, "restartAttemptPeriod": 60}
    assert collector["memory"] == 128
    assert collector["readonlyRootFilesystem"] is True
    assert collector["command"] == ["--config=env:AOT_CONFIG_CONTENT"]
    assert collector["healthCheck"]["command"] == ["CMD", "/healthcheck"]


def test_the_collector_passes_on_a_share_of_the_traces_and_none_of_health_checks() -> None:
    _, collector = definitions(ROWS["app"], collector_image=COLLECTOR_IMAGE)
    variable, limit = collector["environment"]
    configuration = json.loads(variable["value"].replace("$$", "$"))
    pipeline = configuration["service"]["pipelines"]["traces"]["processors"]

    assert variable["name"] == "AOT_CONFIG_CONTENT"
    assert limit == {"name": "GOMEMLIMIT", "value": "102MiB"}
    assert configuration["processors"]["probabilistic_sampler"] == {"sampling_percentage": 25}
    assert "ELB-HealthChecker" in configuration["processors"]["filter/health"]["traces"]["span"][0]
    assert set(pipeline) == configuration["processors"].keys()
    # Refused before it is held, and held below the container's limit.
    assert pipeline[0] == "memory_limiter"
    # What is measured is the heap: the process has 50 MiB more.
    assert configuration["processors"]["memory_limiter"]["limit_mib"] + 50 <= collector["memory"]


def test_a_traced_service_sends_to_its_collector() -> None:
    container, _ = definitions(ROWS["app"], collector_image=COLLECTOR_IMAGE)

    environment = values(container["environment"])
    assert environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://localhost:4318"
    assert environment["OTEL_SERVICE_NAME"] == "app"


def test_a_stage_files_variable_wins_over_the_tracings() -> None:
    service = Service(name="reports", environment={"OTEL_SERVICE_NAME": "mine"})

    container, _ = definitions(service, collector_image=COLLECTOR_IMAGE)

    assert values(container["environment"])["OTEL_SERVICE_NAME"] == "mine"


def test_without_a_collector_nothing_speaks_of_tracing() -> None:
    (container,) = definitions(ROWS["app"])

    assert [name for name in values(container["environment"]) if name.startswith("OTEL")] == []


@pytest.mark.parametrize(
    ("service", "kafka", "given"),
    [("functions", True, True), ("functions", False, False), ("app", True, False)],
)
def test_only_functions_gets_the_brokers_and_only_with_kafka(
    service: str, *, kafka: bool, given: bool
) -> None:
    references = containers.secret_references(ROWS[service], kafka=kafka)

    for variable in ("KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BROKERS"):
        assert references.pop(variable, None) == (
            SecretRef(name="msk-bootstrap-brokers") if given else None
        )
    assert list(references) == list(ROWS[service].secrets)


@pytest.mark.parametrize(
    ("reference", "value_from"), [("doc", "arn:doc"), ("doc:username", "arn:doc:username::")]
)
def test_a_json_key_is_asked_for_behind_the_arn(reference: str, value_from: str) -> None:
    assert (
        containers.secret_value_from(SecretRef.parse(reference), {"doc": "arn:doc"}) == value_from
    )


# Hasura ends where it cannot read the keys of the session tokens at its start.
WAITING = ROWS["hasura"]


def command_of(service: Service, url: str, command: tuple[str, ...]) -> list[str]:
    container, *_ = definitions(
        service.model_copy(update={"wait_for_url": url, "command": command})
    )
    return [*container["entryPoint"], *container["command"]]


def test_a_container_waits_before_it_runs_its_command() -> None:
    container, *_ = definitions(WAITING)

    assert container["entryPoint"][-3:] == ["app.acme.internal", "3000", "/api/auth/jwt/jwks.json"]
    assert container["command"] == ["graphql-engine", "serve"]


def test_a_task_that_runs_another_command_waits_as_well() -> None:
    """Its command takes the place of the container's, and leaves the entry point."""
    container, *_ = definitions(WAITING)

    script = container["entryPoint"][2].replace('until ask "$1" "$2" "$3"', 'until echo "$1"')
    waiting = [*container["entryPoint"][:2], script, *container["entryPoint"][3:]]
    done = subprocess.run(
        [*waiting, "sh", "-c", "echo another"], capture_output=True, text=True, check=True
    )

    assert done.stdout == "app.acme.internal\nanother\n"


class _Keys(BaseHTTPRequestHandler):
    """Answers as an application does that is not ready yet, and then is."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(f"{self.path} of {self.headers['Host']}")
        self.send_response(200 if len(self.asked) > 1 else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing on the test's own screen."""


def test_the_command_runs_once_the_address_answers_200() -> None:
    """GIVEN nobody listens, then an answer of 503, then one of 200, THEN the command runs after all three."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    url = f"http://127.0.0.1:{port}/keys?a=b"
    command = command_of(WAITING, url, ("printf", "%s|%s", "started with", "$two words"))
    script = command[2].replace("sleep 5", "sleep 0.2")
    waiting = subprocess.Popen(
        [command[0], command[1], script, *command[3:]], stdout=subprocess.PIPE, text=True
    )
    try:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == f"waiting for {url}\n"
        with HTTPServer(("127.0.0.1", port), _Keys) as server:
            server.handle_request()
            assert waiting.poll() is None
            server.handle_request()
        said, _ = waiting.communicate(timeout=10)
    finally:
        waiting.kill()
        waiting.wait()

    assert said.splitlines()[-1] == "started with|$two words"
    assert _Keys.asked == [f"/keys?a=b of 127.0.0.1:{port}"] * 2
    assert waiting.returncode == 0


def test_a_container_that_waits_for_nothing_has_its_images_entry_point() -> None:
    (container,) = definitions(ROWS["app"])

    assert "entryPoint" not in container
    assert "command" not in container


def test_read_only_files_leave_an_empty_folder_for_temporary_ones() -> None:
    (container,) = definitions(Service(name="reports", read_only_root=True, user="1000:1000"))

    assert container["readonlyRootFilesystem"] is True
    assert container["user"] == "1000:1000"
    assert container["mountPoints"] == [
        {"sourceVolume": "scratch", "containerPath": "/tmp", "readOnly": False}  # noqa: S108  # the container's
    ]
