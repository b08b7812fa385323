"""Container definitions of a service's task, as the JSON that ECS takes.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
"""

from collections.abc import Mapping
from typing import Any

from modules.base.literal import literal
from modules.settings.secrets import KAFKA_BROKERS, SecretRef
from modules.settings.services import Service

FILE_STORAGE_VOLUME = "lancedb"
FILE_STORAGE_PATH = "/mnt/lancedb_data"
COLLECTOR = "xray-collector"

# The collector listens for OTLP over HTTP here; containers of one task share the loopback address.
_OTLP_ENDPOINT = "http://localhost:4318"


def secret_references(service: Service, *, kafka: bool) -> dict[str, SecretRef]:
    """Return what a service gets from secrets, by variable."""
    found = {variable: SecretRef.parse(text) for variable, text in service.secrets.items()}
    if service.uses_kafka and kafka:
        found["KAFKA_BOOTSTRAP_SERVERS"] = SecretRef(name=KAFKA_BROKERS)
    return found


def secret_value_from(reference: SecretRef, arns: Mapping[str, str]) -> str:
    """Return what ECS takes as `valueFrom`: the secret's ARN, or `ARN:key::` for one JSON key."""
    arn = arns[reference.name]
    return f"{arn}:{reference.key}::" if reference.key else arn


def container_definitions(
    service: Service,
    *,
    image: str,
    placeholders: Mapping[str, str],
    secrets: Mapping[str, str],
    log_group: str,
    region: str,
    collector_image: str | None,
) -> list[dict[str, Any]]:
    """Describe the service's container, and the trace collector when `collector_image` is given.

    `placeholders` fills `{domain}` and the like in the environment; `secrets` maps a variable to its
    `valueFrom`.
    """
    tracing = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": _OTLP_ENDPOINT,
        "OTEL_SERVICE_NAME": service.name,
    }
    environment = (tracing if collector_image else {}) | {
        name: _fill(literal(value), placeholders) for name, value in service.environment.items()
    }
    container: dict[str, Any] = {
        "name": service.name,
        "image": image,
        "essential": True,
        "environment": _pairs(environment, "value"),
        "secrets": _pairs(secrets, "valueFrom"),
        "logConfiguration": awslogs(log_group, region, stream=service.name),
    }
    if service.port:
        container["portMappings"] = [
            {"containerPort": service.port, "hostPort": service.port, "protocol": "tcp"}
        ]
    if service.uses_file_storage:
        container["mountPoints"] = [
            {
                "sourceVolume": FILE_STORAGE_VOLUME,
                "containerPath": FILE_STORAGE_PATH,
                "readOnly": False,
            }
        ]
    collector = [_collector(collector_image, log_group, region)] if collector_image else []
    return [container, *collector]


def _collector(image: str, log_group: str, region: str) -> dict[str, Any]:
    """AWS's OpenTelemetry collector with its X-Ray configuration. The service outlives its failure."""
    return {
        "name": COLLECTOR,
        "image": image,
        "essential": False,
        "command": ["--config=/etc/ecs/ecs-xray.yaml"],
        "healthCheck": {
            "command": ["CMD", "/healthcheck"],
            "interval": 30,
            "retries": 3,
            "startPeriod": 10,
            "timeout": 5,
        },
        "logConfiguration": awslogs(log_group, region, stream=COLLECTOR),
    }


def awslogs(group: str, region: str, *, stream: str) -> dict[str, Any]:
    """Let a container write to CloudWatch."""
    return {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": group,
            "awslogs-region": region,
            "awslogs-stream-prefix": stream,
        },
    }


def _pairs(values: Mapping[str, str], key: str) -> list[dict[str, str]]:
    """Sorted, as ECS itself returns them: another order would look like a change."""
    return [{"name": name, key: value} for name, value in sorted(values.items())]


def _fill(text: str, placeholders: Mapping[str, str]) -> str:
    """Only the known placeholders: an environment value may hold braces of its own."""
    for name, value in placeholders.items():
        text = text.replace(f"{{{name}}}", value)
    return text
