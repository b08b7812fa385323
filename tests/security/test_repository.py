"""What `make check` asks two programs of others about the files of this project."""

import subprocess
from pathlib import Path

import pytest

from security import repository
from security.exceptions import read_exceptions
from security.repository import secret_failures, workflow_failures
from terraform.workspace import BACKUPS

# Taken apart, or this file would be found.
KEY = "AKIA" + "Z3MSJV5YPQX2TLQA"


def test_a_workflow_that_keeps_its_token_and_names_a_tag_is_found(tmp_path: Path) -> None:
    workflow = tmp_path / "workflow.yml"
    workflow.write_text(
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v4\n"
    )

    found = {each.check for each in workflow_failures(str(workflow))}

    assert {"artipacked", "unpinned-uses"} <= found


def test_a_key_is_found_again_in_a_file_that_has_not_changed(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(f"the key\n{KEY}\n")

    first, again = secret_failures(tmp_path), secret_failures(tmp_path)

    assert [(each.check, each.resource, each.what) for each in first] == [
        ("AWSAccessKey", "notes.md", "line 2")
    ]
    assert again == first


def test_a_key_in_a_file_that_has_changed_is_found(tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("nothing yet\n")
    assert secret_failures(tmp_path) == []

    notes.write_text(KEY)

    assert [each.resource for each in secret_failures(tmp_path)] == ["notes.md"]


def test_a_file_that_has_not_changed_is_not_asked_about_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.md").write_text(KEY)
    found = secret_failures(tmp_path)

    monkeypatch.setenv("PATH", "")

    assert secret_failures(tmp_path) == found


def test_what_git_ignores_is_not_looked_at(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("/kept/\n")
    (tmp_path / "kept").mkdir()
    for name in ("kept/notes.md", "notes.md"):
        (tmp_path / name).write_text(KEY)

    assert [each.resource for each in secret_failures(tmp_path)] == ["notes.md"]


@pytest.mark.parametrize("name", ["terraform.atomic-dev.tfstate", "a.tfstate.backup"])
def test_a_state_is_not_looked_at_where_there_is_no_git(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(KEY)

    assert secret_failures(tmp_path) == []


def test_git_takes_no_backup_of_an_adoption_which_holds_secrets() -> None:
    assert f"/{BACKUPS}/" in (repository.PROJECT / ".gitignore").read_text().splitlines()


def test_what_a_person_writes_is_looked_at() -> None:
    texts = {
        path.relative_to(repository.PROJECT).as_posix()
        for path in repository._texts(repository.PROJECT, repository.PROJECT)
    }

    assert {"stages/prod.toml", "README.md", ".github/workflows/check.yml", "activate"} <= texts


@pytest.mark.parametrize(("tool", "most"), [("zizmor", 5), ("prowler", 20), ("detect-secrets", 1)])
def test_a_tool_has_few_exceptions(tool: str, most: int) -> None:
    assert len(read_exceptions(tool=tool)) <= most  # type: ignore[arg-type]  # from a table
