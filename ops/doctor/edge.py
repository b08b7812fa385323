"""How users reach the stage: the domain's record, the zone it is in, and the certificate."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aws.client import Clients, ask_all, ask_unless, within
from aws.resources.route53 import public_zone
from modules.base.partition import GLOBAL_REGION
from ops.deployed import Deployed
from ops.doctor.cdn import distribution_name
from ops.doctor.finding import Finding, attention, fine

# ACM renews sixty days before the end; one that is closer than this was not renewed.
# https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html
_TIME_TO_ACT = timedelta(days=30)
_NO_CERTIFICATE = frozenset({"ResourceNotFoundException"})
_NO_BALANCER = frozenset({"LoadBalancerNotFound", "LoadBalancerNotFoundException"})

Resolve = Callable[[str], frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class DnsFacts:
    """Where the domain leads. `balancer` is the own name of `what` it has to lead to, None without one.

    `zone_found` and `alias` are of mode route53, the addresses of mode manual; both addresses are None
    where nobody can look them up.
    """

    domain: str
    mode: str
    balancer: str | None
    zone: str
    what: str = "load balancer"
    zone_found: bool = False
    alias: str | None = None
    domain_addresses: frozenset[str] | None = None
    balancer_addresses: frozenset[str] | None = None


def resolve(host: str) -> frozenset[str]:
    """Return the addresses of a name; none where it has none."""
    try:
        return frozenset(str(each[4][0]) for each in socket.getaddrinfo(host, 443))
    except OSError:
        return frozenset()


def gather_dns(deployed: Deployed, look_up: Resolve) -> list[DnsFacts]:
    """Ask where each name of the stage has to lead, and where it does. Raises UserError."""
    settings = deployed.settings
    what = "CloudFront distribution" if settings.front else "load balancer"
    balancer = distribution_name(deployed) if settings.front else _balancer(deployed)
    return [
        _gather_name(deployed, look_up, name, what=what, balancer=balancer)
        for name in (settings.domain_name or "", *settings.domains.names)
    ]


def _gather_name(
    deployed: Deployed, look_up: Resolve, domain: str, *, what: str, balancer: str | None
) -> DnsFacts:
    settings = deployed.settings
    zone_name = settings.zone_of(domain) or domain
    if settings.dns.mode == "route53":
        zone = public_zone(deployed.clients, zone_name)
        return DnsFacts(
            domain=domain,
            mode="route53",
            balancer=balancer,
            what=what,
            zone=zone_name,
            zone_found=zone is not None,
            alias=_alias(deployed, zone, domain) if zone else None,
        )
    # An emulator's load balancer has a name that no resolver knows.
    known = balancer is not None and not deployed.workspace.emulated
    return DnsFacts(
        domain=domain,
        mode="manual",
        balancer=balancer,
        what=what,
        zone=zone_name,
        domain_addresses=look_up(domain) if known else None,
        balancer_addresses=look_up(balancer) if known and balancer else None,
    )


def judge_dns(facts: DnsFacts, *, stack: str) -> list[Finding]:
    """Check whether the domain leads to the load balancer, or to CloudFront before it."""
    if facts.mode == "route53" and not facts.zone_found:
        return [
            attention(
                "hosted zone",
                f"Route 53 has no public zone {facts.zone}",
                f"aws route53 create-hosted-zone --name {facts.zone} --caller-reference {stack}, and "
                "name its servers at the registrar",
            )
        ]
    if facts.balancer is None:
        return [attention(facts.what, f"there is no {facts.what}", f"cdktf deploy {stack}")]
    if facts.mode == "route53":
        return [_alias_finding(facts, facts.balancer, stack=stack)]
    return [_record_finding(facts, facts.balancer)]


def _alias_finding(facts: DnsFacts, balancer: str, *, stack: str) -> Finding:
    # Route 53 may put `dualstack.` before the name and a dot behind it.
    if facts.alias is not None and balancer.lower() in facts.alias.lower():
        return fine("dns", f"{facts.domain} is an alias of the {facts.what}")
    what = f"{facts.domain} is no alias of the {facts.what} in {facts.zone}"
    return attention("dns", what, f"cdktf deploy {stack}")


def _record_finding(facts: DnsFacts, balancer: str) -> Finding:
    if facts.domain_addresses is None or facts.balancer_addresses is None:
        return fine("dns", f"not looked up: no resolver knows an emulator's {balancer}")
    if facts.domain_addresses & facts.balancer_addresses:
        return fine("dns", f"{facts.domain} leads to the {facts.what}")
    where = ", ".join(sorted(facts.domain_addresses)) or "nowhere"
    return attention(
        "dns",
        f"{facts.domain} leads to {where}, not to the {facts.what}",
        f"at your DNS provider set {facts.domain} as CNAME (or ALIAS) of {balancer}",
    )


@dataclass(frozen=True, kw_only=True)
class CertificateFacts:
    """A certificate; `record` is the CNAME that proves a name, as NAME TYPE VALUE, with commas for more.

    `setting` may name it in the stage file; `missing` are names of the stage that it does not have.
    """

    domain: str
    arn: str | None
    setting: str = "certificate_arn"
    region: str | None = None
    missing: tuple[str, ...] = ()
    status: str = ""
    ends: datetime | None = None
    record: str = ""


def gather_certificates(deployed: Deployed) -> list[CertificateFacts]:
    """Ask for the load balancer's certificate, and for CloudFront's where that is another. Raises UserError.

    Each is the given one, or the domain's.
    """
    settings = deployed.settings
    found = [_certificate(deployed, deployed.clients, settings.certificate_arn)]
    front = settings.front if settings.phase == "full" else None
    if front and (front.certificate_arn or settings.region != GLOBAL_REGION):
        clients = within(GLOBAL_REGION, deployed.clients)
        of_cloudfront = _certificate(deployed, clients, front.certificate_arn)
        found.append(replace(of_cloudfront, setting="cdn.certificate_arn", region=GLOBAL_REGION))
    return found


def _certificate(deployed: Deployed, clients: Clients, given: str | None) -> CertificateFacts:
    domain = deployed.settings.domain_name or ""
    arn = given or _arn_of(clients, domain)
    answer = arn and ask_unless(
        clients, "acm", "DescribeCertificate", _NO_CERTIFICATE, CertificateArn=arn
    )
    if not answer:
        return CertificateFacts(domain=domain, arn=None)
    certificate = answer["Certificate"]
    options: list[dict[str, Any]] = certificate.get("DomainValidationOptions") or []
    waiting = [each for each in options if each.get("ValidationStatus") != "SUCCESS"] or options
    records = [each["ResourceRecord"] for each in waiting if "ResourceRecord" in each]
    names = {certificate["DomainName"], *certificate.get("SubjectAlternativeNames", ())}
    return CertificateFacts(
        domain=domain,
        arn=arn,
        missing=tuple(
            name
            for name in (domain, *deployed.settings.domains.names)
            if not names & {name, f"*.{name.partition('.')[2]}"}
        ),
        status=certificate["Status"],
        ends=certificate.get("NotAfter"),
        record=", ".join(f"{each['Name']} {each['Type']} {each['Value']}" for each in records),
    )


def _arn_of(clients: Clients, domain: str) -> str | None:
    listed = ask_all(clients, "acm", "ListCertificates", "CertificateSummaryList")
    mine = [each for each in listed if each["DomainName"] == domain]
    # While one replaces another both are listed; what users meet is issued, and in use.
    mine.sort(key=lambda each: (each.get("Status") != "ISSUED", not each.get("InUse")))
    return mine[0]["CertificateArn"] if mine else None


def judge_certificate(facts: CertificateFacts, *, stack: str, now: datetime) -> list[Finding]:
    """Check whether the certificate is there, issued, not about to end, and has the stage's names."""
    name = f"certificate in {facts.region}" if facts.region else "certificate"
    if facts.arn is None:
        remedy = (
            f"correct {facts.setting} in the stage file, or delete the line; cdktf deploy {stack}"
        )
        return [attention(name, f"there is no certificate for {facts.domain}", remedy)]
    if facts.status == "PENDING_VALIDATION":
        remedy = f"at your DNS provider set the record {facts.record}, and leave it there"
        return [attention(name, f"{facts.domain} is not proven yet", remedy)]
    if facts.status != "ISSUED":
        region = f" --region {facts.region}" if facts.region else ""
        remedy = f"aws acm delete-certificate --certificate-arn {facts.arn}{region} && cdktf deploy {stack}"
        if facts.status in {"EXPIRED", "REVOKED", "INACTIVE"}:
            remedy = f"request or import another and set {facts.setting} in the stage file"
        return [attention(name, f"{facts.arn} is {facts.status}", remedy)]
    if facts.missing:
        what = f"{facts.arn} does not have the name {', '.join(facts.missing)}"
        remedy = f"correct {facts.setting} in the stage file, or delete it; cdktf deploy {stack}"
        return [attention(name, what, remedy)]
    ends = facts.ends.astimezone(UTC) if facts.ends else None
    if ends and ends - now < _TIME_TO_ACT:
        remedy = (
            f"ACM renews it only while this record exists: {facts.record or 'import a new one'}"
        )
        return [attention(name, f"it ends on {ends:%Y-%m-%d} and was not renewed", remedy)]
    return [fine(name, f"{facts.domain}, issued" + (f", until {ends:%Y-%m-%d}" if ends else ""))]


def _balancer(deployed: Deployed) -> str | None:
    answer = deployed.ask_unless(
        "elbv2", "DescribeLoadBalancers", _NO_BALANCER, Names=[deployed.names.load_balancer]
    )
    return str(answer["LoadBalancers"][0]["DNSName"]) if answer else None


def _alias(deployed: Deployed, zone: str, domain: str) -> str | None:
    records = deployed.ask(
        "route53",
        "ListResourceRecordSets",
        HostedZoneId=zone,
        StartRecordName=domain,
        StartRecordType="A",
    )["ResourceRecordSets"]
    for record in records:
        if record["Name"].rstrip(".") == domain and record["Type"] == "A":
            return str(record.get("AliasTarget", {}).get("DNSName", ""))
    return None
