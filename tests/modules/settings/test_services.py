"""The eight rows against what the application's own sources say, and what a stage file chooses of them."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from modules.settings.services import SERVICES, Service
from modules.settings.stage_files import parse_stage

ROWS = {row.name: row for row in SERVICES}
SUPERTOKENS = "registry.supertokens.io/supertokens/supertokens-postgresql:"
# name: image's beginning, port, path, priority, health path, CPU, memory, tasks, Spot
TABLE: dict[str, tuple[object, ...]] = {
    "supertokens": (SUPERTOKENS, 3567, "/v1/auth", 10, "/hello", 256, 1024, (1, 1), "on-demand"),
    "hasura": (
        "hasura/graphql-engine:v2.", 8080, "/v1/graphql", 20, "/healthz", 256, 1024, (1, 1),
        "on-demand",
    ),
    "functions": (
        "ecr", 3000, "/v1/functions", 30, "/healthz", 256, 512, (1, 4), "spot-with-fallback",
    ),
    "handshake": ("ecr", 3000, "/v1/handshake", 40, "/", 256, 512, (1, 1), "on-demand"),
    "oauth": ("ecr", 3000, "/v1/oauth", 50, "/", 256, 512, (1, 1), "on-demand"),
    "optaplanner": ("ecr", 8081, "/v1/optaplanner", 60, "/", 1024, 2048, (1, 1), "on-demand"),
    "app": ("ecr", 3000, "/", 100, "/", 256, 512, (1, 3), "spot-with-fallback"),
    "python-agent": ("ecr", None, None, None, None, 256, 2048, (1, 1), "on-demand"),
}  # fmt: skip


def columns(row: Service, image: str) -> tuple[object, ...]:
    return (
        image if row.image.startswith(image) else row.image,
        row.port,
        row.path,
        row.priority,
        row.health_path if row.port else None,
        row.cpu_units,
        row.memory_mib,
        (row.min_tasks, row.max_tasks),
        row.capacity,
    )


def test_there_are_eight_rows() -> None:
    assert sorted(ROWS) == sorted(TABLE)
    assert len(SERVICES) == 8


@pytest.mark.parametrize("name", TABLE)
def test_a_row_is_the_specifications(name: str) -> None:
    expected = TABLE[name]

    assert columns(ROWS[name], str(expected[0])) == expected


# CPU %, memory %, scale in s, scale out s
SCALING = {"functions": (65, 65, 300, 60), "app": (70, 70, 180, 60)}


@pytest.mark.parametrize("name", SCALING)
def test_a_scaling_service_has_the_specifications_targets(name: str) -> None:
    row = ROWS[name]

    assert (
        row.cpu_target_percent,
        row.memory_target_percent,
        row.scale_in_cooldown_seconds,
        row.scale_out_cooldown_seconds,
    ) == SCALING[name]


# Switch -> the services for which the specification turns it on.
SWITCHES = {
    "uses_database": {"supertokens", "hasura", "optaplanner"},
    "uses_file_storage": {"python-agent"},
    "single_writer": {"python-agent"},
    "uses_bucket": {"functions"},
    "uses_kafka": {"functions"},
    "cpu_alarm": {"app", "functions", "hasura", "supertokens"},
    "on_dashboard": {"app", "functions", "hasura", "supertokens", "optaplanner"},
}


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_is_on_for_the_specifications_services(switch: str) -> None:
    assert {name for name, row in ROWS.items() if getattr(row, switch)} == SWITCHES[switch]


CALLS = {
    "hasura": {"functions", "app"},
    "functions": {"hasura", "optaplanner"},
    "handshake": {"hasura", "functions"},
    "oauth": {"hasura", "handshake"},
    "optaplanner": {"functions"},
    "app": {"supertokens", "hasura", "functions"},
}


@pytest.mark.parametrize("name", TABLE)
def test_a_service_calls_whom_its_sources_call(name: str) -> None:
    assert {*ROWS[name].calls} == CALLS.get(name, set())


# Column -> what differs from the default, by service.
COLUMNS: dict[str, dict[str, object]] = {
    "health_matcher": {"functions": "401", "optaplanner": "200-499"},
    "strip_path": dict.fromkeys(
        ("supertokens", "functions", "handshake", "oauth", "optaplanner"), True
    ),
    "command": {"hasura": ("graphql-engine", "serve")},
    "aliases": {"hasura": ("graphql-engine",)},
    "user": {},
    "read_only_root": {},
    "public": {},
}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_differs_from_its_default_where_the_sources_say_so(column: str) -> None:
    default = Service.model_fields[column].default

    found = {name: getattr(row, column) for name, row in ROWS.items()}

    assert {name: value for name, value in found.items() if value != default} == COLUMNS[column]


def test_functions_has_a_second_route_to_its_websocket() -> None:
    route = ROWS["functions"].second_route

    assert route is not None
    assert (route.path, route.port) == ("/v1/chat", 3030)
    assert [row.name for row in SERVICES if row.second_route] == ["functions"]


# What may hold the domain, by service: a browser, a third party or the issuer of a token needs it there.
WITH_THE_DOMAIN = {
    "hasura": {"HASURA_GRAPHQL_CORS_DOMAIN"},
    "functions": {
        "APP_CLIENT_URL",
        "FUNCTION_SERVER_URL",
        "HANDSHAKE_URL",
        "GOOGLE_CALENDAR_WEBHOOK_URL",
        "GOOGLE_PEOPLE_SYNC_ADMIN_URL",
        "GOOGLE_AUTH_REDIRECT_URL",
    },
    "oauth": {"GOOGLE_REDIRECT_URL"},
}


@pytest.mark.parametrize("name", TABLE)
def test_only_these_variables_hold_the_domain(name: str) -> None:
    row = ROWS[name]
    with_it = {key for key, value in row.environment.items() if "{domain}" in value}
    built_in = {key for key, value in row.build_args.items() if "{domain}" in value}

    assert with_it == WITH_THE_DOMAIN.get(name, set())
    assert [key for key in built_in if not key.startswith("NEXT_PUBLIC_")] == []


@pytest.mark.parametrize("name", TABLE)
def test_what_is_compiled_into_a_bundle_is_no_variable_of_its_container(name: str) -> None:
    given = {*ROWS[name].environment, *ROWS[name].secrets}

    assert [variable for variable in given if variable.startswith("NEXT_PUBLIC_")] == []


@pytest.mark.parametrize("name", TABLE)
def test_an_address_inside_is_a_services_that_the_row_calls_on_its_port(name: str) -> None:
    values = " ".join([*ROWS[name].environment.values(), ROWS[name].wait_for_url or ""])

    addresses = set(re.findall(r"http://([a-z]+)\.\{namespace\}:(\d+)", values))

    assert {called for called, _ in addresses} <= {name, *ROWS[name].calls}
    assert all(ROWS[called].port == int(port) for called, port in addresses)
    assert values.count("http://") == len(re.findall(r"http://[a-z]+\.\{namespace\}:", values))


def services(**document: Any) -> dict[str, Service]:
    required = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
    settings, errors = parse_stage({**required, **document}, stage="dev")
    assert errors == []
    return settings.services


def test_hasura_accepts_the_tokens_that_the_app_publishes_the_keys_of() -> None:
    hasura = services()["hasura"]

    keys = "http://app.{namespace}:3000/api/auth/jwt/jwks.json"
    assert hasura.environment["HASURA_GRAPHQL_JWT_SECRET"] == f'{{"jwk_url": "{keys}"}}'
    assert hasura.wait_for_url == keys
    assert "HASURA_GRAPHQL_JWT_SECRET" not in hasura.secrets


def test_who_signs_tokens_himself_lets_hasura_accept_the_generated_key() -> None:
    hasura = services(session_tokens="key")["hasura"]

    assert hasura.secrets["HASURA_GRAPHQL_JWT_SECRET"] == "hasura-jwt-secret"
    assert "HASURA_GRAPHQL_JWT_SECRET" not in hasura.environment
    assert hasura.wait_for_url is None
    assert hasura.calls == ("functions",)


def test_supertokens_asks_everybody_for_a_key_while_it_is_public() -> None:
    found = services()

    assert found["supertokens"].secrets["API_KEYS"] == "supertokens-api-key"
    assert found["app"].secrets["SUPERTOKENS_API_KEY"] == "supertokens-api-key"
    assert found["supertokens"].routed


def test_without_a_public_route_supertokens_asks_for_no_key() -> None:
    found = services(services={"supertokens": {"public": False}})

    assert "API_KEYS" not in found["supertokens"].secrets
    assert "SUPERTOKENS_API_KEY" not in found["app"].secrets
    assert not found["supertokens"].routed


@pytest.mark.parametrize("name", TABLE)
def test_latency_is_told_at_one_second_and_optaplanners_at_two(name: str) -> None:
    assert ROWS[name].latency_threshold_seconds == (2 if name == "optaplanner" else 1)


@pytest.mark.parametrize("path", ["/", "/health/", "/health?x=1", "/a%20b", "/" + "x" * 1023])
def test_a_health_path_is_what_the_load_balancer_takes(path: str) -> None:
    service = Service(name="x", port=80, path="/v1/x", priority=3, health_path=path)

    assert service.routed_health_path == path


@pytest.mark.parametrize("path", ["health", "", "/a b", "/${x}", "/ä", "/" + "x" * 1024])
def test_another_health_path_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="that begins with a slash"):
        Service(name="x", health_path=path)


@pytest.mark.parametrize(
    ("path", "routed"), [("/", "/v1/x"), ("/health/", "/v1/x/health/"), ("/?y=1", "/v1/x/?y=1")]
)
def test_a_proxy_is_asked_for_the_health_path_as_it_is_written(path: str, routed: str) -> None:
    service = Service(
        name="x", port=80, path="/v1/x", priority=3, strip_path=True, health_path=path
    )

    assert service.routed_health_path == routed
