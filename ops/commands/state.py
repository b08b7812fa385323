"""`python -m ops state`: the bucket of Terraform's state, the versions in it, and the way back to one."""

from collections.abc import Iterator
from typing import Annotated

import typer

from aws.client import account_of, boto3_clients
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
from ops.state.state_bucket import StateBucket, Step
from ops.state.state_versions import Contents, Present, StoredState
from terraform.workspace import Workspace, set_default_credentials, this_workspace

app = typer.Typer(
    help="The bucket of Terraform's state, its versions, and the way back to one.",
    no_args_is_help=True,
)


@app.command()
def bootstrap(stage: Stage, as_json: AsJson = False) -> None:
    """Create the bucket of the section [state] and make it safe; run again, it changes what is not so.

    Exit code 0 done, 1 error, 2 the stage file names no bucket yet.

    Example: `python -m ops state bootstrap --stage prod`
    """
    workspace = this_workspace(stage)
    settings = workspace.settings()
    set_default_credentials(workspace)
    if settings.state is None:
        _propose(workspace, settings.stack_name, settings.region, as_json)
        raise typer.Exit(ASKS_FOR_A_PERSON)
    clients = boto3_clients(region=settings.state_region)
    bucket = StateBucket(
        clients=clients,
        name=settings.state.bucket,
        key=settings.state_key,
        region=settings.state_region,
        account_id=account_of(clients),
        kms_key_id=settings.state.kms_key_id,
    )
    steps = list(_told(bucket.prepare(), as_json))
    notes = []
    if not settings.state.use_lockfile:
        notes.append("use_lockfile = false: two people can deploy at once; delete the line")
    notes.append(f"move a local state into it: `cdktf diff {settings.stack_name} --migrate-state`")
    if as_json:
        print_json(
            {"bucket": bucket.name, "key": settings.state_key, "steps": steps, "notes": notes}
        )
        return
    for note in notes:
        say(f"note: {note}")


def _told(steps: Iterator[Step], as_json: bool) -> Iterator[Step]:
    for step in steps:
        if not as_json:
            say(f"{'done' if step.changed else 'is so already'}: {step.what}")
        yield step


def _propose(workspace: Workspace, stack: str, region: str, as_json: bool) -> None:
    # The account makes it a name that nobody else has.
    name = f"{stack}-state-{account_of(boto3_clients(region=region))}"
    section = f'[state]\nbucket = "{name}"'
    if as_json:
        print_json({"bucket": None, "proposal": name, "add": section})
        return
    say(
        f"{workspace.stage_path} names no bucket. Add this, and run the same command again:\n\n{section}"
    )


@app.command()
def backups(stage: Stage = "prod", as_json: AsJson = False) -> None:
    """List the versions of the state, the newest first.

    Example: `python -m ops state backups --stage prod`
    """
    state = _state_object(stage)
    with progress_on_screen(as_json) as progress:
        progress("listing the state's versions")
        found = state.versions()
    if as_json:
        print_json([{**vars(each), "written_at": each.written_at.isoformat()} for each in found])
        return
    print_table(
        ("version", "written at", "bytes", ""),
        [
            (
                each.id,
                each.written_at.isoformat(timespec="seconds"),
                "" if each.is_deletion else each.size_bytes,
                " ".join(["deleted"] * each.is_deletion + ["current"] * each.is_current),
            )
            for each in found
        ],
    )
    say(f"{len(found)} versions of s3://{state.bucket}/{state.key}")


@app.command("restore")
def restore_(
    stage: Stage,
    version: Annotated[str, typer.Option(help="a version that `state backups` lists")],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a version of the state back. What is in AWS stays as it is; the present state stays a version.

    Example: `python -m ops state restore --stage prod --version ID`
    """
    state = _state_object(stage)
    if as_json and not yes:
        raise UserError("--json: allowed: with --yes, because a program cannot be asked")
    with progress_on_screen(as_json) as progress:
        progress("reading the version")
        old = state.contents_of_version(version)
        progress("reading the present state")
        present = state.present()
    if not as_json:
        _compare(present, old)
    if not yes and not typer.confirm("put the version back?"):
        say("left as it is")
        raise typer.Exit(ASKS_FOR_A_PERSON)
    with progress_on_screen(as_json) as progress:
        progress("writing the state")
        serial = state.restore(old, present)
    if as_json:
        print_json(
            {
                "serial": serial,
                "resources": old.resources,
                "restored": version,
                "present_was_unreadable": bool(present and present.contents is None),
            }
        )
        return
    say(
        f"restored: serial {serial}, {old.resources} resources. Look at `cdktf diff "
        f"atomic-{stage}` before the next deploy"
    )


def _compare(present: Present | None, old: Contents) -> None:
    current = present.contents if present else None
    unknown = "(unreadable)" if present else "(none)"
    types = {**(current.types if current else {}), **old.types}
    rows = [
        (type_, current.types.get(type_, 0) if current else unknown, old.types.get(type_, 0))
        for type_ in sorted(types)
    ]
    print_table(
        ("", "present state", "the version"),
        [
            ("serial", current.serial if current else unknown, old.serial),
            ("resources", current.resources if current else unknown, old.resources),
            *(row for row in rows if row[1] != row[2]),
        ],
    )
    if present and not current:
        say(f"{present.why}\nIt stays in the bucket as a version.")


def _state_object(stage: str) -> StoredState:
    workspace = this_workspace(stage)
    settings = workspace.settings()
    if settings.state is None:
        raise UserError(
            f"{workspace.stage_path}: the state is a local file, without versions: allowed: a stage with a "
            f"section [state]; remedy: `python -m ops state bootstrap --stage {stage}`"
        )
    set_default_credentials(workspace)
    return StoredState(
        clients=boto3_clients(region=settings.state_region),
        bucket=settings.state.bucket,
        key=settings.state_key,
        encrypt=settings.state.encrypt,
        kms_key_id=settings.state.kms_key_id,
        use_lockfile=settings.state.use_lockfile,
    )
