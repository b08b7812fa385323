"""What becomes of a local state file that a killed Terraform has truncated, where a command can go on."""

import json
from pathlib import Path

import pytest

from terraform.pulled_state import put_back_broken_file

WHOLE = {"version": 4, "lineage": "a", "serial": 3, "terraform_version": "1.11.4", "resources": []}


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    """The state file of a folder with a local backend."""
    (tmp_path / "cdk.tf.json").write_text(
        json.dumps({"terraform": {"backend": {"local": {"path": "here.tfstate"}}}})
    )
    return tmp_path / "here.tfstate"


def test_a_whole_file_stays(state_file: Path) -> None:
    state_file.write_text(json.dumps(WHOLE))

    assert put_back_broken_file(state_file.parent) is None
    assert json.loads(state_file.read_text()) == WHOLE


@pytest.mark.parametrize("left", ["", '{"version": 4, "resou'])
def test_a_truncated_file_is_put_back_from_its_backup(state_file: Path, left: str) -> None:
    state_file.write_text(left)
    state_file.with_name("here.tfstate.backup").write_text(json.dumps(WHOLE))

    told = put_back_broken_file(state_file.parent)

    assert told is not None
    assert told.endswith("put back from here.tfstate.backup")
    assert json.loads(state_file.read_text()) == WHOLE
    assert state_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("backup", [None, "", "{}"])
def test_without_a_whole_backup_it_is_set_aside(state_file: Path, backup: str | None) -> None:
    state_file.write_text('{"version": 4, "resou')
    if backup is not None:
        state_file.with_name("here.tfstate.backup").write_text(backup)

    told = put_back_broken_file(state_file.parent)

    assert told is not None
    assert not state_file.exists()
    assert state_file.with_name("here.tfstate.truncated").read_text() == '{"version": 4, "resou'
