"""A stage that the version before has adopted and retired: its states, its record, its backup.

No object of it stands: what is read and written here are states alone.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.emulator import running_emulator
from local.legacy import legacy_base
from terraform.pulled_state import pulled_document
from tests.contract.tables import V0
from tests.integration.story import STACK, Story

pytestmark = pytest.mark.integration

BACKUPS = V0 / "adoption-backups"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Everything where that version left it; the tests of this module play on in their order."""
    folder = tmp_path_factory.mktemp("before")
    shutil.copytree(V0 / "stages", folder / "stages")
    shutil.copytree(BACKUPS, folder / BACKUPS.name)
    shutil.copy(V0 / f"terraform.{STACK}.tfstate", folder)
    with running_emulator() as emulator:
        legacy = legacy_base(folder / "legacy", emulator, environment=os.environ)
        shutil.copy(V0 / "legacy" / "terraform.tfstate", legacy.folder)
        yield Story(emulator=emulator, legacy=legacy, folder=folder)


def test_the_stage_alone_owns_what_was_adopted(story: Story) -> None:
    owners = json.loads(story.imports("status", *story.from_legacy, "--json").text)

    assert {(each["holder"], each["mismatch"]) for each in owners} == {("here", None)}
    assert len(owners) == 46


def test_what_has_let_go_has_nothing_more_to_let_go_of(story: Story) -> None:
    answer = story.imports("retire", *story.from_legacy, "--json")

    assert answer.code == 0, answer.errors
    done = json.loads(answer.text)
    (backup,) = BACKUPS.glob("*.tfstate")
    assert done["let_go"] == []
    assert Path(done["backup"]["path"]).name == backup.name
    assert f"{done['backup']['sha256']}  {backup.name}\n" == (
        backup.with_name(f"{backup.name}.sha256").read_text()
    )


def test_the_backup_brings_everything_back(story: Story) -> None:
    answer = story.imports("rollback", *story.from_legacy, "--json")

    assert answer.code == 0, answer.errors
    done = json.loads(answer.text)
    assert (len(done["restored"]), len(done["forgotten"])) == (57, 46)
    (backup,) = BACKUPS.glob("*.tfstate")
    assert _instances(pulled_document(story.legacy)) == _instances(json.loads(backup.read_text()))
    assert story.held() == {}


def _instances(state: dict[str, Any]) -> dict[str, Any]:
    return {
        ".".join((each.get("module", ""), each["mode"], each["type"], each["name"])): each[
            "instances"
        ]
        for each in state["resources"]
    }
