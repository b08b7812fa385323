"""`doctor`: what is fine with a stage, and for all else the command that mends it."""

from collections.abc import Sequence
from typing import Annotated

import typer

from common.errors import UserError
from common.screen import ASKS_FOR_A_PERSON, AsJson, Stage, print_json, progress_on_screen, say
from ops.deployed import open_stage
from ops.doctor.checks import examine
from ops.doctor.finding import Finding


def doctor(
    stage: Stage = "prod",
    deep: Annotated[
        bool, typer.Option("--deep", help="also plan the stage, to see whether AWS has drifted")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look at tools, account and everything the stage needs; say what is fine and how to mend the rest.

    Exits with 0 when all is fine, with 2 when something is to do or unknown.

    Example: `python -m ops doctor --stage prod --deep`
    """
    deployed = open_stage(stage)
    if deployed.settings.preview:
        raise UserError(
            f"{stage} is a preview: `python -m ops status --stage {stage}` shows its services, and "
            f"`python -m ops doctor --stage {deployed.settings.preview.base}` looks at what lends to it"
        )
    with progress_on_screen(as_json) as progress:
        findings = examine(deployed, progress, deep=deep)
    left = [each for each in findings if each.state != "fine"]
    if as_json:
        print_json({"stage": stage, "findings": findings})
    else:
        _show(findings)
        if left:
            say(f"\n{len(findings) - len(left)} fine, {len(left)} to see to")
        else:
            say("\nall is fine")
    if left:
        raise typer.Exit(ASKS_FOR_A_PERSON)


def _show(findings: Sequence[Finding]) -> None:
    width = max(len(each.name) for each in findings)
    colors = {"fine": "green", "attention": "red", "unknown": "yellow"}
    for each in findings:
        say(f"{each.state:<9}", style=colors[each.state], end=" ")
        say(f"{each.name:<{width}}  {each.what}")
        if each.remedy:
            say(f"{'':<9} {'':<{width}}  do: {each.remedy}")
