"""`python -m ops drift`: what has changed outside since the last deploy?"""

from dataclasses import asdict

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
from ops.deployed import open_stage
from ops.facts.maintenance import maintenance_beside
from ops.verdicts.drift import Drifted, find_drift
from ops.verdicts.planning import whole_stage_plan
from terraform.workspace import this_workspace


def drift(stage: Stage = "prod", as_json: AsJson = False) -> None:
    """Say what somebody has changed in AWS since the last deploy. Exit code 0 nothing, 1 error, 2 drift.

    Example: `python -m ops drift --stage prod`
    """
    with progress_on_screen(as_json) as progress:
        planned = whole_stage_plan(this_workspace(stage), progress)
    if planned.premises.is_of_nothing:
        raise UserError(
            f"{planned.premises.text}: there is no last deploy to compare AWS with: deploy the stage first: "
            f"`cdktf deploy atomic-{stage}`"
        )
    drifted = find_drift(planned.plan)
    page, about_page = maintenance_beside(open_stage(stage))
    if as_json:
        print_json(
            {
                "drift": bool(drifted.rows),
                **asdict(drifted),
                "looked_at": planned.premises,
                "maintenance": page,
            }
        )
    else:
        say(planned.premises.text)
        _print(drifted, stage)
        if about_page:
            say(
                f"{about_page}; no deploy changes the page: `python -m ops maintenance off --stage {stage}`"
            )
    if drifted.rows:
        raise typer.Exit(ASKS_FOR_A_PERSON)


def _print(drifted: Drifted, stage: str) -> None:
    if drifted.rows:
        print_table(
            ("address", "", "attribute", "expected", "found"),
            [
                (row.address, row.kind, row.attribute, row.expected, row.found)
                for row in drifted.rows
            ],
        )
        say(
            f"{len(drifted.rows)} changed outside: `cdktf deploy atomic-{stage}` sets what is changed "
            "or deleted right, and what held data comes back empty (docs/runbooks/restore-database.md, "
            "restore-files.md); write a change that shall stay into the stage file first; "
            "take an added rule back where it was made"
        )
    else:
        say("no drift: AWS is as the last deploy left it")
    if drifted.pending:
        say(
            f"not deployed yet, and not from outside: {drifted.pending}: `cdktf diff atomic-{stage}` "
            "lists them"
        )
