"""`report`: what a stage's plan would do, as one HTML page and a short text for a pull request."""

import json
import os
import tempfile
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import typer

from imports.errors import AdoptionError
from imports.files import replace_file
from imports.gate import Verdict, judge
from imports.plans import read_plan
from imports.progress import Progress
from imports.record import AdoptionRecord, read_record
from imports.screen import Stage, out, print_error, progress_on_screen
from imports.workspace import Workspace
from modules.settings import StageSettings
from ops.costs.cost_change import CostChange, cost_change, planned_resources
from ops.costs.prices import read_prices
from ops.costs.pricing import bill
from ops.errors import OpsError
from ops.reporting.plan_report import Report
from ops.reporting.plan_report import report as report_of
from ops.reporting.report_pages import html_page, markdown
from ops.resources import of_document
from security.exceptions import read_exceptions
from synthesis import write_stacks

ASKS_FOR_A_PERSON = 2
_ZIP = b"PK\x03\x04"


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
    workspace = Workspace(stage=stage, environ=dict(os.environ))
    with progress_on_screen(as_json=False) as progress:
        found = make_report(workspace, plan, base, progress)
        progress(f"writing {page}")
        replace_file(page, html_page(found))
        if summary:
            replace_file(summary, markdown(found))
    out.print(str(page), markup=False)
    if found.asks_for_a_person:
        blocked = len(found.verdict.blocked) if found.verdict else 0
        print_error(f"{len(found.dangers)} dangerous changes, {blocked} blocked: read {page}")
        raise typer.Exit(ASKS_FOR_A_PERSON)


def make_report(
    workspace: Workspace, plan_file: Path | None, base: Path | None, progress: Progress
) -> Report:
    """The report on a given plan, or on the one that the stage has now."""
    settings = workspace.settings()
    before = _base(base) if base else None
    plan = _plan(workspace, plan_file, progress)
    record = read_record(workspace.record_path)
    document: Mapping[str, Any] = {}
    if record or before is not None:
        progress("synthesizing the stage")
        document = _document(settings, record)
    return report_of(
        plan,
        stack=settings.stack_name,
        cost=_cost(plan, settings, before, document),
        verdict=_verdict(plan, record, settings, document),
        exceptions=[row for row in read_exceptions() if fnmatchcase(settings.stage, row.stage)],
    )


def _plan(workspace: Workspace, path: Path | None, progress: Progress) -> Mapping[str, Any]:
    if path is not None and not _is_binary(path):
        plan = read_plan(path)
        if plan.get("errored"):
            raise OpsError(f"{path}: the plan of a run that failed: plan again")
        return plan
    progress("synthesizing the stage")
    terraform = workspace.synthesize()
    if path is not None:
        return terraform.show(path.resolve())
    with tempfile.TemporaryDirectory(prefix="atomic-report-") as folder:
        progress("planning")
        terraform.plan(Path(folder) / "report.tfplan")
        return terraform.show(Path(folder) / "report.tfplan")


def _is_binary(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_ZIP)) == _ZIP
    except OSError as error:
        raise OpsError(
            f"{path}: no plan can be read ({error.strerror}): name a file of `terraform plan -out`, or its "
            "JSON, or leave --plan out"
        ) from None


def _base(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        of_document(document)
    except (OSError, ValueError, AttributeError, RecursionError):
        raise OpsError(
            f"{path}: not a synthesized stack: name the cdk.tf.json of the base, as `cdktf synth` writes it"
        ) from None
    return dict(document)


def _document(settings: StageSettings, record: AdoptionRecord | None) -> Mapping[str, Any]:
    with tempfile.TemporaryDirectory(prefix="atomic-report-") as folder:
        records = {settings.stage: record} if record else {}
        stacks = write_stacks([settings], records, {**os.environ, "CDKTF_OUTDIR": folder})
        text = (stacks / settings.stack_name / "cdk.tf.json").read_text(encoding="utf-8")
        return dict(json.loads(text))


def _cost(
    plan: Mapping[str, Any],
    settings: StageSettings,
    base: Mapping[str, Any] | None,
    document: Mapping[str, Any],
) -> CostChange | None:
    prices = read_prices()
    if prices.region != settings.region:
        return None  # the table has no prices for it; `cost` says so
    if base is not None:
        before, after = of_document(base), of_document(document)
    else:
        before = list(planned_resources(plan, "before"))
        after = list(planned_resources(plan, "after"))
    return cost_change(bill(before, prices), bill(after, prices))


def _verdict(
    plan: Mapping[str, Any],
    record: AdoptionRecord | None,
    settings: StageSettings,
    document: Mapping[str, Any],
) -> Verdict | None:
    if record is None:
        return None
    if record.stage != settings.stage:
        raise AdoptionError(f"the record of stage {settings.stage} is of stage {record.stage}")
    return judge(plan, record, phase=settings.phase, document=document)
