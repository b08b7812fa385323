"""Ctrl-C on a real terminal: Terraform finishes what it has begun, and the prompt comes back only then.

One stage with its state in a file, one with it in S3, each on an emulator of its own. The tests follow on
one another, in the order of the file; adoption's are in test_adoption.py.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from dev.fault_injection.census import Comparison
from dev.fault_injection.running import Finished, Running
from local.cdktf import Cdktf
from local.emulator import PROJECT, running_emulator
from local.one_step import stage_in_one_step
from tests.integration.recovery import NOTHING, RecoverableStage

pytestmark = pytest.mark.integration

STACK = "atomic-dev"
FINISHING = "cdktf: interrupted: Terraform is finishing what it has begun, wait ..."
FINISHED = "cdktf: stopped: Terraform has finished what it had begun"
UNKNOWN = (
    "cdktf: stopped, and the state is written; what was asked of AWS at that moment may exist there"
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecoverableStage]:
    folder = tmp_path_factory.mktemp("ctrl-c")
    with running_emulator() as emulator:
        stages = stage_in_one_step(folder / "stages")
        environment = {**emulator.environment, "ATOMIC_STAGES_DIR": str(stages)}
        yield RecoverableStage(
            name="dev", cdktf=Cdktf(folder=folder, environment=environment), emulator=emulator
        )


def begun(stage: RecoverableStage, command: str) -> Running:
    """`cdktf COMMAND` on a terminal."""
    return Running(
        ("cdktf", command, STACK, "--auto-approve", "--output", str(stage.cdktf.outdir)),
        cwd=PROJECT,
        environment=stage.cdktf.process_environment(),
        on_terminal=True,
    )


def interrupted(stage: RecoverableStage, command: str, *, at: str) -> Finished:
    """One Ctrl-C as soon as `cdktf COMMAND` has printed this."""
    running = begun(stage, command)
    assert running.wait_for_text(at)
    running.press_ctrl_c()
    return running.finish()


def assert_state_is_whole(stage: RecoverableStage, finished: Finished) -> None:
    """The state can be read, nobody holds it, and it knows all that stands in AWS.

    But for what the provider gave up in the middle of a request. Then it says so, and recover finds it. What
    the state names and a destroy has taken away already, the next run finds gone.
    """
    assert finished.code == 130
    assert not stage.is_locked()
    assert stage.state()["resources"]
    told = UNKNOWN in finished.text
    assert told or stage.account().orphans == ()
    assert told is ("was interrupted" in stage.recover("--dry-run").text)
    if told:
        answer = stage.recover("--yes", "--delete-orphans")
        assert answer.code == 0, answer.text + answer.errors
        assert "was interrupted" not in stage.recover("--dry-run").text
    assert stage.account().orphans == ()


def test_while_terraform_initializes_nothing_is_left_half_done(stage: RecoverableStage) -> None:
    finished = interrupted(stage, "deploy", at="Initializing provider plugins")

    assert finished.code == 130
    assert FINISHED in finished.text
    for ugly in ("Traceback", "Inconsistent dependency lock file"):
        assert ugly not in finished.text
    assert not stage.state_file.exists()


def test_while_a_deploy_makes_things_the_state_is_written_and_the_lock_is_gone(
    stage: RecoverableStage,
) -> None:
    running = begun(stage, "deploy")
    assert running.wait_for(12)
    running.press_ctrl_c()

    finished = running.finish()

    assert FINISHING in finished.text
    assert "Gracefully shutting down..." in finished.text
    assert "Exiting immediately" not in finished.text
    assert_state_is_whole(stage, finished)
    assert stage.account() == NOTHING


def test_a_second_ctrl_c_stops_at_once_and_leaves_a_state_that_recover_completes(
    stage: RecoverableStage,
) -> None:
    running = begun(stage, "deploy")
    assert running.wait_for(12)
    running.press_ctrl_c()
    time.sleep(0.1)
    running.press_ctrl_c()

    finished = running.finish()

    assert UNKNOWN in finished.text
    assert_state_is_whole(stage, finished)
    assert stage.account() == NOTHING


def test_while_a_destroy_takes_things_away_the_state_is_written(stage: RecoverableStage) -> None:
    finished = interrupted(stage, "destroy", at="Destruction complete after")

    assert FINISHING in finished.text
    assert finished.code == 130
    assert not stage.is_locked()
    assert stage.state()["resources"]
    # A secret's value goes with its secret, which the next destroy takes away; so it does what a request was
    # cut short of: to recover that would make it again.
    left = {each.type for each in stage.account().orphans}
    assert UNKNOWN in finished.text or left <= {"aws_secretsmanager_secret_version"}


def test_the_next_run_goes_on_from_there_to_its_end(stage: RecoverableStage) -> None:
    stage.cdktf.run("destroy", STACK, "--auto-approve")

    assert json.loads(stage.state_file.read_text())["resources"] == []
    assert stage.account() == NOTHING


# --- the state in S3

BUCKET = "interrupted-state"
KEY = f"{STACK}.tfstate"
LOCK = f"{KEY}.tflock"


class StageInS3(RecoverableStage):
    """The same with its state in a bucket."""

    def state(self) -> dict[str, Any]:
        text = self.emulator.client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
        document: dict[str, Any] = json.loads(text)
        return document

    def is_locked(self) -> bool:
        listed = self.emulator.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", ())
        return LOCK in [each["Key"] for each in listed]

    def account(self, *others: Mapping[str, Any]) -> Comparison:
        found = super().account(*others)
        return replace(found, orphans=tuple(each for each in found.orphans if each.id != BUCKET))


@pytest.fixture(scope="module")
def in_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StageInS3]:
    folder = tmp_path_factory.mktemp("ctrl-c-s3")
    stages = stage_in_one_step(folder / "stages", more=f'\n[state]\nbucket = "{BUCKET}"\n')
    with running_emulator() as emulator:
        emulator.client("s3").create_bucket(Bucket=BUCKET)
        environment = {
            **emulator.environment,
            "ATOMIC_STAGE": "dev",
            "ATOMIC_STAGES_DIR": str(stages),
        }
        yield StageInS3(
            name="dev", cdktf=Cdktf(folder=folder, environment=environment), emulator=emulator
        )


def test_a_state_in_s3_is_written_and_its_lock_object_is_gone(in_s3: StageInS3) -> None:
    running = begun(in_s3, "deploy")
    assert running.wait_for(12)
    running.press_ctrl_c()

    finished = running.finish()

    assert FINISHING in finished.text
    assert_state_is_whole(in_s3, finished)
    assert in_s3.account() == NOTHING


def test_after_a_second_ctrl_c_a_lock_object_in_s3_is_explained_and_taken_away_as_told(
    in_s3: StageInS3,
) -> None:
    running = begun(in_s3, "deploy")
    assert running.wait_for(12)
    running.press_ctrl_c()
    time.sleep(0.1)
    running.press_ctrl_c()

    finished = running.finish()

    assert finished.code == 130
    assert UNKNOWN in finished.text
    assert in_s3.state()["resources"]
    gate = in_s3.ops("gate")
    assert (gate.code, "interrupted" in gate.text) == (2, True), gate.text + gate.errors
    found = {
        each["name"]: each for each in json.loads(in_s3.ops("doctor", "--json").text)["findings"]
    }
    assert "recover" in found["state"]["remedy"], found["state"]
    assert ("state lock" in found) is in_s3.is_locked()
    if in_s3.is_locked():
        assert "that process is gone" in found["state lock"]["what"]
        _, told, command = found["state lock"]["remedy"].partition("force-unlock ")
        assert told
        unlocked = in_s3.cdktf.terraform(STACK, "force-unlock", "-force", command)
        assert unlocked.returncode == 0, unlocked.stderr
    answer = in_s3.recover("--yes", "--delete-orphans")
    assert answer.code == 0, answer.text + answer.errors
    assert in_s3.account() == NOTHING


def test_the_next_deploy_goes_on_from_a_state_in_s3_to_its_end(in_s3: StageInS3) -> None:
    in_s3.cdktf.run("deploy", STACK, "--auto-approve")

    assert in_s3.account() == NOTHING
    assert not in_s3.is_locked()
    assert "No changes." in in_s3.cdktf.run("diff", STACK)
