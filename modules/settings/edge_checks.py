"""What can be wrong between a stage's names in DNS, its certificates and CloudFront."""

from collections.abc import Iterator

from modules.base.partition import GLOBAL_REGION, regions
from modules.settings.rules import addresses
from modules.settings.services import FIRST_REDIRECT, MOST_REDIRECT_RULES
from modules.settings.setting_error import SettingError, at, refused
from modules.settings.stage_settings import StageSettings


def find_edge_errors(settings: StageSettings) -> Iterator[SettingError]:
    """Everything that is wrong with the stage's edge."""
    yield from _certificate(settings)
    yield from _requested(settings)
    yield from _accounts(settings)
    yield from _cdn(settings)
    yield from _hosted_zone(settings)
    yield from _domains(settings)


def _certificate(settings: StageSettings) -> Iterator[SettingError]:
    if settings.certificate_arn and settings.certificate_arn.split(":")[3] != settings.region:
        yield at("certificate_arn", settings.certificate_arn, "region").must_be(
            f"a certificate in {settings.region}, the stage's region",
            f"request one in {settings.region}, or leave it out to have one requested",
        )


def _requested(settings: StageSettings) -> Iterator[SettingError]:
    """Check that a certificate can be had for each name, where one is requested."""
    if settings.certificate_arn:
        return
    for field, names in (
        ("domain_name", [settings.domain_name or ""]),
        ("domains.redirect", settings.domains.redirect),
        ("domains.serve", settings.domains.serve),
    ):
        for name in names:
            refusal = addresses.public_name(name)
            if refusal:
                yield refused(field, name, refusal, "certificate_arn")


def _accounts(settings: StageSettings) -> Iterator[SettingError]:
    """Check that certificate and monitors are of the stage's account: AWS takes no others."""
    for field, arn in (
        ("certificate_arn", settings.certificate_arn),
        ("cdn.certificate_arn", settings.cdn and settings.cdn.certificate_arn),
        ("cost_alerts.anomaly_monitor_arn", settings.cost_alerts.anomaly_monitor_arn),
    ):
        if arn and settings.account_id and arn.split(":")[4] != settings.account_id:
            yield at(field, arn, "account_id").must_be(
                f"one of the stage's account, {settings.account_id} (account_id)",
                "name one of that account, or leave it out",
            )


def _cdn(settings: StageSettings) -> Iterator[SettingError]:
    """Check what CloudFront has to have: a partition with it, and a certificate where it looks for one."""
    cdn = settings.cdn
    if cdn is None:
        return
    if regions()[settings.region] != "aws":
        yield at("cdn", settings.region, "region").must_be(
            f"left out in {settings.region}: CloudFront is here for AWS's commercial regions alone",
            "take [cdn] out",
        )
        return
    if settings.previews and cdn.load_balancer == "cloudfront":
        yield at("cdn.load_balancer", cdn.load_balancer, "previews").must_be(
            '"open" beside [previews], which are reached at the load balancer itself',
            "leave it out, or let another stage lend",
        )
    if cdn.certificate_arn and cdn.certificate_arn.split(":")[3] != GLOBAL_REGION:
        yield at("cdn.certificate_arn", cdn.certificate_arn).must_be(
            f"a certificate in {GLOBAL_REGION}: CloudFront takes no other",
            f"request one in {GLOBAL_REGION}",
        )
    if settings.certificate_arn and settings.region != GLOBAL_REGION and not cdn.certificate_arn:
        yield at("cdn.certificate_arn", None, "certificate_arn", "region").must_be(
            f"the ARN of a certificate in {GLOBAL_REGION}: CloudFront does not take the given one of "
            f"{settings.region}",
            f"request one in {GLOBAL_REGION}, or leave certificate_arn out: then both are requested",
        )


def _hosted_zone(settings: StageSettings) -> Iterator[SettingError]:
    zone, domain = settings.dns.hosted_zone_name, settings.domain_name
    if zone and domain and not f".{domain}".endswith(f".{zone}"):
        yield at("dns.hosted_zone_name", zone, "domain_name").must_be(
            f"{domain} or a parent of it",
            "name the public hosted zone that the domain belongs to",
        )


def _domains(settings: StageSettings) -> Iterator[SettingError]:
    names = settings.domains.names
    if names and not settings.domain_name:
        yield at("domains", list(names), "domain_name").must_be(
            "names beside domain_name, which is left out",
            "name the application's main domain in domain_name",
        )
        return
    seen = {settings.domain_name}
    for name in names:
        if name in seen:
            yield at("domains", name, "domain_name").must_be(
                "a name once, in one of domain_name, redirect and serve",
                "take it out of the others",
            )
        seen.add(name)
        if settings.dns.mode == "route53" and settings.zone_of(name) is None:
            yield at(
                "domains.hosted_zone_names",
                list(settings.domains.hosted_zone_names),
                "domains",
                "dns.hosted_zone_name",
            ).must_be(
                f"with the public hosted zone of {name}, which is not below the domain's own",
                "add the zone, or set dns.mode to manual and make the records yourself",
            )
    own = {settings.domain_name, *names}
    lent = set(settings.further_names) - own if settings.certificate_arn is None else set()
    refusal = addresses.certificate_names(len(own | lent))
    if refusal:
        besides = "the domain" + (f" and {', '.join(lent)} of [previews]" if lent else "")
        yield at("domains", f"{len(names)} names", "previews", "domain_name").must_be(
            f"{refusal.allowed}: {besides} among them",
            f"{refusal.remedy} of domains.redirect and domains.serve",
        )
    if not settings.domains.redirect:
        return
    for service in settings.services.values():
        second = service.second_route
        for priority in (service.priority, second.priority if second else None):
            if priority and FIRST_REDIRECT <= priority < FIRST_REDIRECT + MOST_REDIRECT_RULES:
                yield at(f"services.{service.name}.priority", priority, "domains.redirect").must_be(
                    f"another than {FIRST_REDIRECT} and {FIRST_REDIRECT + 1}, which redirects have",
                    "take a greater one",
                )
