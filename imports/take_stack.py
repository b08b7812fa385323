"""The inventory of a CloudFormation stack: reads, decides, and writes the record and the stage file.

A legacy base may be adopted beside it: one record then has both, and each object once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from aws.client import boto3_clients
from common.errors import UserError
from common.progress import Progress
from imports.legacy_side import (
    LegacySide,
    LegacySource,
    notes_on,
    read_legacy_side,
    source_of,
    usual_region,
)
from imports.record import AdoptedObject, AdoptionRecord, LegacyOrigin
from imports.sources.terraform_base.base import Agree
from imports.stack_side import StackSide, any_settings, read_stack_side
from imports.stack_stage import stack_settings
from imports.stage_file import stage_file
from imports.take_stock import (
    Inventory,
    Synthesize,
    drift_of_base,
    observed_in_aws,
    record_of_base,
    refuse_second_base,
    set_in_aws,
    settings_in,
    settings_of_base,
    unmanaged,
    written,
)
from imports.two_owners import NETWORK, choose, left_to_stack
from imports.workspace_record import path_of_record
from modules.settings.stage_settings import StageSettings
from terraform.workspace import Workspace, set_default_credentials


@dataclass(frozen=True, kw_only=True)
class BaseBeside:
    """A legacy base that is adopted together with the stack, and whose is adopted where both have one."""

    source: LegacySource
    agree: Agree
    preferred: Sequence[str]


def take_stack(
    workspace: Workspace,
    name: str,
    *,
    synthesize: Synthesize,
    progress: Progress,
    beside: BaseBeside | None = None,
) -> Inventory:
    """Read, decide, observe, write. With something against it nothing is written.

    Raises UserError for what cannot be read.
    """
    set_default_credentials(workspace)
    whole = any_settings(workspace)
    base = (
        read_legacy_side(workspace, beside.source, agree=beside.agree, progress=progress)
        if beside
        else None
    )
    clients = boto3_clients(region=_region(workspace, name))
    side = read_stack_side(
        clients,
        name,
        settings=whole,
        synthesize=lambda settings: synthesize(settings, frozenset()),
        progress=progress,
    )
    against, settings = side.against, side.settings
    if base and beside:
        choice = choose(_ids(base), side.ids, beside.preferred)
        base, side = left_to_stack(base, choice), side.left_to_base(choice)
        against += [*_against(base, side), *choice.undecided]
        if choice.of.get(NETWORK) == "base" and not against:
            settings = _settings_of_network(workspace, base, whole)
    told = Inventory(
        stack=side.stack.arn,
        rows=side.verdicts,
        against=against,
        notes=notes_on(base) if base else [],
        source=source_of(base) if base else "",
        decisions=base.decisions if base else [],
        compared=sum(row.drift != "NOT_CHECKED" for row in side.stack.rows.values()),
        record_path=path_of_record(workspace),
        stage_path=workspace.stage_path,
    )
    if against:
        return told
    if not side.ids:
        raise UserError(
            f"{name} holds nothing that this project adopts: name the stack of the application with "
            "--cloudformation"
        )
    ids = {**(_adopted(base) if base else {}), **side.ids}
    if base:
        refuse_second_base(workspace, told.record_path, base, ids)
    stack = synthesize(settings, frozenset(ids))
    observed = observed_in_aws(
        workspace, stack, ids, base=base, clients=clients, progress=progress, leave_tags=True
    )
    side = side.without_other_traffic({each: observed[each] for each in side.ids}, stack)
    ids = {**(_adopted(base) if base else {}), **side.ids}
    observed = {address: observed[address] for address in ids}

    of_stack = stack_settings(observed, side.stack, clients)
    text = None
    if workspace.stage_path.exists():
        settings = workspace.settings()
    else:
        text = stage_file(observed, region=side.region, of_stack=of_stack)
        settings = settings_in(text, workspace.stage, of="the stack")
    stack = synthesize(settings.model_copy(update={"phase": "full"}), frozenset(observed))
    kept = set_in_aws(settings, stack, observed, ids, clients=clients, progress=progress)
    if text is not None:
        text = stage_file(observed, region=side.region, kept=kept, of_stack=of_stack)
    progress("writing the record")
    return written(
        workspace,
        replace(told, rows=side.verdicts, drift=drift_of_base(base, observed) if base else []),
        _record(workspace.stage, side, base, observed),
        settings=settings,
        stage_text=text,
        kept=kept,
        unmanaged=unmanaged(base, stack) if base else (),
    )


def _region(workspace: Workspace, name: str) -> str:
    if name.startswith("arn:"):
        return name.split(":")[3]
    return usual_region(workspace)


def _ids(base: LegacySide) -> dict[str, str]:
    """Return the import ids of what the base would give up; empty where something is the matter with one."""
    return {each.address: each.import_id or "" for each in base.decisions if each.address}


def _adopted(base: LegacySide) -> dict[str, str]:
    return {
        str(each.address): str(each.import_id) for each in base.decisions if each.verdict == "adopt"
    }


def _against(base: LegacySide, side: StackSide) -> list[str]:
    """Return what stands against adopting the base beside the stack, a line each."""
    wrong = [
        f"{each.legacy_address}: {each.why}" for each in base.decisions if each.verdict == "problem"
    ]
    if base.region != side.region:
        wrong.append(
            f"the base is in {base.region} and the stack in {side.region}: a stage has one region; adopt "
            "each as a stage of its own"
        )
    return wrong


def _settings_of_network(
    workspace: Workspace, base: LegacySide, whole: StageSettings
) -> StageSettings:
    """Return the settings of a stage whose network is the base's, with all that phase full has."""
    shown = ("phase", "domain_name", "operator_email")
    return settings_of_base(workspace, base).model_copy(
        update={name: getattr(whole, name) for name in shown}
    )


def _record(
    stage: str, side: StackSide, base: LegacySide | None, observed: dict[str, dict[str, Any]]
) -> AdoptionRecord:
    rows = {each.address: each.logical_id for each in side.verdicts if each.import_id}
    of_stack = [
        AdoptedObject(
            address=address,
            legacy_address=rows[address],
            import_id=import_id,
            observed=observed[address],
            source="stack",
        )
        for address, import_id in side.ids.items()
    ]
    of_base = (
        record_of_base(stage, base, observed)
        if base
        else AdoptionRecord(
            stage=stage,
            account_id=side.account_id,
            region=side.region,
            legacy=LegacyOrigin(source="none"),
            adopted=[],
            released=[],
            not_covered=[],
        )
    )
    return of_base.model_copy(
        update={"adopted": [*of_base.adopted, *of_stack], "stack": side.origin}
    )
