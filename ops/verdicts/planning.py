"""The plan that a command looks at: one that it is given, or the one that the stage has now."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from common.errors import UserError
from common.progress import Progress
from ops.deployed import open_stage
from ops.verdicts.still_existing import refuse_lost_state
from terraform.cli import Terraform
from terraform.plan import Plan
from terraform.plan_file import read_plan
from terraform.premises import (
    Premises,
    UntrustedStateError,
    premises,
    refuse_foreign_plan,
    refuse_stale_plan,
    refuse_untrusted_state,
    state_seen,
)
from terraform.whole_plan import state_of_another_stage, unseen
from terraform.workspace import Workspace

# What terraform writes plan files as.
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, kw_only=True)
class StagePlan:
    """A plan, and what it is made of.

    `failure` says why it does not tell all that a deploy would do: Terraform could not finish it, it was made
    of a part, or some of it is deferred. What such a plan destroys is known all the same.
    """

    plan: Plan
    failure: str | None
    premises: Premises


def stage_plan(workspace: Workspace, given: Path | None, progress: Progress) -> StagePlan:
    """Return the plan that is given, or one that is made now.

    Raises UserError for a plan of another stage or of another state, UntrustedStateError for a state that no
    verdict can stand on.
    """
    if given and not _is_zip(given):
        plan = read_plan(given)
        compared = refuse_foreign_plan(workspace, plan, given)
        return _given(plan, given, premises(plan, file=given, state=None, compared=compared))
    refuse_untrusted_state(workspace)
    progress("synthesizing the stage")
    terraform = workspace.synthesize()
    progress("reading the state")
    state = state_seen(workspace, terraform)
    if given:
        progress("reading the plan")
        refuse_stale_plan(given, state)
        plan = terraform.show(given.resolve())
        refuse_foreign_plan(workspace, plan, given)
        looked_at = premises(plan, file=given, state=state)
        _refuse_lost_state(workspace, looked_at, progress)
        return _given(plan, given, looked_at)
    # The plan file holds what the state holds. It stays in a folder of its own, for its owner alone.
    with tempfile.TemporaryDirectory(prefix="atomic-plan-") as folder:
        progress("planning")
        plan, failure = _plan_now(terraform, Path(folder) / "now.tfplan")
    foreign = state_of_another_stage(plan, workspace.settings())
    if foreign:
        raise UntrustedStateError(
            f"the state {state.place} is another stage's: {foreign}: look at [state] in the stage file, or "
            "put this stage's own state there"
        )
    looked_at = premises(plan, file=None, state=state)
    _refuse_lost_state(workspace, looked_at, progress)
    return StagePlan(plan=plan, failure=failure or unseen(plan), premises=looked_at)


def whole_stage_plan(workspace: Workspace, progress: Progress) -> StagePlan:
    """Return the plan that the stage has now, for a verdict that half a plan cannot bear.

    Raises UserError when Terraform does not finish it, and what `stage_plan` does.
    """
    plan = stage_plan(workspace, None, progress)
    if plan.failure:
        raise UserError(plan.failure)
    return plan


def _refuse_lost_state(workspace: Workspace, looked_at: Premises, progress: Progress) -> None:
    """Tell a stage that is new from one whose state holds nothing any more."""
    if looked_at.state is not None and looked_at.is_of_nothing:
        progress("looking in AWS for what the state does not hold")
        refuse_lost_state(open_stage(workspace.stage), looked_at.state.place)


def _given(plan: Plan, given: Path, looked_at: Premises) -> StagePlan:
    half = unseen(plan)
    return StagePlan(plan=plan, failure=f"{given}: {half}" if half else None, premises=looked_at)


def _plan_now(terraform: Terraform, path: Path) -> tuple[Plan, str | None]:
    """Return the plan, and what Terraform says where it could not finish it.

    Where a resource refuses to be destroyed, Terraform fails, and yet writes what it had planned.
    """
    try:
        terraform.plan(path)
    except UserError as error:
        if not path.is_file():
            raise
        return terraform.show(path), str(error)
    return terraform.show(path), None


def _is_zip(path: Path) -> bool:
    """Return whether it is a plan file of Terraform's. A pipe, which can be read once, brings JSON."""
    if path.is_fifo():
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(_ZIP)) == _ZIP
    except OSError as error:
        raise UserError(
            f"{path}: no plan can be read ({error.strerror}): name a file of `terraform plan -out`, or its "
            "JSON, or leave --plan out"
        ) from None
