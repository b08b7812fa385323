"""`task-definitions`: what a destroyed stage leaves behind for a rollback that is never to come."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from aws.client import ask, ask_all
from common.errors import UserError
from common.progress import Progress
from common.screen import AsJson, Stage, on_a_terminal, print_json, progress_on_screen, say
from ops.deployed import Deployed, open_stage

app = typer.Typer(no_args_is_help=True, help="The revisions of the tasks that a stage has run.")

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteTaskDefinitions.html
_AT_A_TIME = 10


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
        delete_revisions(deployed, revisions, progress)
    if as_json:
        print_json({"deleted": revisions})
    else:
        say(f"deleted {len(revisions)} task definitions of stage {stage}")


def check_runs_nothing(deployed: Deployed) -> None:
    """Raise UserError where the stage's cluster has a service: it may be rolled back."""
    services = ask_all(
        deployed.clients,
        "ecs",
        "ListServices",
        ("serviceArns",),
        absent=frozenset({"ClusterNotFoundException"}),
        cluster=deployed.names.cluster,
    )["serviceArns"]
    if services:
        raise UserError(
            f"stage {deployed.settings.stage} has {len(services)} services, which may be rolled back to a "
            "task definition: allowed: a stage that is gone; they cost nothing"
        )


def revisions_of(deployed: Deployed) -> list[str]:
    """Return the ARNs of all revisions of the stage's families. Raises UserError when AWS refuses."""
    return [
        arn
        for status in ("ACTIVE", "INACTIVE")
        for family in _families(deployed)
        for arn in ask_all(
            deployed.clients,
            "ecs",
            "ListTaskDefinitions",
            ("taskDefinitionArns",),
            familyPrefix=family,
            status=status,
        )["taskDefinitionArns"]
    ]


def _families(deployed: Deployed) -> Iterator[str]:
    """Yield the families of the stage's services, and of those that its file no longer has.

    Another stage's prefix may begin with this one's: the tags of a family tell whose it is.
    """
    names, tags = deployed.names, deployed.settings.default_tags
    ours = {names.service(service) for service in deployed.settings.services}
    found = ask_all(
        deployed.clients,
        "ecs",
        "ListTaskDefinitionFamilies",
        ("families",),
        familyPrefix=names.service(""),
        status="ALL",
    )["families"]
    for family in sorted(found):
        if family in ours or (tags and tags.items() <= _tags(deployed, family).items()):
            yield family


def _tags(deployed: Deployed, family: str) -> dict[str, str]:
    arns = [
        arn
        for status in ("ACTIVE", "INACTIVE")
        for arn in ask_all(
            deployed.clients,
            "ecs",
            "ListTaskDefinitions",
            ("taskDefinitionArns",),
            familyPrefix=family,
            status=status,
        )["taskDefinitionArns"]
    ]
    if not arns:
        return {}
    answer = ask(
        deployed.clients, "ecs", "DescribeTaskDefinition", taskDefinition=arns[0], include=["TAGS"]
    )
    return {tag["key"]: tag["value"] for tag in answer.get("tags", ())}


def delete_revisions(deployed: Deployed, revisions: Sequence[str], progress: Progress) -> None:
    """Deregister revisions, and delete them. Raises UserError for one that AWS keeps."""
    for arn in revisions:
        progress(f"deregistering {arn.rpartition('/')[2]}")
        ask(deployed.clients, "ecs", "DeregisterTaskDefinition", taskDefinition=arn)
    for start in range(0, len(revisions), _AT_A_TIME):
        progress(f"deleting {start} to {start + _AT_A_TIME} of {len(revisions)}")
        answer = ask(
            deployed.clients,
            "ecs",
            "DeleteTaskDefinitions",
            taskDefinitions=list(revisions[start : start + _AT_A_TIME]),
        )
        for failure in answer.get("failures", ()):
            raise UserError(
                f"{failure.get('arn')} was not deleted ({failure.get('reason')}): what still refers to it "
                "has to stop first; run the command again then"
            )


def _confirmed(number: int, stage: str) -> bool:
    if not on_a_terminal():
        raise UserError("not a terminal: pass --yes")
    return typer.confirm(f"delete {number} task definitions of stage {stage}?")
