"""How AWS wants things named, where its models do not say so."""

import ipaddress
import re
from typing import Any

Params = dict[str, Any]

_BALANCER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?")
_SECRET = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_BUCKET_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,256}(\.fifo)?")
_CONTAINERS = re.compile(r"[A-Za-z0-9_-]{1,255}")
_GROUP_TEXT = re.compile(r"[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{0,255}")


def unless(pattern: re.Pattern[str], member: str, value: Any, allowed: str) -> list[str]:
    """A line unless a member is left out or follows the pattern."""
    if value is None or pattern.fullmatch(value):
        return []
    return [f"{member} = {value!r}: allowed: {allowed}"]


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
    name = params.get("Bucket", "")
    allowed = "3 to 63 lower case letters, digits, dots and hyphens, a letter or digit at both ends"
    found = unless(_BUCKET, "Bucket", name, allowed)
    if ".." in name or name.startswith(_BUCKET_STARTS) or name.endswith(_BUCKET_ENDS):
        found.append(
            f"Bucket = {name!r}: allowed: a name without two dots in a row, that does not begin with "
            f"{', '.join(_BUCKET_STARTS)} or end with {', '.join(_BUCKET_ENDS)}"
        )
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return found
    return [*found, f"Bucket = {name!r}: allowed: a name that is no IP address"]


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
