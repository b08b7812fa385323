"""State in S3, with its lock."""

from pathlib import Path

import pytest

from local.cdktf import Cdktf
from local.emulator import Emulator
from tests.integration.conftest import write_stage

pytestmark = pytest.mark.integration

STAGE = """
phase = "foundation"
region = "us-east-1"

[state]
bucket = "team-state"
key = "platform/remote.tfstate"
"""


def test_a_stage_with_a_state_section_keeps_its_state_in_s3(
    emulator: Emulator, tmp_path: Path
) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="team-state")
    stages = write_stage(tmp_path / "stages", "remote", STAGE)
    cdktf = Cdktf(
        folder=tmp_path,
        environment={**emulator.environment, "ATOMIC_STAGES_DIR": str(stages)},
    )

    cdktf.run("diff", "atomic-remote")
    applied = cdktf.terraform(
        "atomic-remote", "apply", "-auto-approve", "-target=aws_ecs_cluster.main"
    )

    assert applied.returncode == 0, applied.stderr
    text = s3.get_object(Bucket="team-state", Key="platform/remote.tfstate")["Body"].read()
    assert b"aws_ecs_cluster" in text
    assert not cdktf.state_file("atomic-remote").exists()


def test_a_locked_state_is_left_alone(emulator: Emulator, tmp_path: Path) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="locked-state")
    stages = write_stage(tmp_path / "stages", "remote", STAGE.replace("team-state", "locked-state"))
    cdktf = Cdktf(
        folder=tmp_path,
        environment={**emulator.environment, "ATOMIC_STAGES_DIR": str(stages)},
    )
    cdktf.run("diff", "atomic-remote")
    s3.put_object(
        Bucket="locked-state",
        Key="platform/remote.tfstate.tflock",
        Body=b'{"ID":"somebody","Operation":"OperationTypeApply","Who":"a colleague"}',
    )

    refused = cdktf.terraform(
        "atomic-remote", "apply", "-auto-approve", "-target=aws_ecs_cluster.main"
    )

    assert refused.returncode == 1
    assert "Error acquiring the state lock" in refused.stderr
