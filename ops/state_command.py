"""`python -m ops state`: the bucket of Terraform's state, the versions in it, and the way back to one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer

from imports.live_aws import Clients, account_of, boto3_clients
from imports.screen import AsJson, Stage, out, print_json, print_table, progress_on_screen
from imports.workspace import Workspace, set_default_credentials, this_workspace
from modules.settings import State
from ops.errors import OpsError
from ops.state_bucket import StateBucket, Step
from ops.state_versions import (
    Contents,
    contents_of_version,
    current_contents,
    restore,
    versions,
)

UNDECIDED = 2

app = typer.Typer(
    help="The bucket of Terraform's state, its versions, and the way back to one.",
    no_args_is_help=True,
)


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where a stage's state is."""

    clients: Clients
    workspace: Workspace
    state: State
    key: str


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
        raise typer.Exit(UNDECIDED)
    clients = boto3_clients(region=settings.state_region)
    bucket = StateBucket(
        clients=clients,
        name=settings.state.bucket,
        region=settings.state_region,
        account_id=account_of(clients),
        kms_key_id=settings.state.kms_key_id,
    )
    steps = list(_told(bucket.prepare(), as_json))
    notes = []
    if not settings.state.use_lockfile:
        notes.append("use_lockfile = false: two people can deploy at once; delete the line")
    notes.append(
        f"move a local state into it: `cdktf deploy {settings.stack_name} --migrate-state`"
    )
    if as_json:
        print_json(
            {"bucket": bucket.name, "key": settings.state_key, "steps": steps, "notes": notes}
        )
        return
    for note in notes:
        out.print(f"note: {note}", markup=False)


def _told(steps: Iterator[Step], as_json: bool) -> Iterator[Step]:
    for step in steps:
        if not as_json:
            out.print(f"{'done' if step.changed else 'is so already'}: {step.what}", markup=False)
        yield step


def _propose(workspace: Workspace, stack: str, region: str, as_json: bool) -> None:
    # The account makes it a name that nobody else has.
    name = f"{stack}-state-{account_of(boto3_clients(region=region))}"
    section = f'[state]\nbucket = "{name}"'
    if as_json:
        print_json({"bucket": None, "proposal": name, "add": section})
        return
    out.print(
        f"{workspace.stage_path} names no bucket. Add this, and run the same command again:\n\n{section}",
        markup=False,
    )


@app.command()
def backups(stage: Stage, as_json: AsJson = False) -> None:
    """List the versions of the state, the newest first.

    Example: `python -m ops state backups --stage prod`
    """
    place = _place(stage)
    with progress_on_screen(as_json) as progress:
        progress("listing the state's versions")
        found = versions(place.clients, bucket=place.state.bucket, key=place.key)
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
    out.print(f"{len(found)} versions of s3://{place.state.bucket}/{place.key}", markup=False)


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
    place = _place(stage)
    if as_json and not yes:
        raise OpsError("--json: allowed: with --yes, because a program cannot be asked")
    with progress_on_screen(as_json) as progress:
        progress("reading the version")
        old = contents_of_version(
            place.clients, bucket=place.state.bucket, key=place.key, version=version
        )
        progress("synthesizing the stage")
        terraform = place.workspace.synthesize()
        progress("reading the present state")
        current = current_contents(terraform)
    if not as_json:
        _compare(current, old)
    if not yes and not typer.confirm("put the version back?"):
        out.print("left as it is")
        raise typer.Exit(UNDECIDED)
    with progress_on_screen(as_json) as progress:
        progress("writing the state")
        now = restore(terraform, old=old, current=current)
    if as_json:
        print_json({"serial": now.serial, "resources": old.resources, "restored": version})
        return
    out.print(
        f"restored: serial {now.serial}, {old.resources} resources. Look at `cdktf diff "
        f"atomic-{stage}` before the next deploy",
        markup=False,
    )


def _compare(current: Contents | None, old: Contents) -> None:
    types = {**(current.types if current else {}), **old.types}
    rows = [
        (type_, current.types.get(type_, 0) if current else 0, old.types.get(type_, 0))
        for type_ in sorted(types)
    ]
    print_table(
        ("", "present state", "the version"),
        [
            ("serial", current.serial if current else "(none)", old.serial),
            ("resources", current.resources if current else 0, old.resources),
            *(row for row in rows if row[1] != row[2]),
        ],
    )


def _place(stage: str) -> _Place:
    workspace = this_workspace(stage)
    settings = workspace.settings()
    if settings.state is None:
        raise OpsError(
            f"{workspace.stage_path}: the state is a local file, without versions: allowed: a stage with a "
            f"section [state]; remedy: `python -m ops state bootstrap --stage {stage}`"
        )
    set_default_credentials(workspace)
    return _Place(
        clients=boto3_clients(region=settings.state_region),
        workspace=workspace,
        state=settings.state,
        key=settings.state_key,
    )
