"""`python -m ops gate` on a plan in JSON: what it prints, its exit codes, its refusals."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from terraform.plan import Plan
from terraform.state_file import CUT_SHORT
from tests.answer import Answer
from tests.imports.records import a_plan, planned
from tests.ops.answering import answer

DATABASE = "aws_db_instance.main"
REPLACED = planned(DATABASE, "delete", "create", replace_paths=[["db_name"]])
REQUIRED = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'
PROD = REQUIRED + "security = { web_firewall = true, backups = true }\n"

Gate = Callable[..., Answer]


@pytest.fixture
def gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Gate:
    """`gate(plan, *arguments, stage="prod", settings="...")`."""
    monkeypatch.setenv("ATOMIC_STAGES_DIR", str(tmp_path))

    def run(given: Any, *arguments: str, stage: str = "prod", settings: str = "") -> Answer:
        (tmp_path / f"{stage}.toml").write_text(PROD + settings)
        path = tmp_path / "plan.json"
        plan = given.document if isinstance(given, Plan) else given
        path.write_text(plan if isinstance(plan, str) else json.dumps(plan))
        return answer(monkeypatch, capsys, "gate", "--stage", stage, "--plan", path, *arguments)

    return run


def test_a_blocked_plan_is_listed_with_what_to_do(gate: Gate) -> None:
    said = gate(a_plan(REPLACED, planned("aws_lb.main", "update")))

    assert said.code == 2
    (row,) = (line for line in said.text.splitlines() if line.startswith("BLOCKED"))
    assert row.split() == ["BLOCKED", DATABASE, "replaced", *["of", "a", "change", "of", "db_name"]]
    assert "the plan: 1 changed in place, 1 replaced, 0 unchanged" in said.text
    assert f'allow_destroy = ["{DATABASE}"]' in said.text


def test_a_run_that_was_interrupted_half_way_is_told_before_any_verdict(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDKTF_OUTDIR", str(tmp_path / "out"))
    note = tmp_path / "out" / "stacks" / "atomic-prod" / CUT_SHORT
    note.parent.mkdir(parents=True)
    note.write_text('{"at": "2026-11-26T21:18:20Z", "command": "apply"}')

    said = gate(a_plan())

    assert said.code == 2
    assert "an apply was interrupted (2026-11-26T21:18:20Z)" in said.text
    assert "run `python -m ops recover --stage prod`, then ask again" in said.text
    note.unlink()
    assert gate(a_plan()).code == 0


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [(("--allow", DATABASE), ""), ((), f'allow_destroy = ["{DATABASE}"]\n')],
    ids=["on the command line", "in the stage file"],
)
def test_a_named_loss_is_open(gate: Gate, arguments: tuple[str, ...], settings: str) -> None:
    said = gate(a_plan(REPLACED), *arguments, settings=settings)

    assert said.code == 0
    assert said.text.splitlines()[-1] == "open"


def test_a_stage_that_keeps_nothing_is_open(gate: Gate) -> None:
    said = gate(a_plan(REPLACED), stage="dev", settings="retain_data = false\n")

    assert said.code == 0
    assert said.text.splitlines()[-1] == "open: this stage does not retain its data"


FIREWALL = ("aws_wafv2_web_acl.main", "aws_wafv2_web_acl_association.load_balancer")


def test_the_loss_of_the_firewall_is_blocked_with_what_allows_it(gate: Gate) -> None:
    plan = a_plan(*(planned(address, "delete") for address in FIREWALL))

    said = gate(plan)

    assert said.code == 2
    options = [word for address in FIREWALL for word in ("--allow", address)]
    assert " ".join(options) in said.text
    assert "allow_destroy" not in said.text
    assert gate(plan, *options).code == 0


def test_programs_read_json(gate: Gate) -> None:
    said = gate(a_plan(REPLACED), "--json")

    assert said.code == 2
    document = json.loads(said.text)
    assert document.pop("looked_at")["plan"].endswith("plan.json")
    assert document == {
        "open": False,
        "unfinished": None,
        "untrusted_state": None,
        "kept_as_found": [],
        "overwrites": [],
        "refused": [],
        "failed_checks": [],
        "retain_data": True,
        "counts": {"replaced": 1},
        "losses": [
            {
                "address": DATABASE,
                "allowed": False,
                "because": "of a change of db_name",
                "would_be": "replaced",
            }
        ],
    }


def test_an_unfinished_plan_with_a_loss_is_blocked(gate: Gate) -> None:
    assert gate({**a_plan(REPLACED).document, "errored": True}).code == 2


def test_an_unfinished_plan_without_a_loss_is_an_error(gate: Gate) -> None:
    said = gate({**a_plan(planned("aws_lb.main", "update")).document, "errored": True})

    assert said.code == 1
    assert "the plan of a run that failed: plan again" in said.errors


def test_what_terraform_itself_refuses_is_not_allowed_on_the_command_line(gate: Gate) -> None:
    said = gate({**a_plan(REPLACED).document, "errored": True}, "--allow", DATABASE)

    assert said.code == 1
    assert f"--allow {DATABASE}: Terraform itself refuses" in said.errors


def test_leave_for_what_holds_no_data_is_a_mistake(gate: Gate) -> None:
    said = gate(a_plan(), "--allow", "aws_lb.main")

    assert said.code == 1
    assert said.errors.startswith("error: --allow aws_lb.main: allowed: addresses of aws_")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"resource_changes": [1]}'])
def test_another_file_is_refused_in_one_line(gate: Gate, text: str) -> None:
    said = gate(text)

    assert said.code == 1
    assert "not a plan in JSON" in said.errors
    assert len(said.errors.splitlines()) == 1


def test_a_downgrade_of_the_engine_is_blocked(gate: Gate) -> None:
    older = planned(
        DATABASE, "update", before={"engine_version": "15.8"}, after={"engine_version": "15.6"}
    )

    said = gate(a_plan(older))

    assert said.code == 2
    assert f"BLOCKED {DATABASE}: AWS takes no engine back to an older version" in said.text
