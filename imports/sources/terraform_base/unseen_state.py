"""Where a folder says that its state is, in files that Terraform does not read.

A state that is lost may be looked for in AWS. One that is only not seen still owns all of it.
"""

from pathlib import Path
from typing import Final

from common.errors import UserError
from imports.sources.terraform_base.declared import read_declared
from terraform.cli import Terraform
from terraform.initialized import data_folder

_OPENTOFU: Final = ("*.tofu", "*.tofu.json")
_TERRAGRUNT: Final = ("terragrunt.hcl", "terragrunt.hcl.json", ".terragrunt-cache")
_BACKEND_SETTINGS: Final = ("*.tfbackend",)
_STATES: Final = ("*.tfstate",)
_OWN: Final = "terraform.tfstate"


def is_kept_elsewhere(terraform: Terraform) -> bool:
    """Return whether a backend, or what an initialization has noted of one, says where the state is."""
    noted = data_folder(terraform.folder, terraform.environment) / "terraform.tfstate"
    return read_declared(terraform.folder).keeps_state_elsewhere or noted.exists()


def refuse_unseen(terraform: Terraform) -> None:
    """Raise UserError where the folder, in which Terraform has found no state, says that there is one."""
    folder = terraform.folder
    refuse_unread(terraform)
    if not folder.is_dir() or is_kept_elsewhere(terraform):
        return
    if file := _first(folder, _TERRAGRUNT):
        raise UserError(
            f"{file}: Terragrunt says where the state of {folder} is, and Terraform sees "
            "none there: name with --legacy the folder that `terragrunt init` made, where backend.tf is "
            f"(often below .terragrunt-cache); if the state is lost, move {file.name} aside first"
        )
    if file := _first(folder, _BACKEND_SETTINGS):
        raise UserError(
            f"{file}: it says where a backend keeps the state, and no *.tf file of the folder has a "
            f"backend block: write one there, and run `terraform init -backend-config={file.name}`; if the "
            f"state is lost, move {file.name} aside first"
        )
    if file := _first(folder, _STATES):
        raise UserError(
            f"{file}: Terraform reads {_OWN} alone, and there is no state in it: copy {file.name} "
            f"there if it is the state of this folder, or move it aside"
        )


def refuse_unread(terraform: Terraform) -> None:
    """Raise UserError where the folder has OpenTofu's own files, and the Terraform in use is not that."""
    file = _first(terraform.folder, _OPENTOFU)
    if file is None or terraform("version").stdout.startswith(b"OpenTofu"):
        return
    raise UserError(
        f"{file}: OpenTofu alone reads it, and the Terraform in use finds no state in "
        f"{terraform.folder}: use OpenTofu (TERRAFORM_BINARY_NAME=tofu), or write the backend block "
        "in a *.tf file too and run `terraform init` there"
    )


def _first(folder: Path, patterns: tuple[str, ...]) -> Path | None:
    found = (path for pattern in patterns for path in folder.glob(pattern) if path.name != _OWN)
    return min(found, default=None)
