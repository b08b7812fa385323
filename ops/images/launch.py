"""How a service's container is started for a look: as its task definition starts it, with made-up secrets."""

from collections.abc import Iterable, Mapping

from common.errors import UserError
from modules.base.literal import evaluated
from modules.compute.containers import container_definitions, secret_references
from modules.settings.secrets import KAFKA_BROKERS, SecretRef, SecretRow, connection_string
from modules.settings.services import PLACEHOLDERS, Service
from modules.settings.stage_settings import StageSettings
from ops.images.container import Launch


def planned_launch(
    settings: StageSettings, service: Service, *, image: str, name: str, changed: Mapping[str, str]
) -> Launch:
    """Return how a task would start `image`; `changed` are variables that are given another value."""
    known = {
        "domain": settings.domain_name,
        "region": settings.region,
        "keep_alive_ms": str(1000 * settings.load_balancer.idle_timeout_seconds),
    }
    container, *_ = container_definitions(
        service,
        image=image,
        placeholders={each: known.get(each) or f"made-up-{each}" for each in PLACEHOLDERS},
        secrets={
            variable: made_up(reference, settings.secret_rows)
            for variable, reference in secret_references(service, kafka=settings.kafka).items()
        },
        log_group="",
        region=settings.region,
        collector_image=(
            settings.tracing.collector_image
            if service.traced and settings.tracing.enabled
            else None
        ),
        sample_percent=settings.tracing.sample_percent,
        proxy_image=settings.proxy.image,
        idle_timeout_seconds=settings.load_balancer.idle_timeout_seconds,
    )
    environment = {each["name"]: each["value"] for each in container["environment"]}
    environment |= {each["name"]: each["valueFrom"] for each in container["secrets"]}
    return Launch(
        image=image,
        name=name,
        environment={
            # Without Terraform's escapes, which its container does not see.
            **{evaluated(key): evaluated(value) for key, value in environment.items()},
            **changed,
        },
        command=service.command,
        user=service.user,
        read_only=service.read_only_root,
        memory_mib=service.memory_mib,
        ports=tuple(each["containerPort"] for each in container.get("portMappings", ())),
        folders=tuple(each["containerPath"] for each in container.get("mountPoints", ())),
    )


def made_up(reference: SecretRef, rows: Iterable[SecretRow]) -> str:
    """Return a value in the form of a secret's own, which opens nothing."""
    if reference.name == KAFKA_BROKERS:
        return "127.0.0.1:9092"
    row = next((row for row in rows if row.name == reference.name and row.template), None)
    if row is None:
        return f"made-up-{reference.key or reference.name}"
    return connection_string(
        row,
        username="made-up-user",
        password="made-up",  # noqa: S106  # opens nothing
        # Nothing answers there.
        host="127.0.0.1",
        port="5432",
        name="made_up",
        tls="",
    )


def read_variables(typed: Iterable[str]) -> dict[str, str]:
    """Read `NAME=VALUE`. Raises UserError for anything else, without the value."""
    found = {}
    for each in typed:
        name, sign, value = each.partition("=")
        if not name or not sign:
            raise UserError("--env takes a variable and its value, as in --env LOG_LEVEL=debug")
        found[name] = value
    return found
