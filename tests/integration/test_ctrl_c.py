"""Ctrl-C on a real terminal: Terraform finishes what it has begun, and the prompt comes back only then.

One stage on one emulator. The tests follow on one another, in the order of the file; adoption's is in
test_adoption.py.
"""

import json
import time
from collections.abc import Iterator

import pytest

from dev.fault_injection.running import Finished, Running
from local.cdktf import Cdktf
from local.emulator import PROJECT, running_emulator
from terraform.state_file import lock_info_path
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
        environment = {**emulator.environment, "ATOMIC_STAGE": "dev"}
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
    assert not lock_info_path(stage.state_file).exists()
    assert json.loads(stage.state_file.read_text())["resources"]
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
    assert_state_is_whole(stage, finished)


def test_the_next_run_goes_on_from_there_to_its_end(stage: RecoverableStage) -> None:
    stage.cdktf.run("destroy", STACK, "--auto-approve")

    assert json.loads(stage.state_file.read_text())["resources"] == []
    assert stage.account() == NOTHING
