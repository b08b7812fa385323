"""The kinds of value that settings are made of, each with the message that a wrong one gets."""

import re
from collections.abc import Callable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from modules.settings.rules import addresses, clocks, databases, network, storage
from modules.settings.rules.refusal import Refusal
from modules.settings.toml_text import toml_value

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip


Item = TypeVar("Item")
Many = Annotated[tuple[Item, ...], Field(strict=False)]
"""A list in the file, and a tuple here."""


def _differing(values: tuple[Item, ...]) -> tuple[Item, ...]:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise setting_error(
                "a list of values that differ", f"leave out the second {toml_value(value)}"
            )
    return values


Distinct = Annotated[tuple[Item, ...], Field(strict=False), AfterValidator(_differing)]
"""A list in the file in which nothing is twice, and a tuple here."""


def setting_error(allowed: str, remedy: str) -> PydanticCustomError:
    """Make a validation error that carries what is allowed and how to mend the value."""
    return PydanticCustomError("stage_setting", "{allowed}", {"allowed": allowed, "remedy": remedy})


def _log_retention(value: int) -> int:
    if value not in LOG_RETENTION_DAYS:
        nearest = min(LOG_RETENTION_DAYS, key=lambda days: (abs(days - value), days))
        raise setting_error(
            "one of " + ", ".join(map(str, LOG_RETENTION_DAYS)),
            f"CloudWatch knows only these numbers of days; the nearest is {nearest}",
        )
    return value


def matching(pattern: str, allowed: str, remedy: str) -> AfterValidator:
    """Make a validator for text of one form; `allowed` says the form in words."""
    form = re.compile(pattern, re.ASCII)  # AWS's digits are ASCII's

    def check(value: str) -> str:
        if not form.fullmatch(value):
            raise setting_error(allowed, remedy)
        return value

    return AfterValidator(check)


def ruled(rule: Callable[[str], Refusal | None]) -> AfterValidator:
    """Make a validator for text that AWS has a rule for."""

    def check(value: str) -> str:
        refusal = rule(value)
        if refusal:
            raise setting_error(refusal.allowed, refusal.remedy)
        return value

    return AfterValidator(check)


Word = Annotated[
    str,
    matching(
        r"[\s\S]*\S[\s\S]*",
        "a command's words, none of them empty",
        'leave it out, or write words, as in ["node", "server.js"]',
    ),
]
EmailAddress = Annotated[str, ruled(addresses.email_address)]
PublicAddress = Annotated[str, ruled(network.public_address)]
VpcBlock = Annotated[str, ruled(network.vpc_block)]
LogRetentionDays = Annotated[int, AfterValidator(_log_retention)]
DnsName = Annotated[str, ruled(addresses.dns_name)]
MainDnsName = Annotated[str, ruled(addresses.first_dns_name)]
Percent = Annotated[float, Field(gt=0, le=100)]
PLAIN_NAME = re.compile(r"(?=.{1,32}$)[a-z][a-z0-9]*(-[a-z0-9]+)*")
Name = Annotated[
    str,
    matching(
        PLAIN_NAME.pattern,
        "at most 32 lower-case letters, digits and single hyphens, a letter first, no hyphen last",
        'choose a name like "atomic-dev"',
    ),
]
Region = Annotated[str, ruled(network.region)]
AccountId = Annotated[
    str,
    matching(
        r"\d{12}",
        "the number of an AWS account, 12 digits in quotes",
        "print it with `aws sts get-caller-identity`",
    ),
]
RegistryPlace = Annotated[
    str,
    matching(
        r"\d{12}\.dkr\.ecr\.[a-z]{2}(-[a-z]+)+-\d\.amazonaws\.com(\.cn)?/[a-z0-9][a-z0-9_-]*",
        "ACCOUNT.dkr.ecr.REGION.amazonaws.com/PREFIX, with the prefix of the stage that has the repositories",
        "copy the output EcrRepositoryApp of that stage, without -app at its end",
    ),
]
VpcId = Annotated[
    str,
    matching(
        r"vpc-[0-9a-f]{8,17}",
        "the id of a VPC, as vpc-0123456789abcdef0",
        "print those of the region with `aws ec2 describe-vpcs`",
    ),
]
SubnetId = Annotated[
    str,
    matching(
        r"subnet-[0-9a-f]{8,17}",
        "the id of a subnet, as subnet-0123456789abcdef0",
        "`python -m ops vpc` prints those of a VPC",
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
SlackWorkspaceId = Annotated[
    str,
    matching(
        r"T[0-9A-Z]{1,254}",
        "the id of a Slack workspace: T, then capital letters and digits",
        "it is in the workspace's address in a browser, app.slack.com/client/T...",
    ),
]
SlackChannelId = Annotated[
    str,
    matching(
        r"[CG][0-9A-Z]{1,254}",
        "the id of a Slack channel, not its name: C or G, then capital letters and digits",
        "it is at the end of the channel's details in Slack",
    ),
]
MicrosoftId = Annotated[
    str,
    matching(
        r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
        "an id of 32 hexadecimal digits in five groups",
        "the link to the team has it as groupId, and the tenant's as tenantId",
    ),
]
TeamsChannelId = Annotated[
    str,
    matching(
        r"[A-Za-z0-9_=+/.,-]{0,200}%3[aA][A-Za-z0-9_=+/.,-]{0,200}%40[A-Za-z0-9_=+/.,-]{1,200}",
        "a channel's id as its link has it, as in 19%3aabc%40thread.tacv2",
        "copy it from the link to the channel, with %3a and %40 in it",
    ),
]
BucketName = Annotated[str, ruled(storage.bucket_name)]
StateKey = Annotated[str, ruled(storage.state_key)]
KmsKey = Annotated[str, ruled(storage.kms_key)]
SqlName = Annotated[
    str,
    matching(
        r"[A-Za-z][A-Za-z0-9_]{0,62}",
        "at most 63 letters, digits and underscores, a letter first",
        'choose a name like "atomicdb"',
    ),
]
DatabaseName = Annotated[SqlName, ruled(databases.database_name)]
MasterUser = Annotated[SqlName, ruled(databases.master_user)]
InstanceClass = Annotated[
    str,
    matching(
        r"db\.[a-z0-9]+\.[a-z0-9]+",
        "an RDS instance class",
        'write it as in "db.t3.small"',
    ),
    ruled(databases.instance_class),
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
BackupWindow = Annotated[
    str,
    matching(
        r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d",
        "two times of day in UTC",
        'write them as in "03:00-03:30"',
    ),
]
MaintenanceWindow = Annotated[
    str,
    matching(
        r"(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d"
        r"-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d",
        "two times of the week in UTC",
        'write them as in "sun:01:30-sun:02:30"',
    ),
]
Days = Annotated[str, ruled(clocks.days_of_the_week)]
TimeZone = Annotated[str, ruled(clocks.time_zone)]
# A registry's port is no tag, and `latest` pins nothing, unless a digest follows it.
# https://github.com/distribution/reference: a host may have capitals, a repository has none.
_PART = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
PINNED_IMAGE = (
    rf"(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]+)?/)?{_PART}(?:/{_PART})*"
    r"(:(?!latest$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})"
)
PinnedImage = Annotated[
    str,
    matching(
        PINNED_IMAGE,
        "an image with its tag or digest, other than latest",
        'pin the image, as in "hasura/graphql-engine:v2.48.9"',
    ),
]

FilePath = Annotated[
    str,
    Field(min_length=1),
    matching(
        r"(?!\s)[^\x00-\x1f\x7f]*(?<!\s)",
        "a path without line breaks, and without blanks at its ends",
        'write it as in "../application"',
    ),
]


class Section(BaseModel):
    """A group of settings: immutable, exact in its types, and an unknown key is an error.

    What stands below a setting is what docs/settings.md says of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
