"""Gives a CloudFormation stack back what this project's state holds of it.

Before the deletion the stack owns everything all along, so this state may forget first. After it this state
is the only owner, and keeps what it holds until CloudFormation has imported it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws.client import Clients
from common.errors import UserError, listed
from common.progress import Progress
from common.templates import read_template
from imports.record import AdoptionRecord, StackOrigin
from imports.rollback import Forgotten, forget
from imports.sources.cloudformation.owners_stack import (
    OwnersStack,
    deployed_text,
    read_owners_stack,
)
from imports.stack_retirement.disarming import arm_again
from imports.stack_retirement.plan import moved_on, plan, retained
from imports.stack_retirement.retire_stack import refuse_foreign_credentials, stack_of
from imports.stack_retirement.stack_backup import (
    StackBackup,
    backup_path,
    read_stack_backup,
    set_aside,
    stack_before,
)
from imports.stack_retirement.stack_calls import (
    Facts,
    failures,
    remove_template_bucket,
    update_stack,
    wait,
)
from imports.stack_retirement.steps import GONE, Job
from imports.stack_retirement.template_text import differences, keeping
from imports.stack_retirement.way_back import brought_back, holds_again, how, write_files
from terraform.cli import Terraform
from terraform.pulled_state import pull
from terraform.state_backups import Backup


@dataclass(frozen=True, kw_only=True)
class StackRollback:
    """What a rollback did. `forgotten` and `stays` are addresses of the new state.

    `files` are those of the change set that brings the stack back, where it is deleted; `cannot` are the rows
    that no change set brings back, each with the reason.
    """

    stack: str
    is_deleted: bool
    forgotten: tuple[str, ...]
    stays: tuple[str, ...]
    new_backup: Backup | None
    files: tuple[Path, ...]
    cannot: Mapping[str, str]
    notes: tuple[str, ...]


def rollback_stack(
    record: AdoptionRecord,
    here: Terraform,
    *,
    clients: Clients,
    backup_folder: Path,
    progress: Progress,
) -> StackRollback:
    """Give back what can be given back; safe to run again. Raises UserError for what stands against it."""
    origin = stack_of(record)
    refuse_foreign_credentials(record, clients)
    path = backup_path(backup_folder, origin)
    backup = read_stack_backup(path, origin)
    job = Job(clients=clients, origin=origin, path=path, progress=progress)
    facts = job.settled(backup)
    if facts and facts["StackStatus"] == "DELETE_FAILED":
        raise UserError(
            f"{origin.name} is half deleted, and CloudFormation takes no update of it: finish with "
            "`python -m imports retire`, then run this again, which tells how it is brought back"
        )
    ours = record.of("stack")
    if facts is None or facts["StackStatus"] == GONE:
        assert backup is not None  # noqa: S101  # `settled` refuses that
        wanted = brought_back(record, origin, backup)
        files = write_files(path.with_suffix(""), wanted)
        is_back = holds_again(clients, origin, backup, wanted)
        gone = Forgotten(addresses=(), stays=(), backup=None)
        if is_back:
            progress("the stack holds them again")
            gone = forget(ours, here, pull(here), backup_folder=backup_folder, progress=progress)
        return StackRollback(
            stack=origin.arn,
            is_deleted=True,
            forgotten=gone.addresses,
            stays=gone.stays,
            new_backup=gone.backup,
            files=files,
            cannot=wanted.cannot,
            notes=() if is_back else how(origin, backup, wanted, files),
        )
    stack = read_owners_stack(clients, origin.arn, progress=progress, with_drift=False)
    if backup is not None:
        _refuse_moved(origin, stack, backup)
    gone = forget(ours, here, pull(here), backup_folder=backup_folder, progress=progress)
    notes: list[str] = []
    if backup is not None:
        progress("putting back what lets the stack's handlers empty buckets and registries")
        rows = plan(origin, stack_before(backup))
        notes += arm_again(clients, rows, backup.armed)
        _restore(job, facts, backup, retained(rows))
        set_aside(path)
    return StackRollback(
        stack=origin.arn,
        is_deleted=False,
        forgotten=gone.addresses,
        stays=gone.stays,
        new_backup=gone.backup,
        files=(),
        cannot={},
        notes=(*notes, *_before(record)),
    )


# --- before the deletion


def _refuse_moved(origin: StackOrigin, stack: OwnersStack, backup: StackBackup) -> None:
    moved = moved_on(origin, stack, backup.template)
    if moved:
        raise UserError(
            f"{origin.name} has moved on since its retirement began, {moved}: nothing was given back; see "
            "what was changed, and put the policies back with `cdk deploy`"
        )


def _restore(job: Job, facts: Facts, backup: StackBackup, names: frozenset[str]) -> None:
    """Put the template back as it was. Raises UserError where what is read back is another."""
    with_handle = keeping(backup.template, (), with_handle=True)
    # Where policies alone are no update, a row that comes and goes is one.
    for text in (backup.template, with_handle, backup.template):
        if not _differs(job, backup):
            break
        job.progress("putting the stack's template back")
        if update_stack(job.clients, facts, text):
            status = wait(job.clients, job.origin.arn, progress=job.progress)
            if status != "UPDATE_COMPLETE":
                raise UserError(
                    f"the update of {job.origin.name} ended in {status}: "
                    f"{failures(job.clients, job.origin.arn)}: mend that and run the same command again"
                )
    remove_template_bucket(job.clients, job.origin.arn, keeping(backup.template, names))
    if wrong := _differs(job, backup):
        raise UserError(
            f"{job.origin.name} is not as it was, it differs in {listed(wrong)}: deploy the CDK app as it "
            "was before, which puts these back"
        )


def _differs(job: Job, backup: StackBackup) -> list[str]:
    deployed = read_template(deployed_text(job.clients, job.origin.arn))
    return differences(deployed, read_template(backup.template))


def _before(record: AdoptionRecord) -> tuple[str, ...]:
    return (
        f"do not deploy the stage {record.stage} while its adoption record is there: that would adopt "
        "everything again",
        "run `cdk diff`, and let CloudFormation look for drift: what was changed since the adoption shows "
        "there",
    )
