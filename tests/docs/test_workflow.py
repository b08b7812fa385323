"""The workflow that users copy calls only what there is."""

import re
from pathlib import Path

import typer.main

from ops.__main__ import app

PROJECT = Path(__file__).parent.parent.parent
WORKFLOW = (PROJECT / "docs" / "workflows" / "infrastructure.yml").read_text()


def test_its_ops_commands_exist() -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a group of commands

    used = set(re.findall(r"python -m ops (\w+)", WORKFLOW))

    assert used == {"doctor", "gate", "report", "status"}
    assert used <= known.keys()


def test_its_make_targets_exist() -> None:
    makefile = (PROJECT / "Makefile").read_text()

    used = set(re.findall(r"\bmake ([a-z-]+)", WORKFLOW))

    assert used == {"setup", "test"}
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in used)


def test_each_deploy_is_judged_before_it_is_applied() -> None:
    _, _, deploy = WORKFLOW.partition("\n  deploy:\n")

    plan = "cdktf.out/stacks/atomic-prod/plan"
    steps = [
        "cdktf diff atomic-prod",
        f"ops gate --stage prod --plan {plan}",
        "apply -input=false plan",
    ]
    places = [deploy.index(step) for step in steps]
    assert places == sorted(places)
    assert "cdktf deploy" not in deploy


def test_it_stores_no_key() -> None:
    assert "secrets." not in WORKFLOW
    assert "role-to-assume: ${{ vars.AWS_ROLE_ARN }}" in WORKFLOW
