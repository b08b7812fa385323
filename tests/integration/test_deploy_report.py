"""The report on a stage that stands, by a plan of its own and by plans that terraform wrote.

Beside the tests that read this deployment, and before doctor's, which leave it like what it was but not the
same (pytest keeps the order).
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.emulator import PROJECT
from security.secrets_scan import secret_parts, stored_values
from tests.answer import Answer
from tests.integration.conftest import Deployment, write_stage
from tests.stages import STAGES_DIR

pytestmark = pytest.mark.integration

# RDS gives another user only to another database.
OTHER_USER = ("[database]\n", '[database]\nmaster_username = "somebody"\n')


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where reports on the deployed dev are written, with an output folder of its own."""

    dev: Deployment
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.dev.cdktf.process_environment(),
            "ATOMIC_STAGES_DIR": str(self.folder / "stages"),
            "CDKTF_OUTDIR": str(self.folder / "cdktf.out"),
        }

    @property
    def page(self) -> str:
        return (self.folder / "report.html").read_text()

    @property
    def text(self) -> str:
        return (self.folder / "comment.md").read_text()

    def write(self, before: str = "", after: str = "") -> None:
        """Let the stage file say what is deployed, but for what stands in place of `before`."""
        text = (STAGES_DIR / "dev.toml").read_text()
        assert before in text
        write_stage(self.folder / "stages", "dev", text.replace(before, after, 1))

    def report(self, *arguments: str | Path) -> Answer:
        """Run `python -m ops report ARGUMENTS`."""
        files = ("--out", self.folder / "report.html", "--markdown", self.folder / "comment.md")
        command = ("report", "--stage", "dev", *files, *arguments)
        finished = subprocess.run(
            [sys.executable, "-m", "ops", *map(str, command)],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Answer(code=finished.returncode, text=finished.stdout, errors=finished.stderr)

    def terraform(self, *arguments: str | Path) -> str:
        """Run terraform in the stack's folder, which a report has synthesized."""
        finished = subprocess.run(
            ["terraform", *map(str, arguments)],
            cwd=self.folder / "cdktf.out" / "stacks" / self.dev.stack,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout


@pytest.fixture
def desk(dev: Deployment, tmp_path: Path) -> Desk:
    return Desk(dev=dev, folder=tmp_path)


def test_a_stage_that_stands_as_it_is_written_has_nothing_to_report(desk: Desk) -> None:
    desk.write()

    answer = desk.report()

    assert answer.code == 0, answer.errors
    assert re.match(r"\d+ unchanged; \*\*\+0.00 USD\*\* ", desk.text.splitlines()[2])


def test_the_same_plan_is_reported_alike_however_it_comes(desk: Desk) -> None:
    desk.write(*OTHER_USER)

    own = desk.report()
    by_own_plan = desk.text
    desk.terraform("plan", "-input=false", f"-out={desk.folder / 'dev.tfplan'}")
    binary = desk.report("--plan", desk.folder / "dev.tfplan")
    by_plan_file = desk.text
    shown = desk.terraform("show", "-json", desk.folder / "dev.tfplan")
    (desk.folder / "dev.json").write_text(shown)
    in_json = desk.report("--plan", desk.folder / "dev.json")

    assert [each.code for each in (own, binary, in_json)] == [2, 2, 2], own.errors + binary.errors
    assert "`aws_db_instance.main` would be **replaced**" in by_own_plan
    assert "Because of `username`" in by_own_plan
    told = [each.partition("looked at: ") for each in (by_own_plan, by_plan_file, desk.text)]
    assert told[0][0] == told[1][0] == told[2][0]
    assert ["the plan in" in premises for _, _, premises in told] == [False, True, True]


def test_a_report_of_its_own_plan_shows_no_password(desk: Desk) -> None:
    desk.write(*OTHER_USER)

    desk.report()

    stored = stored_values(desk.dev.client("secretsmanager"), desk.dev.outputs)
    # What other tests have set are words of the language, which the page has too.
    drawn = {name: value for name, value in secret_parts(stored).items() if len(value) >= 16}
    assert {"rds-master-credentials:password", "hasura-jwt-secret:key"} <= drawn.keys()
    assert [name for name, value in drawn.items() if value in desk.page + desk.text] == []


def test_a_file_that_only_begins_like_a_plan_is_refused(desk: Desk) -> None:
    desk.write()
    broken = desk.folder / "dev.tfplan"
    broken.write_bytes(b"PK\x03\x04 and no more")

    answer = desk.report("--plan", broken)

    assert (answer.code, answer.text) == (1, "")
    assert answer.errors.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in answer.errors
    assert not (desk.folder / "report.html").exists()
