"""The kinds of value that settings are made of, each with the message that a wrong one gets."""

import ipaddress
import re
from typing import Annotated
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip

_DNS_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"


def mistake(allowed: str, remedy: str) -> PydanticCustomError:
    """A validation error that carries what is allowed and how to mend the value."""
    return PydanticCustomError("stage_setting", "{allowed}", {"allowed": allowed, "remedy": remedy})


def _dns_name(value: str) -> str:
    labels = value.split(".")
    fits = all(re.fullmatch(_DNS_LABEL, label) for label in labels)
    # A certificate's first name is its common name, which ACM limits to 64 characters.
    # https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
    if not fits or len(labels) < 2 or len(value) > 64 or labels[-1].isdigit():
        raise mistake(
            "a lower-case DNS name of at least two labels and at most 64 characters",
            'write the bare name, without "https://", "*." or a final dot, as in "app.example.com"',
        )
    return value


def _email(value: str) -> str:
    try:
        validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise mistake("an e-mail address", f'write one as in "ops@example.com" ({error})') from None
    return value


def _vpc_block(value: str) -> str:
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        raise mistake(
            "an IPv4 block in CIDR notation whose host bits are zero",
            f'write it as in "10.0.0.0/16" ({error})',
        ) from None
    # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
    if not 16 <= network.prefixlen <= 28 or str(network) != value:
        raise mistake(
            "an IPv4 block in CIDR notation from /16 to /28, AWS's limits for a VPC",
            'write it as in "10.0.0.0/16"',
        )
    return value


def _log_retention(value: int) -> int:
    if value not in LOG_RETENTION_DAYS:
        nearest = min(LOG_RETENTION_DAYS, key=lambda days: (abs(days - value), days))
        raise mistake(
            "one of " + ", ".join(map(str, LOG_RETENTION_DAYS)),
            f"CloudWatch knows only these numbers of days; the nearest is {nearest}",
        )
    return value


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise mistake("the name of a time zone (IANA)", 'write it as in "Europe/Berlin" or "UTC"')
    return value


def matching(pattern: str, allowed: str, remedy: str) -> AfterValidator:
    """A validator for text of one form; `allowed` says the form in words."""
    form = re.compile(pattern)

    def check(value: str) -> str:
        if not form.fullmatch(value):
            raise mistake(allowed, remedy)
        return value

    return AfterValidator(check)


EmailAddress = Annotated[str, AfterValidator(_email)]
VpcBlock = Annotated[str, AfterValidator(_vpc_block)]
LogRetentionDays = Annotated[int, AfterValidator(_log_retention)]
DnsName = Annotated[str, AfterValidator(_dns_name)]
Percent = Annotated[float, Field(gt=0, le=100)]
Name = Annotated[
    str,
    matching(
        r"(?=.{1,32}$)[a-z][a-z0-9]*(-[a-z0-9]+)*",
        "at most 32 lower-case letters, digits and single hyphens, a letter first, no hyphen last",
        'choose a name like "atomic-dev"',
    ),
]
Region = Annotated[
    str,
    matching(
        r"(?!cn-|us-gov-|us-iso|eu-isoe-|eusc-)[a-z]{2}(-[a-z]+)+-\d",
        "the name of an AWS region, other than those of China and of governments",
        'write it as in "us-east-1"',
    ),
]
AccountId = Annotated[
    str,
    matching(
        r"\d{12}",
        "the number of an AWS account, 12 digits in quotes",
        "print it with `aws sts get-caller-identity`",
    ),
]
CertificateArn = Annotated[
    str,
    matching(
        r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[A-Za-z0-9-]+",
        "the ARN of an ACM certificate",
        "copy it from the certificate's page, or leave it out to have one requested",
    ),
]
AnomalyMonitorArn = Annotated[
    str,
    matching(
        r"arn:aws[a-z-]*:ce::\d{12}:anomalymonitor/[A-Za-z0-9-]+",
        "the ARN of a cost anomaly monitor",
        "copy what `aws ce get-anomaly-monitors` prints",
    ),
]
BucketName = Annotated[
    str,
    matching(
        r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "3 to 63 lower-case letters, digits, dots and hyphens",
        "name a bucket that exists",
    ),
]
SqlName = Annotated[
    str,
    matching(
        r"[a-z][a-z0-9_]{0,62}",
        "at most 63 lower-case letters, digits and underscores, a letter first",
        'choose a name like "atomicdb"',
    ),
]
InstanceClass = Annotated[
    str,
    matching(
        r"db\.[a-z0-9]+\.[a-z0-9]+",
        "an RDS instance class",
        'write it as in "db.t3.small"',
    ),
]
EngineVersion = Annotated[
    str,
    matching(
        r"\d+(\.\d+)?",
        "a PostgreSQL version in quotes",
        'pin the major version only, as in "15"',
    ),
]
SslPolicy = Annotated[
    str,
    matching(
        r"ELBSecurityPolicy-[A-Za-z0-9-]+",
        "the name of an ELB security policy",
        'write it as in "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"',
    ),
]
ClockTime = Annotated[
    str,
    matching(
        r"([01]\d|2[0-3]):[0-5]\d",
        "a time of day, hours and minutes",
        'write it as in "07:00"',
    ),
]
_DAY = "(MON|TUE|WED|THU|FRI|SAT|SUN)"
Days = Annotated[
    str,
    matching(
        rf"{_DAY}([-,]{_DAY})*",
        "days of the week as in a cron expression",
        'write them as in "MON-FRI" or "MON,WED,FRI"',
    ),
]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
# A registry's port is no tag, and `latest` pins nothing, unless a digest follows it.
PINNED_IMAGE = (
    r"[^\s:@]+(:\d+/[^\s:@]+)?"
    r"(:(?!latest$)\w[\w.-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})"
)
PinnedImage = Annotated[
    str,
    matching(
        PINNED_IMAGE,
        "an image with its tag or digest, other than latest",
        'pin the image, as in "hasura/graphql-engine:v2.48.6"',
    ),
]


class Section(BaseModel):
    """A group of settings: immutable, exact in its types, and an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
