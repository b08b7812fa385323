"""Where Terraform keeps a state in a file. Standard library alone: each cdktf command reads it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# In a stack's folder: the run that was interrupted while it asked AWS for something, as its process noted it.
CUT_SHORT = Path(".terraform") / "cut-short.json"


def local_state_file(folder: Path, workspace: str = "default") -> Path | None:
    """Return the state file of a folder that terraform works in; None where the state is elsewhere."""
    name = "terraform.tfstate"
    try:
        type_, settings = _backend(folder)
        if type_ != "local":
            return None
        path, others = settings.get("path") or name, settings.get("workspace_dir")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        path, others = name, None
    if workspace == "default":
        return folder / path
    return folder / (others or "terraform.tfstate.d") / workspace / name


def lock_info_path(state_file: Path) -> Path:
    """Return where Terraform writes who holds the lock of a state in a file."""
    return state_file.with_name(f".{state_file.name}.lock.info")


def _backend(folder: Path) -> tuple[str, Mapping[str, Any]]:
    """Return what the folder was initialized with; before that, what a synthesized stack says."""
    initialized = folder / ".terraform" / "terraform.tfstate"
    if initialized.exists():
        backend = json.loads(initialized.read_text())["backend"]
        return backend["type"], backend["config"]
    synthesized = json.loads((folder / "cdk.tf.json").read_text())
    ((type_, settings),) = synthesized["terraform"]["backend"].items()
    return type_, settings
