"""Gate and adoption: plans in the stage's folder, judges that plan, and applies that same plan."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws.client import boto3_clients
from aws.import_ids import import_id
from common.errors import UserError
from common.progress import Progress
from imports.gate import Verdict, judge
from imports.preflight import preflight
from imports.record import AdoptionRecord
from imports.taken_names import taken_names
from terraform.cli import Terraform
from terraform.overwrites import held_documents, overwrites
from terraform.plan import read_plan
from terraform.premises import (
    Premises,
    UntrustedStateError,
    premises,
    refuse_foreign_plan,
    refuse_half_plan,
    refuse_untrusted_state,
    state_seen,
)
from terraform.refused import downgrades
from terraform.workspace import Workspace, set_default_credentials


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """What the gate says. `preflight` are the objects that are not where the record says.

    `looked_at` is None where no plan was judged.
    """

    phase: str
    preflight: tuple[str, ...]
    verdict: Verdict
    looked_at: Premises | None = None

    @property
    def is_open(self) -> bool:
        """Whether the plan may be applied."""
        return not self.preflight and not self.verdict.blocked


@dataclass(frozen=True, kw_only=True)
class AdoptionResult:
    """A finished adoption: what the gate said, and what the new state held afterwards."""

    gate: GateResult
    held: int


def run_gate(workspace: Workspace, *, plan_file: Path | None, progress: Progress) -> GateResult:
    """Judge the stage's next plan, or a plan given as JSON.

    Raises UserError when there is no plan to judge.
    """
    given = None
    if plan_file is not None:
        given = read_plan(plan_file)
        refuse_half_plan(given, plan_file)
    record = workspace.kept_record()
    set_default_credentials(workspace)
    if given is not None and plan_file is not None:
        refuse_foreign_plan(workspace, given, plan_file)
    try:
        refuse_untrusted_state(workspace)
    except UntrustedStateError as error:
        phase = workspace.settings().phase
        return GateResult(phase=phase, preflight=(str(error),), verdict=Verdict(findings=()))
    with tempfile.TemporaryDirectory(prefix="atomic-gate-") as folder:
        path = Path(folder) / "gate.tfplan"
        result, _ = _gate(workspace, record, path, progress, given=given, given_as=plan_file)
        return result


def adopt(workspace: Workspace, *, progress: Progress) -> AdoptionResult:
    """Gate, apply of that same plan, read-back, and an empty second plan.

    Raises UserError when something is not as it has to be afterwards. With a closed gate nothing is
    applied, and `held` is 0. Interrupted at any point, the same call finishes the work.
    """
    record = workspace.kept_record()
    # The plan file holds what the state holds. It stays in a folder of its own, readable by its owner alone.
    with tempfile.TemporaryDirectory(prefix="atomic-adopt-") as folder:
        plan = Path(folder) / "adopt.tfplan"
        result, terraform = _gate(workspace, record, plan, progress)
        if not result.is_open:
            return AdoptionResult(gate=result, held=0)
        progress("applying that plan")
        terraform.checked("apply", "-input=false", "-no-color", str(plan))
        progress("reading the state back")
        state = terraform.pull_state()
        complaints = read_back(state, record)
        if complaints:
            raise UserError(f"after the apply the new state is not as recorded: {complaints[0]}")
        progress("planning again")
        if terraform.plan(plan):
            raise UserError(
                "the second plan is not empty: run `python -m imports gate` to see what it would change"
            )
    return AdoptionResult(gate=result, held=len(record.adopted))


def _gate(
    workspace: Workspace,
    record: AdoptionRecord,
    plan_path: Path,
    progress: Progress,
    *,
    given: dict[str, Any] | None = None,
    given_as: Path | None = None,
) -> tuple[GateResult, Terraform]:
    settings = workspace.settings()
    set_default_credentials(workspace)
    progress("synthesizing the stage")
    terraform = workspace.synthesize()
    document = json.loads((terraform.folder / "cdk.tf.json").read_text())
    progress(f"looking at {len(record.adopted)} objects in AWS")
    findings = preflight(record, boto3_clients(region=record.region))
    missing = tuple(str(finding) for finding in findings if not finding.ok)
    if missing:
        return GateResult(
            phase=settings.phase, preflight=missing, verdict=Verdict(findings=())
        ), terraform
    plan, state = given, None
    if plan is None:
        state = state_seen(workspace, terraform)
        progress("planning")
        terraform.plan(plan_path)
        plan = terraform.show(plan_path)
        refuse_half_plan(plan, None)
    progress("looking in AWS for what a create would overwrite")
    allowed = frozenset(settings.allow_overwrite)
    replaced = overwrites(
        plan,
        held_documents(plan, boto3_clients(region=record.region)),
        allowed=allowed,
    )
    progress("looking in AWS for names that are taken")
    refused = (
        *downgrades(plan),
        *taken_names(plan, boto3_clients(region=record.region), stage=workspace.stage),
    )
    progress("judging the plan")
    verdict = judge(
        plan,
        record,
        phase=settings.phase,
        document=document,
        overwrites=replaced,
        refused=refused,
        allowed=allowed,
    )
    looked_at = premises(plan, file=given_as, state=state)
    result = GateResult(phase=settings.phase, preflight=(), verdict=verdict, looked_at=looked_at)
    return result, terraform


def read_back(state: Mapping[str, Any], record: AdoptionRecord) -> list[str]:
    """What the new state lacks: an object, its id, a secret's recovery window, the final snapshot."""
    held = {
        f"{resource['type']}.{resource['name']}": resource["instances"][0]["attributes"]
        for resource in state.get("resources", [])
        if resource.get("mode") == "managed" and resource.get("instances")
    }
    complaints = []
    for item in record.adopted:
        attributes = held.get(item.address)
        if attributes is None:
            complaints.append(f"{item.address} is not in the state")
        elif import_id(item.type, attributes) != item.import_id:
            complaints.append(
                f"{item.address} is {import_id(item.type, attributes)}, the record says {item.import_id}"
            )
        elif (
            item.type == "aws_secretsmanager_secret"
            and attributes["recovery_window_in_days"] is None
        ):
            complaints.append(f"{item.address} has no recovery window")
        elif item.type == "aws_db_instance" and attributes["skip_final_snapshot"] is None:
            complaints.append(f"{item.address} does not say whether it leaves a final snapshot")
    return complaints
