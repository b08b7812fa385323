"""Each task definition against the file of facts, row by row and column by column.

The file is read here as it is, and not through the code that makes rows of it.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from modules.settings import services
from tests.conftest import Synthesize
from tests.stack import Stack

FACTS: dict[str, dict[str, Any]] = tomllib.loads(
    Path(services.__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
PROXY_PORT = 8000
EVERY = pytest.mark.parametrize("name", FACTS)
WITH = {
    column: pytest.mark.parametrize("name", [name for name, row in FACTS.items() if column in row])
    for column in {column for row in FACTS.values() for column in row}
}
FILLED = {
    "{keep_alive_ms}": "180000",
    "{domain}": "dev.example.com",
    "{region}": "us-east-1",
    "{bucket}": "${aws_s3_bucket.data.bucket}",
    "{namespace}": "atomic-dev.internal",
}
# What the trace collector beside a service adds.
OF_TRACING = {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME"}


def address(name: str) -> str:
    return name.replace("-", "_")


def container(stack: Stack, name: str) -> dict[str, Any]:
    return stack.containers(address(name))[name]


def group(stack: Stack, name: str) -> dict[str, Any]:
    return stack.resource("aws_lb_target_group", address(name))


def filled(value: str) -> str:
    for placeholder, known in FILLED.items():
        value = value.replace(placeholder, known)
    return value


@EVERY
def test_every_variable_is_the_files_and_there_is_no_other(stack: Synthesize, name: str) -> None:
    given = {each["name"]: each["value"] for each in container(stack("dev"), name)["environment"]}

    facts = FACTS[name].get("environment", {})
    expected = {variable: filled(value) for variable, value in facts.items()}
    # What the database's certificate needs comes from where the database is reached from.
    others = OF_TRACING | {"PGSSLROOTCERT"}
    assert {key: value for key, value in given.items() if key not in others} == expected


@EVERY
def test_every_secret_is_the_files_and_there_is_no_other(stack: Synthesize, name: str) -> None:
    given = {each["name"]: each["valueFrom"] for each in container(stack("dev"), name)["secrets"]}

    expected = {}
    for variable, reference in FACTS[name].get("secrets", {}).items():
        secret, _, key = reference.partition(":")
        arn = f"${{aws_secretsmanager_secret.{address(secret)}.arn}}"
        expected[variable] = f"{arn}:{key}::" if key else arn
    assert given == expected


@EVERY
def test_the_container_listens_on_the_files_ports(stack: Synthesize, name: str) -> None:
    row = FACTS[name]
    # A proxy has the port of a container that listens behind it.
    listens = "strip-proxy" if "behind_port" in row else name
    found = stack("dev").containers(address(name))[listens].get("portMappings", [])

    ports = [row.get("port"), row.get("second_route", {}).get("port")]
    assert [each["containerPort"] for each in found] == [port for port in ports if port]


@EVERY
def test_the_container_runs_the_files_command(stack: Synthesize, name: str) -> None:
    found = container(stack("dev"), name).get("command", [])

    assert found == FACTS[name].get("command", [])


@WITH["wait_for_url"]
def test_it_waits_for_the_files_address(stack: Synthesize, name: str) -> None:
    found = container(stack("dev"), name)

    host, port, path = found["entryPoint"][-3:]
    assert f"http://{host}:{port}{path}" == filled(FACTS[name]["wait_for_url"])
    assert found["entryPoint"][:2] == ["/bin/bash", "-c"]


@EVERY
def test_the_task_has_the_files_size(stack: Synthesize, name: str) -> None:
    task = stack("dev").resource("aws_ecs_task_definition", address(name))

    row = FACTS[name]
    size = (str(row.get("cpu_units", 256)), str(row.get("memory_mib", 512)))
    assert (task["cpu"], task["memory"]) == size


@EVERY
def test_a_proxy_stands_beside_it_where_the_file_strips_its_path(
    stack: Synthesize, name: str
) -> None:
    """Beside Hasura, too, whose server closes a quiet connection before the load balancer does."""
    containers = stack("dev").containers(address(name))

    assert ("strip-proxy" in containers) is (
        FACTS[name].get("strip_path", False) or name == "hasura"
    )


@WITH["behind_port"]
def test_a_proxy_hands_everything_on_to_the_port_behind_it(stack: Synthesize, name: str) -> None:
    proxy = stack("dev").containers(address(name))["strip-proxy"]

    row = FACTS[name]
    (line,) = [
        line for line in proxy["environment"][0]["value"].splitlines() if "127.0.0.1:" in line
    ]
    assert line.split() == ["default", f"127.0.0.1:{row['behind_port']}$request_uri;"]


@WITH["strip_path"]
def test_the_proxy_knows_the_files_paths_and_ports(stack: Synthesize, name: str) -> None:
    proxy = stack("dev").containers(address(name))["strip-proxy"]

    row = FACTS[name]
    configuration = proxy["environment"][0]["value"]
    for route in [row, *([row["second_route"]] if "second_route" in row else [])]:
        (line,) = [line for line in configuration.splitlines() if f"^{route['path']}(" in line]
        assert f" 127.0.0.1:{route['port']}/" in line
    assert configuration.count("127.0.0.1:") == 1 + ("second_route" in row)


@WITH["path"]
def test_the_load_balancer_leads_the_files_path_to_it(stack: Synthesize, name: str) -> None:
    rule = stack("dev").resource("aws_lb_listener_rule", address(name))
    (balancer,) = stack("dev").resource("aws_ecs_service", address(name))["load_balancer"]

    row = FACTS[name]
    assert rule["priority"] == row["priority"]
    path = row["path"] if row["path"] != "/" else "/*"
    assert path in rule["condition"][0]["path_pattern"]["values"]
    stripped = row.get("strip_path", False)
    assert balancer["container_port"] == (PROXY_PORT if stripped else row["port"])


@WITH["path"]
def test_the_health_check_asks_the_files_page_through_the_proxy(
    stack: Synthesize, name: str
) -> None:
    check = group(stack("dev"), name)["health_check"]

    row = FACTS[name]
    page = row.get("health_path", "/")
    asked = f"{row['path']}{page}".rstrip("/") if row.get("strip_path") else page
    assert (check["path"], check["matcher"]) == (asked, row.get("health_matcher", "200-399"))


@EVERY
def test_it_is_found_inside_by_its_name_where_it_listens(stack: Synthesize, name: str) -> None:
    service = stack("dev").resource("aws_ecs_service", address(name))

    arn = f"${{aws_service_discovery_service.{address(name)}.arn}}"
    registered = {"registry_arn": arn} if "port" in FACTS[name] else None
    assert service.get("service_registries") == registered


@WITH["aliases"]
def test_an_alias_leads_to_its_name(stack: Synthesize, name: str) -> None:
    for alias in FACTS[name]["aliases"]:
        instance = stack("dev").resource("aws_service_discovery_instance", address(alias))

        assert instance["attributes"] == {"AWS_INSTANCE_CNAME": f"{name}.atomic-dev.internal"}


@EVERY
def test_its_security_group_lets_it_call_whom_the_file_names(stack: Synthesize, name: str) -> None:
    rules = stack("dev").json["resource"]["aws_vpc_security_group_egress_rule"]

    own = f"${{aws_security_group.{address(name)}.id}}"
    found = {
        (rule["referenced_security_group_id"], rule["from_port"])
        for rule in rules.values()
        if rule["security_group_id"] == own
        and rule.get("referenced_security_group_id", "").removesuffix(".id}")
        in {f"${{aws_security_group.{address(each)}" for each in FACTS}
    }
    assert found == {
        (f"${{aws_security_group.{address(called)}.id}}", FACTS[called]["port"])
        for called in FACTS[name].get("calls", [])
    }


# One test above holds each of these columns; the others are the service's size, scaling, and alarms.
HELD = {
    "environment", "secrets", "port", "second_route", "command", "wait_for_url", "cpu_units", "memory_mib",
    "strip_path", "behind_port", "path", "priority", "health_path", "health_matcher", "aliases", "calls",
}  # fmt: skip
ELSEWHERE = {
    # tests/modules/compute/test_tasks.py, test_services.py, test_scaling.py, test_roles.py
    "image", "traced", "capacity", "single_writer", "max_tasks", "cpu_target_percent", "uses_bucket",
    "memory_target_percent", "scale_in_cooldown_seconds", "scale_out_cooldown_seconds", "uses_file_storage",
    # tests/modules/monitoring, tests/modules/network, tests/modules/security
    "cpu_alarm", "on_dashboard", "latency_threshold_seconds", "uses_database", "uses_kafka",
    "health_grace_seconds", "optional_secrets",
    # tests/ops/images
    "build_context", "dockerfile", "build_args", "build_folder",
}  # fmt: skip


def test_no_column_of_the_file_is_held_by_nothing() -> None:
    assert {column for row in FACTS.values() for column in row} - HELD - ELSEWHERE == set()
