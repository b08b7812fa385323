"""`python -m ops drift`: what has changed outside since the last deploy?"""

import tempfile
from dataclasses import asdict
from pathlib import Path

import typer

from common.screen import AsJson, Stage, print_json, print_table, progress_on_screen, say
from ops.verdicts.drift import Drifted, find_drift
from terraform.workspace import this_workspace

DRIFTED = 2


def drift(stage: Stage = "prod", as_json: AsJson = False) -> None:
    """Say what somebody has changed in AWS since the last deploy. Exit code 0 nothing, 1 error, 2 drift.

    Example: `python -m ops drift --stage prod`
    """
    with progress_on_screen(as_json) as progress:
        progress("synthesizing the stage")
        terraform = this_workspace(stage).synthesize()
        # The plan file holds what the state holds. It stays in a folder of its own, for its owner alone.
        with tempfile.TemporaryDirectory(prefix="atomic-drift-") as folder:
            progress("comparing AWS with the state")
            plan = Path(folder) / "drift.tfplan"
            terraform.plan(plan)
            drifted = find_drift(terraform.show(plan))
    if as_json:
        print_json({"drift": bool(drifted.rows), **asdict(drifted)})
    else:
        _print(drifted, stage)
    if drifted.rows:
        raise typer.Exit(DRIFTED)


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
            "or deleted right; write a change that shall stay into the stage file first; "
            "take an added rule back where it was made"
        )
    else:
        say("no drift: AWS is as the last deploy left it")
    if drifted.pending:
        say(
            f"not deployed yet, and not from outside: {drifted.pending}: `cdktf diff atomic-{stage}` "
            "lists them"
        )
