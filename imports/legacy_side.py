"""The legacy side of an inventory: what state, configuration and AWS say, and what is decided of it."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aws.client import account_of, boto3_clients
from aws.resources import CARRYING
from aws.resources.rds import DATABASES
from common.errors import UserError
from common.progress import Progress
from imports.inventory import Decision, decide
from imports.sources.terraform_base.base import (
    Agree,
    NotAgreedError,
    PlannedBase,
    planned_base,
)
from imports.sources.terraform_base.declared import read_declared
from imports.sources.terraform_base.legacy_state import load_state
from imports.sources.terraform_base.legacy_workspaces import workspace_to_adopt
from imports.sources.terraform_base.live import discover
from imports.sources.terraform_base.planned import LegacyConfiguration
from terraform.cli import Terraform
from terraform.state import State
from terraform.workspace import Workspace

DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class LegacySource:
    """A legacy folder as its user names it, with what Terraform takes as -var and -var-file there.

    Without `state_file` the state is pulled, from `workspace` where the folder has several.
    """

    folder: Path
    state_file: Path | None = None
    workspace: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    var_files: Sequence[Path] = ()


@dataclass(frozen=True, kw_only=True)
class LegacySide:
    """The legacy side, from whichever witnesses there are: without a state there is a configuration."""

    configuration: LegacyConfiguration | None
    state: State | None
    attributes: Mapping[str, Mapping[str, Any]]
    decisions: list[Decision]
    region: str
    account_id: str
    notes: tuple[str, ...]


def read_legacy_side(
    workspace: Workspace, source: LegacySource, *, agree: Agree, progress: Progress
) -> LegacySide:
    """Read state, configuration and AWS, and decide. Raises UserError for what cannot be read."""
    refuse_missing_folder(source.folder)
    progress("reading the legacy state")
    terraform = Terraform(folder=source.folder, environment=workspace.process_environment())
    if source.state_file is None:
        terraform = workspace_to_adopt(terraform, source.workspace)
    state = load_state(terraform, source.state_file)
    progress("asking AWS which account this is")
    # Before Terraform does, because it would try for minutes.
    account_id = account_of(boto3_clients(region=usual_region(workspace)))
    planning = planned_base(
        source.folder,
        environment=terraform.environment,
        variables=source.variables,
        var_files=source.var_files,
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
        if source.variables or source.var_files:
            raise
        return _from_state(workspace, state, account_id, None, _uncompared(source.folder, error))
    return _from_state(workspace, state, account_id, configuration, notes)


def refuse_missing_folder(folder: Path) -> None:
    """Raise UserError for a legacy folder that is not there."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder: name the legacy base's folder with --legacy")


def _from_configuration(
    workspace: Workspace, base: PlannedBase, account_id: str, progress: Progress
) -> LegacySide:
    configuration = base.configuration
    _check_account(configuration, account_id)
    region = configuration.region or usual_region(workspace)
    progress("looking for the objects in AWS")

    def evaluate(ids: Mapping[str, str]) -> LegacyConfiguration:
        progress(f"letting Terraform plan with {len(ids)} objects that were found")
        return base.with_objects(ids)

    discovery = discover(configuration, boto3_clients(region=region), evaluate)
    attributes = dict(discovery.attributes)
    return LegacySide(
        configuration=configuration,
        state=None,
        attributes=attributes,
        decisions=decide(
            configuration.objects,
            attributes=attributes,
            errors={error.address: str(error) for error in discovery.errors},
        ),
        region=region,
        account_id=account_id,
        notes=base.notes,
    )


def _from_state(
    workspace: Workspace,
    state: State,
    account_id: str,
    configuration: LegacyConfiguration | None,
    notes: tuple[str, ...],
) -> LegacySide:
    attributes = {item.address: item.attributes for item in state.objects}
    configured = configuration.region if configuration else None
    return LegacySide(
        configuration=configuration,
        state=state,
        attributes=attributes,
        decisions=[
            _blocked_if_tainted(decision, state)
            for decision in decide(state.objects, attributes=attributes, errors={})
        ],
        region=configured or _region_of(state) or usual_region(workspace),
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


def usual_region(workspace: Workspace) -> str:
    """Return the region of this process, for what names none."""
    environ = workspace.environ
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION


def _region_of(state: State) -> str | None:
    """Return the region that the database's or the network's name (ARN) tells; None without them."""
    for item in state.objects:
        arn = item.attributes.get("arn")
        if item.type in DATABASES | CARRYING and isinstance(arn, str):
            return (arn.split(":") + [""] * 4)[3] or None
    return None


def source_of(found: LegacySide) -> str:
    """Return what the decisions were read from, in words."""
    return found.state.source if found.state else "the configuration, and AWS"


def notes_on(found: LegacySide) -> list[str]:
    """Return what there is to know and blocks nothing, a line each."""
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


def _blocked_if_tainted(decision: Decision, state: State) -> Decision:
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
