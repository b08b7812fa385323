"""The adoption record of a workspace's stage: where it lies, and what the stage keeps of it."""

from pathlib import Path

from common.errors import UserError
from imports.record import AdoptionRecord, read_record, record_path
from terraform.workspace import Workspace


def path_of_record(workspace: Workspace) -> Path:
    """Where the record lies: beside the stage file."""
    return record_path(workspace.stages_dir, workspace.stage)


def whole_record(workspace: Workspace) -> AdoptionRecord:
    """The stage's adoption record.

    Raises UserError when there is none.
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
    return record


def kept_record(workspace: Workspace) -> AdoptionRecord:
    """What of the record the stage's settings keep.

    Raises UserError when there is no record, or the stage file has mistakes.
    """
    record = whole_record(workspace)
    return record.kept(shared_roles=workspace.settings().keep_shared_roles)
