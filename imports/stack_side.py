"""The CloudFormation side of an inventory: the deployed stack, and what becomes of each of its rows."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from aws.client import Clients, account_of, ask, ask_all
from common.errors import UserError
from common.progress import Progress
from imports.record import AdoptionRecord, StackOrigin, StackRow
from imports.sources.cloudformation.owners_stack import OwnersStack, read_owners_stack
from imports.sources.cloudformation.refusals import why_not
from imports.sources.cloudformation.roles import Roles, roles
from imports.sources.cloudformation.verdicts import Physical, RowVerdict, leave, verdicts
from imports.two_owners import Choice
from modules.settings.secrets import SECRETS
from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings
from terraform.stack import Stack
from terraform.workspace import Workspace

# The guide has two names for it.
_ALSO_CALLED: Final = {"ApiTokenSecret": "api-token-secret"}
# What a stage needs at least; none of it decides an address.
# A stage called prod has to say of both whether it has them.
_ANY_STAGE: Final = {
    "domain_name": "calendar.example.com",
    "operator_email": "you@example.com",
    "security": {"web_firewall": True, "backups": True},
}
_RULE: Final = "aws_vpc_security_group_ingress_rule."
_PORTS: Final = ("ip_protocol", "from_port", "to_port")


Synthesize = Callable[[StageSettings], Stack]
"""Gives the stack of a stage's settings."""


@dataclass(frozen=True, kw_only=True)
class StackSide:
    """The stack as it is deployed. `verdicts` has a line for each address that a row becomes here."""

    stack: OwnersStack
    settings: StageSettings
    verdicts: list[RowVerdict]
    region: str
    account_id: str

    @property
    def ids(self) -> dict[str, str]:
        """The import ids of what is imported, by our address."""
        return {each.address: each.import_id for each in self.verdicts if each.import_id}

    @property
    def against(self) -> list[str]:
        """What stands against adopting the stack as it is, a line each."""
        return why_not(self.stack)

    @property
    def origin(self) -> StackOrigin:
        """The stack as the record has it."""
        by_row: dict[str, list[RowVerdict]] = {}
        for each in self.verdicts:
            by_row.setdefault(each.logical_id, []).append(each)
        return StackOrigin(
            arn=self.stack.arn,
            name=self.stack.name,
            template_sha256=self.stack.template_sha256,
            last_updated=self.stack.last_updated,
            rows=[
                StackRow(
                    logical_id=logical_id,
                    physical_id=self.stack.rows[logical_id].physical_id,
                    type=found[0].type,
                    verdict=found[0].verdict,
                    addresses=sorted(each.address for each in found if each.address),
                    why=found[0].why,
                )
                for logical_id, found in by_row.items()
            ],
        )

    def without_other_traffic(
        self, observed: Mapping[str, Mapping[str, Any]], stage: Stack
    ) -> "StackSide":
        """Leave the rules that let something else in than ours: the old tasks need them until they end."""
        other = {
            address: f"it lets other traffic in than {address}, which comes beside it"
            for address, found in observed.items()
            if address.startswith(_RULE)
            and any(
                found.get(part) != stage.resources[address].attributes.get(part) for part in _PORTS
            )
        }
        return self.without(other)

    def left_to_base(self, choice: Choice) -> "StackSide":
        """Leave what the legacy base has in its place: the stack keeps it, and nothing touches it."""
        addresses = {each.address for each in self.verdicts if each.address}
        return self.without(
            {each: choice.why(each) for each in addresses if choice.is_left(each, "stack")}
        )

    def without(self, why: Mapping[str, str]) -> "StackSide":
        """Leave what would come to these addresses where it is, each for its reason."""
        return replace(self, verdicts=leave(self.stack, self.verdicts, why))


def read_stack_side(
    clients: Clients,
    name: str,
    *,
    settings: StageSettings,
    synthesize: Synthesize,
    progress: Progress,
) -> StackSide:
    """Return a deployed stack and its rows' verdicts. Raises UserError for what AWS does not tell."""
    stack = read_owners_stack(clients, name, progress=progress)
    found = roles_in(stack, settings)
    progress("synthesizing the stage")
    settings = with_zones_of(found, settings)
    stage = synthesize(settings)
    known = ask_all(clients, "ec2", "DescribeAddresses", "Addresses")
    physical = Physical(
        ids={logical_id: row.physical_id for logical_id, row in stack.rows.items()},
        allocations={each["PublicIp"]: each["AllocationId"] for each in known},
    )
    return StackSide(
        stack=stack,
        settings=settings,
        verdicts=verdicts(
            stack,
            found,
            addresses=frozenset(stage.resources),
            physical=physical,
        ),
        region=stack.arn.split(":")[3],
        account_id=account_of(clients),
    )


def with_zones_of(found: Roles, settings: StageSettings) -> StageSettings:
    """Return the settings with as many zones as the stack has, as far as a stage may have them."""
    zones = len({role for role in found.of.values() if re.fullmatch(r"public_\d", role)})
    network = settings.network.model_copy(update={"zone_count": min(max(zones, 1), 3)})
    return settings.model_copy(update={"network": network})


def roles_in(stack: OwnersStack, settings: StageSettings) -> Roles:
    """Return what the rows of a stack are for, as far as a stage has it."""
    return roles(
        stack,
        services=[service.name for service in settings.services.values()],
        secrets={row.output.removesuffix("Arn"): row.name for row in SECRETS} | _ALSO_CALLED,
    )


def any_settings(workspace: Workspace) -> StageSettings:
    """Return the stage's settings with all that phase full has, or those of any stage of that name."""
    if workspace.stage_path.exists():
        return workspace.settings().model_copy(update={"phase": "full"})
    settings, errors = parse_stage(dict(_ANY_STAGE), stage=workspace.stage)
    if errors:
        raise UserError(f"{workspace.stage}: {errors[0]}")
    return settings


def refuse_moved_stack(record: AdoptionRecord, clients: Clients, *, progress: Progress) -> None:
    """Raise UserError when the stack is not as the record has it, or can no longer be adopted."""
    if record.stack is None:
        return
    origin = record.stack
    facts = ask(clients, "cloudformation", "DescribeStacks", StackName=origin.arn)["Stacks"][0]
    if facts["StackStatus"] == "DELETE_COMPLETE":
        return  # retired, as the record wants it
    now = read_owners_stack(clients, origin.arn, progress=progress)
    reasons = why_not(now)
    if reasons:
        raise UserError(reasons[0] + (f" (and {len(reasons) - 1} more)" if reasons[1:] else ""))
    then = {row.logical_id: row.physical_id for row in origin.rows}
    moved = (
        "its template"
        if now.template_sha256 != origin.template_sha256
        else "its objects"
        if {logical_id: row.physical_id for logical_id, row in now.rows.items()} != then
        else ""
    )
    if moved:
        raise UserError(
            f"{origin.name} has changed since the inventory ({moved}): stop what deploys it, then run "
            f"`python -m imports inventory --stage {record.stage} --cloudformation {origin.name}` again"
        )
