"""A service leaves a stage in two deploys, as docs/reliability.md says, and AWS refuses neither."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from local.emulator import running_emulator
from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings
from synth.bindings import accelerate

pytestmark = pytest.mark.integration

REPORTS = {
    "port": 9000,
    "path": "/v1/reports",
    "priority": 70,
    "calls": ["hasura"],
    "uses_database": True,
}
# The groups, their rules, and where they are: enough to see in which order they change.
KEPT = (
    "aws_vpc",
    "aws_security_group",
    "aws_vpc_security_group_egress_rule",
    "aws_vpc_security_group_ingress_rule",
)


def settings_with(**services: dict[str, Any]) -> StageSettings:
    document = {
        "domain_name": "app.example.com",
        "operator_email": "ops@example.com",
        "services": services,
    }
    settings, mistakes = parse_stage(document, stage="dev")
    assert not mistakes
    return settings


def groups_of(settings: StageSettings) -> str:
    """The stage's security groups alone, as a stack."""
    accelerate(os.environ)
    from modules.app import synthesize  # noqa: PLC0415  # starts the jsii kernel

    with tempfile.TemporaryDirectory() as folder:
        stacks = synthesize(
            [settings], adopted={}, outdir=folder, state_folder=Path("/state"), emulated=True
        )
        document = json.loads(Path(stacks, settings.stack_name, "cdk.tf.json").read_text())
    del document["terraform"]["backend"]
    resources = {type_: document["resource"][type_] for type_ in KEPT}
    parts = {part: document[part] for part in ("terraform", "provider")}
    return json.dumps({**parts, "resource": resources})


def test_a_service_that_has_let_go_of_the_data_leaves_with_its_group(tmp_path: Path) -> None:
    app = {"calls": ["hasura", "reports"]}
    before = settings_with(reports=REPORTS, app=app)
    between = settings_with(reports={**REPORTS, "uses_database": False}, app=app)
    stack = tmp_path / "cdk.tf.json"
    group = {"Name": "group-name", "Values": ["atomic-dev-reports-sg"]}

    with running_emulator() as emulator:

        def terraform(*arguments: str) -> str:
            finished = subprocess.run(
                ["terraform", *arguments, "-no-color"],
                cwd=tmp_path,
                env={**os.environ, **emulator.environment},
                capture_output=True,
                text=True,
                check=False,
                timeout=120,  # where the group goes first, the provider asks again for 15 minutes
            )
            assert finished.returncode == 0, finished.stderr
            return finished.stdout

        def standing() -> list[Any]:
            found = emulator.client("ec2").describe_security_groups(Filters=[group])
            return list(found["SecurityGroups"])

        stack.write_text(groups_of(before))
        terraform("init")
        terraform("apply", "-auto-approve")
        stood = standing()
        stack.write_text(groups_of(between))
        terraform("apply", "-auto-approve")
        stack.write_text(groups_of(settings_with()))
        said = terraform("apply", "-auto-approve")
        left = standing()

    goes = said.index("aws_security_group.reports: Destroying")
    for rule in ("ingress_rule.hasura_from_reports", "egress_rule.app_calls_reports"):
        assert said.index(f"aws_vpc_security_group_{rule}: Destruction complete") < goes
    assert (len(stood), left) == (1, [])
