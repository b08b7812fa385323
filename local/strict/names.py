"""How AWS wants things named, where its models do not say so. Pure functions of a request's parameters."""

import ipaddress
import re
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.networks import EmailStr

Params = dict[str, Any]

_BALANCER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?")
_DATABASE = re.compile(r"[A-Za-z](-?[A-Za-z0-9])*")
_SECRET = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_BUCKET_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,256}(\.fifo)?")
_CONTAINERS = re.compile(r"[A-Za-z0-9_-]{1,255}")
_GROUP_TEXT = re.compile(r"[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{0,255}")
_SUBSCRIPTIONS = frozenset(
    "http https email email-json sms sqs application lambda firehose".split()  # noqa: SIM905  # reads better
)
_DATABASE_NAMES = (
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "FinalDBSnapshotIdentifier",
    "DBParameterGroupName",
    "DBClusterParameterGroupName",
)
_DAYS = frozenset(
    (
        1,
        3,
        5,
        7,
        14,
        30,
        60,
        90,
        120,
        150,
        180,
        365,
        400,
        545,
        731,
        1096,
        1827,
        2192,
        2557,
        2922,
        3288,
        3653,
    )
)


def _unless(pattern: re.Pattern[str], member: str, value: Any, allowed: str) -> list[str]:
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
    return _unless(_BALANCER, "Name", params.get("Name"), allowed)


def database(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html."""
    allowed = "letters, digits and single hyphens, a letter first, no hyphen last"
    found = []
    for member in _DATABASE_NAMES:
        name = params.get(member)
        found += _unless(_DATABASE, member, name, allowed)
        longest = 63 if member in _DATABASE_NAMES[:2] else 255
        if name is not None and len(name) > longest:
            found.append(
                f"{member} = {name!r}: allowed: at most {longest} characters, not {len(name)}"
            )
    return found


def bucket(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html."""
    name = params.get("Bucket", "")
    allowed = "3 to 63 lower case letters, digits, dots and hyphens, a letter or digit at both ends"
    found = _unless(_BUCKET, "Bucket", name, allowed)
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
    return _unless(_SECRET, "Name", params.get("Name"), "1 to 512 letters, digits and /_+=.@-")


def topic(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html."""
    return _unless(
        _TOPIC, "Name", params.get("Name"), "1 to 256 letters, digits, hyphens and underscores"
    )


def subscription(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html."""
    protocol, endpoint = params.get("Protocol"), params.get("Endpoint")
    if protocol not in _SUBSCRIPTIONS:
        return [f"Protocol = {protocol!r}: allowed: one of {', '.join(sorted(_SUBSCRIPTIONS))}"]
    if protocol not in {"email", "email-json"}:
        return []
    try:
        TypeAdapter(EmailStr).validate_python(endpoint)
    except ValidationError:
        return [f"Endpoint = {endpoint!r}: allowed with Protocol {protocol}: an e-mail address"]
    return []


def cluster(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html."""
    allowed = "1 to 255 letters, digits, hyphens and underscores"
    return [
        line
        for member in ("clusterName", "serviceName", "family")
        for line in _unless(_CONTAINERS, member, params.get(member), allowed)
    ]


def security_group(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html."""
    allowed = "at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*"
    name = params.get("GroupName", "")
    found = _unless(_GROUP_TEXT, "GroupName", name, allowed)
    found += _unless(_GROUP_TEXT, "GroupDescription", params.get("Description"), allowed)
    if name.startswith("sg-"):
        found.append(f"GroupName = {name!r}: allowed: a name that does not begin with sg-")
    return found


def retention(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html."""
    days = params.get("retentionInDays")
    if days in _DAYS:
        return []
    return [f"retentionInDays = {days!r}: allowed: one of {', '.join(map(str, sorted(_DAYS)))}"]
