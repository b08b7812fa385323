"""What load balancers, databases and security groups ask of the network, where AWS's models do not say so."""

import contextlib
import ipaddress
import re
from typing import Any

from local.validation.account import Account
from local.validation.names import refused
from modules.settings.rules.network import vpc_block

Params = dict[str, Any]

_STATUS_CODES = re.compile(r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*")
_PATH_PATTERN = re.compile(r"[A-Za-z0-9_.$/~\"'@:+&*?-]{1,128}")
_CERTIFICATE = re.compile(r"arn:[\w-]+:acm:")


def vpc(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html: host bits are cut off."""
    block = params.get("CidrBlock")
    with contextlib.suppress(ValueError):  # the rule says what is wrong with it
        block = str(ipaddress.IPv4Network(block, strict=False)) if block else None
    return refused("CidrBlock", block, vpc_block)


def target_group(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html."""
    found = []
    path = params.get("HealthCheckPath")
    if path is not None and (not path.startswith("/") or re.search(r"\s", path)):
        found.append(
            f"HealthCheckPath = {path!r}: allowed: a path that begins with / and has no space"
        )
    interval = params.get("HealthCheckIntervalSeconds")
    timeout = params.get("HealthCheckTimeoutSeconds")
    if timeout and interval and timeout >= interval:
        found.append(
            f"HealthCheckTimeoutSeconds = {timeout}: allowed: less than "
            f"HealthCheckIntervalSeconds, {interval}"
        )
    codes = params.get("Matcher", {}).get("HttpCode")
    if codes is not None and not _are_codes(codes):
        found.append(
            f"Matcher.HttpCode = {codes!r}: allowed: codes from 200 to 499, as 200,302 or 200-299"
        )
    if params.get("TargetType") != "lambda" and "Name" in params:
        found += [
            f"{member}: is required unless TargetType is lambda"
            for member in ("Protocol", "Port", "VpcId")
            if member not in params
        ]
    return found


def _are_codes(text: str) -> bool:
    return bool(_STATUS_CODES.fullmatch(text)) and all(
        200 <= int(code) <= 499 for code in re.findall(r"\d{3}", text)
    )


def listener_rule(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html."""
    found = []
    values = 0
    for condition in params.get("Conditions", []):
        patterns = condition.get("PathPatternConfig", {}).get("Values", [])
        if condition.get("Field") == "path-pattern":
            patterns = patterns or condition.get("Values", [])
        values += len(patterns)
        found += [
            f"Conditions: path pattern {pattern!r}: allowed: 1 to 128 of A-Z a-z 0-9 _-.$/~\"'@:+&*?"
            for pattern in patterns
            if not _PATH_PATTERN.fullmatch(pattern)
        ]
    if values > 5:
        found.append(f"Conditions: allowed: at most 5 values in a rule, not {values}")
    return found


def load_balancer_zones(params: Params, account: Account) -> list[str]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html."""
    if params.get("Type", "application") != "application":
        return []
    subnets = params.get("Subnets") or [
        mapping.get("SubnetId", "") for mapping in params.get("SubnetMappings", [])
    ]
    zones = _zones(subnets, account)
    found = _too_few_zones("Subnets", zones)
    if len(set(zones)) < len(zones):
        found.append(f"Subnets: allowed: one in each zone, not {', '.join(sorted(zones))}")
    return found


def internet_gateway(params: Params, account: Account) -> list[str]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html."""
    if params.get("Scheme", "internet-facing") != "internet-facing":
        return []
    subnets = [account.subnet(each) for each in params.get("Subnets", [])]
    return [
        f"Subnets: VPC {vpc} has no internet gateway, which a load balancer for the internet needs"
        for vpc in sorted({subnet.vpc_id for subnet in subnets if subnet is not None})
        if not account.has_internet_gateway(vpc)
    ]


def database_zones(params: Params, account: Account) -> list[str]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html."""
    return _too_few_zones("SubnetIds", _zones(params.get("SubnetIds", []), account))


def _zones(subnets: list[str], account: Account) -> list[str]:
    found = [account.subnet(subnet) for subnet in subnets]
    return [subnet.zone for subnet in found if subnet is not None]


def _too_few_zones(member: str, zones: list[str]) -> list[str]:
    if len(set(zones)) >= 2:
        return []
    return [
        f"{member}: allowed: subnets in at least two zones, not {', '.join(set(zones)) or 'none'}"
    ]


def listener(params: Params, account: Account) -> list[str]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html."""
    certificates = [entry.get("CertificateArn", "") for entry in params.get("Certificates", [])]
    if params.get("Protocol") in {"HTTPS", "TLS"} and not certificates:
        return [f"Certificates: is required with Protocol {params['Protocol']}"]
    found = []
    for arn in certificates:
        if not _CERTIFICATE.match(arn):
            continue  # IAM's server certificates
        status = account.certificate_status(arn)
        if status != "ISSUED":
            found.append(
                f"Certificates: {arn}: allowed: a certificate that is ISSUED, not {status or 'unknown'}"
            )
    return found


def sources(params: Params, account: Account) -> list[str]:
    """https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html.

    Peered VPCs, where such a rule is allowed, are not looked at.
    """
    vpc = account.vpc_of_group(params.get("GroupId", ""))
    if vpc is None:
        return []  # moto says so
    found = []
    for permission in params.get("IpPermissions", []):
        for pair in permission.get("UserIdGroupPairs", []):
            other = account.vpc_of_group(pair.get("GroupId", ""))
            if other is not None and other != vpc:
                found.append(
                    f"IpPermissions: {pair['GroupId']} is in {other}: allowed: a group in {vpc}, as "
                    f"{params['GroupId']}"
                )
    return found


def ports(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html."""
    found = []
    for permission in params.get("IpPermissions", []):
        first, last = permission.get("FromPort"), permission.get("ToPort")
        if permission.get("IpProtocol") not in {"tcp", "udp", "6", "17"}:
            continue
        if first is None or last is None or not 0 <= first <= last <= 65535:
            found.append(
                f"IpPermissions: ports {first} to {last}: allowed: 0 to 65535, the lower one first"
            )
    return found


def dependents(params: Params, account: Account) -> list[str]:
    """https://docs.aws.amazon.com/vpc/latest/userguide/deleting-security-groups.html."""
    group = params.get("GroupId", "")
    return [
        f"resource {group} has a dependent object: a rule of {other} names it; allowed: a group that no "
        "rule of another one names"
        for other in account.groups_naming(group)
    ]
