"""The inventory: reads the legacy side and AWS, decides, and writes the record and the stage file."""

import json
import os
import shlex
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from aws.client import Clients, boto3_clients
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
from imports.sources.terraform_base.hcl.values import is_marker
from imports.sources.terraform_base.legacy_hcl import LegacyConfiguration, read_configuration
from imports.sources.terraform_base.legacy_state import LegacyState, load_state
from imports.sources.terraform_base.legacy_workspaces import workspace_to_adopt
from imports.sources.terraform_base.live import account_facts, discover
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
    """The legacy side, from whichever witness there is."""

    configuration: LegacyConfiguration
    state: LegacyState | None
    attributes: Mapping[str, Mapping[str, Any]]
    decisions: list[Decision]
    region: str
    account_id: str


def take_stock(
    workspace: Workspace,
    *,
    legacy: Path,
    state_file: Path | None,
    terraform_workspace: str | None,
    variables: Mapping[str, str],
    progress: Progress,
) -> Inventory:
    """Read, decide, observe, write. With a problem among the decisions nothing is written.

    Raises UserError for what cannot be read.
    """
    set_default_credentials(workspace)
    found = _read_legacy(
        workspace,
        legacy,
        state_file=state_file,
        terraform_workspace=terraform_workspace,
        variables=variables,
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
        observed = observe(document, ids, folder=reading, environment=workspace.own_environment())
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
        notes=[
            *notes,
            *unmanaged_arguments(
                found.decisions, configuration=found.configuration, document=document
            ),
        ],
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
    progress: Progress,
) -> _Legacy:
    if not legacy.is_dir():
        raise UserError(f"{legacy}: no such folder: name the legacy base's folder with --legacy")

    progress("reading the legacy state")
    terraform = Terraform(folder=legacy, environment=workspace.process_environment())
    if state_file is None:
        terraform = workspace_to_adopt(terraform, terraform_workspace)
    state = load_state(terraform, state_file)
    progress("reading the legacy configuration")
    first = read_configuration(legacy, environ=workspace.environ, variables=variables)
    region = _region(workspace, first)
    clients: Clients = boto3_clients(region=region)
    facts = account_facts(clients, region)
    configuration = read_configuration(
        legacy, facts=facts, environ=workspace.environ, variables=variables
    )
    if facts.account_id is None:
        raise UserError("AWS did not say which account this is: check the credentials")
    if state is not None:
        attributes = {item.address: item.attributes for item in state.objects}
        decisions = [
            _blocked_if_tainted(decision, state)
            for decision in decide(
                state.objects,
                attributes=attributes,
                problems={},
                modules={item.address: item.module for item in state.objects},
            )
        ]
    else:
        progress("looking for the objects in AWS")
        discovery = discover(configuration, clients)
        attributes = dict(discovery.attributes)
        decisions = decide(
            configuration.objects,
            attributes=attributes,
            problems={problem.address: str(problem) for problem in discovery.problems},
            modules={},
        )
    return _Legacy(
        configuration=configuration,
        state=state,
        attributes=attributes,
        decisions=decisions,
        region=region,
        account_id=facts.account_id,
    )


def _region(workspace: Workspace, configuration: LegacyConfiguration) -> str:
    for provider in configuration.providers:
        if provider.name == "aws" and isinstance(provider.arguments.get("region"), str):
            return str(provider.arguments["region"])
    environ = workspace.environ
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION


def _source(found: _Legacy) -> str:
    return found.state.source if found.state else "the configuration, and AWS"


def _notes(found: _Legacy) -> list[str]:
    notes = [
        f"module {name}: its objects are your own and stay in the legacy state"
        for name in found.configuration.modules
    ]
    notes += [
        f"{gap.address}: {gap.attribute} cannot be told from the configuration ({gap.reason})"
        for gap in found.configuration.unresolved
        if found.state is None and gap.attribute in ("count", "for_each")
    ]
    if found.state is not None:
        held = {item.address for item in found.state.objects}
        notes += [
            f"{item.address}: configured, but not in the legacy state"
            for item in found.configuration.objects
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
    configured = {item.address: item.arguments for item in found.configuration.objects}.get(
        legacy_address, {}
    )
    known = {key: value for key, value in configured.items() if not is_marker(value)}
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
