"""Previews: short-lived stages of a branch on what a base stage lends.

A base says that it lends by `[previews]`. A preview's own file is written by `python -m ops preview up`: it
says what is lent, by its ids, so that synthesis asks nobody. All else it has from the base's file.
"""

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import Field

from modules.base.naming import resource_name
from modules.settings.setting_types import Many, Name, Section, matching

STAGE_PREFIX: Final = "preview-"
"""Begins the name of a preview's stage, and so of its file, its stack and its state."""
PREFIX: Final = "pv-"
"""Begins the physical names of previews: short, because a target group's has 32 characters."""
TAG: Final = "Preview"
"""The tag of all that a preview has, with its name."""
SUBDOMAIN: Final = "previews"
ROOM: Final = 10_000
"""How far the rules of a stage that lends are behind those of its previews, which come before its `/*`."""
RULES_EACH: Final = 20
"""How many priorities a preview has for its rules."""
FROM_BASE: Final = (
    "region", "account_id", "operator_email", "time_zone", "session_tokens", "default_tags", "database",
    "load_balancer", "logs", "tracing", "proxy", "images", "previews", "state", "secrets", "services",
)  # fmt: skip
"""The settings that a preview has from its base's file."""

DATABASE_LOGIN: Final = "database-login"
"""The secret with which all of a preview's services log in to its database."""

_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"
Moment = Annotated[
    str,
    matching(
        r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ",
        "a moment in UTC",
        'write it as in "2026-11-30T18:00:00Z"',
    ),
]


class Previews(Section):
    """What a stage lends to previews of branches; without the section it lends nothing."""

    hours: int = Field(72, ge=1, le=720)
    """how long a preview lives, unless it is renewed"""
    services: Many[Name] = Field(("supertokens", "hasura", "functions", "app"), min_length=1)
    """the services of a preview, on Fargate Spot; none that has `uses_file_storage`"""


class LentRegistry(Section):
    """A registry of images that a base lends."""

    name: str
    url: str
    arn: str


class Lent(Section):
    """What a base lends, by its ids. `groups` are by service, `registries` and `secrets` by their names."""

    vpc_id: str
    subnet_ids: Many[str]
    public_addresses: bool
    cluster_arn: str
    cluster_name: str
    load_balancer_name: str
    listener_arn: str
    namespace_id: str
    namespace: str
    database_host: str
    key_arn: str | None = None
    groups: dict[str, str]
    registries: dict[str, LentRegistry]
    secrets: dict[str, str]


class Preview(Section):
    """What makes a stage a preview: whose it is, until when, and what is lent to it."""

    base: Name
    branch: str = Field(min_length=1, max_length=255)
    expires_at: Moment
    first_priority: int = Field(ge=2, lt=ROOM)
    lent: Lent

    def found_names(self, prefix: str) -> dict[str, str]:
        """Return the names of what is the base's or lies beside the base's, by address."""
        lent = self.lent
        return {
            "aws_ecs_cluster.main": lent.cluster_name,
            "aws_lb.main": lent.load_balancer_name,
            "aws_service_discovery_private_dns_namespace.main": f"{prefix}.{lent.namespace}",
            **{
                f"aws_ecr_repository.{resource_name(key)}": registry.name
                for key, registry in lent.registries.items()
            },
            **{
                f"aws_cloudwatch_log_group.{resource_name(service)}": f"/aws/ecs/{prefix}/{service}"
                for service in lent.groups
            },
        }


def preview_outputs(stage: str, preview: Preview) -> dict[str, str]:
    """Return what a preview's state says of it: enough to list it and to end it, without its file."""
    return {
        "PreviewStage": stage,
        "PreviewBase": preview.base,
        "PreviewBranch": preview.branch,
        "PreviewExpiresAt": preview.expires_at,
        "PreviewFirstPriority": str(preview.first_priority),
    }


def host_of(name: str, domain: str) -> str:
    """Return where the preview of this name answers."""
    return f"{name}.{SUBDOMAIN}.{domain}"


def wildcard_of(domain: str) -> str:
    """Return the name that a base's certificate needs."""
    return f"*.{SUBDOMAIN}.{domain}"


def written(moment: datetime) -> str:
    """Write a moment as a stage file has it."""
    return moment.astimezone(UTC).strftime(_FORM)


def moment_of(text: str) -> datetime:
    """Return the moment that `written` wrote. Raises ValueError."""
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
