"""The eight rows against the specification's table, column by column."""

import pytest

from modules.settings.services import SERVICES, Service

ROWS = {row.name: row for row in SERVICES}
SUPERTOKENS = "registry.supertokens.io/supertokens/supertokens-postgresql:"
# name: image's beginning, port, path, priority, health path, CPU, memory, tasks, Spot
TABLE: dict[str, tuple[object, ...]] = {
    "supertokens": (
        SUPERTOKENS, 3567, "/v1/auth", 10, "/v1/auth/hello", 256, 1024, (1, 1), "on-demand",
    ),
    "hasura": (
        "hasura/graphql-engine:v2.", 8080, "/v1/graphql", 20, "/healthz", 256, 1024, (1, 1),
        "on-demand",
    ),
    "functions": (
        "ecr", 80, "/v1/functions", 30, "/v1/functions/healthz", 256, 512, (1, 4),
        "spot-with-fallback",
    ),
    "handshake": ("ecr", 80, "/v1/handshake", 40, "/health", 256, 512, (1, 1), "on-demand"),
    "oauth": ("ecr", 80, "/v1/oauth", 50, "/health", 256, 512, (1, 1), "on-demand"),
    "optaplanner": (
        "ecr", 8081, "/v1/optaplanner", 60, "/q/health", 1024, 2048, (1, 1), "on-demand",
    ),
    "app": ("ecr", 3000, "/", 100, "/", 256, 512, (1, 3), "spot-with-fallback"),
    "python-agent": ("ecr", None, None, None, None, 256, 512, (1, 1), "on-demand"),
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


D = "https://{domain}"
GRAPHQL = f"{D}/v1/graphql"
ENVIRONMENT = {
    "app": {
        "NEXT_PUBLIC_HASURA_GRAPHQL_GRAPHQL_URL": GRAPHQL,
        "NEXT_PUBLIC_HASURA_GRAPHQL_GRAPHQL_WS_URL": "wss://{domain}/v1/graphql",
        "NEXT_PUBLIC_SUPERTOKENS_API_DOMAIN": f"{D}/v1/auth",
        "NEXT_PUBLIC_HANDSHAKE_URL": f"{D}/v1/handshake/",
        "NEXT_PUBLIC_EVENT_TO_QUEUE_AUTH_URL": f"{D}/v1/functions/eventToQueueAuth",
    },
    "functions": {
        "HASURA_GRAPHQL_GRAPHQL_URL": GRAPHQL,
        "FUNCTION_SERVER_URL": f"{D}/v1/functions",
        "APP_CLIENT_URL": D,
        "S3_BUCKET": "{bucket}",
        "AWS_REGION": "{region}",
    },
    "handshake": {
        "HASURA_GRAPHQL_GRAPHQL_URL": GRAPHQL,
        "MEETING_ASSIST_ADMIN_URL": f"{D}/v1/functions/schedule-assist/placeholder",
    },
    "oauth": {"HASURA_GRAPHQL_GRAPHQL_URL": GRAPHQL, "HANDSHAKE_URL": f"{D}/v1/handshake"},
    "optaplanner": {
        "QUARKUS_DATASOURCE_DB_KIND": "postgresql",
        "QUARKUS_HTTP_PORT": "8081",
        "USERNAME": "admin",
    },
    "python-agent": {
        "PYTHONPATH": "/app",
        "LANCEDB_URI": "file:///mnt/lancedb_data/atomic_lancedb",
    },
    "hasura": {
        "HASURA_GRAPHQL_UNAUTHORIZED_ROLE": "public",
        "HASURA_GRAPHQL_ENABLE_CONSOLE": "false",
        "HASURA_GRAPHQL_DEV_MODE": "false",
        "HASURA_GRAPHQL_LOG_LEVEL": "info",
        "HASURA_GRAPHQL_ENABLED_APIS": "graphql",
        "HASURA_GRAPHQL_CORS_DOMAIN": D,
        "HASURA_GRAPHQL_PG_CONNECTIONS": "15",
    },
    "supertokens": {"BASE_PATH": "/v1/auth", "POSTGRESQL_TABLE_NAMES_PREFIX": "Supertokens"},
}


@pytest.mark.parametrize("name", TABLE)
def test_a_service_has_the_specifications_environment(name: str) -> None:
    assert ROWS[name].environment == ENVIRONMENT[name]


ADMIN = {"HASURA_GRAPHQL_ADMIN_SECRET": "hasura-admin-secret"}
SECRETS_OF: dict[str, dict[str, str]] = {
    "functions": ADMIN | {"OPENAI_API_KEY": "openai-api-key"},
    "hasura": ADMIN
    | {
        "HASURA_GRAPHQL_JWT_SECRET": "hasura-jwt-secret",
        "HASURA_GRAPHQL_DATABASE_URL": "hasura-db-conn-string",
    },
    "supertokens": {
        "POSTGRESQL_CONNECTION_URI": "supertokens-db-conn-string",
        "API_KEYS": "supertokens-api-key",
    },
    "handshake": ADMIN | {"API_TOKEN": "api-token-secret"},
    "oauth": ADMIN,
    "optaplanner": {
        "QUARKUS_DATASOURCE_JDBC_URL": "optaplanner-db-conn-string",
        "QUARKUS_DATASOURCE_USERNAME": "optaplanner-db-role:username",
        "QUARKUS_DATASOURCE_PASSWORD": "optaplanner-db-role:password",
        "PASSWORD": "api-token-secret",
    },
    "app": {},
    "python-agent": {
        "NOTION_API_TOKEN": "notion-api-token",
        "DEEPGRAM_API_KEY": "deepgram-api-key",
        "NOTION_NOTES_DATABASE_ID": "notion-notes-db-id",
        "NOTION_RESEARCH_PROJECTS_DB_ID": "notion-research-projects-db-id",
        "NOTION_RESEARCH_TASKS_DB_ID": "notion-research-tasks-db-id",
    },
}


@pytest.mark.parametrize("name", TABLE)
def test_a_service_has_the_specifications_secrets(name: str) -> None:
    assert ROWS[name].secrets == SECRETS_OF[name]


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


CALLS = {"functions": ("hasura",), "handshake": ("hasura",), "oauth": ("hasura", "handshake")}


@pytest.mark.parametrize("name", TABLE)
def test_a_service_calls_whom_the_specification_lets_it(name: str) -> None:
    assert ROWS[name].calls == CALLS.get(name, ())


@pytest.mark.parametrize("name", TABLE)
def test_latency_is_told_at_one_second_and_optaplanners_at_two(name: str) -> None:
    assert ROWS[name].latency_threshold_seconds == (2 if name == "optaplanner" else 1)
