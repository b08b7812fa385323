"""The workflow that users copy calls only what there is."""

import re
from pathlib import Path

import typer.main

from ops.__main__ import app

PROJECT = Path(__file__).parent.parent.parent
OWN_WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
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


def test_the_plan_that_was_judged_and_reported_is_the_one_that_is_applied() -> None:
    plan, _, deploy = WORKFLOW.partition("\n  plan:\n")[2].partition("\n  deploy:\n")

    folder = "cdktf.out/stacks/atomic-prod"
    steps = [
        "cdktf diff atomic-prod",
        f"ops gate --stage prod --plan {folder}/plan",
        f"ops report --stage prod --plan {folder}/plan",
        f"            {folder}/plan\n",
    ]
    places = [plan.index(step) for step in steps]
    assert places == sorted(places)
    assert "needs: plan" in deploy
    assert deploy.index("download-artifact@") < deploy.index("apply -input=false plan")
    assert "cdktf diff" not in deploy
    assert "cdktf deploy" not in WORKFLOW


def test_what_doctor_finds_is_a_note() -> None:
    _, _, doctor = WORKFLOW.partition("ops doctor --stage prod || {")

    assert doctor.split() == [
        *("test", "$?", "-eq", "2"),
        *("echo", '"::warning', "title=doctor::something", "is", "to", "do,", "see", "the"),
        *("log", "of", "this", 'step"', "}"),
    ]


def test_each_action_is_pinned_to_the_commit_that_our_own_workflows_use() -> None:
    own = "".join(path.read_text() for path in OWN_WORKFLOWS)
    used = re.findall(r"uses: (.+)", WORKFLOW + own)

    assert [each for each in used if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", each)] == []
    actions = {each.partition("@")[0] for each in used}
    assert len(set(used)) == len(actions)


def test_it_stores_no_key() -> None:
    assert "secrets." not in WORKFLOW
    assert "role-to-assume: ${{ vars.AWS_ROLE_ARN }}" in WORKFLOW
