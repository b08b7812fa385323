"""What a base lends to a preview, and what it lacks: asked of its file, its state and its listener."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from zlib import crc32

from common.errors import UserError
from modules.base.naming import resource_name
from modules.compute.containers import secret_references
from modules.settings.previews import ROOM, RULES_EACH, Lent, LentRegistry, Previews, wildcard_of
from modules.settings.stage_settings import StageSettings
from ops.deployed import Deployed
from terraform.state import State

_FIRST: Final = 100
_PLACES: Final = (ROOM - _FIRST) // RULES_EACH


def check_lends(settings: StageSettings) -> Previews:
    """Return what a stage's file says of lending. Raises UserError for one that does not lend."""
    stage, lends = settings.stage, settings.previews
    if settings.preview or settings.phase != "full" or settings.domain_name is None:
        raise UserError(
            f"stage {stage} lends nothing: allowed: a stage of phase full, with services"
        )
    if lends is None:
        raise UserError(
            f"stage {stage} lends nothing: add [previews] to its stage file and deploy it: "
            f"`cdktf deploy {settings.stack_name}`"
        )
    return lends


def lent_by(settings: StageSettings, services: Sequence[str], state: State | None) -> Lent:
    """Return what a base lends. Raises UserError where its last deploy made less than its file says."""
    objects = {each.address: each.attributes for each in state.objects} if state else {}

    def of(address: str) -> Mapping[str, Any]:
        if address not in objects:
            raise UserError(
                f"stage {settings.stage} has no {address} yet: deploy it first: "
                f"`cdktf deploy {settings.stack_name}`"
            )
        return objects[address]

    public = settings.network.nat == "none"
    tier = "aws_subnet.public_" if public else "aws_subnet.private_"
    postgres = settings.database.engine == "postgres"
    rows = {name: settings.services[name] for name in services}
    cluster, namespace = of("aws_ecs_cluster.main"), of(_NAMESPACE)
    return Lent(
        vpc_id=of("aws_vpc.main")["id"],
        subnet_ids=tuple(objects[each]["id"] for each in sorted(objects) if each.startswith(tier)),
        public_addresses=public,
        cluster_arn=cluster["arn"],
        cluster_name=cluster["name"],
        load_balancer_name=of("aws_lb.main")["name"],
        listener_arn=of("aws_lb_listener.https")["arn"],
        namespace_id=namespace["id"],
        namespace=namespace["name"],
        database_host=(
            of("aws_db_instance.main")["address"]
            if postgres
            else of("aws_rds_cluster.main")["endpoint"]
        ),
        key_arn=objects.get("aws_kms_key.main", {}).get("arn"),
        groups={name: of(f"aws_security_group.{resource_name(name)}")["id"] for name in services},
        registries={
            row.registry: _registry(of(f"aws_ecr_repository.{resource_name(row.registry)}"))
            for row in rows.values()
            if row.has_own_image
        },
        secrets={
            name: of(f"aws_secretsmanager_secret.{resource_name(name)}")["arn"]
            for name in _operators(settings, services)
        },
    )


def lacks(base: Deployed, lent: Lent) -> Iterator[str]:
    """Yield what the base's listener lacks for previews. Raises UserError when AWS refuses."""
    settings = base.settings
    wanted = wildcard_of(settings.domain_name or "")
    if wanted not in _certified(base, lent.listener_arn):
        yield (
            f"no certificate of its listener that is issued has the name {wanted}: "
            + (
                f"let the one of certificate_arn have it beside {settings.domain_name}"
                if settings.certificate_arn
                else f"set its record in DNS, and deploy: `cdktf deploy {settings.stack_name}`"
            )
        )
    early = [
        str(_priority(rule))
        for rule in _rules(base, lent)
        if 1 < _priority(rule) < ROOM and not _has_host(rule)
    ]
    if early:
        yield (
            f"rules of its own still come first on the listener (priority {', '.join(early)}): deploy it, so "
            f"that [previews] is in effect; what an extension made needs {ROOM} or more"
        )


def first_priority(base: Deployed, lent: Lent, name: str) -> int:
    """Return a free place for the rules of a preview: by its name, so that two made at once seldom meet.

    Raises UserError where there is none.
    """
    taken = {(_priority(rule) - _FIRST) // RULES_EACH for rule in _rules(base, lent)}
    begin = crc32(name.encode())
    for step in range(_PLACES):
        place = (begin + step) % _PLACES
        if place not in taken:
            return _FIRST + place * RULES_EACH
    raise UserError(
        f"the listener of {base.settings.stage} has no room for another preview: end one"
    )


def _rules(base: Deployed, lent: Lent) -> list[Mapping[str, Any]]:
    rules = base.ask_all("elbv2", "DescribeRules", "Rules", ListenerArn=lent.listener_arn)
    return [each for each in rules if not each["IsDefault"]]


def _priority(rule: Mapping[str, Any]) -> int:
    return int(rule["Priority"])


def _has_host(rule: Mapping[str, Any]) -> bool:
    return any(each["Field"] == "host-header" for each in rule["Conditions"])


def _certified(base: Deployed, listener: str) -> set[str]:
    """Return the names that the listener answers to by certificates that are issued."""
    found: set[str] = set()
    for each in base.ask_all(
        "elbv2", "DescribeListenerCertificates", "Certificates", ListenerArn=listener
    ):
        certificate = base.ask("acm", "DescribeCertificate", CertificateArn=each["CertificateArn"])[
            "Certificate"
        ]
        if certificate["Status"] == "ISSUED":
            found |= {certificate["DomainName"], *certificate.get("SubjectAlternativeNames", ())}
    return found


def _operators(settings: StageSettings, services: Sequence[str]) -> list[str]:
    """Return the operator's secrets that these services read."""
    own = {row.name for row in settings.secret_rows if row.origin == "operator"}
    read = {
        each.name
        for name in services
        for each in secret_references(settings.services[name], kafka=False).values()
    }
    return sorted(own & read)


def _registry(attributes: Mapping[str, Any]) -> LentRegistry:
    return LentRegistry(
        name=attributes["name"], url=attributes["repository_url"], arn=attributes["arn"]
    )


_NAMESPACE: Final = "aws_service_discovery_private_dns_namespace.main"
