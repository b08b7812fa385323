"""What Terraform would destroy in the legacy folder is named, with what saves it, and never with an apply."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imports import __main__ as command_line
from local.emulator import Emulator, running_emulator
from local.legacy import BASE
from tests.answer import Answer
from tests.imports.records import REGION, STAGE, STATE_FILE

DATABASE = ("aws_db_instance", "main")
SUBNET = ("aws_subnet", "public")
RELEASED = ("random_password", "db_master_password")


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with running_emulator() as running:
        yield running


def inventory(
    folder: Path,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    **marked: Any,
) -> Answer:
    """The inventory of the base, whose state marks one resource's first instance like this."""
    state = json.loads(STATE_FILE.read_text())
    kind, name = marked.pop("of")
    (resource,) = (
        item for item in state["resources"] if (item["type"], item["name"]) == (kind, name)
    )
    if "deposed" in marked:
        resource["instances"].append({**resource["instances"][0], **marked})
    else:
        resource["instances"][0] |= marked
    legacy, stages = folder / "legacy", folder / "stages"
    shutil.copytree(BASE, legacy)
    stages.mkdir()
    (legacy / "terraform.tfstate").write_text(json.dumps(state))
    for key, value in {
        **emulator.environment,
        "ATOMIC_STAGES_DIR": str(stages),
        "AWS_REGION": REGION,
    }.items():
        monkeypatch.setenv(key, value)
    arguments = ["inventory", "--stage", STAGE, "--legacy", str(legacy)]
    monkeypatch.setattr(sys, "argv", ["python -m imports", *arguments])
    with pytest.raises(SystemExit) as caught:
        command_line.main()
    said = capsys.readouterr()
    return Answer(code=int(caught.value.code or 0), text=said.out, errors=said.err)


@pytest.mark.parametrize(
    ("of", "address"),
    [(DATABASE, "aws_db_instance.main"), (SUBNET, "'aws_subnet.public[0]'")],
)
@pytest.mark.jsii
def test_a_tainted_object_blocks_and_is_to_be_untainted(
    tmp_path: Path,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    of: tuple[str, str],
    address: str,
) -> None:
    answer = inventory(tmp_path, emulator, monkeypatch, capsys, of=of, status="tainted")

    assert answer.code == 2
    (line,) = (line for line in answer.text.splitlines() if line.startswith("BLOCKED "))
    assert f"`terraform untaint {address}`" in line
    assert "so run none" in line
    assert "1 to mend: nothing was written" in answer.text
    assert list((tmp_path / "stages").iterdir()) == []


@pytest.mark.jsii
def test_a_tainted_password_is_released_and_still_to_be_untainted(
    tmp_path: Path,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A tainted random password would change the database's at the next apply."""
    answer = inventory(tmp_path, emulator, monkeypatch, capsys, of=RELEASED, status="tainted")

    assert answer.code == 2
    assert "BLOCKED random_password.db_master_password: it is tainted" in answer.text
    assert list((tmp_path / "stages").iterdir()) == []
