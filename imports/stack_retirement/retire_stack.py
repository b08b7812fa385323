"""Deletes a CloudFormation stack and keeps what it made: last, with a backup, and only what was announced.

Each step is done when it is not done yet, so that the same command goes on after a kill at any point. Until
the deletion both CloudFormation and this project's state own each object, afterwards the state alone.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from aws.client import Clients, account_of, ask, region_of
from common.errors import UserError, listed
from common.progress import Progress
from imports.record import AdoptionRecord, StackOrigin
from imports.sources.cloudformation.owners_stack import OwnersStack, read_owners_stack
from imports.sources.cloudformation.refusals import why_not_let_go
from imports.stack_retirement.disarming import disarm, read_armed
from imports.stack_retirement.plan import RowPlan, lacking, moved_on, plan, retained
from imports.stack_retirement.stack_backup import (
    StackBackup,
    backup_of,
    backup_path,
    read_stack_backup,
    stack_before,
    write_stack_backup,
)
from imports.stack_retirement.stack_calls import delete_stack
from imports.stack_retirement.steps import GONE, Job, StackRetirement

Agree = Callable[[Sequence[RowPlan]], None]
"""Shows what is kept and deleted, and raises where nobody lets it."""


def stack_of(record: AdoptionRecord) -> StackOrigin:
    """Return the stack of a record. Raises UserError where it was made from none."""
    if record.stack is None:
        raise UserError(
            f"the record of {record.stage} was made from no CloudFormation stack: name the Terraform folder "
            "with --legacy"
        )
    return record.stack


def retire_stack(
    record: AdoptionRecord,
    *,
    clients: Clients,
    backup_folder: Path,
    agree: Agree,
    progress: Progress,
) -> StackRetirement:
    """Keep the objects of a stack, and delete it; run again, it finishes.

    Raises UserError for what stands against it, and has then deleted nothing, unless it says otherwise.
    """
    origin = stack_of(record)
    refuse_foreign_credentials(record, clients)
    path = backup_path(backup_folder, origin)
    job = Job(clients=clients, origin=origin, path=path, progress=progress)
    backup = read_stack_backup(path, origin)
    facts = job.settled(backup)
    if facts is None or facts["StackStatus"] == GONE:
        assert backup is not None  # noqa: S101  # `settled` refuses that
        return job.last_look(rows=plan(origin, stack_before(backup)))

    stack = read_owners_stack(clients, origin.arn, progress=progress, with_drift=backup is None)
    rows = plan(origin, stack_before(backup) if backup else stack)
    _refuse(origin, stack, rows, backup)
    _refuse_in_use(clients, rows)
    agree(rows)
    if backup is None:
        progress("writing a backup of the stack")
        backup = backup_of(stack, read_armed(clients, rows))
        write_stack_backup(path, backup)
    job.note_data(rows)
    progress("taking away what lets the stack's handlers empty buckets and registries")
    disarm(clients, rows)
    job.keep(facts, backup, retained(rows))
    # An update may have run a handler, or written tags anew.
    disarm(clients, rows)
    job.note_data(rows)
    progress("deleting the stack")
    delete_stack(clients, facts)
    job.wait_until_gone()
    return job.last_look(rows=rows)


def refuse_foreign_credentials(record: AdoptionRecord, clients: Clients) -> None:
    """Raise UserError unless the credentials are of the record's account and region."""
    account, region = account_of(clients), region_of(clients)
    if (account, region) != (record.account_id, record.region):
        raise UserError(
            f"the record is of account {record.account_id} in {record.region}, the credentials in use are of "
            f"account {account} in {region}: log in to the record's account and set AWS_REGION to its region"
        )


# --- refusals


def _refuse(
    origin: StackOrigin, stack: OwnersStack, rows: Sequence[RowPlan], backup: StackBackup | None
) -> None:
    text = backup.template if backup else stack.text
    moved = moved_on(origin, stack, text)
    if moved:
        raise UserError(
            f"{origin.name} has moved on since the inventory, {moved}: run `python -m imports inventory` and "
            "`adopt` again"
        )
    is_deleting = (
        backup is not None
        and stack.facts["StackStatus"] == "DELETE_FAILED"
        and not lacking(stack, retained(rows))
    )
    against = why_not_let_go(stack, retained(rows), is_deleting=is_deleting)
    if against:
        raise UserError("; ".join(against))


def _refuse_in_use(clients: Clients, rows: Sequence[RowPlan]) -> None:
    """Raise UserError while a service still runs a revision that goes with the stack."""
    going = {
        row.physical_id
        for row in rows
        if row.type == "AWS::ECS::TaskDefinition" and row.outcome == "deleted"
    }
    used = []
    for row in rows:
        if row.type != "AWS::ECS::Service" or row.outcome != "kept":
            continue
        cluster, name = row.physical_id.split("/")[-2:]
        found = ask(clients, "ecs", "DescribeServices", cluster=cluster, services=[name])
        for service in found["services"]:
            runs = {each["taskDefinition"] for each in service.get("deployments", ())}
            if going & {*runs, service.get("taskDefinition")}:
                used.append(name)
    if used:
        raise UserError(
            f"{listed(used)} still run what goes with the stack, and could not start again without it: "
            "deploy the stage without a `phase` first, wait until its services are steady, then run this "
            "again"
        )
