"""The inventory: reads the legacy side and AWS, decides, and writes the record and the stage file.

Longer than others: what the inventory of a CloudFormation stack ends in stands here too.
"""

import json
import tempfile
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aws.client import Clients, boto3_clients
from common.errors import UserError
from common.files import replace_file
from common.progress import Progress
from imports.as_found import set_by_somebody
from imports.inventory import Decision, Disagreement, disagreements, unmanaged_arguments
from imports.legacy_side import LegacySide, LegacySource, notes_on, read_legacy_side, source_of
from imports.observe import observe
from imports.ownership import ownership, second_base
from imports.preflight import preflight
from imports.record import (
    AdoptedObject,
    AdoptionRecord,
    LegacyOrigin,
    ReleasedObject,
    UncoveredObject,
    read_record,
    write_record,
)
from imports.retire import LEGACY
from imports.sources.cloudformation.verdicts import RowVerdict
from imports.sources.terraform_base.base import Agree
from imports.sources.terraform_base.planned import is_known
from imports.stage_file import stage_file
from imports.workspace_record import path_of_record
from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings
from terraform.pulled_state import content, pull
from terraform.stack import Stack
from terraform.state_backups import find_backups
from terraform.workspace import BACKUPS, Workspace, set_default_credentials

Synthesize = Callable[[StageSettings, frozenset[str]], Stack]
"""Gives the stack of a stage's settings and of the addresses that it adopts."""


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """What the inventory found and wrote. `notes` are things to know that block nothing.

    `decisions` and `drift` are of a legacy base, read from `source`; `rows` of a CloudFormation `stack`, of
    which AWS has `compared` so many with the template. With a line in `against` nothing was written.
    """

    source: str = ""
    decisions: list[Decision] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    record_path: Path
    stage_path: Path
    drift: list[Disagreement] = field(default_factory=list)
    record: AdoptionRecord | None = None
    wrote_stage_file: bool = False
    stack: str = ""
    rows: list[RowVerdict] = field(default_factory=list)
    against: list[str] = field(default_factory=list)
    compared: int = 0


def take_stock(
    workspace: Workspace,
    source: LegacySource,
    *,
    agree: Agree,
    synthesize: Synthesize,
    progress: Progress,
) -> Inventory:
    """Read, decide, observe, write. With an error among the decisions nothing is written.

    `agree` is asked before programs or servers of the owner's are called.
    Raises UserError for what cannot be read.
    """
    set_default_credentials(workspace)
    found = read_legacy_side(workspace, source, agree=agree, progress=progress)
    adopted = [decision for decision in found.decisions if decision.verdict == "adopt"]
    problems = any(decision.verdict == "problem" for decision in found.decisions)
    if not adopted and not problems:
        raise UserError(
            f"{source.folder} holds nothing that this project adopts: name the folder of the legacy base "
            "with --legacy"
        )
    told = Inventory(
        source=source_of(found),
        decisions=found.decisions,
        notes=notes_on(found),
        record_path=path_of_record(workspace),
        stage_path=workspace.stage_path,
    )
    if problems:
        return told
    progress("synthesizing the stage")
    settings = settings_of_base(workspace, found)
    ids = {str(decision.address): str(decision.import_id) for decision in adopted}
    refuse_second_base(workspace, told.record_path, found, ids)
    stack = synthesize(settings, frozenset(ids))
    clients = boto3_clients(region=found.region)
    observed = observed_in_aws(
        workspace, stack, ids, base=found, clients=clients, progress=progress
    )
    kept = set_in_aws(settings, stack, observed, ids, clients=clients, progress=progress)
    progress("writing the record")
    return written(
        workspace,
        replace(told, drift=drift_of_base(found, observed)),
        record_of_base(workspace.stage, found, observed),
        settings=settings,
        stage_text=None
        if workspace.stage_path.exists()
        else stage_file(observed, region=found.region, kept=kept),
        kept=kept,
        unmanaged=unmanaged(found, stack),
    )


def observed_in_aws(
    workspace: Workspace,
    stack: Stack,
    ids: Mapping[str, str],
    *,
    base: LegacySide | None,
    clients: Clients,
    progress: Progress,
    leave_tags: bool = False,
) -> dict[str, dict[str, Any]]:
    """Return what the objects are like. Raises UserError, which names what a `base` has and AWS has not."""
    progress(f"reading {len(ids)} objects from AWS")
    with tempfile.TemporaryDirectory(prefix="atomic-inventory-") as folder:
        try:
            return observe(
                stack,
                ids,
                folder=Path(folder),
                environment=workspace.own_environment(),
                leave_tags=leave_tags,
            )
        except UserError:
            if base:
                none: dict[str, dict[str, Any]] = {each: {} for each in ids}
                refuse_gone(record_of_base(workspace.stage, base, none), clients)
            raise


def set_in_aws(
    settings: StageSettings,
    stack: Stack,
    observed: Mapping[str, Mapping[str, Any]],
    ids: Mapping[str, str],
    *,
    clients: Clients,
    progress: Progress,
) -> list[str]:
    """Return what somebody has set and the stage would replace, but for what its file speaks of already."""
    progress("looking in AWS for what somebody has set and the platform would replace")
    said = {*settings.keep_as_found, *settings.allow_overwrite}
    return [
        each
        for each in sorted(set_by_somebody(stack, observed, ids, clients))
        if not said & {each, ".".join(each.split(".")[:2])}
    ]


def written(
    workspace: Workspace,
    told: Inventory,
    record: AdoptionRecord,
    *,
    settings: StageSettings,
    stage_text: str | None,
    kept: Sequence[str],
    unmanaged: Sequence[str],
) -> Inventory:
    """Write the record, and the stage file, which is None where there is one already."""
    path = workspace.stage_path
    if stage_text is not None:
        replace_file(path, stage_text)
    write_record(told.record_path, record)
    notes = [
        *told.notes,
        *unmanaged,
        *kept_notes(kept, path, wrote=stage_text is not None),
        *phase_notes(settings, path),
    ]
    return replace(told, notes=notes, record=record, wrote_stage_file=stage_text is not None)


def refuse_second_base(
    workspace: Workspace, path: Path, found: LegacySide, ids: Mapping[str, str]
) -> None:
    """Raise UserError where the old folder was retired, and an apply there has made objects again since.

    A record of these would have the stage give up what it holds.
    """
    before = read_record(path)
    folder = workspace.state_folder / BACKUPS
    if before is None or found.state is None:
        return
    if not find_backups(folder, LEGACY, found.state.lineage):
        return
    if all(ids.get(each.address, each.import_id) == each.import_id for each in before.adopted):
        return
    owners = ownership(before, found.state.document, content(pull(workspace.synthesize())))
    if made := second_base(owners):
        raise UserError(f"{made}; the record stays as it is")


def phase_notes(settings: StageSettings, path: Path) -> list[str]:
    """Say what to know of a stage file that would import and change everything in one deploy."""
    if settings.phase == "adopt":
        return []
    return [
        f'{path} says phase = "{settings.phase}", which imports and changes at once: the gate blocks that. '
        'Before anything is adopted write phase = "adopt" there, and go on phase by phase after '
        "`imports adopt`"
    ]


def refuse_gone(record: AdoptionRecord, clients: Clients) -> None:
    """Raise UserError for what the legacy side names and AWS no longer has: Terraform says less of it."""
    legacy = {each.address: each.legacy_address for each in record.adopted}
    gone = [each for each in preflight(record, clients) if not each.ok and each.address]
    if gone:
        raise UserError(
            f"{len(gone)} of the legacy base's objects cannot be read: "
            + "; ".join(
                f"{legacy[each.address]} ({each.import_id}): {each.detail}" for each in gone
            )
            + ": bring each back (a secret with `aws secretsmanager restore-secret`), or let `terraform "
            f"state rm {legacy[gone[0].address]}` take it out of the legacy state, which destroys nothing: "
            "the platform then makes its own"
        )


def kept_notes(kept: Sequence[str], path: Path, *, wrote: bool) -> list[str]:
    """Say what somebody has set, and how it stays."""
    if not kept:
        return []
    line = f"keep_as_found = {json.dumps(kept)}"
    if wrote:
        return [
            f"somebody has set in AWS what the platform would replace; it stays: {line} in {path}"
        ]
    return [
        f"somebody has set in AWS what the platform would replace, and the gate blocks that: where it stays, "
        f"write {line} in {path}; where it may go, write the addresses in allow_overwrite"
    ]


def drift_of_base(found: LegacySide, observed: Mapping[str, dict[str, Any]]) -> list[Disagreement]:
    """Return where a base's configuration, its state and AWS do not agree."""
    return disagreements(
        found.decisions,
        configuration=found.configuration,
        state=found.attributes if found.state else None,
        observed=observed,
    )


def unmanaged(found: LegacySide, stack: Stack) -> list[str]:
    """Return what a base's configuration sets and this project does not manage, a line an object."""
    if found.configuration is None:
        return []
    return unmanaged_arguments(found.decisions, configuration=found.configuration, stack=stack)


def settings_of_base(workspace: Workspace, found: LegacySide) -> StageSettings:
    """Return the stage's settings in phase adopt: those of its file, or those that its file will have."""
    if workspace.stage_path.exists():
        return workspace.settings()
    shapes = {
        str(decision.address): _shape(found, decision.legacy_address)
        for decision in found.decisions
        if decision.verdict == "adopt"
    }
    text = stage_file(shapes, region=found.region)
    return settings_in(text, workspace.stage, of="the legacy base")


def settings_in(text: str, stage: str, *, of: str) -> StageSettings:
    """Return the settings in a stage file's text. Raises UserError where what it is `of` does not fit one."""
    settings, errors = parse_stage(tomllib.loads(text), stage=stage)
    if errors:
        raise UserError(
            f"{of} is not one that a stage can describe: {errors[0]}"
            + (f" (and {len(errors) - 1} more)" if len(errors) > 1 else "")
        )
    return settings


def _shape(found: LegacySide, legacy_address: str) -> Mapping[str, Any]:
    """Return what is known of an object before AWS is asked: from the state, else the configuration."""
    objects = found.configuration.objects if found.configuration else ()
    configured = {item.address: item.arguments for item in objects}.get(legacy_address, {})
    known = {key: value for key, value in configured.items() if is_known(value)}
    return known | dict(found.attributes[legacy_address])


def record_of_base(
    stage: str, found: LegacySide, observed: Mapping[str, dict[str, Any]]
) -> AdoptionRecord:
    """Return the record of what a base gives up."""
    by_verdict: dict[str, list[Decision]] = {}
    for decision in found.decisions:
        by_verdict.setdefault(decision.verdict, []).append(decision)
    return AdoptionRecord(
        stage=stage,
        account_id=found.account_id,
        region=found.region,
        legacy=LegacyOrigin(
            source="state" if found.state else "configuration",
            lineage=found.state.lineage if found.state else None,
            serial=found.state.serial if found.state else None,
        ),
        adopted=[
            AdoptedObject(
                address=str(decision.address),
                legacy_address=decision.legacy_address,
                import_id=str(decision.import_id),
                observed=observed[str(decision.address)],
            )
            for decision in by_verdict["adopt"]
        ],
        released=[
            ReleasedObject(legacy_address=decision.legacy_address, reason=decision.why)
            for decision in by_verdict.get("release", [])
        ],
        not_covered=[
            UncoveredObject(legacy_address=decision.legacy_address, type=decision.type)
            for decision in by_verdict.get("not covered", [])
        ],
    )
