"""What `terraform init` and `terraform workspace` have left in a folder."""

from collections.abc import Mapping
from pathlib import Path


def data_folder(folder: Path, environment: Mapping[str, str]) -> Path:
    """Return where Terraform keeps what it has installed and noted for a folder."""
    return folder / (environment.get("TF_DATA_DIR") or ".terraform")


def selected_workspace(folder: Path, environment: Mapping[str, str]) -> str:
    """Return the name of the workspace that Terraform would work in."""
    if environment.get("TF_WORKSPACE"):
        return environment["TF_WORKSPACE"]
    try:
        noted = (data_folder(folder, environment) / "environment").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return "default"
    return noted.strip() or "default"
