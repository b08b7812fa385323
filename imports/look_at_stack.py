"""A look at an owner's CloudFormation stack: what would become of each row, and what stands against it.

Nothing is written, here or in AWS, but that CloudFormation is asked to look for drift.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aws.client import Clients, ask_all
from common.errors import UserError
from common.progress import Progress
from imports.sources.cloudformation.owners_stack import (
    OwnersStack,
    read_stack,
    read_template_file,
)
from imports.sources.cloudformation.refusals import why_not
from imports.sources.cloudformation.roles import roles
from imports.sources.cloudformation.verdicts import Physical, RowVerdict, verdicts
from modules.settings.secrets import SECRETS
from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings
from terraform.workspace import Workspace, set_default_credentials

Addresses = Callable[[StageSettings], frozenset[str]]
"""Gives the addresses of a stage's stack."""

# The guide has two names for it.
_ALSO_CALLED: Final = {"ApiTokenSecret": "api-token-secret"}
# What a stage needs at least; none of it decides an address.
_ANY_STAGE: Final = {"domain_name": "calendar.example.com", "operator_email": "you@example.com"}


@dataclass(frozen=True, kw_only=True)
class StackLook:
    """What a look has found. `against` says, line by line, why the stack cannot be adopted as it is."""

    stack: str
    rows: list[RowVerdict]
    against: list[str]
    was_deployed: bool
    compared: int = 0
    """How many objects CloudFormation has compared with the template."""


def look_at_stack(
    workspace: Workspace,
    *,
    name: str | None,
    template: Path | None,
    clients: Callable[[], Clients],
    addresses: Addresses,
    progress: Progress,
) -> StackLook:
    """Return what would become of each row of a deployed stack, or of a template in a file.

    Raises UserError for what cannot be read.
    """
    settings = _settings(workspace)
    if template is not None:
        stack, physical = read_template_file(template), Physical(ids={}, allocations={})
    else:
        set_default_credentials(workspace)
        made = clients()
        stack = read_stack(made, str(name), progress=progress)
        physical = _physical(made, stack)
    progress("synthesizing the stage")
    found = roles(
        stack,
        services=[service.name for service in settings.services.values()],
        secrets={row.output.removesuffix("Arn"): row.name for row in SECRETS} | _ALSO_CALLED,
    )
    return StackLook(
        stack=stack.arn or stack.name,
        rows=verdicts(stack, found, addresses=addresses(settings), physical=physical),
        against=why_not(stack),
        was_deployed=bool(stack.facts),
        compared=sum(row.drift != "NOT_CHECKED" for row in stack.rows.values()),
    )


def _physical(clients: Clients, stack: OwnersStack) -> Physical:
    known = ask_all(clients, "ec2", "DescribeAddresses", ("Addresses",))["Addresses"]
    return Physical(
        ids={logical_id: row.physical_id for logical_id, row in stack.rows.items()},
        allocations={each["PublicIp"]: each["AllocationId"] for each in known},
    )


def _settings(workspace: Workspace) -> StageSettings:
    if workspace.stage_path.exists():
        return workspace.settings()
    settings, errors = parse_stage(dict(_ANY_STAGE), stage=workspace.stage)
    if errors:
        raise UserError(f"{workspace.stage}: {errors[0]}")
    return settings
