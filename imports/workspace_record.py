"""The adoption record of a workspace's stage: where it lies, and what the stage keeps of it."""

from pathlib import Path

from common.errors import UserError
from common.progress import Progress
from imports.record import AdoptionRecord, read_record, record_path, refuse_foreign
from terraform.cli import Terraform
from terraform.pulled_state import put_back_pushed
from terraform.workspace import Workspace


def path_of_record(workspace: Workspace) -> Path:
    """Return where the record lies: beside the stage file."""
    return record_path(workspace.stages_dir, workspace.stage)


def record_at_hand(workspace: Workspace, *, region: str) -> AdoptionRecord | None:
    """Return the stage's adoption record; None where it adopts nothing.

    Raises UserError for a record of another stage, or of another region than the stage's.
    """
    path = path_of_record(workspace)
    record = read_record(path)
    if record is not None:
        refuse_foreign(path, record, stage=workspace.stage, region=region)
    return record


def whole_record(workspace: Workspace) -> AdoptionRecord:
    """Return the stage's adoption record.

    Raises UserError when there is none, for one of another stage or region, and for a stage file with errors.
    """
    path = path_of_record(workspace)
    record = read_record(path)
    if record is None:
        recorded = sorted(path.parent.glob(record_path(path.parent, "*").name))
        names = ", ".join(each.name.partition(".")[0] for each in recorded)
        raise UserError(
            f"stage {workspace.stage} has no adoption record at {path} (stages with one: "
            f"{names or 'none'}): name another with --stage, or run `python -m imports inventory --stage "
            f"{workspace.stage} --legacy DIR`"
        )
    # Without a stage file nothing says another region.
    region = workspace.settings().region if workspace.stage_path.exists() else record.region
    refuse_foreign(path, record, stage=workspace.stage, region=region)
    return record


def refuse_to_lose_owner(workspace: Workspace, *, base: bool, stack: bool) -> None:
    """Raise UserError where a new record would lack an old owner that the one at hand has."""
    path = path_of_record(workspace)
    record = read_record(path)
    if record is None:
        return
    if record.stack and not stack:
        lacks = f"the CloudFormation stack {record.stack.name}", "--cloudformation"
    elif record.legacy.source != "none" and not base:
        lacks = "a legacy base", "--legacy"
    else:
        return
    raise UserError(
        f"{path} was made from {lacks[0]} too, and would lose its objects: name that with {lacks[1]} as "
        "well, or move the record aside where it is not to be adopted any more"
    )


def kept_record(workspace: Workspace) -> AdoptionRecord:
    """Return what of the record the stage's settings keep.

    Raises UserError when there is no record, or the stage file has errors.
    """
    record = whole_record(workspace)
    return record.kept(shared_roles=workspace.settings().keep_shared_roles)


def synthesized_to_push(workspace: Workspace, progress: Progress) -> Terraform:
    """Synthesize the stage for a command that writes its state, whose last run may have been killed in it.

    Raises UserError as `Workspace.synthesize` does.
    """
    terraform = workspace.synthesize_alone()
    put_back_pushed(terraform, progress)  # Terraform does not initialize upon half a file
    terraform.initialize()
    return terraform
