"""`database restore`: the database of a moment of the past, in the place of today's."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from common.errors import UserError
from common.screen import AsJson, Stage, print_json, say
from ops.database.restoring import Restoration
from ops.deployed import check_runs_services, open_with_database
from ops.guided import Step, follow


def restore(
    to: Annotated[
        str | None,
        typer.Option(help="the moment, as in 2026-11-23T06:00:00Z; not needed to go on with one"),
    ] = None,
    *,
    stage: Stage,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the database back in time: restore beside it, look, and swap the two under the name that all use.

    The steps are shown, and you are asked before the first and before the swap. Whatever ends it between two
    of them, the same command goes on. Today's database stays under another name, and costs as much.

    Exit code 0 done, 1 error, 2 nobody agreed: what is done by then stays.

    Example: `python -m ops database restore --to 2026-11-23T06:00:00Z --stage prod`
    """
    deployed = open_with_database(stage)
    check_runs_services(deployed.settings)
    if deployed.settings.database.engine != "postgres":
        raise UserError(
            f"stage {stage} has an Aurora cluster, which this does not restore: docs/runbooks/"
            "restore-database.md has the steps for an instance, and RDS those for a cluster"
        )
    work = Restoration(deployed, _moment(to))
    if not work.is_restored():
        work.check()
    if work.is_in_the_state() and work.services_run():
        raise UserError(
            f"the last restoration is done, and {work.before} is there still: where you are sure of it, "
            "remove that instance in RDS, then run this again for another one"
        )
    work.check_goes_on()
    steps = [
        Step(
            title=f"stop the services that use it: {', '.join(work.users)}",
            is_done=work.services_are_stopped,
            do=lambda: work.set_tasks(running=False),
        ),
        Step(
            title=f"restore {work.moment or 'the moment'} as {work.beside}",
            is_done=work.is_restored,
            do=work.restore,
        ),
        Step(title=f"wait until {work.beside} is available", is_done=work.is_ready, do=work.wait),
        Step(
            title=f"rename {work.name} to {work.before}",
            is_done=work.has_left,
            do=work.move_today,
            asks=f"look into {work.beside} first; swap it with {work.name}?",
        ),
        Step(
            title=f"rename {work.beside} to {work.name}",
            is_done=work.is_swapped,
            do=work.move_then,
        ),
        Step(
            title="let Terraform's state mean the one that has the name now",
            is_done=work.is_in_the_state,
            do=work.put_into_the_state,
        ),
        Step(
            title="start the services again",
            is_done=lambda: work.is_swapped() and work.services_run(),
            do=lambda: work.set_tasks(running=True),
        ),
    ]
    done = follow(steps, question="go on with what is to do?", yes=yes, as_json=as_json)
    if as_json:
        print_json({"done": done, "left": []})
        return
    stack = deployed.settings.stack_name
    say(
        f"next: cdktf diff {stack}, which sets what a restore does not take along; then cdktf deploy {stack}"
    )
    say(
        "passwords are those of then; where the master user's was rotated since: python -m ops "
        f"database rotate {deployed.settings.database.master_username} --stage {stage}; then the roles': "
        f"python -m ops database apply FOLDER --stage {stage}"
    )
    say(f"{work.before} stays, and costs as much: delete it when you are sure")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        # At the ends of the calendar the same moment has no date in UTC.
        in_utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UserError(
            f"--to {text}: allowed: a moment with its zone, as in 2026-11-23T06:00:00Z"
        ) from None
    if moment.tzinfo is None:
        raise UserError(f"--to {text}: says no zone: add Z for UTC, or one as in +02:00")
    return in_utc
