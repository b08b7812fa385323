"""The state of a legacy folder: from a file, or as its backend has it."""

from pathlib import Path

from common.errors import UserError, one_line, shorten
from common.text_files import decode_state
from imports.sources.terraform_base.unseen_state import (
    is_kept_elsewhere,
    refuse_unread,
    refuse_unseen,
)
from terraform.cli import Terraform
from terraform.initialized import selected_workspace
from terraform.pulled_state import pull, refuse_broken_file
from terraform.state import MAX_CHARACTERS, State, parse_state


def load_state(terraform: Terraform, state_file: Path | None) -> State | None:
    """Return the state of the legacy folder, or None when there is none to be had.

    With `state_file` that file is read, else `terraform state pull` is run in the folder, so that
    any backend works. Raises UserError for a state that is there and cannot be read, for an emptied file
    beside its backup, and for a folder whose state is where Terraform does not look.
    """
    if state_file is not None:
        content = _read(state_file)
        if content is None:
            return None
        source = str(state_file)
    else:
        content = _pull(terraform)
        if not content.strip():
            refuse_broken_file(terraform, without_backup=False)
            refuse_unseen(terraform)
            return None
        source = "terraform state pull"
    state = parse_state(decode_state(content, source=source), source=source)
    if state.objects or state.deposed:
        return state
    if state_file is None:
        refuse_unseen(terraform)
    return None


def pull_legacy(terraform: Terraform) -> State | None:
    """Return the state of the legacy folder, whole; None when there is none.

    Raises UserError as `load_state` does of a folder.
    """
    state = pull(terraform)
    if state is None:  # an emptied one is what a retirement leaves
        refuse_unseen(terraform)
    return state


def _read(path: Path) -> bytes | None:
    try:
        if path.stat().st_size > MAX_CHARACTERS:
            raise UserError(
                f"{shorten(path)} has {path.stat().st_size} bytes; a state of at most "
                f"{MAX_CHARACTERS} is read. Check that this is the state file."
            )
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise UserError(
            f"{shorten(path)} cannot be read ({reason}); name a readable state file."
        ) from None


def _pull(terraform: Terraform) -> bytes:
    result = terraform.state_pull()
    if result.exit_code != 0 and not is_kept_elsewhere(terraform):
        # A folder that is not initialized, with nothing to ask: its state is a file in it, or it is lost.
        return _read(_local_state(terraform)) or b""
    if result.exit_code != 0:
        refuse_unread(terraform)
        said = one_line(result.stderr.decode("utf-8", "replace").replace("Error:", " "))
        said = said.strip("╷│╵ ").replace("│ ", "")
        raise UserError(
            f"`terraform state pull` failed in {shorten(terraform.folder)}: {shorten(said, limit=200)}. "
            "Run `terraform init` there first, or name a state file."
        )
    return result.stdout


def _local_state(terraform: Terraform) -> Path:
    workspace = selected_workspace(terraform.folder, terraform.environment)
    if workspace == "default":
        return terraform.folder / "terraform.tfstate"
    return terraform.folder / "terraform.tfstate.d" / workspace / "terraform.tfstate"
