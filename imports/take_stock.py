"""The inventory: reads the legacy side and AWS, decides, and writes the record and the stage file."""

import json
import os
import shlex
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from aws.client import account_of, boto3_clients
from common.errors import UserError
from common.files import replace_file
from common.progress import Progress
from imports.inventory import Decision, Drift, decide, drift, unmanaged_arguments
from imports.observe import observe
from imports.record import (
    AdoptedObject,
    AdoptionRecord,
    LegacyOrigin,
    ReleasedObject,
    UncoveredObject,
    write_record,
)
from imports.sources.terraform_base.base import (
    Agree,
    NotAgreedError,
    PlannedBase,
    planned_base,
)
from imports.sources.terraform_base.declared import read_declared
from imports.sources.terraform_base.legacy_state import LegacyState, load_state
from imports.sources.terraform_base.legacy_workspaces import workspace_to_adopt
from imports.sources.terraform_base.live import discover
from imports.sources.terraform_base.planned import LegacyConfiguration, is_known
from imports.stage_file import stage_file
from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings
from synth.bindings import accelerate
from terraform.cli import Terraform
from terraform.workspace import Workspace, set_default_credentials

DEFAULT_REGION = "us-east-1"


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


@dataclass(frozen=True, kw_only=True)
class _Legacy:
    """The legacy side, from whichever witnesses there are: without a state there is a configuration."""

    configuration: LegacyConfiguration | None
    state: LegacyState | None
    attributes: Mapping[str, Mapping[str, Any]]
    decisions: list[Decision]
    region: str
    account_id: str
    notes: tuple[str, ...]


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
    found = _read_legacy(
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
    notes = _notes(found)
    problems = any(decision.verdict == "problem" for decision in found.decisions)
    if not adopted and not problems:
        raise UserError(
            f"{legacy} holds nothing that this project adopts: name the folder of the legacy base with "
            "--legacy"
        )
    if problems:
        return Inventory(
            source=_source(found),
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
        observed = observe(
            document, ids, folder=reading, environment=workspace.process_environment()
        )
    record = _record(workspace.stage, found, observed)
    progress("writing the record")
    if wrote_stage_file:
        replace_file(workspace.stage_path, stage_file(observed, region=found.region))
    write_record(workspace.record_path, record)
    return Inventory(
        source=_source(found),
        decisions=found.decisions,
        drift=drift(
            found.decisions,
            configuration=found.configuration,
            state=found.attributes if found.state else None,
            observed=observed,
        ),
        notes=[*notes, *_unmanaged(found, document)],
        record=record,
        record_path=workspace.record_path,
        stage_path=workspace.stage_path,
        wrote_stage_file=wrote_stage_file,
    )


def _read_legacy(
    workspace: Workspace,
    legacy: Path,
    *,
    state_file: Path | None,
    terraform_workspace: str | None,
    variables: Mapping[str, str],
    var_files: Sequence[Path],
    agree: Agree,
    progress: Progress,
) -> _Legacy:
    if not legacy.is_dir():
        raise UserError(f"{legacy}: no such folder: name the legacy base's folder with --legacy")

    progress("reading the legacy state")
    terraform = Terraform(folder=legacy, environment=workspace.process_environment())
    if state_file is None:
        terraform = workspace_to_adopt(terraform, terraform_workspace)
    state = load_state(terraform, state_file)
    progress("asking AWS which account this is")
    # Before Terraform does, because it would try for minutes.
    account_id = account_of(boto3_clients(region=_usual_region(workspace)))
    planning = planned_base(
        legacy,
        environment=terraform.environment,
        variables=variables,
        var_files=var_files,
        agree=agree,
        progress=progress,
    )
    if state is None:
        with planning as base:
            return _from_configuration(workspace, base, account_id, progress)
    try:
        with planning as base:
            configuration, notes = base.configuration, base.notes
            _check_account(configuration, account_id)
    except NotAgreedError:
        raise
    except UserError as error:
        if variables or var_files:
            raise
        return _from_state(workspace, state, account_id, None, _uncompared(legacy, error))
    return _from_state(workspace, state, account_id, configuration, notes)


def _from_configuration(
    workspace: Workspace, base: PlannedBase, account_id: str, progress: Progress
) -> _Legacy:
    configuration = base.configuration
    _check_account(configuration, account_id)
    region = configuration.region or _usual_region(workspace)
    progress("looking for the objects in AWS")

    def evaluate(ids: Mapping[str, str]) -> LegacyConfiguration:
        progress(f"letting Terraform plan with {len(ids)} objects that were found")
        return base.with_objects(ids)

    discovery = discover(configuration, boto3_clients(region=region), evaluate)
    attributes = dict(discovery.attributes)
    return _Legacy(
        configuration=configuration,
        state=None,
        attributes=attributes,
        decisions=decide(
            configuration.objects,
            attributes=attributes,
            problems={problem.address: str(problem) for problem in discovery.problems},
        ),
        region=region,
        account_id=account_id,
        notes=base.notes,
    )


def _from_state(
    workspace: Workspace,
    state: LegacyState,
    account_id: str,
    configuration: LegacyConfiguration | None,
    notes: tuple[str, ...],
) -> _Legacy:
    attributes = {item.address: item.attributes for item in state.objects}
    configured = configuration.region if configuration else None
    return _Legacy(
        configuration=configuration,
        state=state,
        attributes=attributes,
        decisions=[
            _blocked_if_tainted(decision, state)
            for decision in decide(state.objects, attributes=attributes, problems={})
        ],
        region=configured or _region_of(state) or _usual_region(workspace),
        account_id=account_id,
        notes=notes,
    )


def _check_account(configuration: LegacyConfiguration, account_id: str) -> None:
    if configuration.account_id not in (None, account_id):
        raise UserError(
            f"the legacy folder's provider works in the account {configuration.account_id}, and your "
            f"credentials are of {account_id}: use credentials of that account (AWS_PROFILE)"
        )


def _uncompared(legacy: Path, error: UserError) -> tuple[str, ...]:
    declared = read_declared(legacy)
    return (
        f"the configuration is not compared with AWS, only the state is: {error}",
        *(
            f"{file}: the reader does not know its syntax, which may be right for Terraform all the same"
            for file in declared.unread
        ),
    )


def _usual_region(workspace: Workspace) -> str:
    environ = workspace.environ
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION


def _region_of(state: LegacyState) -> str | None:
    """Return the region that the database's or the network's name (ARN) tells; None without them."""
    for item in state.objects:
        arn = item.attributes.get("arn")
        if item.type in {"aws_db_instance", "aws_vpc", "aws_subnet"} and isinstance(arn, str):
            return arn.split(":")[3] or None
    return None


def _source(found: _Legacy) -> str:
    return found.state.source if found.state else "the configuration, and AWS"


def _notes(found: _Legacy) -> list[str]:
    configuration = found.configuration
    notes = [
        *found.notes,
        *(
            f"module {name}: its objects are your own and stay in the legacy state"
            for name in (configuration.modules if configuration else ())
            if not any(
                item.legacy_address.startswith((f"module.{name}.", f"module.{name}["))
                for item in found.decisions
                if item.verdict == "adopt"
            )
        ),
    ]
    if found.state is not None:
        held = {item.address for item in found.state.objects}
        notes += [
            f"{item.address}: configured, but not in the legacy state"
            for item in (configuration.objects if configuration else ())
            if item.address not in held
        ]
        notes += [
            f"{address}: the legacy state holds an older object of it that `terraform apply` there would "
            "destroy: run no apply there before you know whether that object is still needed"
            for address in found.state.deposed
        ]
        own = {each.legacy_address for each in found.decisions if each.verdict == "not covered"}
        notes += [
            f"{address}: {_untaint(address)}" for address in found.state.tainted if address in own
        ]
    return notes


def _blocked_if_tainted(decision: Decision, state: LegacyState) -> Decision:
    """Terraform would destroy it; a password that is drawn anew would lock everybody out as well."""
    address = decision.legacy_address
    if decision.verdict == "not covered" or address not in state.tainted:
        return decision
    return replace(decision, verdict="problem", import_id=None, why=_untaint(address))


def _untaint(address: str) -> str:
    return (
        "it is tainted: `terraform apply` would destroy it and create it anew, so run none: run "
        f"`terraform untaint {shlex.quote(address)}` in the legacy folder and workspace"
    )


def _unmanaged(found: _Legacy, document: Mapping[str, Any]) -> list[str]:
    if found.configuration is None:
        return []
    return unmanaged_arguments(
        found.decisions, configuration=found.configuration, document=document
    )


def _settings(workspace: Workspace, found: _Legacy) -> StageSettings:
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


def _shape(found: _Legacy, legacy_address: str) -> Mapping[str, Any]:
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


def _record(stage: str, found: _Legacy, observed: Mapping[str, dict[str, Any]]) -> AdoptionRecord:
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
