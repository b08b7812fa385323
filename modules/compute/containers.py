"""Container definitions of a service's task, as the JSON that ECS takes.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from modules.base.literal import literal
from modules.compute.collector import COLLECTOR, COLLECTOR_MIB, collector_container
from modules.compute.strip_proxy import PROXY_MIB, proxy_container
from modules.settings.secrets import KAFKA_BROKERS, SecretRef
from modules.settings.services import HEALTH_RUNNERS, OTLP_HTTP_PORT, Service

FILE_STORAGE_VOLUME = "lancedb"
FILE_STORAGE_PATH = "/mnt/lancedb_data"
SCRATCH_VOLUME = "scratch"

# What ECS takes at most, in seconds.
_LONGEST_START = 300
# The collector listens for OTLP over HTTP here; containers of one task share the loopback address.
_OTLP_ENDPOINT = f"http://localhost:{OTLP_HTTP_PORT}"

# What bash runs before a container's command: it asks HOST PORT PATH for a page until the answer is 200. A
# container that ended instead would count as a failure, and the third one rolls a deployment back. bash can
# ask by itself; whether an image has curl nobody promises. Its arguments are the three and the command.
_WAIT = """ask() {
  timeout 10 bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit
    printf "GET %s HTTP/1.0\\r\\nHost: %s:%s\\r\\n\\r\\n" "$2" "$0" "$1" >&3
    read -r _ status _ <&3 && [ "$status" = 200 ]' "$@" 2>/dev/null
}
until ask "$1" "$2" "$3"; do
  echo "waiting for http://$1:$2$3"
  sleep 5
done
shift 3
exec "$@"
"""


def secret_references(service: Service, *, kafka: bool) -> dict[str, SecretRef]:
    """Return what a service gets from secrets, by variable."""
    found = {variable: SecretRef.parse(text) for variable, text in service.secrets.items()}
    if service.uses_kafka and kafka:
        # Its Python names them so, its TypeScript KAFKA_BROKERS.
        for variable in ("KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BROKERS"):
            found[variable] = SecretRef(name=KAFKA_BROKERS)
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
    sample_percent: float,
    proxy_image: str,
    idle_timeout_seconds: int,
) -> list[dict[str, Any]]:
    """Describe the service's container, its proxy, and the trace collector when `collector_image` is given.

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
    ports = [service.port, service.second_route.port if service.second_route else None]
    # With a proxy on its port nobody outside of the task asks the container itself.
    if any(ports) and not service.behind_port:
        container["portMappings"] = [
            {"containerPort": port, "hostPort": port, "protocol": "tcp"} for port in ports if port
        ]
    if service.command:
        container["command"] = [literal(word) for word in service.command]
    if service.wait_for_url:
        url = urlsplit(_fill(service.wait_for_url, placeholders))
        path = f"{url.path}?{url.query}" if url.query else url.path
        # In the entry point, so that a task that runs another command waits as well.
        asked = [str(url.hostname), str(url.port), path]
        container["entryPoint"] = ["/bin/bash", "-c", _WAIT, "bash", *asked]
    if service.health_command:
        runner = () if service.health_command[0] in HEALTH_RUNNERS else ("CMD",)
        container["healthCheck"] = {
            "command": [*runner, *map(literal, service.health_command)],
            "interval": 30,
            "timeout": 5,
            "retries": 3,
            "startPeriod": min(service.health_grace_seconds, _LONGEST_START),
        }
    if service.user:
        container["user"] = service.user
    mounts = [(FILE_STORAGE_VOLUME, FILE_STORAGE_PATH)] if service.uses_file_storage else []
    if service.files_are_read_only:
        container["readonlyRootFilesystem"] = True
    if service.exec_enabled:
        # Its init reaps what a shell leaves behind.
        container["linuxParameters"] = {"initProcessEnabled": True}
    if service.read_only_root:
        mounts.append((SCRATCH_VOLUME, "/tmp"))  # noqa: S108  # the container's
    if mounts:
        container["mountPoints"] = [
            {"sourceVolume": volume, "containerPath": path, "readOnly": False}
            for volume, path in mounts
        ]
    beside = []
    if service.proxied:
        proxy = proxy_container(
            service, image=proxy_image, idle_timeout_seconds=idle_timeout_seconds
        )
        beside.append(
            proxy | {"logConfiguration": awslogs(log_group, region, stream=proxy["name"])}
        )
    if collector_image:
        collector = collector_container(image=collector_image, sample_percent=sample_percent)
        beside.append(
            collector | {"logConfiguration": awslogs(log_group, region, stream=COLLECTOR)}
        )
    return [container, *beside]


def beside_mib(service: Service, *, traced: bool) -> int:
    """Return the memory of the task that is not the service's own: the limits of those beside it."""
    return (PROXY_MIB if service.proxied else 0) + (COLLECTOR_MIB if traced else 0)


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
    return [{"name": literal(name), key: value} for name, value in sorted(values.items())]


def _fill(text: str, placeholders: Mapping[str, str]) -> str:
    """Only the known placeholders: an environment value may hold braces of its own."""
    for name, value in placeholders.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def memory_target(service: Service, *, beside_mib: int) -> float:
    """Return the share of the task's memory at which the service itself has the share that its row says.

    ECS measures the task: what runs beside the service counts in full, up to its limit.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-utilization.html
    """
    own = (service.memory_mib - beside_mib) * service.memory_target_percent / 100
    return round(100 * (own + beside_mib) / service.memory_mib, 1)
