"""`task-definitions`: what a destroyed stage leaves behind for a rollback that is never to come."""

from typing import Annotated

import typer

from common.errors import UserError
from common.screen import AsJson, Stage, on_a_terminal, print_json, progress_on_screen, say
from ops.deployed import Deployed, open_stage
from ops.tasks.revisions import delete_revisions, revisions_of

app = typer.Typer(no_args_is_help=True, help="The revisions of the tasks that a stage has run.")


@app.callback()
def _root() -> None:
    """With a callback, a lone command keeps its name."""


@app.command("delete")
def delete_(
    stage: Stage,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    as_json: AsJson = False,
) -> None:
    """Deregister and delete every task definition of a stage that runs no service any more.

    A destroy keeps them: a rollback goes back to one. They cost nothing.

    Example: `python -m ops task-definitions delete --stage dev`
    """
    deployed = open_stage(stage)
    if as_json and not yes:
        raise UserError("--json: allowed: with --yes, because a program cannot be asked")
    with progress_on_screen(as_json) as progress:
        progress("looking for services and task definitions")
        check_runs_nothing(deployed)
        revisions = revisions_of(deployed)
    if revisions and not yes and not _confirmed(len(revisions), stage):
        say("left as they are")
        raise typer.Exit(1)
    with progress_on_screen(as_json) as progress:
        delete_revisions(deployed.clients, revisions, progress)
    if as_json:
        print_json({"deleted": revisions})
    else:
        say(f"deleted {len(revisions)} task definitions of stage {stage}")


def check_runs_nothing(deployed: Deployed) -> None:
    """Raise UserError where the stage's cluster has a service: it may be rolled back."""
    services = deployed.ask_all(
        "ecs",
        "ListServices",
        "serviceArns",
        absent=frozenset({"ClusterNotFoundException"}),
        cluster=deployed.names.cluster,
    )
    if services:
        raise UserError(
            f"stage {deployed.settings.stage} has {len(services)} services, which may be rolled back to a "
            "task definition: allowed: a stage that is gone; they cost nothing"
        )


def _confirmed(number: int, stage: str) -> bool:
    if not on_a_terminal():
        raise UserError("not a terminal: pass --yes")
    return typer.confirm(f"delete {number} task definitions of stage {stage}?")
