"""What `retire` and `rollback` do with a CloudFormation stack: the project around them, and the screen."""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NoReturn

import typer

from aws.client import ask_all, boto3_clients
from common.errors import UserError, listed
from common.progress import Progress
from common.screen import ASKS_FOR_A_PERSON, print_json, print_table, progress_on_screen, say
from imports.ownership import ownership
from imports.preflight import preflight
from imports.record import AdoptionRecord
from imports.retire import refuse_mismatches, refuse_unless_here
from imports.stack_retirement.plan import RowPlan
from imports.stack_retirement.retire_stack import refuse_foreign_credentials, retire_stack, stack_of
from imports.stack_retirement.rollback_stack import StackRollback, rollback_stack
from imports.stack_retirement.steps import StackRetirement
from imports.workspace_record import synthesized_to_push, whole_record
from terraform.cli import Terraform
from terraform.pulled_state import content, pull
from terraform.workspace import BACKUPS, Workspace, set_default_credentials, this_workspace


def retire_from_stack(stage: str, name: str, *, yes: bool, as_json: bool) -> None:
    """Delete the stage's old CloudFormation stack, keep what it made; exit with 2 where one has to look."""
    workspace = this_workspace(stage)
    record = _record(workspace, name)

    def agree(rows: Sequence[RowPlan]) -> None:
        if not as_json:
            _print_plan(rows)
        if yes:
            return
        if as_json or not sys.stdin.isatty():
            _leave(rows, record, as_json=as_json)
        if not typer.confirm(f"delete the stack {name}, and keep what is kept?", err=True):
            raise typer.Abort

    with progress_on_screen(as_json) as progress:
        done = _retire(workspace, record, agree, progress)
    if as_json:
        print_json(done)
    else:
        _print_done(done)
    if done.against:
        raise typer.Exit(ASKS_FOR_A_PERSON)


def rollback_to_stack(stage: str, name: str, *, as_json: bool) -> None:
    """Give back to the stage's old CloudFormation stack what can be; exit with 2 after its end."""
    workspace = this_workspace(stage)
    record = _record(workspace, name)
    with progress_on_screen(as_json) as progress:
        set_default_credentials(workspace)
        progress("synthesizing the stage")
        done = rollback_stack(
            record,
            synthesized_to_push(workspace, progress),
            clients=boto3_clients(region=record.region),
            backup_folder=workspace.state_folder / BACKUPS,
            progress=progress,
        )
    if as_json:
        print_json(done)
    else:
        _print_rollback(done)
    if done.is_deleted and not done.forgotten:
        raise typer.Exit(ASKS_FOR_A_PERSON)


def rows_held(workspace: Workspace, name: str) -> frozenset[str]:
    """Return which rows of the record a stack of this name or ARN holds now, as the objects they were."""
    record = _record(workspace, name)
    set_default_credentials(workspace)
    recorded = {row.logical_id: row.physical_id for row in stack_of(record).rows}
    now = ask_all(
        boto3_clients(region=record.region),
        "cloudformation",
        "ListStackResources",
        "StackResourceSummaries",
        absent=frozenset({"ValidationError"}),
        StackName=name,
    )
    return frozenset(
        row["LogicalResourceId"]
        for row in now
        if recorded.get(row["LogicalResourceId"]) == row.get("PhysicalResourceId")
        and not row["ResourceStatus"].startswith("DELETE_")
    )


def _record(workspace: Workspace, name: str) -> AdoptionRecord:
    record = whole_record(workspace)
    origin = stack_of(record)
    if name not in (origin.name, origin.arn):
        raise UserError(
            f"the record of {record.stage} was made from the stack {origin.name} ({origin.arn}), not from "
            f"{name}: name that one with --cloudformation"
        )
    return record


def _retire(
    workspace: Workspace,
    record: AdoptionRecord,
    agree: Callable[[Sequence[RowPlan]], None],
    progress: Progress,
) -> StackRetirement:
    set_default_credentials(workspace)
    clients = boto3_clients(region=record.region)
    refuse_foreign_credentials(record, clients)
    progress("synthesizing the stage")
    here = workspace.synthesize()
    progress("reading the new state")
    ours = record.of("stack")
    owners = ownership(ours, None, content(pull(here)))
    refuse_mismatches(owners, ours, None)
    refuse_unless_here(owners)

    def look_and_agree(rows: Sequence[RowPlan]) -> None:
        _refuse_named(here, rows)
        agree(rows)

    done = retire_stack(
        record,
        clients=clients,
        backup_folder=workspace.state_folder / BACKUPS,
        agree=look_and_agree,
        progress=progress,
    )
    progress(f"looking at {len(ours.adopted)} objects in AWS")
    gone = [str(finding) for finding in preflight(ours, clients) if not finding.ok]
    return replace(done, against=(*done.against, *gone))


def _refuse_named(here: Terraform, rows: Sequence[RowPlan]) -> None:
    """Raise UserError where the stage still names what goes, as a policy does that was kept as found."""
    text = (here.folder / "cdk.tf.json").read_text(encoding="utf-8")
    named = [
        f"{row.logical_id} ({row.physical_id})"
        for row in rows
        if row.outcome == "deleted"
        and row.physical_id
        and re.search(rf"(?<![\w-]){re.escape(row.physical_id)}(?![\w-])", text)
    ]
    if named:
        raise UserError(
            f"the stage still names what goes with the stack: {listed(named)}: take it out of the stage file "
            "(`keep_as_found`, `phase`), deploy that, then run this again"
        )


# --- the screen


def _leave(rows: Sequence[RowPlan], record: AdoptionRecord, *, as_json: bool) -> NoReturn:
    said = "not a terminal: pass --yes to delete the stack; nothing was done"
    if as_json:
        origin = stack_of(record)
        print_json(
            StackRetirement(is_deleted=False, stack=origin.arn, rows=tuple(rows), against=(said,))
        )
    else:
        say(said)
    raise typer.Exit(ASKS_FOR_A_PERSON)


def _print_plan(rows: Sequence[RowPlan]) -> None:
    print_table(
        ("row", "type", "CloudFormation", "physical id", "why"),
        [(row.logical_id, row.type, row.outcome, row.physical_id, row.why) for row in rows],
    )
    kept = sum(row.outcome == "kept" for row in rows)
    say(f"\n{len(rows)} rows: CloudFormation keeps {kept} and deletes {len(rows) - kept}")


def _print_done(done: StackRetirement) -> None:
    say(f"{done.stack} is deleted")
    for line in done.data:
        say(f"still there: {line}")
    for line in done.against:
        say(f"LOOK AT {line}")
    say(f"backup: {done.backup} (mode 0600)")
    for note in done.notes:
        say(f"note: {note}")


def _print_rollback(done: StackRollback) -> None:
    if done.is_deleted and not done.forgotten:
        say(f"{done.stack} is deleted: nothing was given back yet")
    else:
        say(f"the new state forgot {len(done.forgotten)} resources; {done.stack} owns them")
    for logical_id, why in done.cannot.items():
        say(f"does not come back: {logical_id}: {why}")
    for path in done.files:
        say(f"wrote {path}")
    for note in done.notes:
        say(f"note: {note}")
