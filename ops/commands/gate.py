"""`python -m ops gate`: may a stage be deployed without losing data?"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from common.errors import UserError
from common.screen import AsJson, Stage, print_json, print_table, progress_on_screen, say
from modules.settings.stateful import CARRYING, STATEFUL
from ops.verdicts.gate import UNCHANGED, Judgement, judge
from ops.verdicts.planning import stage_plan
from terraform.workspace import Workspace, this_workspace

BLOCKED = 2


def gate(
    stage: Stage = "prod",
    plan: Annotated[
        Path | None, typer.Option(help="judge this plan, as terraform wrote it or in JSON")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="an address that may be lost, beside those of allow_destroy"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Would the next deploy destroy, replace or forget data? Exit code 0 no, 1 error, 2 blocked.

    Example: `python -m ops gate --stage prod`
    """
    named = frozenset(allow or ())
    for address in sorted(named):
        if address.partition(".")[0] not in STATEFUL | CARRYING:
            raise UserError(
                f"--allow {address}: allowed: addresses of "
                + ", ".join(sorted(STATEFUL | CARRYING))
                + "; anything else needs no leave"
            )
    workspace = this_workspace(stage)
    settings = workspace.settings()
    with progress_on_screen(as_json) as progress:
        document, failure = stage_plan(workspace, plan, progress)
    judgement = judge(
        document, retain_data=settings.retain_data, allowed=named | set(settings.allow_destroy)
    )
    if failure and not judgement.blocked:
        refused = sorted({loss.address for loss in judgement.losses} - set(settings.allow_destroy))
        if refused:
            raise UserError(
                f"--allow {refused[0]}: Terraform itself refuses: allowed: what is no longer "
                f"configured; remedy: name it in allow_destroy of {workspace.stage_path}"
            )
        raise UserError(failure)
    if as_json:
        print_json({"open": not judgement.blocked, **asdict(judgement)})
    else:
        _print(judgement, workspace)
    if judgement.blocked:
        raise typer.Exit(BLOCKED)


def _print(judgement: Judgement, workspace: Workspace) -> None:
    if judgement.losses:
        print_table(
            ("", "holds or carries data", "would be", "because"),
            [
                (
                    "allowed" if loss.allowed else "BLOCKED",
                    loss.address,
                    loss.would_be,
                    loss.because,
                )
                if judgement.retain_data
                else ("", loss.address, loss.would_be, loss.because)
                for loss in judgement.losses
            ],
        )
    changed = {kind: n for kind, n in judgement.counts.items() if kind != UNCHANGED}
    parts = [f"{number} {kind}" for kind, number in sorted(changed.items())]
    say("the plan: " + ", ".join([*parts, f"{judgement.counts.get(UNCHANGED, 0)} {UNCHANGED}"]))
    if judgement.blocked:
        names = ", ".join(f'"{loss.address}"' for loss in judgement.blocked)
        say(
            f"blocked: do not deploy. Take the change back; or, where the data may go, write "
            f"allow_destroy = [{names}] in {workspace.stage_path} (what is no longer configured: "
            "--allow ADDRESS), deploy that, and make the change after it"
        )
    elif judgement.losses and not judgement.retain_data:
        say("open: this stage does not retain its data")
    else:
        say("open")
