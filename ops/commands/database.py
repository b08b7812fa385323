"""`database`: the schema and the login roles, put in place from inside the stage."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from common.errors import UserError, listed
from common.screen import ASKS_FOR_A_PERSON, AsJson, Stage, print_json, progress_on_screen, say
from ops.commands.database_connect import connect
from ops.commands.database_restore import restore
from ops.commands.database_rotate import rotate
from ops.commands.database_upgrade import upgrade
from ops.database.logins import put_logins, read_logins, tag_logins, verifiers
from ops.database.script import CONNECT, FETCH, bundle
from ops.database.sql_files import read_files
from ops.deployed import Deployed, open_with_database
from ops.tasks.database_task import Applied, apply_in_task

_REMEDIES = {
    FETCH: "let the tasks reach S3 (network.nat), and run the same command again",
    CONNECT: "see that the database runs (python -m ops status), and run the same command again",
}

app = typer.Typer(
    help="The database: its schema and roles, connect, rotate, restore, upgrade.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.callback()
def _root() -> None:
    """With a callback, a lone command keeps its name."""


@app.command("apply")
def apply_sql(
    source: Annotated[
        Path, typer.Argument(metavar="FILE|FOLDER", help="a .sql file, or the folder of several")
    ],
    *,
    stage: Stage,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="let tables that the master user owns change hands, unasked"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the services' roles in the database, and run SQL: each file once, in a transaction of its own.

    It runs in a task inside the stage, two to four minutes, and shows its log. A file that was applied and
    has changed is refused: write a new one. A file with `optaplanner` or `supertokens` among the words of
    its name runs as that role. Where services log in as the master user, what would change hands is listed,
    and you are asked.

    Exit code 0 done, 1 error, 2 tables would change hands, and nothing was done.

    Example: `python -m ops database apply ../atomic/terraform/aws/db_init_scripts --stage prod`
    """
    files = read_files(source)
    deployed = open_with_database(stage)
    if deployed.settings.phase == "adopt":
        raise UserError(
            f"stage {stage} is in phase adopt and runs no task: docs/adopting.md says what comes first"
        )
    with progress_on_screen(as_json) as progress:
        progress("reading the roles' secrets")
        logins = read_logins(deployed)
        archive = bundle(files, verifiers(logins))
        ended = apply_in_task(deployed, archive, may_move=yes, progress=progress)
    if ended.asks:
        if not _agreed(ended, as_json=as_json):
            raise typer.Exit(ASKS_FOR_A_PERSON)
        with progress_on_screen(as_json) as progress:
            ended = apply_in_task(deployed, archive, may_move=True, progress=progress)
    if not as_json:
        for line in ended.log:
            say(line)
    _check(ended, source)
    outcomes = put_logins(deployed, logins)
    tag_logins(deployed, logins)
    replaced = [secret for secret, outcome in outcomes.items() if outcome == "replaced"]
    restart = sorted({service for secret in replaced for service in deployed.readers_of(secret)})
    if as_json:
        _tell_programs(ended, strings=outcomes, restart=restart)
    else:
        _show(deployed, ended, outcomes, restart)


app.command()(connect)
app.command()(rotate)
app.command()(restore)
app.command()(upgrade)


def _agreed(ended: Applied, *, as_json: bool) -> bool:
    moves = [
        *ended.named("move"),
        *(f"the password of the role {each}, which is there" for each in ended.named("taken")),
    ]
    if as_json:
        _tell_programs(ended, asks=moves)
        return False
    say("these would change hands:")
    for each in moves:
        say(f"  {each}")
    if sys.stdin.isatty() and sys.stdout.isatty():
        return typer.confirm("go on?", err=True)
    say("nothing was done: not a terminal: pass --yes")
    return False


def _check(ended: Applied, source: Path) -> None:
    """Raise UserError, with what is done all the same, for a task that did not end well."""
    if ended.exit_code == 0:
        return
    if ended.refuses:
        names = listed(ended.named("changed"), limit=3)
        raise UserError(
            f"{source}: applied before and changed since: {names}; nothing was done: take the change back, "
            "and write what is new in a file of its own"
        )
    error = next((line for line in ended.log if "ERROR:" in line), "no line says why")
    begun, done = ended.named("applying"), ended.named("applied")
    if begun:
        before = listed(done, limit=5) or "no file"
        raise UserError(
            f"{begun[-1]} failed and was rolled back ({error}); applied now, and staying: {before}: correct "
            "it, and run the same command again"
        )
    last = ended.log[-1] if ended.log else "no line"
    remedy = _REMEDIES.get(ended.exit_code, "correct that, and run the same command again")
    raise UserError(
        f"task {ended.task_id} ended with {ended.exit_code} "
        f"({error if 'ERROR:' in error else last}): {remedy}"
    )


def _tell_programs(
    ended: Applied,
    *,
    strings: Mapping[str, str] | None = None,
    restart: list[str] | None = None,
    asks: list[str] | None = None,
) -> None:
    print_json(
        {
            "task": ended.task_id,
            "sql_ran": ended.ran,
            "applied": ended.named("applied"),
            "already": ended.named("already"),
            "moved": () if asks else ended.named("move"),
            "strings": strings or {},
            "restart": restart or (),
            "asks": asks or (),
        }
    )


def _show(
    deployed: Deployed, ended: Applied, outcomes: Mapping[str, str], restart: list[str]
) -> None:
    if ended.ran:
        done, before = len(ended.named("applied")), len(ended.named("already"))
        say(f"{done} applied now, {before} before; the roles can log in")
    else:
        say(
            "the embedded AWS runs no container: no SQL was run there; the stage goes on as if it was"
        )
    for secret, outcome in outcomes.items():
        if outcome == "replaced":
            say(f"{secret} names the service's own role now")
        elif outcome == "kept":
            say(
                f"{secret} holds what nobody here composed, and stays: docs/runbooks/rotate-secret.md"
            )
    if restart and deployed.settings.phase == "full":
        names = " ".join(restart)
        say(
            "running tasks keep the old login: "
            f"python -m ops restart --stage {deployed.settings.stage} {names}"
        )
