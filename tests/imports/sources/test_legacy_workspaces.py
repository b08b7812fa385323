"""A legacy folder with several Terraform workspaces, with a real terraform: none is passed over."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from common.errors import UserError
from imports.record import AdoptionRecord, LegacyOrigin
from imports.retire import Retirement, retire
from imports.sources.terraform_base.legacy_workspaces import workspace_of_record, workspace_to_adopt
from local.emulator import running_emulator
from terraform.cli import Terraform
from terraform.pulled_state import pull
from terraform.state_surgery import managed_addresses
from tests.imports.test_retire import a_record, legacy_state, new_state, s3_backend

DUMMY_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
EMPTY: dict[str, Any] = {**legacy_state(), "resources": [], "outputs": {}}


def a_folder(path: Path, *, selected: str = "default", **states: dict[str, Any]) -> Terraform:
    """A folder with these workspaces and their states, one of them selected."""
    path.mkdir()
    (path / "main.tf").write_text("")
    for name, state in states.items():
        file = path / "terraform.tfstate"
        if name != "default":
            file = path / "terraform.tfstate.d" / name / "terraform.tfstate"
            file.parent.mkdir(parents=True)
        file.write_text(json.dumps({**state, "lineage": f"of-{path.name}-{name}"}))
    terraform = Terraform(folder=path, environment=dict(os.environ))
    if selected != "default":
        terraform.checked("workspace", "select", selected)
    return terraform


def addresses(terraform: Terraform) -> tuple[str, ...]:
    state = pull(terraform)
    return managed_addresses(state.document) if state else ()


def record_of(lineage: str | None) -> AdoptionRecord:
    if lineage is None:
        return a_record(legacy=LegacyOrigin(source="configuration"))
    return a_record(legacy=LegacyOrigin(source="state", lineage=lineage, serial=7))


def retired(
    tmp_path: Path, record: AdoptionRecord, legacy: Terraform, asked: str | None
) -> Retirement:
    here = tmp_path / "here"
    new = Terraform(folder=here, environment=dict(os.environ))
    if not here.exists():
        new = a_folder(here, default=new_state())
    folder = workspace_of_record(legacy, record, asked)
    return retire(
        record,
        folder.chosen,
        new,
        other_workspaces=folder.others,
        backup_folder=tmp_path / "backups",
        acknowledged=True,
        progress=lambda _text: None,
    )


@pytest.mark.terraform
def test_a_folder_with_one_workspace_needs_no_name(tmp_path: Path) -> None:
    legacy = a_folder(tmp_path / "legacy", default=legacy_state())

    assert workspace_to_adopt(legacy, None) is legacy


@pytest.mark.terraform
def test_the_selected_workspace_is_taken_when_no_other_holds_an_object(tmp_path: Path) -> None:
    legacy = a_folder(tmp_path / "legacy", default=EMPTY, prod=legacy_state(), selected="prod")

    assert workspace_to_adopt(legacy, None) is legacy


@pytest.mark.terraform
@pytest.mark.parametrize("default", [EMPTY, legacy_state()])
def test_a_state_in_another_workspace_asks_for_a_name(
    tmp_path: Path, default: dict[str, Any]
) -> None:
    legacy = a_folder(tmp_path / "legacy", default=default, prod=legacy_state())

    with pytest.raises(UserError, match=r"workspaces? (default, )?prod, and default is selected"):
        workspace_to_adopt(legacy, None)


@pytest.mark.terraform
def test_a_named_workspace_is_read_and_the_folders_selection_stays(tmp_path: Path) -> None:
    legacy = a_folder(tmp_path / "legacy", default=EMPTY, prod=legacy_state())

    named = workspace_to_adopt(legacy, "prod")

    assert "aws_db_instance.main" in addresses(named)
    assert addresses(legacy) == ()


@pytest.mark.terraform
def test_a_workspace_that_is_not_there_is_refused_and_not_made(tmp_path: Path) -> None:
    legacy = a_folder(tmp_path / "legacy", default=EMPTY, prod=legacy_state())

    with pytest.raises(UserError, match="no Terraform workspace 'prd': allowed: default, prod"):
        workspace_to_adopt(legacy, "prd")

    assert [path.name for path in (legacy.folder / "terraform.tfstate.d").iterdir()] == ["prod"]


@pytest.mark.terraform
def test_a_workspace_of_the_environment_that_is_not_there_is_refused(tmp_path: Path) -> None:
    legacy = a_folder(tmp_path / "legacy", default=legacy_state())
    astray = Terraform(folder=legacy.folder, environment={**os.environ, "TF_WORKSPACE": "prd"})

    with pytest.raises(UserError, match="no Terraform workspace 'prd'"):
        workspace_to_adopt(astray, None)


@pytest.mark.terraform
def test_the_retirement_finds_the_workspace_that_the_record_came_from(tmp_path: Path) -> None:
    legacy = a_folder(tmp_path / "legacy", default=EMPTY, prod=legacy_state())

    done = retired(tmp_path, record_of("of-legacy-prod"), legacy, None)

    assert "aws_db_instance.main" in done.let_go
    assert addresses(workspace_to_adopt(legacy, "prod")) == ()


@pytest.mark.terraform
def test_a_record_without_a_state_is_not_done_while_a_workspace_owns_the_database(
    tmp_path: Path,
) -> None:
    legacy = a_folder(tmp_path / "legacy", default=EMPTY, prod=legacy_state())

    with pytest.raises(UserError, match=r"workspace prod .* still owns 4 .*`--workspace prod`"):
        retired(tmp_path, record_of(None), legacy, None)

    done = retired(tmp_path, record_of(None), legacy, "prod")
    assert "aws_db_instance.main" in done.let_go
    assert retired(tmp_path, record_of(None), legacy, None).let_go == ()


@pytest.mark.terraform
def test_a_second_workspace_that_owns_the_same_objects_is_named_before_anything_is_written(
    tmp_path: Path,
) -> None:
    legacy = a_folder(tmp_path / "legacy", default=legacy_state(), copy=legacy_state())

    with pytest.raises(UserError, match=r"workspace copy .* `TF_WORKSPACE=copy terraform state rm"):
        retired(tmp_path, record_of("of-legacy-default"), legacy, None)

    assert "aws_db_instance.main" in addresses(legacy)


@pytest.mark.terraform
def test_an_emptied_state_of_another_workspace_is_not_taken_for_none(tmp_path: Path) -> None:
    legacy = a_folder(tmp_path / "legacy", default=EMPTY, prod=legacy_state())
    (legacy.folder / "terraform.tfstate.d" / "prod" / "terraform.tfstate").write_text("")

    with pytest.raises(UserError, match=r"prod/terraform\.tfstate is empty"):
        workspace_to_adopt(legacy, None)
    with pytest.raises(UserError, match=r"prod/terraform\.tfstate is empty"):
        retired(tmp_path, record_of(None), legacy, None)


@pytest.mark.integration
def test_workspaces_in_s3_are_found_below_their_own_prefix(tmp_path: Path) -> None:
    with running_emulator() as emulator:
        emulator.client("s3").create_bucket(Bucket="states")
        settings = s3_backend(emulator.url, "base").replace(
            '    key = "base"', '    key = "base"\n    workspace_key_prefix = "ours"'
        )
        folder = tmp_path / "legacy"
        folder.mkdir()
        (folder / "main.tf").write_text(settings)
        legacy = Terraform(
            folder=folder, environment={**os.environ, **emulator.environment, **DUMMY_KEYS}
        )
        legacy.initialize()
        legacy.checked("workspace", "new", "prod")
        legacy.checked("state", "push", "-", stdin=json.dumps(legacy_state()))
        legacy.checked("workspace", "select", "default")

        with pytest.raises(UserError, match="a state in the workspace prod, and default is"):
            workspace_to_adopt(legacy, None)
        with pytest.raises(UserError, match=r"workspace prod .* still owns 4"):
            retired(tmp_path, record_of(None), legacy, None)


@pytest.mark.terraform
def test_no_init_is_advised_that_would_leave_opentofu_s_backend(tmp_path: Path) -> None:
    legacy = a_folder(tmp_path / "legacy")
    (legacy.folder / "backend.tofu").write_text('terraform {\n  backend "s3" {}\n}\n')
    (legacy.folder / ".terraform").mkdir()
    noted = {"version": 3, "backend": {"type": "s3", "config": {"bucket": "acme"}, "hash": 1}}
    (legacy.folder / ".terraform" / "terraform.tfstate").write_text(json.dumps(noted))

    with pytest.raises(UserError, match="OpenTofu alone reads it"):
        workspace_to_adopt(legacy, None)
