"""`python -m ops gate`: may a stage be deployed without a loss that nobody has allowed?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from aws.client import boto3_clients
from aws.resources import CARRYING, DOCUMENTS, PROTECTING
from aws.resources.document import Document
from common.errors import UserError, listed
from common.screen import (
    ASKS_FOR_A_PERSON,
    AsJson,
    Stage,
    print_json,
    print_table,
    progress_on_screen,
    say,
)
from imports.taken_names import in_the_way, named_creates
from modules.settings.stateful import STATEFUL
from ops.verdicts.gate import CREATED, UNCHANGED, Judgement, judge_deploy
from ops.verdicts.planning import StagePlan, stage_plan
from terraform.overwrites import creates
from terraform.premises import UntrustedStateError
from terraform.refused import Refused
from terraform.workspace import Workspace, this_workspace

_JUDGED = STATEFUL | CARRYING | PROTECTING | DOCUMENTS
_MOST_IN_A_LINE = 3


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
    """Would a deploy lose data, firewall, backups, or what somebody set? Exit code 0 no, 1 error, 2 blocked.

    Example: `python -m ops gate --stage prod`
    """
    named = frozenset(allow or ())
    for address in sorted(named):
        if address.partition(".")[0] not in _JUDGED:
            raise UserError(
                f"--allow {address}: allowed: addresses of "
                + ", ".join(sorted(_JUDGED))
                + "; anything else does not need --allow"
            )
    workspace = this_workspace(stage)
    settings = workspace.settings()
    try:
        with progress_on_screen(as_json) as progress:
            planned = stage_plan(workspace, plan, progress)
            held: Mapping[str, Document] = {}
            taken: Sequence[Refused] = ()
            if planned.premises.state is not None:  # else nothing but the plan in JSON is looked at
                clients = boto3_clients(region=settings.region)
                held, taken = in_the_way(
                    planned.plan, clients, stage=workspace.stage, progress=progress
                )
    except UntrustedStateError as error:
        _print_untrusted(str(error), settings.retain_data, as_json)
        raise typer.Exit(ASKS_FOR_A_PERSON) from None
    judgement = judge_deploy(
        planned.plan,
        retain_data=settings.retain_data,
        allowed=named | set(settings.allow_destroy) | set(settings.allow_overwrite),
        held=held,
        taken=taken,
    )
    if planned.failure and judgement.is_open:
        losses = {loss.address for loss in judgement.losses if not loss.of_protection}
        refused = sorted(losses - set(settings.allow_destroy))
        if refused and planned.plan.is_errored:
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
                "kept_as_found": settings.keep_as_found,
            }
        )
    else:
        for address in settings.keep_as_found:
            say(f"kept as found {address}: the stage puts nothing in its place (keep_as_found)")
        _print(judgement, planned, workspace)
    if not judgement.is_open:
        raise typer.Exit(ASKS_FOR_A_PERSON)


def _print_untrusted(why: str, retain_data: bool, as_json: bool) -> None:
    """Print why the state is not to be trusted: one that holds too little makes every plan look harmless."""
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
        say(f"blocked: do not deploy: {why}")


def _print(judgement: Judgement, planned: StagePlan, workspace: Workspace) -> None:
    if judgement.losses:
        print_table(
            ("", "holds, carries or protects data", "would be", "because"),
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
        say(f"{label} {each.address}: {each}")
    for refused in judgement.refused:
        say(f"BLOCKED {refused.address}: {refused.why}")
    for check in judgement.failed_checks:
        say(f"note: {check.address} does not hold, which stops no deploy: {check.why}")
    changed = {kind: n for kind, n in judgement.counts.items() if kind != UNCHANGED}
    parts = [f"{number} {kind}" for kind, number in sorted(changed.items())]
    say("the plan: " + ", ".join([*parts, f"{judgement.counts.get(UNCHANGED, 0)} {UNCHANGED}"]))
    for line in (planned.premises.text, *planned.premises.notes):
        say(line)
    _note_unasked(planned)
    if planned.failure:
        looked_at = sum(judgement.counts.values()) - judgement.counts.get(CREATED, 0)
        say(
            f"this is not all: {looked_at} of the {planned.premises.objects_in_state} objects in the state "
            f"were planned, then Terraform stopped: {planned.failure}"
        )
    _print_conclusion(judgement, planned, workspace)


def _note_unasked(planned: StagePlan) -> None:
    """Say what an all-clear does not speak of, where nothing but a plan in JSON was looked at."""
    if planned.premises.state is not None:
        return
    rows = (*creates(planned.plan), *named_creates(planned.plan))
    types = sorted({type_ for _, type_, _ in rows})
    if types:
        say(
            f"not looked at: what AWS has already of {listed(types, limit=3)}, which the plan creates: give "
            "the plan as Terraform wrote it"
        )


def _print_conclusion(judgement: Judgement, planned: StagePlan, workspace: Workspace) -> None:
    if judgement.blocked:
        say(_remedy(judgement, workspace))
    if judgement.blocked_overwrites:
        say(_overwrite_remedy(judgement, workspace))
    if judgement.refused:
        say("blocked: do not deploy: it would be refused, as said above")
    if not judgement.is_open:
        return
    if judgement.losses and not judgement.retain_data:
        say("open: this stage does not retain its data")
    elif planned.premises.is_of_nothing:
        say("open: nothing is deployed yet")
    else:
        say("open")


def _overwrite_remedy(judgement: Judgement, workspace: Workspace) -> str:
    names = ", ".join(f'"{each.address}"' for each in judgement.blocked_overwrites)
    return (
        "blocked: do not deploy. Somebody has set in AWS what a create would overwrite. Where that stays, "
        f"write keep_as_found = [{names}] in {workspace.stage_path}; where it may go, write "
        f"allow_overwrite = [{names}] there, or pass --allow ADDRESS"
    )


def _remedy(judgement: Judgement, workspace: Workspace) -> str:
    data = [f'"{each.address}"' for each in judgement.blocked if not each.of_protection]
    protection = [each.address for each in judgement.blocked if each.of_protection]
    ways = ["blocked: do not deploy. Take the change back"]
    if data:
        # A list that fills the screen is in the table above already.
        few = len(data) <= _MOST_IN_A_LINE
        names = ", ".join(data) if few else f"... the {len(data)} addresses above ..."
        ways.append(
            f"or, where the data may go, write allow_destroy = [{names}] in {workspace.stage_path} (what is "
            "no longer configured: --allow ADDRESS), deploy that, and make the change after it"
        )
    if protection:
        options = " ".join(f"--allow {address}" for address in protection)
        ways.append(f"or, where the stage may lose what protects it: {options}")
    return "; ".join(ways)
