"""A stage that the last release has deployed is upgraded by this version without losing anything."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from common.version import VERSION
from local.emulator import running_emulator
from terraform.plan import Plan, in_words
from tests.imports.records import a_plan, planned
from tests.upgrades.release import last_release, present_stack

# A revision never changes: any change of a container makes the next one, and deletes none that runs.
REVISIONS = frozenset({"aws_ecs_task_definition"})


def lost(plan: Plan) -> list[str]:
    """What a plan deletes or replaces."""
    return [
        f"{change.address} would be {in_words(change.actions)}"
        for change in plan.changes
        if "delete" in change.actions and change.type not in REVISIONS
    ]


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (("delete", "create"), ["aws_lb.main would be replaced"]),
        (("create", "delete"), ["aws_lb.main would be replaced"]),
        (("delete",), ["aws_lb.main would be destroyed"]),
        (("update",), []),
    ],
)
def test_a_replacement_would_be_found(actions: tuple[str, ...], expected: list[str]) -> None:
    assert lost(a_plan(planned("aws_lb.main", *actions))) == expected


@pytest.mark.integration
def test_the_last_release_is_upgraded_without_a_replacement(tmp_path: Path) -> None:
    def terraform(*arguments: str, environment: dict[str, str]) -> str:
        finished = subprocess.run(
            ["terraform", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    stack = tmp_path / "cdk.tf.json"
    stack.write_text(last_release().read_text())
    with running_emulator() as emulator:
        environment = {**os.environ, **emulator.environment}
        terraform("init", "-input=false", environment=environment)
        terraform("apply", "-input=false", "-auto-approve", environment=environment)

        stack.write_text(json.dumps(present_stack()))
        terraform("init", "-input=false", environment=environment)
        terraform("plan", "-input=false", "-out=upgrade.tfplan", environment=environment)
        shown = terraform("show", "-json", "upgrade.tfplan", environment=environment)
        plan = Plan(document=json.loads(shown))

    assert len(plan.changes) > 150
    assert lost(plan) == []
    assert plan.document["planned_values"]["outputs"]["InfrastructureVersion"]["value"] == VERSION
