"""The command line of adoption: `python -m imports --help`.

Exit codes: 0 done or clean, 1 an error said in one line, 2 blocked. Longer than others, because most of it is
options and help.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from common.errors import UserError, listed
from common.screen import (
    ASKS_FOR_A_PERSON,
    AsJson,
    Stage,
    Version,
    print_json,
    progress_on_screen,
    run,
    say,
)
from imports.adopt import GateResult, adopt, run_gate
from imports.explain import kept_as_found
from imports.legacy_side import LegacySource, refuse_missing_folder
from imports.look_at_stack import look_at_template
from imports.ownership import ownership
from imports.printed import (
    print_gate,
    print_inventory,
    print_kept,
    print_look,
    print_owners,
    print_retirement,
    print_rollback,
)
from imports.record import AdoptionRecord, Source
from imports.retire import retire
from imports.rollback import rollback
from imports.script import import_commands
from imports.sources.terraform_base.base import NotAgreedError
from imports.sources.terraform_base.legacy_state import pull_legacy
from imports.sources.terraform_base.legacy_workspaces import LegacyFolder, workspace_of_record
from imports.stack_commands import retire_from_stack, rollback_to_stack, rows_held
from imports.stack_side import any_settings
from imports.take_stack import BaseBeside, take_stack
from imports.take_stock import Inventory, take_stock
from imports.workspace_record import refuse_to_lose_owner, synthesized_to_push, whole_record
from modules.settings.stage_settings import StageSettings
from synth.synthesized import synthesized
from terraform.cli import Terraform
from terraform.pulled_state import content, pull
from terraform.stack import Stack
from terraform.state import Document
from terraform.workspace import BACKUPS, Workspace, set_default_credentials, this_workspace

app = typer.Typer(
    help="Adopts what a Terraform folder or a CDK stack made into this project's state.",
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Legacy = Annotated[Path | None, typer.Option(help="the legacy terraform/aws folder")]
OldStack = Annotated[
    str | None,
    typer.Option("--cloudformation", help="the old CloudFormation stack, by name or ARN"),
]
_ONE_OWNER = (
    "one old owner at a time: name the Terraform folder with --legacy, or the CloudFormation stack with "
    "--cloudformation"
)
# Not `workspace`: that is the project's own folder here.
TerraformWorkspace = Annotated[
    str | None,
    typer.Option("--workspace", help="the legacy folder's Terraform workspace, if it has several"),
]


def _legacy_folder(
    workspace: Workspace, folder: Path, record: AdoptionRecord, asked: str | None
) -> LegacyFolder:
    refuse_missing_folder(folder)
    set_default_credentials(workspace)
    terraform = Terraform(folder=folder, environment=workspace.process_environment())
    return workspace_of_record(terraform, record, asked)


@app.callback()
def _root(_version: Version = False) -> None:
    """Take what belongs to no command."""


def _record_of_base(workspace: Workspace) -> AdoptionRecord:
    record = whole_record(workspace)
    if record.legacy.source == "none":
        raise UserError(
            f"the record of {record.stage} was made from a CloudFormation stack and no Terraform folder: "
            "leave --legacy out"
        )
    return record.of("base")


@app.command()
def inventory(
    *,
    stage: Stage,
    legacy: Annotated[Path | None, typer.Option(help="the legacy terraform/aws folder")] = None,
    cloudformation: Annotated[
        str | None,
        typer.Option(help="the CloudFormation stack that owns them instead or too, by name or ARN"),
    ] = None,
    prefer: Annotated[
        list[str] | None,
        typer.Option(help="base or stack, or PART=base: whose is adopted where both have one"),
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option(help="look at a stack's template in this file: needs no account"),
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="the legacy state's file; default: `terraform state pull`")
    ] = None,
    var: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, as given to terraform -var")
    ] = None,
    var_file: Annotated[
        list[Path] | None, typer.Option(help="a file of variables, as given to terraform -var-file")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="let the folder's external and http data sources run")
    ] = False,
    terraform_workspace: TerraformWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Decide what becomes of each legacy resource, and write the adoption record.

    Of a CloudFormation stack likewise, row by row; of a template it only says what would become of each.
    With both a folder and a stack, one record has both, and each object once.

    Example: `python -m imports inventory --stage prod --legacy ../terraform/aws`
    """
    if template is not None and legacy is None and cloudformation is None:
        with progress_on_screen(as_json) as progress:
            look = look_at_template(
                this_workspace(stage), template, synthesize=synthesized, progress=progress
            )
        if as_json:
            print_json(look)
        else:
            print_look(look)
        return
    if template is not None or (legacy is None and cloudformation is None):
        raise UserError(
            "inventory reads an old owner: name a Terraform folder with --legacy, a CloudFormation stack "
            "with --cloudformation, or both; or only a template's file with --template: `python -m imports "
            "inventory --help` tells what is allowed"
        )
    if prefer and (legacy is None or cloudformation is None):
        raise UserError("--prefer chooses between two owners: name both, or leave it out")
    workspace = this_workspace(stage)
    refuse_to_lose_owner(workspace, base=legacy is not None, stack=cloudformation is not None)
    agree = partial(_agree, yes=yes, may_ask=not as_json)
    source = _source(legacy, state, terraform_workspace, var or [], var_file or [])
    with progress_on_screen(as_json) as progress:
        if cloudformation is not None:
            beside = (
                BaseBeside(source=source, agree=agree, preferred=prefer or []) if source else None
            )
            found = take_stack(
                workspace,
                cloudformation,
                synthesize=_synthesized,
                progress=progress,
                beside=beside,
            )
        else:
            assert source is not None  # noqa: S101  # one of the two is given
            found = take_stock(
                workspace, source, agree=agree, synthesize=_synthesized, progress=progress
            )
    if as_json:
        print_json(_as_json(found))
    else:
        print_inventory(found)
    if found.record is None:
        raise typer.Exit(ASKS_FOR_A_PERSON)


def _synthesized(settings: StageSettings, adopted: frozenset[str]) -> Stack:
    return synthesized(settings, adopted=adopted)


def _as_json(found: Inventory) -> dict[str, object]:
    of_stack = {
        "stack": found.stack,
        "was_deployed": True,
        "rows": found.rows,
        "against": found.against,
        "compared": found.compared,
    }
    return {
        "source": found.source,
        "decisions": found.decisions,
        "drift": found.drift,
        "notes": found.notes,
        "record": found.record_path if found.record else None,
        **(of_stack if found.stack else {}),
    }


def _source(
    legacy: Path | None,
    state: Path | None,
    terraform_workspace: str | None,
    var: Sequence[str],
    var_files: Sequence[Path],
) -> LegacySource | None:
    """Return the legacy folder as its options name it. Raises UserError for one that is wrong."""
    if legacy is None:
        return None
    if state is not None and not state.is_file():
        raise UserError(f"{state}: no such state file: leave --state out to look in AWS instead")
    if state is not None and terraform_workspace is not None:
        raise UserError("--state names the state already: leave out --state or --workspace")
    variables = {}
    for pair in var:
        name, separator, value = pair.partition("=")
        if not separator:
            raise UserError(f"--var {name}: allowed: NAME=VALUE, as in --var aws_region=us-east-1")
        variables[name] = value
    for file in var_files:
        if not file.is_file():
            raise UserError(f"{file}: no such file of variables: name one with --var-file")
    return LegacySource(
        folder=legacy,
        state_file=state,
        workspace=terraform_workspace,
        variables=variables,
        var_files=var_files,
    )


def _agree(programs: Sequence[str], *, yes: bool, may_ask: bool) -> None:
    """Raise NotAgreedError unless the user lets the owner's data sources run."""
    if yes:
        return
    named = listed(programs)
    if not may_ask or not sys.stdin.isatty():
        raise NotAgreedError(
            f"to evaluate the legacy folder, Terraform would run programs or call servers of its owner's "
            f"({named}): not a terminal: pass --yes to let it"
        )
    if not typer.confirm(f"Terraform would run what the owner wrote: {named}. Let it?"):
        raise NotAgreedError(f"nothing was run and nothing was written: {named} stays unevaluated")


@app.command()
def gate(
    stage: Stage,
    plan: Annotated[
        Path | None,
        typer.Option(help="judge this plan (`terraform show -json`) instead of a new one"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge the next plan: may it be applied? Exit code 0 clean, 1 error, 2 blocked.

    Example: `python -m imports gate --stage prod`
    """
    with progress_on_screen(as_json) as progress:
        result = run_gate(this_workspace(stage), plan_file=plan, progress=progress)
    _report(result, as_json)


@app.command("adopt")
def adopt_(stage: Stage, as_json: AsJson = False) -> None:
    """Gate, apply of that same plan, read-back, and an empty second plan, in one go.

    Example: `python -m imports adopt --stage prod`
    """
    workspace = this_workspace(stage)
    with progress_on_screen(as_json) as progress:
        result = adopt(workspace, progress=progress)
    _report(result.gate, as_json, held=result.held, record=whole_record(workspace))


def _report(
    result: GateResult,
    as_json: bool,
    *,
    held: int | None = None,
    record: AdoptionRecord | None = None,
) -> None:
    if as_json:
        print_json({"open": result.is_open, "held": held, **asdict(result)})
    else:
        print_gate(result)
        if held and record:
            say(f"adopted: the new state holds {held} objects, and a second plan is empty")
            if record.stack:
                say(
                    f"CloudFormation owns them too: deploy and delete {record.stack.name} no more. Next: the "
                    "phases foundation and full, then `python -m imports retire --cloudformation`"
                )
            if record.legacy.source != "none":
                say(
                    "next: stop the old folder's CI and run `python -m imports retire`: until then the old "
                    "state owns these objects too, and an apply there would take back what this project "
                    "changes"
                )
    if not result.is_open:
        raise typer.Exit(ASKS_FOR_A_PERSON)


@app.command()
def script(stage: Stage) -> None:
    """Print the adoption as `terraform import` commands, for those who want them one by one.

    Example: `python -m imports script --stage prod > import.sh`
    """
    say(import_commands(whole_record(this_workspace(stage))), end="")


@app.command()
def explain(stage: Stage, as_json: AsJson = False) -> None:
    """Say what stays as it was found because AWS changes it in no object, and what a change would take.

    Example: `python -m imports explain --stage prod`
    """
    workspace = this_workspace(stage)
    record = whole_record(workspace)
    with progress_on_screen(as_json) as progress:
        progress("synthesizing the stage as if nothing were adopted")
        whole = any_settings(workspace)
        kept = kept_as_found(record, synthesized(whole, adopted=record.addresses))
    if as_json:
        print_json(kept)
    else:
        print_kept(kept, objects=len(record.adopted))


@app.command()
def status(
    stage: Stage,
    legacy: Legacy = None,
    cloudformation: OldStack = None,
    terraform_workspace: TerraformWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Say who owns each object now: legacy, both, here or nobody.

    An old owner is the legacy folder's state, in any workspace, or the CloudFormation stack. Of one that was
    not named JSON says `"asked": false`, and "unknown" for the holder.

    Example: `python -m imports status --stage prod --legacy ../terraform/aws`
    """
    workspace = this_workspace(stage)
    record = whole_record(workspace)
    rows: frozenset[str] = frozenset()
    asked: set[Source] = set()
    others: dict[str, Document | None] = {}
    with progress_on_screen(as_json) as progress:
        progress("reading the new state")
        new = content(pull(workspace.synthesize()))
        old = None
        if legacy:
            progress("reading the legacy state")
            base = _record_of_base(workspace)
            folder = _legacy_folder(workspace, legacy, base, terraform_workspace)
            old = content(pull_legacy(folder.chosen))
            others = {name: content(pull(each)) for name, each in folder.others.items()}
            asked.add("base")
        if cloudformation:
            progress("reading the stack")
            asked.add("stack")
            rows = rows_held(workspace, cloudformation)
    owners = ownership(record, old, new, rows=rows, others=others, asked=asked)
    if as_json:
        print_json(owners)
        return
    print_owners(owners)
    if legacy is None and record.legacy.source != "none":
        say("the legacy state was not asked: name its folder with --legacy")
    if cloudformation is None and record.stack:
        say(
            f"CloudFormation was not asked: name the stack with --cloudformation {record.stack.name}"
        )


@app.command("retire")
def retire_(
    *,
    stage: Stage,
    legacy: Legacy = None,
    cloudformation: OldStack = None,
    acknowledge: Annotated[
        bool, typer.Option(help="what the record does not cover may stay in the legacy state")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="delete the CloudFormation stack without being asked")
    ] = False,
    terraform_workspace: TerraformWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Remove from the old owner's state, or delete its stack, what the new state holds; after a backup.

    Of a CloudFormation stack: keep what it made, and delete the stack. Exit code 2: nobody could be asked, or
    something is no longer as it was.

    Example: `python -m imports retire --stage prod --legacy ../terraform/aws`
    """
    if (legacy is None) == (cloudformation is None):
        raise UserError(_ONE_OWNER)
    if cloudformation is not None:
        retire_from_stack(stage, cloudformation, yes=yes, as_json=as_json)
        return
    assert legacy is not None  # noqa: S101  # told to mypy
    workspace = this_workspace(stage)
    record = _record_of_base(workspace)
    with progress_on_screen(as_json) as progress:
        progress("synthesizing the stage")
        folder = _legacy_folder(workspace, legacy, record, terraform_workspace)
        done = retire(
            record,
            folder.chosen,
            synthesized_to_push(workspace, progress),
            other_workspaces=folder.others,
            backup_folder=workspace.state_folder / BACKUPS,
            acknowledged=acknowledge,
            progress=progress,
        )
    if as_json:
        print_json(done)
    else:
        print_retirement(done)


@app.command("rollback")
def rollback_(
    stage: Stage,
    legacy: Legacy = None,
    cloudformation: OldStack = None,
    terraform_workspace: TerraformWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Give everything back: the legacy state holds again, then the new one forgets.

    Of a CloudFormation stack that is deleted it writes what brings it back, and exits with 2.

    Example: `python -m imports rollback --stage prod --legacy ../terraform/aws`
    """
    if (legacy is None) == (cloudformation is None):
        raise UserError(_ONE_OWNER)
    if cloudformation is not None:
        rollback_to_stack(stage, cloudformation, as_json=as_json)
        return
    assert legacy is not None  # noqa: S101  # told to mypy
    workspace = this_workspace(stage)
    record = _record_of_base(workspace)
    with progress_on_screen(as_json) as progress:
        progress("synthesizing the stage")
        done = rollback(
            record,
            _legacy_folder(workspace, legacy, record, terraform_workspace).chosen,
            synthesized_to_push(workspace, progress),
            backup_folder=workspace.state_folder / BACKUPS,
            progress=progress,
        )
    if as_json:
        print_json(done)
    else:
        print_rollback(done)


def main() -> None:
    """Run the command line."""
    run(app)


if __name__ == "__main__":
    main()
