"""The workflow that users copy calls only what there is."""

import re
from pathlib import Path

from tests.contract.command_lines import commands

PROJECT = Path(__file__).parent.parent.parent
OWN_WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
WORKFLOW = (PROJECT / "docs" / "workflows" / "infrastructure.yml").read_text()
PREVIEWS = (PROJECT / "docs" / "workflows" / "previews.yml").read_text()
KNOWN = commands("ops")


def test_its_ops_commands_exist() -> None:
    used = set(re.findall(r"python -m ops (\w+)", WORKFLOW))

    assert used == {"doctor", "gate", "report", "status"}
    assert used <= KNOWN.keys()


def test_that_of_previews_makes_lists_and_ends_them_with_options_that_there_are() -> None:
    lines = PREVIEWS.replace("\\\n", " ")
    used = re.findall(r"python -m ops (preview \w+|status)([^>|\n]*)", lines)

    assert [command for command, _ in used] == [
        "preview up",
        "status",
        "preview list",
        "preview down",
        "preview expire",
    ]
    for command, typed in used:
        spelled = {each for row in KNOWN[command].values() for each in row["spellings"]}
        assert set(re.findall(r"--[a-z-]+", typed)) <= spelled, command


def test_what_a_pull_request_is_called_reaches_no_script_as_text() -> None:
    scripts = re.findall(r"run: (?:\|\n((?: {10}.*\n)+)|(.*))", PREVIEWS)

    assert len(scripts) == 7
    assert not [text for pair in scripts for text in pair if "${{" in text]


def test_a_scheduled_run_ends_previews_and_makes_none() -> None:
    up, _, down = PREVIEWS.partition("\n  up:\n")[2].partition("\n  down:\n")

    assert "schedule:\n    - cron:" in PREVIEWS
    assert "if: github.event_name == 'pull_request' && github.event.action != 'closed'" in up
    assert "if: github.event_name == 'schedule' ||" in down
    assert "ops preview expire" in down
    assert "ref: ${{ github.event.repository.default_branch }}" in down


def test_its_make_targets_exist() -> None:
    makefile = (PROJECT / "Makefile").read_text()

    used = set(re.findall(r"\bmake ([a-z-]+)", WORKFLOW + PREVIEWS))

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
    used = re.findall(r"uses: (.+)", WORKFLOW + PREVIEWS + own)

    assert [each for each in used if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", each)] == []
    actions = {each.partition("@")[0] for each in used}
    assert len(set(used)) == len(actions)


def test_it_stores_no_key() -> None:
    for text in (WORKFLOW, PREVIEWS):
        assert "secrets." not in text
        assert "role-to-assume: ${{ vars.AWS_ROLE_ARN }}" in text
