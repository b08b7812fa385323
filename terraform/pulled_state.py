"""The state of a folder, whatever its backend: pulled, and put in place anew."""

import json
import shlex
from pathlib import Path
from typing import Any

from common.errors import UserError, listed
from common.files import replace_file
from common.progress import Progress
from terraform.cli import Terraform, error_summary
from terraform.initialized import selected_workspace
from terraform.state import Document, State, dump_document, parse_state
from terraform.state_file import local_state_file
from terraform.state_lock import (
    local_lock,
    lost_state,
    read_between_writes,
    whole_backup,
)
from terraform.state_surgery import differences

# A terraform that outlived its killed parent finishes its push within this time.
_LOCK_TIMEOUT = "-lock-timeout=20s"
# What Terraform notes beside a state that it locks for a push.
_PUSH = "state-push"


def content(state: State | None) -> dict[str, Any] | None:
    """Return the document of a state, if there is one."""
    return None if state is None else state.document


def pull(terraform: Terraform) -> State | None:
    """Return the state of a folder, whatever its backend; None when there is none.

    Raises UserError when it cannot be read, as after a local state file was truncated.
    """
    result = terraform.state_pull()
    text = result.stdout.decode("utf-8", "replace")
    if result.exit_code or not text.strip():
        refuse_broken_file(terraform)
        # It may have been read in the middle of a write that is done now.
        result = terraform.state_pull()
        text = result.stdout.decode("utf-8", "replace")
    if result.exit_code:
        raise UserError(
            f"the state of {terraform.folder} cannot be pulled: "
            f"{error_summary(result.stderr.decode('utf-8', 'replace'))}"
        )
    if not text.strip() or _is_of_nothing(text):
        return None
    state = parse_state(text, source=f"the state of {terraform.folder}")
    _ = state.document  # refuses a number that could not be pushed back
    return state


def pulled_document(terraform: Terraform) -> dict[str, Any]:
    """Return all of the state of a folder as JSON; empty when there is none."""
    return content(pull(terraform)) or {}


def _is_of_nothing(text: str) -> bool:
    """Return whether this is what Terraform prints of a remote state that has never existed."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and (
        (document.get("lineage"), document.get("serial")) == ("", 0)
        and not document.get("resources")
    )


def push(
    terraform: Terraform, document: Document, *, backup: Path | None, is_first: bool = False
) -> State:
    """Put a new version of a state in place, under Terraform's lock, and return what it is then.

    `is_first`: there is none yet. Terraform draws the lineage of a first remote state itself, whatever it is
    given.
    Terraform refuses a version that is not newer than the one it has: nobody's change in the meantime is
    lost. Raises UserError then, and when the state is not what was pushed.
    """
    # By standard input: the state holds secrets, and needs no file of its own.
    terraform.checked(
        "state", "push", "-no-color", _LOCK_TIMEOUT, "-", stdin=dump_document(document)
    )
    after = pull(terraform)
    if after is None:
        wrong: tuple[str, ...] = ("all of it",)
    else:
        wrong = differences(document, after.document)
    if after is None or wrong or not (is_first or after.lineage == document["lineage"]):
        saved = f"; the state as it was is in {backup}" if backup else ""
        raise UserError(
            f"the state of {terraform.folder} is not as it was pushed, it differs in "
            f"{listed(wrong) or 'its lineage'}: find out who else writes to it{saved}"
        )
    return after


def refuse_broken_file(terraform: Terraform, *, without_backup: bool = True) -> None:
    """Raise UserError where the folder's local state file is empty or truncated, with the way back.

    `without_backup`: also where nothing is there to put back.
    """
    path = _broken_state_file(terraform)
    backup = whole_backup(path) if path else None
    if path and backup:
        raise UserError(
            f"{lost_state(path)}: run `cp {shlex.quote(str(backup))} {shlex.quote(str(path))}`, then the "
            "same command again"
        )
    if path and without_backup:
        raise UserError(
            f"the state file {path} is empty or truncated, and {path.name}.backup beside it holds no state: "
            "bring a backup of the state there, then run the same command again"
        )


def put_back_pushed(terraform: Terraform, progress: Progress) -> None:
    """Put back a local state file that a killed `terraform state push` has truncated, and say so.

    A push changes nothing but the state, so that the one before it is the whole truth.
    """
    path = _broken_state_file(terraform)
    lock = local_lock(path) if path else None
    if path and lock and lock.operation == _PUSH and whole_backup(path):
        progress(_put_back(path))


def put_back_broken_file(folder: Path) -> str | None:
    """Put a backup in the place of a truncated local state file, and say so; without one, set it aside.

    For commands that bring everything back that the file may have held: others have to refuse.
    """
    path = broken_state_file(folder)
    return _put_back(path) if path else None


def _put_back(path: Path) -> str:
    backup = path.with_name(f"{path.name}.backup")
    try:
        text = backup.read_text(encoding="utf-8")
        parse_state(text, source=str(backup))
    except (OSError, ValueError, UserError):
        aside = path.with_name(f"{path.name}.truncated")
        path.replace(aside)
        return f"{path.name} was truncated when Terraform was killed: set aside as {aside.name}"
    replace_file(path, text, mode=0o600)
    return f"{path.name} was truncated when Terraform was killed: put back from {backup.name}"


def _broken_state_file(terraform: Terraform) -> Path | None:
    workspace = selected_workspace(terraform.folder, terraform.environment)
    return broken_state_file(terraform.folder, workspace)


def broken_state_file(folder: Path, workspace: str = "default") -> Path | None:
    """Return the folder's local state file if it is empty or truncated; None when it is well or absent.

    Raises UserError while a Terraform that lives is still to write it.
    """
    # Terraform empties a local state file before it writes it, and takes an empty one for no state at all.
    path = local_state_file(folder, workspace)
    if path is None:
        return None
    try:
        json.loads(read_between_writes(path))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        lock = local_lock(path)
        if lock and lock.may_live:
            raise UserError(f"{lock.text}: {lock.remedy(folder)}") from None
        return path
    return None
