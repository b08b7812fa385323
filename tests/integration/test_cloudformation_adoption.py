"""An owner's CloudFormation stack is adopted on the emulator, in each shape that copies of it have."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from imports.record import AdoptionRecord, read_record
from local.emulator import Emulator, running_emulator
from local.owners_stack import (
    SHAPES,
    PlayedStack,
    fill,
    issued_certificate,
    make_owners_stack,
)
from modules.settings.services import SERVICES
from modules.settings.stage_files import read_stage
from security.secrets_scan import scan
from terraform.pulled_state import broken_state_file
from terraform.state_file import lock_info_path
from tests.answer import Answer
from tests.integration.story import STACK, STAGE, Story

pytestmark = pytest.mark.integration

# The shapes whose secrets hold what Secrets Manager drew, until somebody sets them.
DRAWN = ("older", "oldest")
OF_STACK = ("--stage", STAGE, "--cloudformation", "AwsStack")


@dataclass(frozen=True, kw_only=True)
class Adopted:
    """A stack, adopted, with what each command said and what it called."""

    shape: str
    story: Story
    stack: PlayedStack
    inventory: Answer
    adopt: Answer
    calls: dict[str, int]
    values: dict[str, str]
    """The secrets' values before."""
    interrupted: Mapping[str, list[dict[str, Any]] | None]
    """Who owned what after each interruption on the way; None where a kill has truncated the state."""

    @property
    def record(self) -> AdoptionRecord:
        record = read_record(self.story.record_path)
        assert record is not None
        return record


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(shape, marks=[] if shape == "oldest" else pytest.mark.nightly)
        for shape in SHAPES
    ],
)
def adopted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Adopted]:
    shape = str(request.param)
    folder = tmp_path_factory.mktemp(shape)
    with running_emulator() as emulator:
        stack = make_owners_stack(emulator, shape)
        fill(emulator)
        story = _story(emulator, folder)
        values = story.secret_values()
        emulator.count_from_now()
        inventory = story.imports("inventory", *OF_STACK)
        interrupted = _interrupted_adoptions(story) if shape == "older" else {}
        adopt = story.imports("adopt", "--stage", STAGE, "--json")
        yield Adopted(
            shape=shape,
            story=story,
            stack=stack,
            inventory=inventory,
            adopt=adopt,
            calls=emulator.mutating_calls(),
            values=values,
            interrupted=interrupted,
        )


def _story(emulator: Emulator, folder: Path) -> Story:
    (folder / "stages").mkdir()
    # Of the story's legacy base there is none here.
    return Story(emulator=emulator, legacy=None, folder=folder)  # type: ignore[arg-type]


def _interrupted_adoptions(story: Story) -> dict[str, list[dict[str, Any]] | None]:
    """Kill an adoption in each of its steps, and interrupt one on a terminal; return who owned what then."""
    owners: dict[str, list[dict[str, Any]] | None] = {}
    for step in (
        "synthesizing the stage",
        "asking CloudFormation what has drifted",
        "judging the plan",
        "applying that plan",
    ):
        assert story.killed_imports("adopt", "--stage", STAGE, after_step=step, seconds=0.1), step
        owners[step] = None if _is_truncated(story) else _owners(story)
    ctrl_c(story, "adopt", "--stage", STAGE, at="applying that plan")
    owners["Ctrl-C"] = _owners(story)
    return owners


def _is_truncated(story: Story) -> bool:
    """Return whether the kill has hit Terraform in a write of the state, which status then says."""
    path = broken_state_file(story.cdktf.stack_folder(STACK))
    if path is None:
        return False
    answer = story.imports("status", *OF_STACK, "--json")
    assert answer.code == 1, answer.text
    assert f"{path} is empty or truncated" in answer.errors
    assert "after a killed `python -m imports adopt` run that one again" in answer.errors
    return True


def _owners(story: Story) -> list[dict[str, Any]]:
    answer = story.imports("status", *OF_STACK, "--json")
    assert answer.code == 0, answer.errors
    owners: list[dict[str, Any]] = json.loads(answer.text)
    return owners


def _holders(owners: list[dict[str, Any]]) -> set[str]:
    assert not [each["mismatch"] for each in owners if each["mismatch"]]
    return {each["holder"] for each in owners}


def ctrl_c(story: Story, *command: str, at: str) -> None:
    """Press Ctrl-C as soon as a command has printed this, and wait for its end."""
    running = story.imports_on_terminal(*command)
    assert running.wait_for_text(at), running.finish().text
    running.press_ctrl_c()
    finished = running.finish()
    assert finished.code == 130, finished.text
    assert "stopped; run the same command again to finish" in finished.text
    assert "Traceback" not in finished.text
    assert not lock_info_path(story.cdktf.state_file(STACK)).exists()


@pytest.mark.of("older")
def test_an_interrupted_adoption_leaves_each_object_its_owner(adopted: Adopted) -> None:
    """AND the next adoption finishes, which the tests below see."""
    assert len(adopted.interrupted) == 5
    assert adopted.interrupted["Ctrl-C"]
    for moment, owners in adopted.interrupted.items():
        if owners is None:
            assert moment == "applying that plan"
            continue
        assert len(owners) == len(adopted.record.adopted), moment
        # CloudFormation owns everything all the time, whatever this state has got so far.
        assert _holders(owners) <= {"legacy", "both"}, moment
    assert _holders(_owners(adopted.story)) == {"both"}


def test_every_row_is_in_the_record_with_its_verdict(adopted: Adopted) -> None:
    assert adopted.inventory.code == 0, adopted.inventory.errors
    origin = adopted.record.stack

    assert origin is not None
    assert {row.logical_id: row.physical_id for row in origin.rows} == adopted.stack.rows()
    assert all(row.addresses for row in origin.rows if row.verdict == "import")


def test_everything_is_imported_and_nothing_in_aws_is_touched(adopted: Adopted) -> None:
    said = json.loads(adopted.adopt.text)

    assert adopted.adopt.code == 0, adopted.adopt.errors
    assert said["held"] == len(adopted.record.adopted) == len(adopted.story.held())
    kinds = {finding["kind"] for finding in said["verdict"]["findings"]}
    assert kinds <= {"clean", "state-only"}
    assert adopted.calls == {}


def test_the_next_plan_is_empty(adopted: Adopted) -> None:
    answer = adopted.story.imports("gate", "--stage", STAGE, "--json")

    said = json.loads(answer.text)
    assert answer.code == 0, answer.errors
    assert {finding["kind"] for finding in said["verdict"]["findings"]} == {"clean"}


def test_what_serves_and_what_holds_data_is_held_under_its_own_name(adopted: Adopted) -> None:
    held, rows = adopted.story.held(), adopted.stack.rows()
    database = next(id_ for row, id_ in rows.items() if row.startswith("AtomicPostgresDB2"))
    cluster = next(id_ for row, id_ in rows.items() if row.startswith("AtomicCluster0"))

    assert held["aws_db_instance.main"]["identifier"] == database
    assert held["aws_ecs_cluster.main"]["name"] == cluster
    assert {"aws_lb.main", "aws_lb_listener.http", "aws_lb_target_group.supertokens"} <= held.keys()
    assert adopted.story.secret_values() == adopted.values


def test_the_stage_file_says_what_was_found(adopted: Adopted) -> None:
    settings = read_stage(adopted.story.stages, STAGE)
    held = adopted.story.held()

    assert settings.phase == "adopt"
    assert settings.network.nat == "single"
    assert settings.network.subnet_newbits == (2 if adopted.shape == "newest" else 8)
    assert settings.database.allocated_storage_gib == 100
    assert settings.database.master_username == "PostgresAdminCredentials"
    # CloudWatch would delete at once what is older.
    assert settings.logs.retention_days == (731 if adopted.shape in DRAWN else 30)
    assert settings.file_storage.mount == ("root" if adopted.shape == "guide" else "access-point")
    with_https = "aws_lb_listener.https" in held
    # What the stack lacks is left out, but for what its own services call, as functions does optaplanner.
    left_out = {"older": {"python-agent"}, "oldest": {"python-agent"}, "guide": set[str]()}
    assert settings.beside.left_out.keys() == left_out.get(
        adopted.shape, {service.name for service in SERVICES} - {"supertokens"}
    )
    assert bool(settings.certificate_arn) == with_https == (adopted.shape in {"guide", "newest"})


def test_no_value_of_a_secret_is_in_what_was_written_or_said(adopted: Adopted) -> None:
    values = {name: value for name, value in adopted.values.items() if "ENTER_" not in value}

    assert values
    assert not scan([adopted.story.folder], values=values).found
    said = (
        adopted.inventory.text
        + adopted.inventory.errors
        + adopted.adopt.text
        + adopted.adopt.errors
    )
    assert not [name for name, value in values.items() if value in said]


@pytest.mark.of("newest")
def test_a_stack_that_has_moved_on_is_refused(adopted: Adopted) -> None:
    template: dict[str, Any] = adopted.stack.template()
    template["Resources"]["OwnTopic"] = {"Type": "AWS::SNS::Topic"}
    assert adopted.stack.update(template) == "UPDATE_COMPLETE"

    answer = adopted.story.imports("gate", "--stage", STAGE)

    assert (answer.code, answer.text) == (1, "")
    assert "AwsStack has changed since the inventory (its template)" in answer.errors


@pytest.mark.of("older")
def test_an_interrupted_rollback_before_the_deletion_leaves_each_object_to_the_stack(
    adopted: Adopted,
) -> None:
    story, template = adopted.story, adopted.stack.template()
    ctrl_c(story, "rollback", *OF_STACK, at="reading the stack")
    first = _holders(_owners(story))
    assert story.killed_imports(
        "rollback", *OF_STACK, after_step="writing a backup of the new state", seconds=0.05
    )
    second = _holders(_owners(story))

    answer = story.imports("rollback", *OF_STACK)

    assert answer.code == 0, answer.errors
    assert first == {"both"}
    assert second <= {"legacy", "both"}
    assert _holders(_owners(story)) == {"legacy"}
    assert adopted.stack.template() == template
    assert adopted.stack.described()["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.of("oldest", "guide")
def test_phase_full_moves_the_services_in_place(adopted: Adopted) -> None:
    story = adopted.story
    _go_on_to_full(adopted)

    answer = story.imports("adopt", "--stage", STAGE, "--json")

    said = json.loads(answer.text)
    assert answer.code == 0, answer.errors
    assert said["held"] == len(adopted.record.adopted)
    kinds = {finding["kind"] for finding in said["verdict"]["findings"]}
    assert kinds <= {"clean", "state-only", "change", "addition"}
    assert not [each for each in said["verdict"]["findings"] if "destroy" in each["why"]]
    # A connection string that nobody has set yet is made; what somebody has set stays.
    was, now = adopted.values, story.secret_values()
    nobodys = {name for name in was if name.endswith("ConnString") and "://" not in was[name]}
    database = story.held()["aws_db_instance.main"]["address"]
    assert nobodys
    assert all(f"@{database}:" in now[name] or f"//{database}:" in now[name] for name in nobodys)
    kept = {name: was[name] for name in was if name not in nobodys and "ENTER_" not in was[name]}
    assert kept.items() <= now.items()
    behind = _target_groups_of_services(adopted)
    for port in (80, 443) if adopted.shape == "oldest" else (443,):
        forwarded = _forwarded(adopted, port)
        assert forwarded, port
        assert set(forwarded) <= set(behind)
    assert all("/atomic-live-" in definition for definition in behind.values())
    if adopted.shape == "guide":
        assert _mounted(adopted) == [{"authorizationConfig": {"iam": "ENABLED"}}]


@pytest.mark.of("oldest", "guide")
def test_the_stack_lets_go_of_a_stage_in_phase_full(adopted: Adopted) -> None:
    story = adopted.story
    values, held = story.secret_values(), _objects_and_images(story)
    logs = f"atomic-{STAGE}-logs-123456789012-us-east-1"
    delivered = held.pop(logs)
    interrupted = _interrupted_retirements(story) if adopted.shape == "oldest" else {}

    answer = story.imports("retire", *OF_STACK, "--yes", "--json")

    assert answer.code == 0, answer.text + answer.errors
    # Until the deletion both own everything; afterwards this state alone.
    assert all(holders <= {"both", "here"} for holders in interrupted.values()), interrupted
    assert _holders(_owners(story)) == {"here"}
    said = json.loads(answer.text)
    assert (said["is_deleted"], said["against"]) == (True, [])
    assert adopted.stack.described()["StackStatus"] == "DELETE_COMPLETE"
    assert story.secret_values() == values
    now = _objects_and_images(story)
    # S3 goes on writing its access log meanwhile.
    assert set(delivered) <= set(now.pop(logs))
    assert now == held
    # All that CloudFormation let go of is Terraform's alone, and as Terraform has it.
    gate = story.imports("gate", "--stage", STAGE, "--json")
    assert gate.code == 0, gate.text + gate.errors
    kinds = {finding["kind"] for finding in json.loads(gate.text)["verdict"]["findings"]}
    assert kinds == {"clean"}


def _interrupted_retirements(story: Story) -> dict[str, set[str]]:
    """Interrupt the retirement on a terminal, in a long look, and kill it in steps that change something."""
    looking = (
        "asking CloudFormation what has drifted"  # a short step may never be drawn on a terminal
    )
    ctrl_c(story, "retire", *OF_STACK, "--yes", at=looking)
    holders = {looking: _holders(_owners(story))}
    for step, seconds in (
        ("writing a backup of the stack", 0.0),
        ("telling CloudFormation what it keeps", 0.3),
        ("deleting the stack", 0.3),
    ):
        assert story.killed_imports(
            "retire", *OF_STACK, "--yes", after_step=step, seconds=seconds
        ), step
        holders[step] = _holders(_owners(story))
    return holders


def _objects_and_images(story: Story) -> dict[str, list[str]]:
    s3, ecr = story.emulator.client("s3"), story.emulator.client("ecr")
    objects = {
        bucket["Name"]: [
            each["Key"] for each in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
        ]
        for bucket in s3.list_buckets()["Buckets"]
    }
    images = {
        each["repositoryName"]: [
            image["imageDigest"]
            for image in ecr.list_images(repositoryName=each["repositoryName"])["imageIds"]
        ]
        for each in ecr.describe_repositories()["repositories"]
    }
    return {name: found for name, found in (objects | images).items() if found}


def _go_on_to_full(adopted: Adopted) -> None:
    path = adopted.story.stages / f"{STAGE}.toml"
    more = 'phase = "full"\n'
    if adopted.shape == "oldest":
        certificate = issued_certificate(adopted.story.emulator)
        more += 'domain_name = "calendar.example.com"\noperator_email = "ops@example.com"\n'
        more += f'certificate_arn = "{certificate}"\n'
    text = path.read_text().replace('phase = "adopt"\n', more)
    # No container runs here, in which `database apply` would make the services' own roles.
    path.write_text(text.replace("[database]\n", "[database]\nlogin_roles = false\n"))


def _target_groups_of_services(adopted: Adopted) -> dict[str, str]:
    """Return the task definition behind each target group."""
    ecs = adopted.story.emulator.client("ecs")
    cluster = adopted.story.held()["aws_ecs_cluster.main"]["arn"]
    arns = ecs.list_services(cluster=cluster, maxResults=100)["serviceArns"]
    services = ecs.describe_services(cluster=cluster, services=arns)["services"]
    return {
        each["targetGroupArn"]: service["taskDefinition"]
        for service in services
        for each in service["loadBalancers"]
    }


def _forwarded(adopted: Adopted, port: int) -> list[str]:
    """Return the target groups that a listener's rules lead to."""
    elb = adopted.story.emulator.client("elbv2")
    balancer = adopted.story.held()["aws_lb.main"]["arn"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    (listener,) = [each["ListenerArn"] for each in listeners if each["Port"] == port]
    rules = elb.describe_rules(ListenerArn=listener)["Rules"]
    return [
        action["TargetGroupArn"]
        for rule in rules
        if not rule["IsDefault"]
        for action in rule["Actions"]
        if action["Type"] == "forward"
    ]


def _mounted(adopted: Adopted) -> list[dict[str, Any]]:
    """Return how the task that keeps vectors mounts the file system."""
    ecs = adopted.story.emulator.client("ecs")
    definition = adopted.story.held()["aws_ecs_service.python_agent"]["task_definition"]
    task = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
    return [
        {"authorizationConfig": volume["efsVolumeConfiguration"]["authorizationConfig"]}
        for volume in task["volumes"]
        if volume.get("efsVolumeConfiguration")
    ]
