"""`report`: what a stage's plan would do, as one HTML page and a short text for a pull request."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import typer

from common.errors import UserError
from common.files import replace_file
from common.progress import Progress
from common.screen import ASKS_FOR_A_PERSON, Stage, print_error, progress_on_screen, say
from common.text_files import read_json
from imports.gate import Verdict, judge_adoption
from imports.record import AdoptionRecord
from imports.workspace_record import record_at_hand
from modules.settings.stage_settings import StageSettings
from ops.cost.cost_change import CostChange, cost_change, planned_resources
from ops.cost.prices import read_prices
from ops.cost.pricing import bill
from ops.report.plan_report import Report
from ops.report.plan_report import report as report_of
from ops.report.report_pages import html_page, markdown
from ops.verdicts.planning import stage_plan
from security.exceptions import read_exceptions
from synth.synthesized import synthesized
from terraform.plan import Plan
from terraform.stack import Stack, parse_stack
from terraform.workspace import Workspace, this_workspace

_STACK = "a synthesized stack"
_NAME_A_STACK = "name the cdk.tf.json of the base, as `cdktf synth` writes it"


def report(
    stage: Stage = "prod",
    plan: Annotated[
        Path | None,
        typer.Option(help="a plan file, or its JSON; default: plan now", metavar="PLAN"),
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(
            help="the cdk.tf.json to compare the cost with; default: the plan's prior state",
            metavar="JSON",
        ),
    ] = None,
    page: Annotated[Path, typer.Option("--out", help="the HTML page to write")] = Path(
        "report.html"
    ),
    summary: Annotated[
        Path | None, typer.Option("--markdown", help="a short text to write, for a comment")
    ] = None,
) -> None:
    """Show what a plan would do: dangers first, then cost, changes by part, adoption and exceptions.

    Exit code 2 when something needs a person's eye.

    Example: `python -m ops report --stage prod --out report.html --markdown comment.md`
    """
    workspace = this_workspace(stage)
    with progress_on_screen(as_json=False) as progress:
        found = make_report(workspace, plan, base, progress)
        progress(f"writing {page}")
        replace_file(page, html_page(found))
        if summary:
            replace_file(summary, markdown(found))
    say(str(page))
    for line in found.looked_at:
        say(line)
    if found.asks_for_a_person:
        blocked = len(found.verdict.blocked) if found.verdict else 0
        print_error(f"{len(found.dangers)} dangerous changes, {blocked} blocked: read {page}")
        raise typer.Exit(ASKS_FOR_A_PERSON)


def make_report(
    workspace: Workspace, plan_file: Path | None, base: Path | None, progress: Progress
) -> Report:
    """Report on a given plan, or on the one that the stage has now."""
    settings = workspace.settings()
    before = _base(base) if base else None
    planned = stage_plan(workspace, plan_file, progress)
    plan, failure = planned.plan, planned.failure
    whole = record_at_hand(workspace, region=settings.region)
    record = whole and whole.kept(shared_roles=settings.keep_shared_roles)
    stack = None
    if record or before is not None:
        progress("synthesizing the stage")
        stack = synthesized(settings, record=record)
    found = report_of(
        plan,
        stack=settings.stack_name,
        # Of half a plan neither can be told.
        cost=None if failure else _cost(plan, settings, before, stack),
        verdict=None if failure else _verdict(plan, record, settings, stack),
        exceptions=[row for row in read_exceptions() if fnmatchcase(settings.stage, row.stage)],
        failure=failure,
        looked_at=(planned.premises.text, *planned.premises.notes),
    )
    # What refuses to be destroyed ends the plan, and is what the page is for; any other failure is not.
    if failure and not found.asks_for_a_person:
        raise UserError(failure)
    return found


def _base(path: Path) -> Stack:
    try:
        return parse_stack(read_json(path, wanted=_STACK, remedy=_NAME_A_STACK))
    except ValueError:
        raise UserError(f"{path}: not {_STACK}: {_NAME_A_STACK}") from None


def _cost(
    plan: Plan,
    settings: StageSettings,
    base: Stack | None,
    stack: Stack | None,
) -> CostChange:
    prices = read_prices()
    if base is not None and stack is not None:
        before, after = base.of(), stack.of()
    else:
        before = list(planned_resources(plan, "before"))
        after = list(planned_resources(plan, "after"))
    return cost_change(
        bill(before, prices),
        bill(after, prices),
        estimated_by=prices.region if prices.are_an_estimate_in(settings.region) else None,
    )


def _verdict(
    plan: Plan,
    record: AdoptionRecord | None,
    settings: StageSettings,
    stack: Stack | None,
) -> Verdict | None:
    if record is None or stack is None:
        return None
    if record.stage != settings.stage:
        raise UserError(f"the record of stage {settings.stage} is of stage {record.stage}")
    allowed = frozenset(settings.allow_overwrite)
    return judge_adoption(plan, record, phase=settings.phase, stack=stack, allowed=allowed)
