"""The inventory of a CloudFormation stack: reads, decides, and writes the record and the stage file."""

import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from aws.client import boto3_clients
from common.errors import UserError
from common.files import replace_file
from common.progress import Progress
from imports.as_found import set_by_somebody
from imports.observe import observe
from imports.record import AdoptedObject, AdoptionRecord, LegacyOrigin, write_record
from imports.sources.cloudformation.verdicts import RowVerdict
from imports.stack_side import StackSide, any_settings, read_stack_side
from imports.stack_stage import stack_settings
from imports.stage_file import stage_file
from imports.take_stock import Synthesize, kept_notes, phase_notes
from imports.workspace_record import path_of_record
from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings
from terraform.workspace import Workspace, set_default_credentials


@dataclass(frozen=True, kw_only=True)
class StackInventory:
    """What an inventory of a stack found and wrote. With a line in `against` it wrote nothing."""

    stack: str
    rows: list[RowVerdict]
    against: list[str]
    notes: list[str]
    compared: int
    record_path: Path
    stage_path: Path
    record: AdoptionRecord | None = None
    wrote_stage_file: bool = False


def take_stack(
    workspace: Workspace, name: str, *, synthesize: Synthesize, progress: Progress
) -> StackInventory:
    """Read, decide, observe, write. With something against it nothing is written.

    Raises UserError for what cannot be read.
    """
    set_default_credentials(workspace)
    whole = any_settings(workspace)
    clients = boto3_clients(region=_region(workspace, name))
    side = read_stack_side(
        clients,
        name,
        settings=whole,
        synthesize=lambda settings: synthesize(settings, frozenset()),
        progress=progress,
    )
    told = StackInventory(
        stack=side.stack.arn,
        rows=side.verdicts,
        against=side.against,
        notes=[],
        compared=sum(row.drift != "NOT_CHECKED" for row in side.stack.rows.values()),
        record_path=path_of_record(workspace),
        stage_path=workspace.stage_path,
    )
    if side.against:
        return told
    if not side.ids:
        raise UserError(
            f"{name} holds nothing that this project adopts: name the stack of the application with "
            "--cloudformation"
        )
    ids = side.ids
    stack = synthesize(side.settings, frozenset(ids))
    progress(f"reading {len(ids)} objects from AWS")
    with tempfile.TemporaryDirectory(prefix="atomic-inventory-") as folder:
        observed = observe(
            stack,
            ids,
            folder=Path(folder),
            environment=workspace.own_environment(),
            leave_tags=True,
        )
    side = side.without_other_traffic(observed, stack)
    observed = {address: observed[address] for address in side.ids}

    wrote_stage_file = not workspace.stage_path.exists()
    of_stack = stack_settings(observed, side.stack, clients)
    settings = (
        _parsed(stage_file(observed, region=side.region, of_stack=of_stack), workspace.stage)
        if wrote_stage_file
        else workspace.settings()
    )
    progress("looking in AWS for what somebody has set and the platform would replace")
    full = settings.model_copy(update={"phase": "full"})
    said = {*settings.keep_as_found, *settings.allow_overwrite}
    stack = synthesize(full, frozenset(observed))
    kept = [
        each
        for each in sorted(set_by_somebody(stack, observed, side.ids, clients))
        if not said & {each, ".".join(each.split(".")[:2])}
    ]
    record = _record(workspace.stage, side, observed)
    progress("writing the record")
    if wrote_stage_file:
        text = stage_file(observed, region=side.region, kept=kept, of_stack=of_stack)
        replace_file(workspace.stage_path, text)
    write_record(told.record_path, record)
    return StackInventory(
        stack=told.stack,
        rows=side.verdicts,
        against=[],
        notes=[
            *kept_notes(kept, workspace.stage_path, wrote=wrote_stage_file),
            *phase_notes(settings, workspace.stage_path),
        ],
        compared=told.compared,
        record_path=told.record_path,
        stage_path=told.stage_path,
        record=record,
        wrote_stage_file=wrote_stage_file,
    )


def _region(workspace: Workspace, name: str) -> str:
    if name.startswith("arn:"):
        return name.split(":")[3]
    environ = workspace.environ
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def _parsed(text: str, stage: str) -> StageSettings:
    settings, errors = parse_stage(tomllib.loads(text), stage=stage)
    if errors:
        raise UserError(
            f"the stack is not one that a stage can describe: {errors[0]}"
            + (f" (and {len(errors) - 1} more)" if len(errors) > 1 else "")
        )
    return settings


def _record(stage: str, side: StackSide, observed: dict[str, dict[str, object]]) -> AdoptionRecord:
    rows = {each.address: each.logical_id for each in side.verdicts if each.import_id}
    return AdoptionRecord(
        stage=stage,
        account_id=side.account_id,
        region=side.region,
        legacy=LegacyOrigin(source="none"),
        adopted=[
            AdoptedObject(
                address=address,
                legacy_address=rows[address],
                import_id=import_id,
                observed=observed[address],
                source="stack",
            )
            for address, import_id in side.ids.items()
        ],
        released=[],
        not_covered=[],
        stack=side.origin,
    )
