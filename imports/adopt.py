"""Gate and adoption: plans in the stage's folder, judges that plan, and applies that same plan."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aws.client import Clients, boto3_clients
from aws.resources import import_id
from common.errors import UserError
from common.progress import Progress
from imports.gate import Verdict, judge_adoption
from imports.preflight import preflight
from imports.record import AdoptionRecord
from imports.retire import LEGACY
from imports.stack_retirement.stack_calls import stack_facts
from imports.stack_retirement.steps import GONE
from imports.stack_side import refuse_moved_stack
from imports.taken_names import in_the_way
from imports.workspace_record import kept_record
from terraform.cli import Terraform
from terraform.overwrites import overwrites
from terraform.plan import Plan
from terraform.plan_file import read_plan
from terraform.premises import (
    Premises,
    UntrustedStateError,
    premises,
    refuse_foreign_plan,
    refuse_half_plan,
    refuse_untrusted_state,
    state_seen,
)
from terraform.pulled_state import pull, put_back_broken_file
from terraform.refused import downgrades
from terraform.stack import read_stack
from terraform.state import State
from terraform.state_backups import find_backups
from terraform.state_lock import cut_short, forget_cut_short
from terraform.workspace import BACKUPS, Workspace, set_default_credentials


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """What the gate says. `preflight` are the objects that are not where the record says.

    `looked_at` is None where no plan was judged. `kept_as_found` is what the stage file leaves to others,
    `notes` what else to know.
    """

    phase: str
    preflight: tuple[str, ...]
    verdict: Verdict
    looked_at: Premises | None = None
    kept_as_found: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

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
    record = kept_record(workspace)
    set_default_credentials(workspace)
    looked_at = None
    try:
        if given is not None and plan_file is not None:
            compared = refuse_foreign_plan(workspace, given, plan_file)
            looked_at = premises(given, file=plan_file, state=None, compared=compared)
        refuse_untrusted_state(workspace)
    except UntrustedStateError as error:
        phase = workspace.settings().phase
        return GateResult(phase=phase, preflight=(str(error),), verdict=Verdict(findings=()))
    with tempfile.TemporaryDirectory(prefix="atomic-gate-") as folder:
        path = Path(folder) / "gate.tfplan"
        result, _ = _gate(workspace, record, path, progress, given=given, looked_at=looked_at)
        return result


def adopt(workspace: Workspace, *, progress: Progress) -> AdoptionResult:
    """Gate, apply of that same plan, read-back, and an empty second plan.

    Raises UserError when something is not as it has to be afterwards. With a closed gate nothing is
    applied, and `held` is 0. Interrupted at any point, the same call finishes the work.
    """
    record = kept_record(workspace)
    # The plan file holds what the state holds. It stays in a folder of its own, readable by its owner alone.
    with tempfile.TemporaryDirectory(prefix="atomic-adopt-") as folder:
        plan = Path(folder) / "adopt.tfplan"
        result, terraform = _gate(workspace, record, plan, progress, is_resuming=True)
        if not result.is_open:
            return AdoptionResult(gate=result, held=0)
        progress("applying that plan")
        with _without_doubt(workspace, terraform):
            terraform.apply(plan)
        progress("reading the state back")
        errors = read_back(pull(terraform), record)
        if errors:
            raise UserError(f"after the apply the new state is not as recorded: {errors[0]}")
        progress("planning again")
        if terraform.plan(plan):
            raise UserError(
                "the second plan is not empty: run `python -m imports gate` to see what it would change"
            )
    return AdoptionResult(gate=result, held=len(record.adopted))


@contextmanager
def _without_doubt(workspace: Workspace, terraform: Terraform) -> Iterator[None]:
    """Keep an interrupted apply of phase adopt from being taken for one that may have made something.

    What its plan imports is in the record, and the next run goes on with it.
    """
    had_doubt = cut_short(terraform.folder) is not None
    try:
        yield
    finally:
        if workspace.settings().phase == "adopt" and not had_doubt:
            forget_cut_short(terraform.folder)


def _gate(
    workspace: Workspace,
    record: AdoptionRecord,
    plan_path: Path,
    progress: Progress,
    *,
    given: Plan | None = None,
    looked_at: Premises | None = None,
    is_resuming: bool = False,
) -> tuple[GateResult, Terraform]:
    settings = workspace.settings()
    set_default_credentials(workspace)
    progress("synthesizing the stage")
    terraform = workspace.synthesize()
    stack = read_stack(terraform.folder)
    progress(f"looking at {len(record.adopted)} objects in AWS")
    findings = preflight(record, boto3_clients(region=record.region))
    missing = tuple(str(finding) for finding in findings if not finding.ok)
    if missing:
        return GateResult(
            phase=settings.phase, preflight=missing, verdict=Verdict(findings=())
        ), terraform
    if settings.phase == "adopt":
        # Later phases change what CloudFormation would take for drift.
        refuse_moved_stack(record, boto3_clients(region=record.region), progress=progress)
    plan, state = given, None
    if is_resuming and settings.phase == "adopt":
        # What a killed adoption had imported is imported again: the plan has no other objects.
        told = put_back_broken_file(terraform.folder)
        if told:
            progress(told)
    if plan is None:
        state = state_seen(workspace, terraform)
        progress("planning")
        terraform.plan(plan_path)
        plan = terraform.show(plan_path)
        refuse_half_plan(plan, None)
    allowed = frozenset(settings.allow_overwrite)
    clients = boto3_clients(region=record.region)
    held, taken = in_the_way(plan, clients, stage=workspace.stage, progress=progress)
    progress("judging the plan")
    verdict = judge_adoption(
        plan,
        record,
        phase=settings.phase,
        stack=stack,
        overwrites=overwrites(plan, held, allowed=allowed),
        refused=(*downgrades(plan), *taken),
        allowed=allowed,
    )
    result = GateResult(
        phase=settings.phase,
        preflight=(),
        verdict=verdict,
        looked_at=looked_at or premises(plan, file=None, state=state),
        kept_as_found=settings.keep_as_found,
        notes=notes_on_owners(record, workspace, clients, phase=settings.phase),
    )
    return result, terraform


def notes_on_owners(
    record: AdoptionRecord, workspace: Workspace, clients: Clients, *, phase: str
) -> tuple[str, ...]:
    """Warn while an old owner may own the objects too.

    The retirement of a base leaves a backup behind; of its stack CloudFormation tells. Raises UserError where
    AWS refuses to.
    """
    if phase == "adopt":
        return ()
    notes = []
    lineage, folder = record.legacy.lineage, workspace.state_folder / BACKUPS
    if lineage is not None and not find_backups(folder, LEGACY, lineage):
        notes.append(
            f"the old state is not retired, as far as {folder} tells: while it owns these objects too, an "
            "apply of the old folder, by hand or by its CI, takes back what this stage changes on them: stop "
            "that CI, and run `python -m imports retire`"
        )
    facts = stack_facts(clients, record.stack.arn) if record.stack else None
    if record.stack and facts and facts["StackStatus"] != GONE:
        notes.append(
            f"the stack {record.stack.name} is not retired: while CloudFormation owns these objects too, a "
            "deployment of it takes back what this stage changes on them, and its deletion by hand destroys "
            "what holds data: stop what deploys it, and run `python -m imports retire --stage "
            f"{record.stage} --cloudformation {record.stack.name}`"
        )
    return tuple(notes)


def read_back(state: State | None, record: AdoptionRecord) -> list[str]:
    """Return what the new state lacks: an object, its id, a recovery window, the final snapshot."""
    held = {each.address: each.attributes for each in state.objects} if state else {}
    errors = []
    for item in record.adopted:
        attributes = held.get(item.address)
        if attributes is None:
            errors.append(f"{item.address} is not in the state")
        elif import_id(item.type, attributes) != item.import_id:
            errors.append(
                f"{item.address} is {import_id(item.type, attributes)}, the record says {item.import_id}"
            )
        elif attributes.get("recovery_window_in_days", 0) is None:
            errors.append(f"{item.address} has no recovery window")
        elif attributes.get("skip_final_snapshot", False) is None:
            errors.append(f"{item.address} does not say whether it leaves a final snapshot")
    return errors
