"""The services of Atomic Calendar, one row each. A ninth service is one more row.

A stage file may change any column of a row (`[services.app]`) or add a row of its own.
"""

from typing import Annotated, Literal

from pydantic import Field

from modules.settings.own_secrets import variables
from modules.settings.setting_types import (
    PINNED_IMAGE,
    ClockTime,
    Days,
    Name,
    Percent,
    Section,
    matching,
)

POSTGRES_PORT = 5432
NFS_PORT = 2049
HTTPS_PORT = 443
# Where the brokers of a managed Kafka listen, privately and publicly, one port for each kind of login.
# https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html
KAFKA_PORTS = ((9092, 9098), (9194, 9198))

Port = Annotated[int, Field(ge=1, le=65535)]
Capacity = Literal["on-demand", "spot-with-fallback", "spot-only"]
CpuArchitecture = Literal["X86_64", "ARM64"]
# An ALB path pattern has at most 128 characters; `/*` takes two.
RoutePath = Annotated[
    str,
    matching(
        r"/|(?=.{2,126}$)(/[A-Za-z0-9_.-]+)+",
        "a path of at most 126 characters without wildcards",
        'begin with "/" and leave out a final one, as in "/v1/reports"',
    ),
]
ImageTag = Annotated[
    str,
    matching(
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}",
        "an image tag: letters, digits, underscores, dots and hyphens",
        'name one tag, as in "2026-05-01" or "latest"',
    ),
]
Image = Annotated[
    str,
    matching(
        rf"ecr|{PINNED_IMAGE}",
        '"ecr" or an image with its tag or digest, other than latest',
        'pin the image, as in "hasura/graphql-engine:v2.48.6"',
    ),
]

# The task that runs SQL inside the stage: its container, and the last part of its family, log group and role.
DATABASE_TASK = "database-apply"
# Labels that say where it may run, because no service needs to exist before it.
TASK_SUBNETS, TASK_GROUPS = "atomic.subnets", "atomic.security-groups"
TASK_PUBLIC = "atomic.assign-public-ip"

# What a value of `environment` may hold in braces.
PLACEHOLDERS = ("domain", "region", "bucket")

# The image of a service that the project builds: its own ECR repository, with `image_tag`.
OWN_REPOSITORY = "ecr"


class ScheduledScaling(Section):
    """From a time of day on, other bounds for a service's tasks."""

    at: ClockTime = Field(description="when, in the stage's `time_zone`")
    days: Days = Field("MON-SUN", description="on which days of the week")
    min_tasks: int = Field(ge=0, le=5000, description="least number of tasks from then on")
    max_tasks: int = Field(ge=0, le=5000, description="most tasks from then on")


class Service(Section):
    """One ECS service on Fargate.

    `environment` may use `{domain}`, `{region}` and `{bucket}`. `secrets` maps a variable to one of the
    platform's secrets (`modules.settings.secrets`) or one of the stage's own (`[secrets.NAME]`), `NAME` or
    `NAME:JSON_KEY`; `optional_secrets` gives what the stage declares, and leaves the rest out.
    """

    name: Name = Field(description="the service's name, the last part of its physical names")
    image: Image = Field(
        OWN_REPOSITORY,
        description="`ecr` for the project's own repository, or a pinned image",
    )
    image_tag: ImageTag = Field("latest", description="the tag in the project's repository")
    build_folder: str | None = Field(
        None,
        min_length=1,
        description="the Dockerfile's folder below `images.source`; default: the service's name",
    )
    port: Port | None = Field(
        None, description="the container's port; without it nothing is routed"
    )
    path: RoutePath | None = Field(
        None,
        description="path that the load balancer routes, with all below it; `/` is all the rest",
    )
    priority: int | None = Field(
        None, ge=1, le=50000, description="the rule's priority, the least first"
    )
    health_path: RoutePath = Field("/", description="path of the load balancer's health check")
    health_grace_seconds: int = Field(
        120, ge=0, le=2147483647, description="time to start before health checks count"
    )
    cpu_architecture: CpuArchitecture = Field(
        "X86_64",
        description="`ARM64` (Graviton) costs a fifth less; the image has to be built for it",
    )
    cpu_units: int = Field(256, description="CPU of a task, 1024 for one vCPU")
    memory_mib: int = Field(512, description="memory of a task")
    min_tasks: int = Field(1, ge=0, le=5000, description="least number of tasks")
    max_tasks: int = Field(
        1, ge=0, le=5000, description="most tasks; above `min_tasks` the service scales"
    )
    schedule: Annotated[tuple[ScheduledScaling, ...], Field(strict=False)] = Field(
        (),
        description="other bounds by the clock: a table of `at`, `days`, `min_tasks`, `max_tasks` each",
    )
    cpu_target_percent: Percent = Field(70, description="CPU at which the service scales")
    memory_target_percent: Percent = Field(70, description="memory at which the service scales")
    scale_in_cooldown_seconds: int = Field(300, ge=0, description="wait between removing tasks")
    scale_out_cooldown_seconds: int = Field(60, ge=0, description="wait between adding tasks")
    capacity: Capacity = Field(
        "on-demand",
        description="`on-demand`; `spot-with-fallback`: one task on demand, further ones mostly Spot; "
        "`spot-only`: nothing runs when Spot is short",
    )
    spot_weight: int = Field(
        4, ge=1, le=1000, description="Spot tasks for each further one on demand"
    )
    single_writer: bool = Field(
        False,
        description="never two tasks at once: a deployment stops the old one first",
    )
    environment: dict[str, str] = Field({}, description="environment variables")
    secrets: dict[str, str] = Field({}, description="variables from secrets")
    optional_secrets: dict[str, str] = Field(
        {},
        description="variables from secrets of one's own, `NAME:KEY`, that are left out where the stage "
        "does not declare the secret",
    )
    calls: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        (), description="services that it may reach on their port"
    )
    outbound_ports: Annotated[tuple[Port, ...], Field(strict=False)] = Field(
        (), description="TCP ports that it may reach anywhere, besides 443"
    )
    uses_database: bool = Field(False, description="may reach the database")
    uses_bucket: bool = Field(False, description="may read and write the data bucket")
    uses_file_storage: bool = Field(False, description="mounts the LanceDB file system")
    uses_kafka: bool = Field(False, description="gets the Kafka brokers when Kafka is on")
    traced: bool = Field(True, description="runs the trace collector beside it")
    latency_threshold_seconds: float = Field(1, gt=0, description="p90 response time of its alarm")
    cpu_alarm: bool = Field(False, description="has an alarm on its CPU")
    on_dashboard: bool = Field(False, description="its CPU and memory are on the dashboard")


SERVICES: tuple[Service, ...] = (
    Service(
        name="supertokens",
        image="registry.supertokens.io/supertokens/supertokens-postgresql:10.1.4",
        port=3567,
        path="/v1/auth",
        priority=10,
        health_path="/v1/auth/hello",
        memory_mib=1024,
        environment={
            "BASE_PATH": "/v1/auth",
            "POSTGRESQL_TABLE_NAMES_PREFIX": "Supertokens",
        },
        secrets={
            "POSTGRESQL_CONNECTION_URI": "supertokens-db-conn-string",
            "API_KEYS": "supertokens-api-key",
        },
        uses_database=True,
        traced=False,
        cpu_alarm=True,
        on_dashboard=True,
    ),
    Service(
        name="hasura",
        image="hasura/graphql-engine:v2.48.6",
        port=8080,
        path="/v1/graphql",
        priority=20,
        health_path="/healthz",
        memory_mib=1024,
        environment={
            "HASURA_GRAPHQL_UNAUTHORIZED_ROLE": "public",
            "HASURA_GRAPHQL_ENABLE_CONSOLE": "false",
            "HASURA_GRAPHQL_DEV_MODE": "false",
            "HASURA_GRAPHQL_LOG_LEVEL": "info",
            "HASURA_GRAPHQL_ENABLED_APIS": "graphql",
            "HASURA_GRAPHQL_CORS_DOMAIN": "https://{domain}",
            "HASURA_GRAPHQL_PG_CONNECTIONS": "15",
        },
        secrets={
            "HASURA_GRAPHQL_ADMIN_SECRET": "hasura-admin-secret",
            "HASURA_GRAPHQL_JWT_SECRET": "hasura-jwt-secret",
            "HASURA_GRAPHQL_DATABASE_URL": "hasura-db-conn-string",
        },
        uses_database=True,
        traced=False,
        cpu_alarm=True,
        on_dashboard=True,
    ),
    Service(
        name="functions",
        port=80,
        path="/v1/functions",
        priority=30,
        health_path="/v1/functions/healthz",
        max_tasks=4,
        cpu_target_percent=65,
        memory_target_percent=65,
        scale_in_cooldown_seconds=300,
        scale_out_cooldown_seconds=60,
        capacity="spot-with-fallback",
        environment={
            "HASURA_GRAPHQL_GRAPHQL_URL": "https://{domain}/v1/graphql",
            "FUNCTION_SERVER_URL": "https://{domain}/v1/functions",
            "APP_CLIENT_URL": "https://{domain}",
            "S3_BUCKET": "{bucket}",
            "AWS_REGION": "{region}",
        },
        secrets={
            "HASURA_GRAPHQL_ADMIN_SECRET": "hasura-admin-secret",
            "OPENAI_API_KEY": "openai-api-key",
        },
        optional_secrets=variables(
            "google:CLIENT_ID_WEB",
            "google:CLIENT_SECRET_WEB",
            "google:CLIENT_ID_ATOMIC_WEB",
            "google:CLIENT_SECRET_ATOMIC_WEB",
            "google:CLIENT_ID_ANDROID",
            "google:CLIENT_ID_IOS",
            "zoom:CLIENT_ID",
            "zoom:PASS_KEY",
            "zoom:SALT_FOR_PASS",
            "zoom:IV_FOR_PASS",
            "kafka:USERNAME",
            "kafka:PASSWORD",
            "mongodb:URI",
        ),
        calls=("hasura",),
        uses_bucket=True,
        uses_kafka=True,
        cpu_alarm=True,
        on_dashboard=True,
    ),
    Service(
        name="handshake",
        port=80,
        path="/v1/handshake",
        priority=40,
        health_path="/health",
        environment={
            "HASURA_GRAPHQL_GRAPHQL_URL": "https://{domain}/v1/graphql",
            "MEETING_ASSIST_ADMIN_URL": "https://{domain}/v1/functions/schedule-assist/placeholder",
        },
        secrets={
            "API_TOKEN": "api-token-secret",
            "HASURA_GRAPHQL_ADMIN_SECRET": "hasura-admin-secret",
        },
        calls=("hasura",),
    ),
    Service(
        name="oauth",
        port=80,
        path="/v1/oauth",
        priority=50,
        health_path="/health",
        environment={
            "HASURA_GRAPHQL_GRAPHQL_URL": "https://{domain}/v1/graphql",
            "HANDSHAKE_URL": "https://{domain}/v1/handshake",
        },
        secrets={"HASURA_GRAPHQL_ADMIN_SECRET": "hasura-admin-secret"},
        optional_secrets=variables(
            "google:CLIENT_ID_WEB",
            "google:CLIENT_SECRET_WEB",
            "zoom:CLIENT_ID",
            "zoom:CLIENT_SECRET",
            "zoom:PASS_KEY",
            "zoom:SALT_FOR_PASS",
            "zoom:IV_FOR_PASS",
            "zoom:WEBHOOK_SECRET_TOKEN",
        ),
        calls=("hasura", "handshake"),
    ),
    Service(
        name="optaplanner",
        port=8081,
        path="/v1/optaplanner",
        priority=60,
        health_path="/q/health",
        cpu_units=1024,
        memory_mib=2048,
        environment={
            "QUARKUS_DATASOURCE_DB_KIND": "postgresql",
            "QUARKUS_HTTP_PORT": "8081",
            "USERNAME": "admin",
        },
        secrets={
            "QUARKUS_DATASOURCE_JDBC_URL": "optaplanner-db-conn-string",
            "QUARKUS_DATASOURCE_USERNAME": "optaplanner-db-role:username",
            "QUARKUS_DATASOURCE_PASSWORD": "optaplanner-db-role:password",
            "PASSWORD": "api-token-secret",
        },
        uses_database=True,
        latency_threshold_seconds=2,
        on_dashboard=True,
    ),
    Service(
        name="app",
        port=3000,
        path="/",
        priority=100,
        max_tasks=3,
        scale_in_cooldown_seconds=180,
        scale_out_cooldown_seconds=60,
        capacity="spot-with-fallback",
        environment={
            "NEXT_PUBLIC_HASURA_GRAPHQL_GRAPHQL_URL": "https://{domain}/v1/graphql",
            "NEXT_PUBLIC_HASURA_GRAPHQL_GRAPHQL_WS_URL": "wss://{domain}/v1/graphql",
            "NEXT_PUBLIC_SUPERTOKENS_API_DOMAIN": "https://{domain}/v1/auth",
            "NEXT_PUBLIC_HANDSHAKE_URL": "https://{domain}/v1/handshake/",
            "NEXT_PUBLIC_EVENT_TO_QUEUE_AUTH_URL": "https://{domain}/v1/functions/eventToQueueAuth",
        },
        optional_secrets=variables(
            "google:CLIENT_ID_ATOMIC_WEB",
            "google:CLIENT_SECRET_ATOMIC_WEB",
            "zoom:PASS_KEY",
            "zoom:SALT_FOR_PASS",
            "zoom:IV_FOR_PASS",
        ),
        cpu_alarm=True,
        on_dashboard=True,
    ),
    Service(
        name="python-agent",
        environment={
            "PYTHONPATH": "/app",
            "LANCEDB_URI": "file:///mnt/lancedb_data/atomic_lancedb",
        },
        secrets={
            "NOTION_API_TOKEN": "notion-api-token",
            "DEEPGRAM_API_KEY": "deepgram-api-key",
            "NOTION_NOTES_DATABASE_ID": "notion-notes-db-id",
            "NOTION_RESEARCH_PROJECTS_DB_ID": "notion-research-projects-db-id",
            "NOTION_RESEARCH_TASKS_DB_ID": "notion-research-tasks-db-id",
        },
        single_writer=True,
        uses_file_storage=True,
    ),
)
