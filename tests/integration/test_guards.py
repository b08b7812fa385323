"""A stage that retains its data, deployed: what Terraform refuses by itself, and what the gate stops."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.cdktf import Cdktf
from local.emulator import PROJECT, Emulator
from tests.answer import Answer
from tests.contract import json_keys
from tests.integration.conftest import write_stage

pytestmark = pytest.mark.integration

STACK = "atomic-kept"
DATABASE = "aws_db_instance.main"
STAGE = 'phase = "foundation"\nretain_data = true\n'
# An attribute that no database can change in place.
RENAMED = '[database]\nname = "another"\n'
OTHER_ENGINE = '[database]\nengine = "aurora-serverless-v2"\n'


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The stage, of which the database and all that it needs stand."""

    cdktf: Cdktf
    stages: Path
    emulator: Emulator

    def change(self, text: str) -> None:
        """Add `text` to the stage file."""
        write_stage(self.stages, "kept", STAGE + text)

    def gate(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """The gate's exit code and its JSON."""
        said = self.ops("gate", "--json", *arguments)
        assert said.text, said.errors
        return said.code, json.loads(said.text)

    def ops(self, *arguments: str) -> Answer:
        """What `python -m ops ARGUMENTS --stage kept` says."""
        finished = subprocess.run(
            [sys.executable, "-m", "ops", *arguments, "--stage", "kept"],
            cwd=PROJECT,
            env={
                **self.cdktf.process_environment(),
                "CDKTF_OUTDIR": str(self.cdktf.outdir),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        json_keys.check("ops", arguments, finished.stdout)
        return Answer(code=finished.returncode, text=finished.stdout, errors=finished.stderr)


@pytest.fixture(scope="module")
def deployed(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("kept")
    stages = write_stage(folder / "stages", "kept", STAGE)
    environment = {**emulator.environment, "ATOMIC_STAGES_DIR": str(stages)}
    cdktf = Cdktf(folder=folder, environment=environment)
    cdktf.run("diff", STACK)
    applied = cdktf.terraform(STACK, "apply", "-auto-approve", f"-target={DATABASE}")
    assert applied.returncode == 0, applied.stderr
    return Kept(cdktf=cdktf, stages=stages, emulator=emulator)


@pytest.fixture
def kept(deployed: Kept) -> Iterator[Kept]:
    """The stage, with its file as it was at first."""
    deployed.change("")
    yield deployed
    deployed.change("")


def losses(judgement: dict[str, Any]) -> dict[str, tuple[str, str, bool]]:
    return {
        loss["address"]: (loss["would_be"], loss["because"], loss["allowed"])
        for loss in judgement["losses"]
    }


def test_terraform_refuses_to_replace_the_database(kept: Kept) -> None:
    kept.change(RENAMED)

    kept.cdktf.run("synth")
    refused = kept.cdktf.terraform(STACK, "apply", "-auto-approve", "-no-color")

    assert refused.returncode == 1
    assert "Instance cannot be destroyed" in refused.stderr
    assert "in resource.aws_db_instance" in refused.stderr
    (database,) = kept.emulator.client("rds").describe_db_instances(
        DBInstanceIdentifier="atomic-kept-rds-postgres"
    )["DBInstances"]
    assert database["DBName"] == "atomicdb"


def test_the_gate_says_which_attribute_would_replace_it(kept: Kept) -> None:
    kept.change(RENAMED)

    code, judgement = kept.gate()

    assert code == 2
    assert losses(judgement) == {DATABASE: ("replaced", "of a change of db_name", False)}


def test_the_report_shows_what_terraform_refuses_to_replace(kept: Kept, tmp_path: Path) -> None:
    kept.change(RENAMED)

    said = kept.ops("report", "--out", str(tmp_path / "report.html"))

    assert said.code == 2, said.errors
    page = (tmp_path / "report.html").read_text()
    assert DATABASE in page[page.index('id="danger"') :]
    assert "Terraform could not finish this plan" in page
    assert 'id="cost"' not in page


def test_only_the_gate_stops_a_database_that_is_no_longer_configured(kept: Kept) -> None:
    kept.change(OTHER_ENGINE)

    assert "will be destroyed" in kept.cdktf.run("diff", STACK)  # Terraform says nothing against it
    code, judgement = kept.gate()

    assert code == 2
    assert losses(judgement) == {DATABASE: ("destroyed", "it is no longer configured", False)}


def test_leave_on_the_command_line_opens_the_gate_for_it(kept: Kept) -> None:
    kept.change(OTHER_ENGINE)

    code, judgement = kept.gate("--allow", DATABASE)

    assert code == 0
    assert losses(judgement) == {DATABASE: ("destroyed", "it is no longer configured", True)}


def test_an_unchanged_stage_loses_nothing(kept: Kept) -> None:
    code, judgement = kept.gate()

    assert (code, judgement["losses"]) == (0, [])


# The last one: the database has lost its protection afterwards.
@pytest.mark.nightly
def test_a_database_named_in_the_stage_file_may_be_replaced(kept: Kept) -> None:
    named = f'allow_destroy = ["{DATABASE}"]\n'
    kept.change(named)
    kept.cdktf.run("synth")
    applied = kept.cdktf.terraform(STACK, "apply", "-auto-approve", f"-target={DATABASE}")
    assert applied.returncode == 0, applied.stderr
    (database,) = kept.emulator.client("rds").describe_db_instances(
        DBInstanceIdentifier="atomic-kept-rds-postgres"
    )["DBInstances"]
    assert database["DeletionProtection"] is False

    kept.change(named + RENAMED)
    code, judgement = kept.gate()
    kept.cdktf.run("synth")
    applied = kept.cdktf.terraform(STACK, "apply", "-auto-approve", f"-target={DATABASE}")

    assert code == 0
    assert losses(judgement) == {DATABASE: ("replaced", "of a change of db_name", True)}
    assert applied.returncode == 0, applied.stderr
    (database,) = kept.emulator.client("rds").describe_db_instances(
        DBInstanceIdentifier="atomic-kept-rds-postgres"
    )["DBInstances"]
    assert database["DBName"] == "another"
