"""`python -m ops report`, as a person or a pipeline runs it."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from common.errors import UserError
from imports.sources.terraform_base.mapping import SHARED_ROLES
from ops.__main__ import app
from ops.verdicts import planning
from terraform.cli import Terraform
from terraform.plan import Plan
from terraform.premises import StateSeen
from terraform.workspace import Workspace
from tests.ops.plans import PLANS
from tests.snapshots.test_snapshots import HERE as SNAPSHOTS

LIVE = 'phase = "adopt"\nprefix = "atomic"\n'


STATE = StateSeen(place="s3://states/dev", serial=7, lineage="of-dev", objects=208)


def _zipped(serial: int, lineage: str) -> bytes:
    """A plan file, as far as this program reads it by itself."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("tfstate", json.dumps({"serial": serial, "lineage": lineage}))
    return content.getvalue()


AS_TERRAFORM_WROTE_IT = _zipped(7, "of-dev")


def _in_memory(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """A stage that is synthesized already, upon this state."""
    here = Terraform(folder=folder, environment={})
    monkeypatch.setattr(Workspace, "synthesize", lambda _workspace: here)
    monkeypatch.setattr(planning, "state_seen", lambda _workspace, _terraform: STATE)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_an_ordinary_plan_is_written_as_page_and_text(tmp_path: Path) -> None:
    page, text = tmp_path / "report.html", tmp_path / "comment.md"

    answer = run(
        *("--stage", "prod", "--plan", PLANS / "ordinary.json"),
        *("--out", page, "--markdown", text),
    )

    assert answer.exit_code == 0, answer.output
    assert "<h1>Plan for atomic-prod</h1>" in page.read_text()
    assert "+54.82 USD" in text.read_text()


def test_in_a_region_without_prices_the_cost_is_an_estimate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "abroad.toml").write_text('phase = "foundation"\nregion = "eu-central-1"\n')
    monkeypatch.setenv("ATOMIC_STAGES_DIR", str(tmp_path))
    page, text = tmp_path / "report.html", tmp_path / "comment.md"
    plan = tmp_path / "plan.json"
    here = (PLANS / "ordinary.json").read_text()
    plan.write_text(
        here.replace("atomic-prod", "atomic-abroad").replace("us-east-1", "eu-central-1")
    )

    answer = run(
        *("--stage", "abroad", "--plan", plan),
        *("--out", page, "--markdown", text),
    )

    assert answer.exit_code == 0, answer.output
    assert "An estimate by the prices of us-east-1" in page.read_text()
    assert (
        "estimated by the prices of us-east-1, not this region's: **+54.82 USD**"
        in text.read_text()
    )


def test_a_plan_that_loses_data_asks_for_a_person(tmp_path: Path) -> None:
    page = tmp_path / "report.html"

    answer = run("--stage", "prod", "--plan", PLANS / "risky.json", "--out", page)

    assert answer.exit_code == 2
    assert "aws_db_instance.main" in page.read_text()


@pytest.mark.jsii
def test_a_stage_with_a_record_shows_the_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "live.toml").write_text(LIVE)
    (tmp_path / "live.adoption.json").write_text((PLANS / "adoption.record.json").read_text())
    monkeypatch.setenv("ATOMIC_STAGES_DIR", str(tmp_path))
    page = tmp_path / "report.html"

    answer = run("--stage", "live", "--plan", PLANS / "adoption.json", "--out", page)

    assert answer.exit_code == 0, answer.output
    assert "0 blocked of 46 judged" in page.read_text()


@pytest.mark.jsii
def test_roles_that_the_stage_has_dropped_may_be_destroyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    required = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'
    (tmp_path / "live.toml").write_text(f'prefix = "atomic"\nkeep_shared_roles = false\n{required}')
    (tmp_path / "live.adoption.json").write_text((PLANS / "adoption.record.json").read_text())
    monkeypatch.setenv("ATOMIC_STAGES_DIR", str(tmp_path))
    document = json.loads((PLANS / "adoption.json").read_text())
    for change in document["resource_changes"]:
        if change["address"] in SHARED_ROLES:
            change["change"] |= {"actions": ["delete"], "after": None, "importing": None}
    plan, page = tmp_path / "plan.json", tmp_path / "report.html"
    plan.write_text(json.dumps(document))

    answer = run("--stage", "live", "--plan", plan, "--out", page)

    assert answer.exit_code == 0, answer.output
    assert f"<strong>{len(SHARED_ROLES)}</strong> destroyed" in page.read_text()


@pytest.mark.parametrize("is_binary", [True, False], ids=["as terraform wrote it", "in JSON"])
def test_what_an_unfinished_plan_would_lose_is_shown_without_a_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_binary: bool
) -> None:
    errored = {**json.loads((PLANS / "risky.json").read_text()), "errored": True}
    plan, page, text = (tmp_path / name for name in ("plan", "report.html", "comment.md"))
    plan.write_bytes(AS_TERRAFORM_WROTE_IT if is_binary else json.dumps(errored).encode())
    _in_memory(monkeypatch, tmp_path)
    monkeypatch.setattr(Terraform, "show", lambda _terraform, _path: Plan(document=errored))

    answer = run("--stage", "prod", "--plan", plan, "--out", page, "--markdown", text)

    assert answer.exit_code == 2, answer.output
    assert "Terraform could not finish this plan" in page.read_text()
    assert text.read_text().splitlines()[4:8] == [
        "> [!CAUTION]",
        "> Terraform could not finish this plan. What else it would do, and what that would cost, is not "
        "known.",
        ">",
        "> - `aws_ecr_repository.handshake` would be **destroyed**. It holds data and would be "
        "destroyed: what is in it is lost.",
    ]
    assert "USD" not in text.read_text()


def test_an_unfinished_plan_of_terraform_without_a_danger_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, page = tmp_path / "prod.tfplan", tmp_path / "report.html"
    plan.write_bytes(AS_TERRAFORM_WROTE_IT)
    _in_memory(monkeypatch, tmp_path)
    monkeypatch.setattr(
        Terraform,
        "show",
        lambda _terraform, _path: Plan(document={"resource_changes": [], "errored": True}),
    )

    answer = run("--stage", "prod", "--plan", plan, "--out", page)

    assert "of a run that failed" in str(answer.exception)
    assert not page.exists()


@pytest.mark.jsii
def test_the_cost_can_be_compared_with_another_stack(tmp_path: Path) -> None:
    page = tmp_path / "report.html"

    answer = run(
        *("--stage", "prod", "--plan", PLANS / "ordinary.json", "--out", page),
        *("--base", SNAPSHOTS / "prod.json"),
    )

    assert answer.exit_code == 0, answer.output
    assert "+0.00 USD" in page.read_text()


def test_a_plan_file_of_terraform_is_read_by_terraform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = tmp_path / "prod.tfplan"
    plan.write_bytes(AS_TERRAFORM_WROTE_IT)
    shown: list[Path] = []

    def show(_terraform: Terraform, path: Path) -> object:
        shown.append(path)
        return Plan(document=json.loads((PLANS / "ordinary.json").read_text()))

    _in_memory(monkeypatch, tmp_path)
    monkeypatch.setattr(Terraform, "show", show)

    answer = run("--stage", "prod", "--plan", plan, "--out", tmp_path / "report.html")

    assert answer.exit_code == 0, answer.output
    assert shown == [plan]


def test_without_a_plan_the_stage_is_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned: list[Path] = []
    _in_memory(monkeypatch, tmp_path)
    monkeypatch.setattr(Terraform, "plan", lambda _terraform, path: planned.append(path))
    ordinary = json.loads((PLANS / "ordinary.json").read_text())
    monkeypatch.setattr(
        Terraform,
        "show",
        lambda _terraform, path: Plan(document=ordinary) if [path] == planned else None,
    )

    answer = run("--stage", "prod", "--out", tmp_path / "report.html")

    assert answer.exit_code == 0, answer.output
    assert not planned[0].exists()


@pytest.mark.parametrize(
    ("option", "text", "complaint"),
    [
        ("--plan", None, "no plan can be read"),
        ("--plan", "[]", "not a plan in JSON"),
        ("--plan", "nonsense", "not a plan in JSON"),
        ("--plan", '{"resource_changes": [], "errored": true}', "of a run that failed"),
        ("--base", "[]", "not a synthesized stack"),
        ("--base", None, "not a synthesized stack"),
    ],
)
def test_a_wrong_file_is_refused_and_nothing_is_written(
    tmp_path: Path, option: str, text: str | None, complaint: str
) -> None:
    given, page = tmp_path / "given", tmp_path / "report.html"
    if text is not None:
        given.write_text(text)

    answer = run("--stage", "prod", "--out", page, option, given)

    assert isinstance(answer.exception, UserError)
    assert complaint in str(answer.exception)
    assert not page.exists()


def test_the_plans_hold_no_password() -> None:
    plans = sorted(PLANS.glob("*.json"))
    assert plans
    for path in plans:
        for change in json.loads(path.read_text()).get("resource_changes", []):
            for side in ("before", "after"):
                values = change["change"].get(side) or {}
                assert values.get("password") is None
                assert values.get("secret_string") in (None, "")
