"""What a stage's settings ask for: who reaches whom, and which service reads which secrets."""

from modules.base.naming import resource_name
from modules.compute.containers import secret_references
from modules.settings.previews import DATABASE_LOGIN
from modules.settings.secrets import MASTER_CREDENTIALS
from modules.settings.services import (
    DATABASE_TASK,
    HTTPS_PORT,
    KAFKA_PORTS,
    NFS_PORT,
    POSTGRES_PORT,
)
from modules.settings.stage_settings import StageSettings
from security.network_layout import CLOUDFRONT, INTERNET
from security.reachability import LOAD_BALANCER, Opening

_PUBLIC_PORTS = (80, HTTPS_PORT)


def expected_reach(settings: StageSettings) -> frozenset[Opening]:
    """Return all that has to be open in a stage, and nothing else may; nothing before phase `full`.

    A preview opens nothing itself: its tasks are in groups that its base lends.
    """
    if settings.phase != "full" or settings.preview:
        return frozenset()
    names = {name: resource_name(name) for name in settings.services}
    closed = bool(settings.front and settings.front.load_balancer == "cloudfront")
    public_ports = () if closed else _PUBLIC_PORTS
    found = {_tcp(INTERNET, LOAD_BALANCER, port) for port in public_ports}
    if closed:
        found.add(_tcp(CLOUDFRONT, LOAD_BALANCER, HTTPS_PORT))
    for name, service in settings.services.items():
        source = names[name]
        if service.routed and service.routed_port:
            found.add(_tcp(LOAD_BALANCER, source, service.routed_port))
        for called in service.calls:
            port = settings.services[called].port
            if port:
                found.add(_tcp(source, names[called], port))
        if service.uses_database:
            found.add(_tcp(source, "database", POSTGRES_PORT))
        if service.uses_file_storage:
            found.add(_tcp(source, "file_storage", NFS_PORT))
        # What is open to anywhere leads to the platform's own domain too.
        ports = {HTTPS_PORT, *service.outbound_ports}
        found |= {_tcp(source, INTERNET, port) for port in ports}
        found |= {_tcp(source, LOAD_BALANCER, port) for port in ports & {*public_ports}}
        if settings.kafka and service.uses_kafka:
            found |= {_tcp(source, INTERNET, first, last) for first, last in KAFKA_PORTS}
    return frozenset(found)


def expected_secrets(settings: StageSettings) -> dict[str, set[str]]:
    """Return the secrets that each service's row names; services and secrets as Terraform names them.

    One that is lent to a preview is named by its ARN; all of its services log in with one login.
    """
    lent = dict(settings.preview.lent.secrets) if settings.preview else {}
    if settings.preview:
        login = resource_name(DATABASE_LOGIN)
        lent |= {row.login: login for row in settings.secret_rows if row.login}
    read = {
        resource_name(name): {
            lent.get(reference.name, resource_name(reference.name))
            for reference in secret_references(service, kafka=settings.kafka).values()
        }
        for name, service in settings.services.items()
    }
    # No service: what runs SQL inside the stage, as the master user.
    return read | {resource_name(DATABASE_TASK): {resource_name(MASTER_CREDENTIALS)}}


def _tcp(source: str, destination: str, first: int, last: int | None = None) -> Opening:
    return Opening(
        source=source,
        destination=destination,
        protocol="tcp",
        first_port=first,
        last_port=first if last is None else last,
    )
