"""`python -m ops recover`: what it prints, asks and answers."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer

from common.errors import UserError
from common.screen import (
    ASKS_FOR_A_PERSON,
    AsJson,
    Stage,
    print_json,
    print_table,
    progress_on_screen,
    say,
)
from imports.recovery import orphans, recover
from imports.recovery.recover import Proposal
from imports.recovery.recovery_plan import Outlook
from imports.recovery.recovery_stage import open_lost_stage
from modules.settings.previews import STAGE_PREFIX, TAG
from ops.deployed import Deployed
from ops.facts.maintenance import maintenance_beside
from terraform.premises import refuse_foreign_state
from terraform.state_lock import cut_short, forget_cut_short
from terraform.stored_state import lock_of
from terraform.workspace import Workspace, this_workspace


def recover_(
    stage: Stage,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show, and write nothing")] = False,
    delete_orphans: Annotated[
        bool, typer.Option("--delete-orphans", help="delete what a killed deploy left behind")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring objects that the state has lost back into it, so that the next deploy goes on from there.

    It writes the state alone, and nothing in AWS but what `--delete-orphans` deletes. Exit code 0 nothing to
    do or done, 1 error, 2 something asks for a person.

    Example: `python -m ops recover --stage prod --dry-run`
    """
    workspace = this_workspace(stage)
    _refuse_preview(workspace)
    locked = locked_by(workspace)
    if locked and not as_json:
        say(f"locked: {locked}")
    refuse_foreign_state(workspace)
    with progress_on_screen(as_json) as progress:
        opened = open_lost_stage(workspace, progress=progress)
        proposal = recover.propose(opened, progress=progress)
        progress("looking for the maintenance page")
        page, about_page = maintenance_beside(
            Deployed(workspace=workspace, settings=workspace.settings(), clients=opened.clients)
        )
    written = deleted = False
    doubt = cut_short(opened.terraform.folder)
    if not as_json:
        if doubt:
            say(doubt)
        if opened.broken:
            say(f"the state file is truncated and holds nothing: {opened.broken}")
        _print(proposal, opened.half_made, about_page)
    if proposal.is_open and not dry_run:
        if proposal.state is not None and _agreed("write this state?", yes, as_json):
            with progress_on_screen(as_json) as progress:
                backup = recover.write(opened, proposal, progress=progress)
            written = True
            if backup and not as_json:
                say(f"backup of the state: {backup}")
        settled = proposal.state is None or written
        if (
            delete_orphans
            and proposal.orphans
            and settled
            and _agreed("delete these orphans?", yes, as_json)
        ):
            with progress_on_screen(as_json) as progress:
                orphans.delete(opened.clients, proposal.orphans, progress=progress)
            deleted = True
    if as_json:
        print_json(
            {
                "recovered": proposal.recovered,
                "created_by_the_next_deploy": proposal.absent,
                "orphans": proposal.orphans,
                "problems": proposal.errors,
                "undecided": proposal.undecided,
                "outlook": [each for each in proposal.outlook if each.effect != "unchanged"],
                "written": written,
                "deleted": deleted,
                "maintenance": page,
            }
        )
    elif written:
        done = f"the state holds {len(proposal.recovered)} objects more"
        say(done if proposal.undecided else f"{done}: deploy the stage again")
    orphans_left = any(
        orphans.is_left_to_a_person(each) or not deleted for each in proposal.orphans
    )
    left = (proposal.state is not None and not written) or orphans_left or proposal.undecided
    if proposal.is_open and not left:
        forget_cut_short(opened.terraform.folder)
    if not proposal.is_open or left:
        raise typer.Exit(ASKS_FOR_A_PERSON)


def _refuse_preview(workspace: Workspace) -> None:
    """Raise UserError for a preview: what it has is found by its tag alone."""
    preview, name = workspace.settings().preview, workspace.stage.removeprefix(STAGE_PREFIX)
    if preview:
        raise UserError(
            f"{workspace.stage} is a preview, and recover finds none: what its state still holds ends with "
            f"`python -m ops preview down {name} --base {preview.base}`, what it lost has the tag {TAG} = "
            f"{name}, and `preview up` begins anew"
        )


def locked_by(workspace: Workspace) -> str | None:
    """Return who holds the state's lock and what to do about it; None when nobody does."""
    lock = lock_of(workspace)
    return f"{lock.text}: {lock.remedy(workspace.stack_folder)}" if lock else None


def _agreed(question: str, yes: bool, as_json: bool) -> bool:
    if yes:
        return True
    if as_json or not sys.stdin.isatty():
        raise UserError("not a terminal: pass --yes, or --dry-run to see what would be done")
    return typer.confirm(question)


def _print(proposal: Proposal, half_made: Sequence[str], about_page: str) -> None:
    for address in half_made:
        say(f"half made: {address} exists, and the next deploy goes on with it")
    effects = {each.address: each for each in proposal.outlook}
    if proposal.recovered:
        print_table(
            ("recovered", "object", "next deploy"),
            [
                (
                    each.address,
                    each.id,
                    _words(effects[each.address]) if each.address in effects else "",
                )
                for each in proposal.recovered
            ],
        )
    recovered = {each.address for each in proposal.recovered}
    others = [
        each
        for each in proposal.outlook
        if each.address not in recovered and each.effect not in {"unchanged", "created"}
    ]
    for each in others:
        say(f"next deploy: {each.address} is {_words(each)}")
    if proposal.absent:
        kinds = Counter(address.partition(".")[0] for address in proposal.absent)
        listed = ", ".join(f"{count} {type_}" for type_, count in sorted(kinds.items()))
        say(f"next deploy: creates {len(proposal.absent)} that do not exist ({listed})")
    for orphan in proposal.orphans:
        say(
            f"orphan {orphan.type} {orphan.import_id}, beside {orphan.address}: "
            + orphans.advice(orphan)
        )
    for line in proposal.undecided:
        say(f"before you deploy: {line}")
    for error in proposal.errors:
        say(f"BLOCKED {error}")
    for each in proposal.outlook:
        if each.blocks:
            say(f"BLOCKED {each.address}: {each.why}")
    stopped = proposal.errors or proposal.undecided or proposal.orphans
    if proposal.state is None and not stopped:
        say("nothing to recover: the state has lost nothing that exists")
    if about_page:
        say(f"{about_page}; neither a recover nor a deploy changes the page")


def _words(each: Outlook) -> str:
    return f"{each.effect}: {', '.join(each.attributes)}" if each.attributes else each.effect
