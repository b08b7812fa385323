"""A stage whose deploy is killed, and whose state is lost: what the state lacks comes back, and all goes on.

One stage on one emulator. The tests follow on one another, in the order of the file.
"""

import json
import shutil
from collections.abc import Iterator, Mapping

import pytest

from local.cdktf import Cdktf
from local.emulator import running_emulator
from local.one_step import stage_in_one_step
from tests.integration.conftest import assert_no_changes
from tests.integration.recovery import NOTHING, RecoverableStage

pytestmark = pytest.mark.integration

STACK = "atomic-dev"
# Moments of a deploy, as it prints them.
FIRST_NAMES = "aws_vpc.main: Creating"
DATABASE = "aws_db_instance.main: Still creating"
SERVICES = "aws_ecs_service.app: Creating"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecoverableStage]:
    folder = tmp_path_factory.mktemp("recover")
    with running_emulator() as emulator:
        stages = stage_in_one_step(folder / "stages")
        environment = {**emulator.environment, "ATOMIC_STAGES_DIR": str(stages)}
        yield RecoverableStage(
            name="dev", cdktf=Cdktf(folder=folder, environment=environment), emulator=emulator
        )


def test_what_was_made_when_the_deploy_was_killed_comes_back(stage: RecoverableStage) -> None:
    assert stage.killed_deploy(FIRST_NAMES)

    answer = stage.recover("--yes")

    assert answer.code == 0, answer.text + answer.errors
    assert stage.account() == NOTHING


def test_a_database_that_was_being_made_comes_back(stage: RecoverableStage) -> None:
    assert stage.killed_deploy(DATABASE)
    assert "aws_db_instance" in {each.type for each in stage.account().orphans}

    answer = stage.recover("--yes")

    assert answer.code == 0, answer.text + answer.errors
    assert stage.held()["aws_db_instance.main"]["identifier"] == "atomic-dev-rds-postgres"
    assert stage.account() == NOTHING


def test_a_deploy_that_went_on_from_there_can_be_killed_again(stage: RecoverableStage) -> None:
    assert stage.killed_deploy(SERVICES)

    answer = stage.recover("--yes")

    assert answer.code == 0, answer.text + answer.errors
    assert stage.account() == NOTHING


def test_the_next_deploy_converges_without_a_double_or_an_orphan(stage: RecoverableStage) -> None:
    stage.cdktf.run("deploy", STACK, "--auto-approve")

    assert_no_changes(stage.cdktf, STACK)
    assert stage.account() == NOTHING


def test_a_state_that_lacks_nothing_is_left_alone(stage: RecoverableStage) -> None:
    before = stage.state_file.read_bytes()

    answer = stage.recover("--yes")

    assert (answer.code, answer.text) == (
        0,
        "nothing to recover: the state has lost nothing that exists\n",
    )
    assert stage.state_file.read_bytes() == before


def test_a_lost_state_is_found_again_to_the_last_object_and_secret(stage: RecoverableStage) -> None:
    stage.emulator.client("secretsmanager").put_secret_value(
        SecretId="atomic-dev-openai-api-key", SecretString="set by the operator"
    )
    ids = stage.ids()
    values = stage.secret_values()
    stage.state_file.unlink()
    stage.emulator.count_from_now()

    answer = stage.recover("--yes")

    assert answer.code == 0, answer.text + answer.errors
    assert stage.emulator.mutating_calls() == {}
    assert stage.ids() == ids
    assert "no changes are needed" in stage.cdktf.run("diff", STACK)
    assert stage.secret_values() == values


def test_a_state_file_that_broke_off_is_found_again_where_nothing_is_initialized(
    stage: RecoverableStage,
) -> None:
    """GIVEN a fresh clone: Terraform refuses to initialize a folder upon such a file."""
    ids = stage.ids()
    half = stage.state_file.read_bytes()[:1000]
    stage.state_file.write_bytes(half)
    shutil.rmtree(stage.cdktf.outdir)

    answer = stage.recover("--yes")

    assert answer.code == 0, answer.text + answer.errors
    assert f"the state file is truncated and holds nothing: {stage.state_file}" in answer.text
    assert stage.ids() == ids
    kept = (stage.cdktf.folder / "recovery-backups").glob("*.broken-*")
    assert half in [each.read_bytes() for each in kept]


def test_no_secret_value_is_in_the_recovered_state(stage: RecoverableStage) -> None:
    state = stage.state_file.read_text()
    generated = json.loads(stage.secret_values()["atomic-dev-rds-master-credentials"])["password"]

    assert generated not in state
    assert "set by the operator" not in state


def test_what_a_repeated_deploy_left_beside_the_stage_is_listed_and_not_touched(
    stage: RecoverableStage,
) -> None:
    orphan = _vpc_of_a_killed_deploy(stage)

    answer = stage.recover("--yes")

    assert answer.code == 2
    assert f"aws ec2 delete-vpc --vpc-id {orphan}" in answer.text
    assert stage.emulator.client("ec2").describe_vpcs(VpcIds=[orphan])["Vpcs"]


def test_orphans_are_deleted_when_that_is_asked_for(stage: RecoverableStage) -> None:
    answer = stage.recover("--yes", "--delete-orphans")

    assert answer.code == 0, answer.text + answer.errors
    assert [each for each in stage.account().orphans if each.type == "aws_vpc"] == []
    assert "no changes are needed" in stage.cdktf.run("diff", STACK)


def _vpc_of_a_killed_deploy(stage: RecoverableStage) -> str:
    tags = [{"Key": key, "Value": value} for key, value in _tags(stage).items()]
    vpc = stage.emulator.client("ec2").create_vpc(
        CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}]
    )
    return str(vpc["Vpc"]["VpcId"])


def _tags(stage: RecoverableStage) -> Mapping[str, str]:
    tags: Mapping[str, str] = stage.held()["aws_vpc.main"]["tags_all"]
    return tags
