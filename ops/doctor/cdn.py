"""CloudFront before the domain: whether its distribution is there, and whether anybody gets past it."""

from dataclasses import dataclass

from aws.resources.cloudfront import DISTRIBUTION
from modules.settings.stage_settings import Cdn
from ops.deployed import Deployed
from ops.doctor.finding import Finding, attention, fine


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A distribution; `is_spread` once CloudFront has its present settings everywhere."""

    id: str
    domain_name: str
    enabled: bool
    is_spread: bool


def gather_cdn(deployed: Deployed) -> Distribution | None:
    """Return the stage's distribution; None without one. Raises UserError."""
    for row in DISTRIBUTION.rows(deployed.clients):
        if row["Comment"] == deployed.names.cdn:
            return Distribution(
                id=row["Id"],
                domain_name=row["DomainName"],
                enabled=row["Enabled"],
                is_spread=row["Status"] == "Deployed",
            )
    return None


def distribution_name(deployed: Deployed) -> str | None:
    """Return the distribution's own domain name; None without one. Raises UserError."""
    found = gather_cdn(deployed)
    return found.domain_name if found else None


def judge_cdn(settings: Cdn, found: Distribution | None, *, stack: str) -> list[Finding]:
    """Check whether users come through CloudFront, and nobody past it."""
    name = "cdn"
    if found is None:
        return [attention(name, "there is no CloudFront distribution", f"cdktf deploy {stack}")]
    if not found.enabled:
        remedy = f"cdktf deploy {stack}"
        return [attention(name, f"the distribution {found.id} is disabled", remedy)]
    spread = "" if found.is_spread else ", whose settings CloudFront still spreads"
    if settings.load_balancer == "open":
        return [
            attention(
                name,
                "the load balancer answers everybody, past CloudFront and its firewall",
                'once the domain leads to CloudFront, write load_balancer = "cloudfront" in [cdn] of the '
                f"stage file; cdktf deploy {stack}",
            )
        ]
    return [fine(name, f"CloudFront alone reaches the load balancer ({found.id}{spread})")]
