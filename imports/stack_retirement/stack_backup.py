"""A stack as it was before its retirement, on disk: what leads back, and what a killed run goes on from."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.errors import UserError
from common.text_files import read_json
from imports.record import StackOrigin
from imports.sources.cloudformation.owners_stack import HIDDEN, OwnersStack, parse_template
from imports.stack_retirement.disarming import Armed
from terraform.state_backups import checksum_path, write_with_checksum


class StackBackup(BaseModel):
    """One stack: its template, what it was deployed with, and what its rows are.

    A parameter whose value CloudFormation does not tell is None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal[1] = 1
    arn: str
    name: str
    template: str = Field(repr=False)
    parameters: dict[str, str | None]
    capabilities: list[str]
    role_arn: str
    tags: dict[str, str]
    physical_ids: dict[str, str]
    armed: list[Armed]


def backup_of(stack: OwnersStack, armed: Sequence[Armed]) -> StackBackup:
    """Return what has to be known of a stack to bring it back."""
    facts = stack.facts
    return StackBackup(
        arn=stack.arn,
        name=stack.name,
        template=stack.text,
        parameters=_parameters(stack.template, facts),
        capabilities=[str(each) for each in facts.get("Capabilities", ())],
        role_arn=str(facts.get("RoleARN", "")),
        tags={tag["Key"]: tag["Value"] for tag in facts.get("Tags", ())},
        physical_ids={row.logical_id: row.physical_id for row in stack.rows.values()},
        armed=list(armed),
    )


def _parameters(
    template: Mapping[str, object], facts: Mapping[str, list[dict[str, str]]]
) -> dict[str, str | None]:
    declared = template.get("Parameters")
    hidden = {
        name
        for name, each in (declared.items() if isinstance(declared, Mapping) else ())
        if str(each.get("NoEcho", False)).lower() == "true"
    }
    told = {each["ParameterKey"]: each["ParameterValue"] for each in facts.get("Parameters", ())}
    return {
        name: None if name in hidden or value == HIDDEN else value for name, value in told.items()
    }


def stack_before(backup: StackBackup) -> OwnersStack:
    """Return the stack as its backup tells it."""
    return parse_template(backup.template, source=backup.name)


def backup_path(folder: Path, origin: StackOrigin) -> Path:
    """Return where the backup of a stack is: one for each template that an inventory has found."""
    of = f"{origin.arn.rpartition('/')[2]}-{origin.template_sha256[:12]}"
    return folder / f"cloudformation-{origin.name}-{of}.json"


def data_path(backup: Path) -> Path:
    """Return where it is noted what the stack's objects held."""
    return backup.with_suffix(".data.json")


def write_stack_backup(path: Path, backup: StackBackup) -> None:
    """Write the backup, private to its owner, with a checksum beside it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_with_checksum(path, backup.model_dump_json(indent=2) + "\n")


def read_stack_backup(path: Path, origin: StackOrigin) -> StackBackup | None:
    """Return the backup; None where there is none. Raises UserError for one that cannot be trusted."""
    if not path.exists():
        return None
    document = read_json(path, wanted="a stack's backup", remedy="bring back the original file")
    try:
        noted = checksum_path(path).read_text(encoding="utf-8").split()[:1]
        found = StackBackup.model_validate(document)
    except (OSError, ValidationError):
        noted, found = [], None
    if found is None or noted != [hashlib.sha256(path.read_bytes()).hexdigest()]:
        raise UserError(
            f"the backup {path} cannot be trusted: it is not what its checksum says: bring back the "
            "original file"
        )
    if found.arn != origin.arn:
        raise UserError(f"the backup {path} is of {found.arn}, not of {origin.arn}: move it away")
    return found


def set_aside(path: Path) -> None:
    """Take a backup out of the way that was made good: the next retirement begins anew."""
    data_path(path).unlink(missing_ok=True)
    if path.exists():
        path.replace(path.with_suffix(".rolled-back.json"))
    checksum_path(path).unlink(missing_ok=True)
