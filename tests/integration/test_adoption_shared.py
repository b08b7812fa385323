"""A base that is applied half, that has lost objects, and whose old CI goes on applying after each step.

One base on one emulator; the tests follow on one another, in the order of the file.
"""

import json
import os
import re
import time
from collections.abc import Iterator

import pytest

from dev.fault_injection.running import Running
from local.emulator import PROJECT, running_emulator
from local.legacy import legacy_base
from terraform.state_file import lock_info_path
from tests.answer import Answer
from tests.integration.conftest import assert_no_changes
from tests.integration.story import STACK, STAGE, Story

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

HALF = (
    "aws_subnet.public",
    "aws_subnet.private",
    "aws_security_group.rds",
    "aws_ecs_cluster.main",
    "aws_s3_bucket.data_bucket",
    "aws_secretsmanager_secret.openai_api_key_secret",
)
REGISTRY = "aws_ecr_repository.oauth"
ATTACHMENT = "aws_iam_role_policy_attachment.ecs_task_execution_role_policy"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A legacy folder of which nothing is applied yet."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "stages").mkdir()
    with running_emulator() as emulator:
        legacy = legacy_base(folder / "legacy", emulator, environment=os.environ)
        yield Story(emulator=emulator, legacy=legacy, folder=folder)


def old_ci(story: Story, *options: str) -> str:
    """What the old CI does on each push."""
    return story.legacy.checked("apply", "-auto-approve", "-input=false", "-no-color", *options)


def blocked(answer: Answer) -> list[str]:
    """The addresses that the gate blocks."""
    findings = json.loads(answer.text)["verdict"]["findings"]
    return [each["address"] for each in findings if each["kind"] == "blocked"]


def holders(story: Story) -> dict[str, int]:
    """How many objects each owner has."""
    owners = json.loads(story.imports("status", *story.from_legacy, "--json").text)
    kinds = [owner["holder"] for owner in owners]
    return {kind: kinds.count(kind) for kind in set(kinds)}


def forget(story: Story) -> None:
    """Begin anew: no record, and no stage file."""
    for path in story.stages.iterdir():
        path.unlink()


def stopped_at_once(story: Story, running: Running) -> str:
    """Press Ctrl-C twice; what was printed."""
    running.press_ctrl_c()
    time.sleep(0.1)
    running.press_ctrl_c()
    finished = running.finish()
    assert finished.code == 130, finished.text
    assert "Traceback" not in finished.text
    assert not lock_info_path(story.cdktf.state_file(STACK)).exists()
    return finished.text


def test_a_base_that_is_applied_half_is_adopted_as_far_as_it_goes(story: Story) -> None:
    old_ci(story, *(f"-target={each}" for each in HALF))

    answer = story.imports("inventory", *story.from_legacy)

    assert answer.code == 1
    assert "no aws_db_instance to adopt" in answer.errors
    assert "where that base is only half applied, write the stage file by hand" in answer.errors
    assert list(story.stages.iterdir()) == []
    (story.stages / f"{STAGE}.toml").write_text(
        'prefix = "atomic"\nphase = "adopt"\ndefault_tags = {}\n'
    )
    answer = story.imports("inventory", *story.from_legacy)
    gate = story.imports("gate", "--stage", STAGE, "--json")
    assert answer.code == 0, answer.errors
    assert {each.legacy_address.partition("[")[0] for each in story.record.adopted} >= set(HALF)
    assert (gate.code, blocked(gate)) == (0, []), gate.text
    forget(story)


def test_objects_that_the_base_has_lost_are_named_and_the_rest_is_adopted(story: Story) -> None:
    old_ci(story)
    story.emulator.client("ecr").delete_repository(repositoryName="atomic-oauth", force=True)
    story.emulator.client("iam").detach_role_policy(
        RoleName="atomic-ecs-task-execution-role",
        PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
    )

    answer = story.imports("inventory", *story.from_legacy)

    assert answer.code == 1
    assert "2 of the legacy base's objects cannot be read" in answer.errors
    assert f"{REGISTRY} (atomic-oauth)" in answer.errors
    assert f"{ATTACHMENT} (" in answer.errors
    assert list(story.stages.iterdir()) == []
    for address in (REGISTRY, ATTACHMENT):
        story.legacy.checked("state", "rm", address)
    answer = story.imports("inventory", *story.from_legacy)
    gate = story.imports("gate", "--stage", STAGE, "--json")
    assert answer.code == 0, answer.errors
    assert len(story.record.adopted) == 44
    assert (gate.code, blocked(gate)) == (0, []), gate.text
    forget(story)


def test_an_apply_of_the_old_ci_after_the_inventory_closes_the_gate(story: Story) -> None:
    old_ci(story)
    assert story.imports("inventory", *story.from_legacy).code == 0
    (story.legacy.folder / "ci.auto.tfvars").write_text("db_backup_retention_period = 9\n")
    old_ci(story)

    gate = story.imports("gate", "--stage", STAGE, "--json")

    assert (gate.code, blocked(gate)) == (2, ["aws_db_instance.main"])
    assert "run `python -m imports inventory` again" in gate.text
    assert story.imports("inventory", *story.from_legacy).code == 0
    assert story.imports("gate", "--stage", STAGE).code == 0


def test_two_ctrl_c_in_an_adoption_leave_all_to_the_old_owner_or_to_both(story: Story) -> None:
    lock = lock_info_path(story.cdktf.state_file(STACK))
    adoption = story.imports_on_terminal("adopt", "--stage", STAGE)
    assert adoption.wait_for_text("applying that plan")
    while not (lock.exists() or adoption.ended):
        time.sleep(0.01)

    text = stopped_at_once(story, adoption)

    assert "interrupted again: Terraform stops at once" in text
    assert "stopped; run the same command again to finish" in text
    assert holders(story).keys() <= {"legacy", "both"}
    # Nothing was made that a state does not know: to adopt is to read.
    assert "was interrupted" not in story.ops("gate", "--stage", STAGE).text
    answer = story.imports("adopt", "--stage", STAGE)
    assert answer.code == 0, answer.text + answer.errors
    assert holders(story) == {"both": 46}


def test_an_apply_of_the_old_ci_after_the_adoption_changes_nothing_and_is_warned_of(
    story: Story,
) -> None:
    told = old_ci(story)

    assert "0 added, 0 changed, 0 destroyed" in told
    assert story.imports("gate", "--stage", STAGE).code == 0
    status = story.imports("status", *story.from_legacy)
    assert "both tools own 46 objects" in status.text
    assert "stop that CI, and run `python -m imports retire` now" in status.text


def test_a_full_deploy_that_would_end_the_backups_that_the_old_ci_began_is_blocked(
    story: Story,
) -> None:
    story.set_phase("full")

    gate = story.imports("gate", "--stage", STAGE, "--json")

    assert (gate.code, blocked(gate)) == (2, ["aws_db_instance.main"])
    assert "write backup_retention_days = 9 below [database]" in gate.text
    path = story.stages / f"{STAGE}.toml"
    (line,) = [each for each in path.read_text().splitlines() if "backup_retention_days" in each]
    path.write_text(path.read_text().replace(line, "backup_retention_days = 9"))
    assert story.imports("gate", "--stage", STAGE).code == 0


def test_two_ctrl_c_in_the_full_deploy_leave_what_recover_completes(story: Story) -> None:
    running = Running(
        ("cdktf", "deploy", STACK, "--auto-approve", "--output", str(story.cdktf.outdir)),
        cwd=PROJECT,
        environment=story.cdktf.process_environment(),
        on_terminal=True,
    )
    assert running.wait_for(12)

    text = stopped_at_once(story, running)

    assert "what was asked of AWS at that moment may exist there" in text
    assert holders(story) == {"both": 46}
    for command in (story.imports, story.ops):
        gate = command("gate", "--stage", STAGE)
        assert (gate.code, "run `python -m ops recover" in gate.text) == (2, True), gate.text
    recovered = story.ops("recover", "--stage", STAGE, "--yes", "--delete-orphans")
    # The stage has no default tags: of a certificate that was being requested a person has to say that it is
    # the stage's own.
    for address, id_ in re.findall(r"run `terraform import (\S+) (\S+)`", recovered.text):
        story.cdktf.terraform(STACK, "import", address, id_)
        recovered = story.ops("recover", "--stage", STAGE, "--yes", "--delete-orphans")
    assert recovered.code == 0, recovered.text + recovered.errors
    story.cdktf.run("deploy", STACK, "--auto-approve")
    assert_no_changes(story.cdktf, STACK)


def test_what_an_apply_of_the_old_ci_takes_back_from_the_full_platform_is_named_and_mended(
    story: Story,
) -> None:
    old_ci(story)

    gate = story.imports("gate", "--stage", STAGE, "--json")

    findings = json.loads(gate.text)["verdict"]["findings"]
    changed = {each["address"] for each in findings if each["kind"] == "change"}
    assert changed == {
        "aws_db_instance.main",
        "aws_security_group.database",
        "aws_security_group.load_balancer",
    }
    assert "the old state is not retired" in gate.text
    drift = story.ops("drift", "--stage", STAGE)
    assert (drift.code, "deletion_protection" in drift.text) == (2, True)
    story.cdktf.run("deploy", STACK, "--auto-approve")
    assert_no_changes(story.cdktf, STACK)


def test_a_retirement_after_that_asks_for_a_new_inventory_first(story: Story) -> None:
    refused = story.imports("retire", *story.from_legacy)

    assert refused.code == 1
    assert "run `python -m imports inventory` and `adopt` again" in refused.errors
    for command in (("inventory", *story.from_legacy), ("adopt", "--stage", STAGE)):
        answer = story.imports(*command)
        assert answer.code == 0, answer.text + answer.errors
    retired = story.imports("retire", *story.from_legacy)
    assert retired.code == 0, retired.errors
    assert holders(story) == {"here": 46}
    assert "No changes." in story.cdktf.run("diff", STACK)


def test_an_apply_of_the_old_ci_after_the_retirement_is_seen_by_status(
    story: Story,
) -> None:
    before = {address: held.get("id") for address, held in story.held().items()}

    finished = story.legacy("apply", "-auto-approve", "-input=false", "-no-color")

    # What has a name exists already; the rest it makes a second time, as retire warned.
    assert finished.exit_code == 1
    assert b"already exists" in finished.stderr.lower() or b"AlreadyExists" in finished.stderr
    assert {address: held.get("id") for address, held in story.held().items()} == before
    # The cluster's create AWS answers with what is there: both states hold it again, as status says.
    assert holders(story) == {"both": 1, "here": 45}
    assert "a second base beside this stage's" in story.imports("status", *story.from_legacy).text
    assert "No changes." in story.cdktf.run("diff", STACK)


def test_an_inventory_of_a_second_base_is_refused_and_leaves_the_record(story: Story) -> None:
    record = story.stages / f"{STAGE}.adoption.json"
    before = record.read_bytes()

    answer = story.imports("inventory", *story.from_legacy)

    assert answer.code == 1
    assert "a second base beside this stage's" in answer.errors
    assert record.read_bytes() == before


def test_a_second_retirement_lets_go_of_the_stages_and_the_second_base_can_be_destroyed(
    story: Story,
) -> None:
    asked = story.imports("retire", *story.from_legacy)
    retired = story.imports("retire", *story.from_legacy, "--acknowledge")

    assert (asked.code, retired.code) == (1, 0), retired.errors
    assert "`python -m imports retire --acknowledge` removes there" in asked.errors
    assert "retire --acknowledge" not in retired.text
    assert "`terraform plan -destroy` there lists what it does" in retired.text
    assert holders(story) == {"here": 46}
    destroyed = story.legacy("destroy", "-auto-approve", "-input=false", "-no-color")
    assert destroyed.exit_code == 0, destroyed.stderr
    assert "No changes." in story.cdktf.run("diff", STACK)
