"""The inventory: reads the legacy side and AWS, decides, and writes the record and the stage file."""

import json
import os
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from common.errors import UserError
from common.files import replace_file
from common.progress import Progress
from imports.inventory import Decision, Drift, drift, unmanaged_arguments
from imports.legacy_side import LegacySide, notes_on, read_legacy_side, source_of
from imports.observe import observe
from imports.record import (
    AdoptedObject,
    AdoptionRecord,
    LegacyOrigin,
    ReleasedObject,
    UncoveredObject,
    write_record,
)
from imports.sources.terraform_base.base import Agree
from imports.sources.terraform_base.planned import is_known
from imports.stage_file import stage_file
from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings
from synth.bindings import accelerate
from terraform.workspace import Workspace, set_default_credentials


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """What the inventory found and wrote. `notes` are things to know that block nothing."""

    source: str
    decisions: list[Decision]
    drift: list[Drift]
    notes: list[str]
    record: AdoptionRecord | None
    record_path: Path
    stage_path: Path
    wrote_stage_file: bool


def take_stock(
    workspace: Workspace,
    *,
    legacy: Path,
    state_file: Path | None,
    terraform_workspace: str | None,
    variables: Mapping[str, str],
    var_files: Sequence[Path],
    agree: Agree,
    progress: Progress,
) -> Inventory:
    """Read, decide, observe, write. With a problem among the decisions nothing is written.

    `variables` and `var_files` are what Terraform takes as -var and -var-file; `agree` is asked before
    programs or servers of the owner's are called.
    Raises UserError for what cannot be read.
    """
    set_default_credentials(workspace)
    found = read_legacy_side(
        workspace,
        legacy,
        state_file=state_file,
        terraform_workspace=terraform_workspace,
        variables=variables,
        var_files=var_files,
        agree=agree,
        progress=progress,
    )
    adopted = [decision for decision in found.decisions if decision.verdict == "adopt"]
    notes = notes_on(found)
    problems = any(decision.verdict == "problem" for decision in found.decisions)
    if not adopted and not problems:
        raise UserError(
            f"{legacy} holds nothing that this project adopts: name the folder of the legacy base with "
            "--legacy"
        )
    if problems:
        return Inventory(
            source=source_of(found),
            decisions=found.decisions,
            drift=[],
            notes=notes,
            record=None,
            record_path=workspace.record_path,
            stage_path=workspace.stage_path,
            wrote_stage_file=False,
        )
    progress("synthesizing the stage")
    settings = _settings(workspace, found)
    wrote_stage_file = not workspace.stage_path.exists()
    ids = {str(decision.address): str(decision.import_id) for decision in adopted}
    with tempfile.TemporaryDirectory(prefix="atomic-inventory-") as folder:
        document = _synthesized(settings, frozenset(ids), Path(folder), workspace)
        progress(f"reading {len(ids)} objects from AWS")
        reading = Path(folder) / "observe"
        reading.mkdir()
        observed = observe(document, ids, folder=reading, environment=workspace.own_environment())
    record = _record(workspace.stage, found, observed)
    progress("writing the record")
    if wrote_stage_file:
        replace_file(workspace.stage_path, stage_file(observed, region=found.region))
    write_record(workspace.record_path, record)
    return Inventory(
        source=source_of(found),
        decisions=found.decisions,
        drift=drift(
            found.decisions,
            configuration=found.configuration,
            state=found.attributes if found.state else None,
            observed=observed,
        ),
        notes=[*notes, *_unmanaged(found, document), *phase_notes(settings, workspace.stage_path)],
        record=record,
        record_path=workspace.record_path,
        stage_path=workspace.stage_path,
        wrote_stage_file=wrote_stage_file,
    )


def phase_notes(settings: StageSettings, path: Path) -> list[str]:
    """What to know of a stage file that would import and change everything in one deploy."""
    if settings.phase == "adopt":
        return []
    return [
        f'{path} says phase = "{settings.phase}", which imports and changes at once: the gate blocks that. '
        'Before anything is adopted write phase = "adopt" there, and go on phase by phase after '
        "`imports adopt`"
    ]


def _unmanaged(found: LegacySide, document: Mapping[str, Any]) -> list[str]:
    if found.configuration is None:
        return []
    return unmanaged_arguments(
        found.decisions, configuration=found.configuration, document=document
    )


def _settings(workspace: Workspace, found: LegacySide) -> StageSettings:
    """The stage's settings in phase adopt: those of its file, or those that its file will have."""
    if workspace.stage_path.exists():
        return workspace.settings()
    shapes = {
        str(decision.address): _shape(found, decision.legacy_address)
        for decision in found.decisions
        if decision.verdict == "adopt"
    }
    document = tomllib.loads(stage_file(shapes, region=found.region))
    settings, mistakes = parse_stage(document, stage=workspace.stage)
    if mistakes:
        raise UserError(
            f"the legacy base is not one that a stage can describe: {mistakes[0]}"
            + (f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else "")
        )
    return settings


def _shape(found: LegacySide, legacy_address: str) -> Mapping[str, Any]:
    """What is known of an object before AWS is asked: the state's word, else the configuration's."""
    objects = found.configuration.objects if found.configuration else ()
    configured = {item.address: item.arguments for item in objects}.get(legacy_address, {})
    known = {key: value for key, value in configured.items() if is_known(value)}
    return known | dict(found.attributes[legacy_address])


def _synthesized(
    settings: StageSettings, adopted: frozenset[str], folder: Path, workspace: Workspace
) -> dict[str, Any]:
    accelerate(os.environ)
    # Only now: the import starts the jsii kernel, which takes seconds.
    from modules.app import synthesize  # noqa: PLC0415

    stacks = synthesize(
        [settings],
        adopted={settings.stage: adopted},
        outdir=str(folder / "cdktf.out"),
        state_folder=PurePath(folder),
        emulated=workspace.emulated,
    )
    document: dict[str, Any] = json.loads(
        Path(stacks, settings.stack_name, "cdk.tf.json").read_text()
    )
    return document


def _record(
    stage: str, found: LegacySide, observed: Mapping[str, dict[str, Any]]
) -> AdoptionRecord:
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
