"""AWS's limits of an account that a stage meets first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modules.settings.services import Service
from modules.settings.stage_settings import StageSettings
from ops.deployed import Deployed
from ops.doctor.finding import Finding, all_or, attention, fine

# https://docs.aws.amazon.com/general/latest/gr/vpc-service.html, ec2-service.html, ecs-service.html
_VPCS = ("vpc", "L-F678F1CE")
_ADDRESSES = ("ec2", "L-0263D0A3")
_FARGATE_VCPUS = ("fargate", "L-3032A538")
_NOT_RAISED = frozenset({"NoSuchResourceException"})
_CPU_UNITS_PER_VCPU = 1024


@dataclass(frozen=True, kw_only=True)
class QuotaFacts:
    """One limit: what the account has, uses, and what the stage still needs on top."""

    what: str
    code: tuple[str, str]
    limit: float
    used: float
    needed: float


def gather(deployed: Deployed) -> list[QuotaFacts]:
    """Ask for the limits and what is used of them. Raises UserError when AWS refuses."""
    vpcs = deployed.ask_all("ec2", "DescribeVpcs", "Vpcs")
    addresses = deployed.ask("ec2", "DescribeAddresses")["Addresses"]
    own_vpcs = _own(deployed, vpcs)
    own_addresses = _own(deployed, addresses)
    return [
        QuotaFacts(
            what="VPCs",
            code=_VPCS,
            limit=_limit(deployed, _VPCS),
            used=len(vpcs),
            needed=0 if deployed.settings.network.vpc_id else max(1 - own_vpcs, 0),
        ),
        QuotaFacts(
            what="Elastic IP addresses",
            code=_ADDRESSES,
            limit=_limit(deployed, _ADDRESSES),
            used=len(addresses),
            needed=max(nat_gateways(deployed.settings) - own_addresses, 0),
        ),
        QuotaFacts(
            what="Fargate vCPUs",
            code=_FARGATE_VCPUS,
            limit=_limit(deployed, _FARGATE_VCPUS),
            used=0,
            needed=most_vcpus(deployed.settings),
        ),
    ]


def judge_quotas(facts: Sequence[QuotaFacts]) -> list[Finding]:
    """Return each limit that the stage would run into."""
    short = [
        attention(
            f"quota {each.what}",
            f"the stage needs {each.needed:g} more, the account uses {each.used:g} of {each.limit:g}",
            f"aws service-quotas request-service-quota-increase --service-code {each.code[0]} "
            f"--quota-code {each.code[1]} --desired-value {each.used + each.needed:g}",
        )
        for each in facts
        if each.needed and each.used + each.needed > each.limit
    ]
    enough = ", ".join(f"{each.what} {each.used + each.needed:g}/{each.limit:g}" for each in facts)
    return all_or(short, fine("quotas", enough))


def nat_gateways(settings: StageSettings) -> int:
    """Return how many NAT gateways, and so Elastic IP addresses, the network has."""
    if settings.network.vpc_id:  # its owner's are there
        return 0
    zones = len(settings.network.availability_zones) or settings.network.zone_count
    return {"per-az": zones, "single": 1, "none": 0}[settings.network.nat]


def most_vcpus(settings: StageSettings) -> float:
    """Return what all tasks take at most, in vCPU, with the new ones of a rolling deployment.

    Either all services are deployed while they are at rest, or they are scaled out and one of them is
    deployed. Beyond that a deployment waits for the tasks of another. Tasks on Spot count too, although Spot
    has a limit of its own: without Spot they run on demand.
    """
    services = settings.services.values()
    at_rest = sum(_vcpus(each, each.min_tasks) * _at_once(each) for each in services)
    most = [_vcpus(each, max(each.min_tasks, each.max_tasks)) for each in services]
    new = [vcpus * (_at_once(each) - 1) for each, vcpus in zip(services, most, strict=True)]
    return max(at_rest, sum(most) + max(new, default=0))


def _vcpus(service: Service, tasks: int) -> float:
    return tasks * service.cpu_units / _CPU_UNITS_PER_VCPU


def _at_once(service: Service) -> int:
    """Return how many times its tasks a service has during a deployment."""
    return 1 if service.single_writer else 2


def _limit(deployed: Deployed, code: tuple[str, str]) -> float:
    """Return the account's own limit, or where it was never raised the default."""
    arguments = {"ServiceCode": code[0], "QuotaCode": code[1]}
    own = deployed.ask_unless("service-quotas", "GetServiceQuota", _NOT_RAISED, **arguments)
    answer = own or deployed.ask("service-quotas", "GetAWSDefaultServiceQuota", **arguments)
    return float(answer["Quota"]["Value"])


def _own(deployed: Deployed, resources: Sequence[Mapping[str, Any]]) -> int:
    """Return those with a whole Name of this stage's: a name of another stage may begin alike."""
    names = {deployed.names.vpc, *map(deployed.names.nat_address, range(3))}
    return sum(
        any(tag["Key"] == "Name" and tag["Value"] in names for tag in each.get("Tags", ()))
        for each in resources
    )
