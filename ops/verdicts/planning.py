"""The plan that a command looks at: one that it is given, or the one that the stage has now."""

import tempfile
from pathlib import Path

from common.errors import UserError
from common.progress import Progress
from terraform.cli import Terraform
from terraform.plan import Plan, read_plan
from terraform.workspace import Workspace

# What terraform writes plan files as.
_ZIP = b"PK\x03\x04"


def stage_plan(
    workspace: Workspace, given: Path | None, progress: Progress
) -> tuple[Plan, str | None]:
    """The plan; beside it what Terraform says where it could not finish the plan.

    Where a resource refuses to be destroyed, Terraform fails, and yet writes what it had planned.
    """
    if given and not _is_zip(given):
        return _and_failure(read_plan(given), given)
    progress("synthesizing the stage")
    terraform = workspace.synthesize()
    if given:
        progress("reading the plan")
        return _and_failure(terraform.show(given.resolve()), given)
    # The plan file holds what the state holds. It stays in a folder of its own, for its owner alone.
    with tempfile.TemporaryDirectory(prefix="atomic-plan-") as folder:
        progress("planning")
        return _plan_now(terraform, Path(folder) / "now.tfplan")


def _and_failure(plan: Plan, given: Path) -> tuple[Plan, str | None]:
    failed = plan.document.get("errored")
    return plan, f"{given}: the plan of a run that failed: plan again" if failed else None


def _plan_now(terraform: Terraform, path: Path) -> tuple[Plan, str | None]:
    try:
        terraform.plan(path)
    except UserError as error:
        if not path.is_file():
            raise
        return terraform.show(path), str(error)
    return terraform.show(path), None


def _is_zip(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_ZIP)) == _ZIP
    except OSError as error:
        raise UserError(
            f"{path}: no plan can be read ({error.strerror}): name a file of `terraform plan -out`, or its "
            "JSON, or leave --plan out"
        ) from None
