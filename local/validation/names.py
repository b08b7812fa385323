"""How AWS wants things named, where its models do not say so."""

import re
from collections.abc import Callable
from typing import Any

from modules.settings.rules import addresses, storage
from modules.settings.rules.refusal import Refusal

Params = dict[str, Any]

_BALANCER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?")
_SECRET = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,256}(\.fifo)?")
_CONTAINERS = re.compile(r"[A-Za-z0-9_-]{1,255}")
_GROUP_TEXT = re.compile(r"[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{0,255}")


def unless(pattern: re.Pattern[str], member: str, value: Any, allowed: str) -> list[str]:
    """Return a line unless a member is left out or follows the pattern."""
    if value is None or pattern.fullmatch(value):
        return []
    return [f"{member} = {value!r}: allowed: {allowed}"]


def refused(member: str, value: Any, rule: Callable[[str], Refusal | None]) -> list[str]:
    """Return a line where a rule of the settings refuses a member that is given."""
    refusal = rule(value) if isinstance(value, str) else None
    return [f"{member} = {value!r}: allowed: {refusal.allowed}"] if refusal else []


def load_balancer(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html."""
    name = params.get("Name", "")
    if name.startswith("internal-"):
        return [f"Name = {name!r}: allowed: a name that does not begin with internal-"]
    return target_group(params)


def target_group(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html."""
    allowed = "at most 32 letters, digits and hyphens, no hyphen at either end"
    return unless(_BALANCER, "Name", params.get("Name"), allowed)


def bucket(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html."""
    return refused("Bucket", params.get("Bucket", ""), storage.bucket_name)


def secret(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html."""
    return unless(_SECRET, "Name", params.get("Name"), "1 to 512 letters, digits and /_+=.@-")


def topic(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html."""
    return unless(
        _TOPIC, "Name", params.get("Name"), "1 to 256 letters, digits, hyphens and underscores"
    )


def cluster(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html."""
    allowed = "1 to 255 letters, digits, hyphens and underscores"
    return [
        line
        for member in ("clusterName", "serviceName", "family")
        for line in unless(_CONTAINERS, member, params.get(member), allowed)
    ]


def security_group(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html."""
    allowed = "at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*"
    name = params.get("GroupName", "")
    found = unless(_GROUP_TEXT, "GroupName", name, allowed)
    found += unless(_GROUP_TEXT, "GroupDescription", params.get("Description"), allowed)
    if name.startswith("sg-"):
        found.append(f"GroupName = {name!r}: allowed: a name that does not begin with sg-")
    return found


def certificate(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html."""
    names = {params.get("DomainName"), *params.get("SubjectAlternativeNames", ())}
    refusal = addresses.certificate_names(len(names))
    return [f"SubjectAlternativeNames: allowed: {refusal.allowed}"] if refusal else []
