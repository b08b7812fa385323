"""The Terraform workspaces of a legacy folder: each has a state of its own, and any of them may own objects.

Terraform itself lists and reads them, so that it is the same for every backend. The folder's own selection
is never changed: a run names its workspace in its environment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from common.errors import UserError, listed
from imports.record import AdoptionRecord
from imports.sources.terraform_base.unseen_state import refuse_unread
from terraform.cli import Terraform, error_summary
from terraform.pulled_state import pull
from terraform.state import State
from terraform.state_surgery import managed_addresses

_VARIABLE: Final = "TF_WORKSPACE"
_UNSUPPORTED: Final = "workspaces not supported"


@dataclass(frozen=True, kw_only=True)
class LegacyFolder:
    """Terraform in the workspace of a legacy folder that is meant, and in every other by name."""

    chosen: Terraform
    others: Mapping[str, Terraform]


def workspace_to_adopt(terraform: Terraform, asked: str | None) -> Terraform:
    """Terraform in the workspace `asked`, or in the only one with a state.

    Raises UserError, with the workspaces that hold a state, when it has to be named.
    """
    names, selected = _workspaces(terraform)
    if asked is not None:
        return _in(terraform, _known(terraform, names, asked))
    if names in ((), (selected,)):
        return terraform
    holding = [name for name in names if _holds_objects(pull(_in(terraform, name)))]
    if holding and holding != [selected]:
        raise UserError(
            f"{terraform.folder} has a state in the workspace{'s' if len(holding) > 1 else ''} "
            f"{', '.join(holding)}, and {selected} is selected: name the one to adopt with --workspace"
        )
    return terraform


def workspace_of_record(
    terraform: Terraform, record: AdoptionRecord, asked: str | None
) -> LegacyFolder:
    """Return the workspace `asked`, else the one that the record was made from, else the selected one.

    Raises UserError for a workspace that is not there, or that cannot be read.
    """
    names, selected = _workspaces(terraform)
    if asked is None and len(names) > 1 and record.legacy.lineage is not None:
        states = {name: pull(_in(terraform, name)) for name in names}
        matching = [
            name
            for name, state in states.items()
            if state is not None and state.lineage == record.legacy.lineage
        ]
        asked = matching[0] if len(matching) == 1 else None
    name = selected if asked is None else _known(terraform, names, asked)
    return LegacyFolder(
        chosen=terraform if name == selected else _in(terraform, name),
        others={other: _in(terraform, other) for other in names if other != name},
    )


def _holds_objects(state: State | None) -> bool:
    return state is not None and bool(managed_addresses(state.document))


def _workspaces(terraform: Terraform) -> tuple[tuple[str, ...], str]:
    """Return the names of all workspaces (none where the backend has none) and the selected one's."""
    environment = {key: value for key, value in terraform.environment.items() if key != _VARIABLE}
    result = replace(terraform, environment=environment)("workspace", "list", "-no-color")
    if result.exit_code:
        said = error_summary(result.stderr.decode("utf-8", "replace"))
        if _UNSUPPORTED in said:
            return (), ""
        refuse_unread(terraform)
        raise UserError(
            f"`terraform workspace list` failed in {terraform.folder}: {said}: run `terraform init` there "
            "first, or name a state file"
        )
    lines = [line for line in result.stdout.decode("utf-8", "replace").splitlines() if line.strip()]
    names = tuple(line[2:].strip() for line in lines)
    starred = [line[2:].strip() for line in lines if line.startswith("*")]
    selected = terraform.environment.get(_VARIABLE) or (starred[0] if starred else "default")
    # Terraform makes a workspace of a name that it is given and does not know.
    return names, _known(terraform, names, selected)


def _known(terraform: Terraform, names: tuple[str, ...], asked: str) -> str:
    if asked not in names:
        raise UserError(
            f"{terraform.folder} has no Terraform workspace {asked!r}: allowed: {listed(names, limit=20)}"
        )
    return asked


def _in(terraform: Terraform, name: str) -> Terraform:
    return replace(terraform, environment={**terraform.environment, _VARIABLE: name})
