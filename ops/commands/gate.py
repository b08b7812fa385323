"""`python -m ops gate`: may a stage be deployed without losing data?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from aws.client import boto3_clients
from aws.documents import DOCUMENTS, Document
from common.errors import UserError, listed
from common.progress import Progress
from common.screen import AsJson, Stage, out, print_json, print_table, progress_on_screen
from imports.taken_names import named_creates, taken_names
from modules.settings.stateful import CARRYING, STATEFUL
from ops.verdicts.gate import UNCHANGED, Judgement, judge
from ops.verdicts.planning import StagePlan, stage_plan
from terraform.overwrites import creates, held_documents
from terraform.premises import UntrustedStateError
from terraform.refused import Refused
from terraform.workspace import Workspace, this_workspace

BLOCKED = 2
_CAN_BE_ALLOWED = STATEFUL | CARRYING | DOCUMENTS.keys()
_MOST_IN_A_LINE = 3


def gate(
    stage: Stage = "prod",
    plan: Annotated[
        Path | None, typer.Option(help="judge this plan, as terraform wrote it or in JSON")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            help="an address that may be lost or overwritten, beside those of the stage file"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Would the next deploy lose data, or overwrite what somebody set? Exit code 0 no, 1 error, 2 blocked.

    Example: `python -m ops gate --stage prod`
    """
    named = frozenset(allow or ())
    for address in sorted(named):
        if address.partition(".")[0] not in _CAN_BE_ALLOWED:
            raise UserError(
                f"--allow {address}: allowed: addresses of "
                + ", ".join(sorted(_CAN_BE_ALLOWED))
                + "; anything else needs no leave"
            )
    workspace = this_workspace(stage)
    settings = workspace.settings()
    try:
        with progress_on_screen(as_json) as progress:
            planned = stage_plan(workspace, plan, progress)
            asked = planned.premises.state is not None
            held, taken = _seen(planned, workspace, progress) if asked else ({}, ())
    except UntrustedStateError as error:
        _print_untrusted(str(error), settings.retain_data, as_json)
        raise typer.Exit(BLOCKED) from None
    judgement = judge(
        planned.document,
        retain_data=settings.retain_data,
        allowed=named | set(settings.allow_destroy) | set(settings.allow_overwrite),
        held=held,
        taken=taken,
    )
    if planned.failure and judgement.is_open:
        refused = sorted({loss.address for loss in judgement.losses} - set(settings.allow_destroy))
        if refused and planned.document.get("errored"):
            raise UserError(
                f"--allow {refused[0]}: Terraform itself refuses: allowed: what is no longer "
                f"configured; remedy: name it in allow_destroy of {workspace.stage_path}"
            )
        raise UserError(planned.failure)
    if as_json:
        print_json(
            {
                "open": judgement.is_open,
                **asdict(judgement),
                "looked_at": planned.premises,
                "unfinished": planned.failure,
                "untrusted_state": None,
            }
        )
    else:
        _print(judgement, planned, workspace)
    if not judgement.is_open:
        raise typer.Exit(BLOCKED)


def _seen(
    planned: StagePlan, workspace: Workspace, progress: Progress
) -> tuple[Mapping[str, Document], Sequence[Refused]]:
    """What AWS has already of what the plan creates: documents, and names.

    For a plan in JSON nothing but the plan is looked at.
    """
    progress("looking in AWS for what a create would overwrite")
    clients = boto3_clients(region=workspace.settings().region)
    held = held_documents(planned.document, clients)
    progress("looking in AWS for names that are taken")
    return held, taken_names(planned.document, clients, stage=workspace.stage)


def _print_untrusted(why: str, retain_data: bool, as_json: bool) -> None:
    """A state that holds less than the stage has makes every plan look harmless."""
    if as_json:
        nothing = Judgement(retain_data=retain_data, losses=(), counts={})
        print_json(
            {
                "open": False,
                **asdict(nothing),
                "looked_at": None,
                "unfinished": None,
                "untrusted_state": why,
            }
        )
    else:
        out.print(f"blocked: do not deploy: {why}", markup=False, soft_wrap=True)


def _print(judgement: Judgement, planned: StagePlan, workspace: Workspace) -> None:
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
    for each in judgement.overwrites:
        label = "allowed" if each.allowed else "BLOCKED"
        out.print(f"{label} {each.address}: {each}", markup=False, soft_wrap=True)
    for refused in judgement.refused:
        out.print(f"BLOCKED {refused.address}: {refused.why}", markup=False, soft_wrap=True)
    changed = {kind: n for kind, n in judgement.counts.items() if kind != UNCHANGED}
    parts = [f"{number} {kind}" for kind, number in sorted(changed.items())]
    out.print(
        "the plan: " + ", ".join([*parts, f"{judgement.counts.get(UNCHANGED, 0)} {UNCHANGED}"])
    )
    for line in (planned.premises.text, *planned.premises.notes):
        out.print(line, markup=False, soft_wrap=True)
    _print_unasked(planned)
    if planned.failure:
        out.print(
            f"this is not all: {sum(judgement.counts.values())} of the "
            f"{planned.premises.objects_in_state} objects in the state were planned, then Terraform stopped: "
            f"{planned.failure}",
            markup=False,
            soft_wrap=True,
        )
    _print_conclusion(judgement, planned, workspace)


def _print_unasked(planned: StagePlan) -> None:
    """Say what an all-clear does not speak of, where nothing but a plan in JSON was looked at."""
    if planned.premises.state is not None:
        return
    rows = (*creates(planned.document), *named_creates(planned.document))
    types = sorted({type_ for _, type_, _ in rows})
    if types:
        out.print(
            f"not looked at: what AWS has already of {listed(types, limit=3)}, which the plan creates: give "
            "the plan as Terraform wrote it",
            markup=False,
            soft_wrap=True,
        )


def _print_conclusion(judgement: Judgement, planned: StagePlan, workspace: Workspace) -> None:
    if judgement.blocked:
        out.print(_remedy(judgement, workspace), markup=False, soft_wrap=True)
    if judgement.blocked_overwrites:
        out.print(_overwrite_remedy(judgement, workspace), markup=False, soft_wrap=True)
    if judgement.refused:
        out.print("blocked: do not deploy: AWS would refuse it, as said above")
    if not judgement.is_open:
        return
    if judgement.losses and not judgement.retain_data:
        out.print("open: this stage does not retain its data")
    elif planned.premises.is_of_nothing:
        out.print("open: nothing is deployed yet")
    else:
        out.print("open")


def _overwrite_remedy(judgement: Judgement, workspace: Workspace) -> str:
    names = ", ".join(f'"{each.address}"' for each in judgement.blocked_overwrites)
    return (
        "blocked: do not deploy. Somebody has set in AWS what a create would overwrite. Where that may go, "
        f"write allow_overwrite = [{names}] in {workspace.stage_path}, or pass --allow ADDRESS"
    )


def _remedy(judgement: Judgement, workspace: Workspace) -> str:
    addresses = [f'"{loss.address}"' for loss in judgement.blocked]
    # A list that fills the screen is in the table above already.
    few = len(addresses) <= _MOST_IN_A_LINE
    names = ", ".join(addresses) if few else f"... the {len(addresses)} addresses above ..."
    return (
        f"blocked: do not deploy. Take the change back; or, where the data may go, write allow_destroy = "
        f"[{names}] in {workspace.stage_path} (what is no longer configured: --allow ADDRESS), deploy that, "
        "and make the change after it"
    )
