"""The legacy state lets go: refusals, interruptions, and real terraform with local and S3 backends."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from common.errors import UserError
from common.files import replace_file
from imports.ownership import Holder, ownership
from imports.record import (
    AdoptedObject,
    AdoptionRecord,
    LegacyOrigin,
    ReleasedObject,
    UncoveredObject,
)
from imports.retire import Retirement, retire
from local.emulator import running_emulator
from terraform import pulled_state, state_backups
from terraform.cli import CommandResult, Terraform
from terraform.pulled_state import pull, pulled_document, put_back_pushed
from terraform.state import parse_document
from terraform.state_backups import find_backups, read_backup
from terraform.state_file import lock_info_path
from terraform.state_surgery import held, managed_addresses
from tests.terraform.test_state_surgery import SECRET, document, instance, resource

ADOPTED = {
    "aws_vpc.main": ("aws_vpc.main", "vpc-1"),
    "aws_subnet.public[0]": ("aws_subnet.public_0", "subnet-0"),
    "aws_subnet.public[1]": ("aws_subnet.public_1", "subnet-1"),
    "aws_db_instance.main": ("aws_db_instance.main", "db"),
}
RELEASED = ("aws_secretsmanager_secret_version.a_version", "random_password.db_master_password")
OURS = {*ADOPTED, *RELEASED}
MINE = "terraform_data.mine"
OUTPUT = {"endpoint": {"value": "db.example", "type": "string"}}


def a_record(**changes: Any) -> AdoptionRecord:
    facts: dict[str, Any] = {
        "stage": "dev",
        "account_id": "123456789012",
        "region": "us-east-1",
        "legacy": LegacyOrigin(source="state", lineage="old", serial=7),
        "adopted": [
            AdoptedObject(address=ours, legacy_address=theirs, import_id=object_id, observed={})
            for theirs, (ours, object_id) in ADOPTED.items()
        ],
        "released": [ReleasedObject(legacy_address=item, reason="a value") for item in RELEASED],
        "not_covered": [UncoveredObject(legacy_address=MINE, type="terraform_data")],
    }
    return AdoptionRecord(**{**facts, **changes})


def legacy_state(*more: dict[str, Any], serial: int = 7) -> dict[str, Any]:
    state = document(
        resource("aws_vpc", "main", instance(id="vpc-1")),
        resource("aws_vpc", "main", instance(id="vpc-default"), mode="data"),
        resource(
            "aws_subnet",
            "public",
            instance(index=0, id="subnet-0"),
            instance(index=1, id="subnet-1"),
        ),
        resource("aws_db_instance", "main", instance(identifier="db", password=SECRET)),
        resource("aws_secretsmanager_secret_version", "a_version", instance(secret_string=SECRET)),
        resource("random_password", "db_master_password", instance(result=SECRET)),
        *more,
        serial=serial,
    )
    return {**state, "outputs": OUTPUT}


def new_state(*more: dict[str, Any], serial: int = 3) -> dict[str, Any]:
    return document(
        resource("aws_vpc", "main", instance(id="vpc-1")),
        resource("aws_subnet", "public_0", instance(id="subnet-0")),
        resource("aws_subnet", "public_1", instance(id="subnet-1")),
        resource("aws_db_instance", "main", instance(identifier="db")),
        resource("aws_lb", "main", instance(arn="lb")),
        *more,
        serial=serial,
        lineage="new",
    )


def without(state: dict[str, Any], *names: str) -> dict[str, Any]:
    kept = [item for item in state["resources"] if f"{item['type']}.{item['name']}" not in names]
    return {**state, "resources": kept}


MY_OWN = resource("terraform_data", "mine", instance(id="mine"))


class KilledError(Exception):
    """Stands for kill -9."""


@dataclass
class Clock:
    """Counts the points at which a run may be killed, and kills it at one of them."""

    deadly: int = 0
    now: int = 0
    look: Callable[[], None] = lambda: None

    def tick(self) -> None:
        self.look()
        self.now += 1
        if self.now == self.deadly:
            raise KilledError


@dataclass
class Backend:
    """A state as a backend keeps it, with the rules of `terraform state push`."""

    state: dict[str, Any] | None
    pushes: int = 0

    def push(self, text: str) -> str | None:
        pushed, now = json.loads(text), self.state
        if now is not None:
            if pushed["lineage"] != now["lineage"]:
                return "Failed to write state: cannot import state with lineage"
            if pushed["serial"] <= now["serial"]:
                return f"Failed to write state: cannot import state with serial {pushed['serial']}"
        self.state = {**pushed, "serial": pushed["serial"] + 1}
        self.pushes += 1
        return None


@dataclass(frozen=True, kw_only=True)
class FakeTerraform(Terraform):
    """Terraform with a state in memory; may be killed before and after each command."""

    backend: Backend
    clock: Clock
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def initialize(self) -> None:
        """Prepare nothing: there is no folder to work in."""

    def __call__(self, *arguments: str, stdin: str | None = None) -> CommandResult:
        self.clock.tick()
        self.calls.append(arguments)
        wrong, stdout = None, ""
        if arguments[:2] == ("state", "pull"):
            stdout = json.dumps(self.backend.state) if self.backend.state else ""
        else:
            assert arguments[:2] == ("state", "push")
            assert stdin is not None
            assert "-force" not in arguments
            wrong = self.backend.push(stdin)
        self.clock.tick()
        return CommandResult(
            exit_code=1 if wrong else 0, stdout=stdout.encode(), stderr=(wrong or "").encode()
        )


@dataclass
class World:
    """Two states, a record of them, and a folder for backups."""

    folder: Path
    record: AdoptionRecord
    old: Backend
    new: Backend
    clock: Clock = field(default_factory=Clock)
    said: list[str] = field(default_factory=list)

    @property
    def legacy(self) -> FakeTerraform:
        folder = self.folder / "legacy"
        return FakeTerraform(folder=folder, environment={}, backend=self.old, clock=self.clock)

    @property
    def here(self) -> FakeTerraform:
        folder = self.folder / "here"
        return FakeTerraform(folder=folder, environment={}, backend=self.new, clock=self.clock)

    @property
    def backups(self) -> Path:
        return self.folder / "backups"

    def holders(self) -> set[Holder]:
        return {item.holder for item in ownership(self.record, self.old.state, self.new.state)}

    def nobody_owns_nothing(self) -> None:
        assert Holder.NOBODY not in self.holders()

    def retire(self, *, acknowledged: bool = False) -> Retirement:
        return retire(
            self.record,
            self.legacy,
            self.here,
            backup_folder=self.backups,
            acknowledged=acknowledged,
            progress=self.said.append,
        )


def a_world(folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> World:
    for name in ("legacy", "here"):
        (folder / name).mkdir(parents=True)
        (folder / name / "main.tf").write_text("")
    facts: dict[str, Any] = {
        "record": a_record(),
        "old": Backend(legacy_state()),
        "new": Backend(new_state()),
    }
    made = World(folder=folder, **{**facts, **changes})
    made.clock.look = made.nobody_owns_nothing

    def ticking(path: Path, text: str, *, mode: int) -> None:
        made.clock.tick()
        replace_file(path, text, mode=mode)
        made.clock.tick()

    monkeypatch.setattr(state_backups, "replace_file", ticking)
    return made


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return a_world(tmp_path, monkeypatch)


def refused(world: World, match: str, *, acknowledged: bool = True) -> str:
    """The message of a refusal, which must be one line, without a secret, and write nothing."""
    with pytest.raises(UserError, match=match) as caught:
        world.retire(acknowledged=acknowledged)
    assert (world.old.pushes, world.new.pushes) == (0, 0)
    assert not list(world.backups.glob("*"))
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- what it does


def test_exactly_the_adopted_and_released_addresses_go(world: World) -> None:
    world.old.state = legacy_state(MY_OWN)

    done = world.retire(acknowledged=True)

    assert set(done.let_go) == OURS
    assert done.stays == (MINE,)
    assert world.old.state is not None
    assert managed_addresses(world.old.state) == (MINE,)
    assert [item["mode"] for item in world.old.state["resources"]] == ["data", "managed"]
    assert world.old.state["outputs"] == OUTPUT
    assert world.old.state["lineage"] == "old"
    assert world.holders() == {Holder.HERE}
    assert world.new.pushes == 0


def test_the_backup_is_the_state_as_it_was(world: World) -> None:
    before = world.old.state

    backup = world.retire().backup

    assert backup is not None
    assert backup.path.name == "legacy-old-7.tfstate"
    assert json.loads(backup.path.read_text()) == before
    assert backup.sha256 == hashlib.sha256(backup.path.read_bytes()).hexdigest()
    checksum = backup.path.with_name("legacy-old-7.tfstate.sha256")
    assert checksum.read_text() == f"{backup.sha256}  {backup.path.name}\n"
    assert backup.path.stat().st_mode & 0o777 == 0o600
    assert checksum.stat().st_mode & 0o777 == 0o600
    assert world.backups.stat().st_mode & 0o777 == 0o700


def test_again_there_is_nothing_to_let_go_of(world: World) -> None:
    first = world.retire()
    kept = world.old.state

    second = world.retire()

    assert second.let_go == ()
    assert second.backup == first.backup
    assert second.delete_from_version_control == first.delete_from_version_control
    assert world.old.state is kept
    assert "nothing is left to remove from the old state" in world.said


def test_again_it_says_when_the_backup_is_gone_or_altered(world: World) -> None:
    backup = world.retire().backup
    assert backup is not None

    backup.path.write_text("{}")
    altered = world.retire()
    shutil.rmtree(world.backups)
    gone = world.retire()

    assert altered.backup is None
    assert "its checksum does not match" in altered.notes[0]
    assert gone.backup is None
    assert "no way back" in gone.notes[0]


def test_it_says_what_holds_secrets_and_what_to_delete(world: World) -> None:
    folder = world.legacy.folder
    (folder / "terraform.tfstate.backup").write_text(json.dumps(legacy_state()))
    (folder / "terraform.tfstate").write_text(json.dumps(document()))
    (folder / "terraform.tfstate.170.backup").write_text("damaged")
    (folder / "list.backup").write_text("[]")
    (folder / "terraform.tfvars").write_text("")
    (folder / "readme.md").write_text("")

    done = world.retire()

    assert done.secret_files == (
        "list.backup",
        "terraform.tfstate.170.backup",
        "terraform.tfstate.backup",
    )
    assert done.delete_from_version_control == (
        "list.backup",
        "main.tf",
        "terraform.tfstate",
        "terraform.tfstate.170.backup",
        "terraform.tfstate.backup",
        "terraform.tfvars",
    )
    secrets_note = next(item for item in done.notes if "plain text" in item)
    assert done.backup is not None
    assert str(done.backup.path) in secrets_note
    assert "terraform.tfstate.170.backup" in secrets_note
    assert SECRET not in repr(done)


def test_a_state_with_a_sensitive_output_is_named_too(world: World) -> None:
    output = {"x": {"value": SECRET, "type": "string", "sensitive": True}}
    (world.legacy.folder / "old.tfstate").write_text(json.dumps({**document(), "outputs": output}))

    assert world.retire().secret_files == ("old.tfstate",)


def test_what_stays_keeps_its_configuration(world: World) -> None:
    world.old.state = legacy_state(MY_OWN)

    done = world.retire(acknowledged=True)

    assert done.delete_from_version_control == (
        'resource "aws_db_instance" "main"',
        'resource "aws_secretsmanager_secret_version" "a_version"',
        'resource "aws_subnet" "public"',
        'resource "aws_vpc" "main"',
        'resource "random_password" "db_master_password"',
    )


def test_a_legacy_state_that_somebody_wrote_to_since_the_inventory_is_refused(
    world: World,
) -> None:
    world.old.state = legacy_state(serial=31)

    refused(world, r"was at serial 7 when recorded, is at 31 now.*inventory` and `adopt` again")


def test_a_released_value_that_is_gone_already_does_not_matter(world: World) -> None:
    world.old.state = without(legacy_state(), RELEASED[1])

    assert RELEASED[1] not in world.retire().let_go
    assert world.holders() == {Holder.HERE}


def test_a_record_made_without_a_state_knows_the_objects_by_their_ids(world: World) -> None:
    world.record = a_record(legacy=LegacyOrigin(source="configuration"))

    assert set(world.retire().let_go) == OURS


def test_a_record_made_without_a_state_needs_none(world: World) -> None:
    world.record = a_record(legacy=LegacyOrigin(source="configuration"))
    world.old.state = None

    done = world.retire()

    assert done.let_go == ()
    assert "no legacy state" in done.notes[0]


# --- what it refuses


def test_an_object_that_the_new_state_lacks(world: World) -> None:
    world.new.state = without(new_state(), "aws_vpc.main", "aws_db_instance.main")

    message = refused(world, "new state does not hold 2 of 4")

    assert 'aws_db_instance.main ("db"), aws_vpc.main ("vpc-1")' in message


def test_no_new_state(world: World) -> None:
    world.new.state = None

    refused(world, "does not hold 4 of 4")


def test_another_object_at_an_address_of_the_new_state(world: World) -> None:
    other = resource("aws_vpc", "main", instance(id="vpc-9"))
    world.new.state = without(new_state(other), "nothing")
    world.new.state["resources"].pop(0)

    refused(world, r'aws_vpc\.main in the new state is "vpc-9", not "vpc-1"')


def test_a_legacy_state_of_another_lineage(world: World) -> None:
    world.old.state = {**legacy_state(), "lineage": "another"}

    refused(world, 'has the lineage "another", the record was made from "old"')


def test_the_new_state_named_as_the_legacy_one(world: World) -> None:
    world.new.state = {**new_state(), "lineage": "old"}

    refused(world, "are the same one")


def test_a_folder_without_a_state(world: World) -> None:
    world.old.state = None

    refused(world, "has no state")


def test_a_resource_that_is_not_covered_until_it_is_acknowledged(world: World) -> None:
    topic = resource("aws_sns_topic", "added", instance(index="a", arn="arn"), module="module.x")
    world.old.state = legacy_state(MY_OWN, topic)

    message = refused(world, r"does not cover .* \(2\)", acknowledged=False)

    assert 'module.x.aws_sns_topic.added["a"], terraform_data.mine' in message


def test_a_deposed_object_until_it_is_acknowledged(world: World) -> None:
    more = instance(deposed="0a1b2c3d", identifier="db-before", password=SECRET)
    world.old.state = legacy_state()
    world.old.state["resources"][3]["instances"].append(more)

    refused(world, r"aws_db_instance\.main \(deposed 0a1b2c3d\)", acknowledged=False)
    assert world.retire(acknowledged=True).stays == ("aws_db_instance.main (deposed 0a1b2c3d)",)


def test_a_deposed_object_that_is_the_adopted_one(world: World) -> None:
    more = instance(deposed="0a1b2c3d", identifier="db")
    world.old.state = legacy_state()
    world.old.state["resources"][3]["instances"].append(more)

    refused(world, r'"db" is at "aws_db_instance.main \(deposed 0a1b2c3d\)" in the legacy state')


def test_the_same_object_at_a_second_legacy_address(world: World) -> None:
    twin = resource("aws_db_instance", "twin", instance(identifier="db"))
    world.old.state = legacy_state(twin)

    refused(world, '"db" is at "aws_db_instance.twin" in the legacy state, and belongs at')


def test_two_writers_with_another_object(world: World) -> None:
    other = resource("aws_vpc", "main", instance(id="vpc-9"))
    world.old.state = without(legacy_state(other, serial=12), "nothing")
    world.old.state["resources"].pop(0)

    refused(world, r'"vpc-9", not "vpc-1" \(the legacy state was at serial 7 .*, is at 12 now\)')


def made_again(world: World) -> None:
    """Let the old folder's CI apply once more: another VPC, other subnets, and the database that is there."""
    world.old.state = legacy_state(resource("aws_vpc", "main", instance(id="vpc-9")), serial=12)
    world.old.state["resources"].pop(0)
    world.old.state["resources"].pop(1)


def test_after_a_second_base_was_made_only_what_the_stage_owns_is_let_go(world: World) -> None:
    world.retire()
    made_again(world)

    done = world.retire(acknowledged=True)

    assert world.old.state is not None
    assert "aws_db_instance.main" in done.let_go
    assert managed_addresses(world.old.state) == ("aws_vpc.main",)
    assert done.stays == ("aws_vpc.main",)
    assert "`terraform plan -destroy` there lists what it does" in done.notes[0]
    assert not [note for note in done.notes if "--acknowledge" in note]
    assert world.holders() == {Holder.HERE}


def test_a_retirement_after_that_has_nothing_to_let_go_of_and_says_the_same(world: World) -> None:
    world.retire()
    made_again(world)
    done = world.retire(acknowledged=True)

    again = world.retire()

    assert (again.let_go, again.stays) == ((), ("aws_vpc.main",))
    assert again.notes[0] == done.notes[0]


def test_a_second_base_stays_there_when_that_is_acknowledged(world: World) -> None:
    world.retire()
    made_again(world)
    pushes = world.old.pushes

    with pytest.raises(
        UserError, match=r"has made 1 objects again, a second base .*--acknowledge`"
    ):
        world.retire()

    assert world.old.pushes == pushes


def test_passwords_alone_that_the_old_folder_made_again_can_be_let_go(world: World) -> None:
    world.retire()
    made_again(world)
    assert world.old.state is not None
    world.old.state = without(world.old.state, "aws_subnet.public", "aws_db_instance.main")

    with pytest.raises(UserError, match="retire --acknowledge` removes"):
        world.retire()

    assert world.retire(acknowledged=True).let_go == tuple(sorted(RELEASED))


def test_two_writers_with_an_object_gone(world: World) -> None:
    world.old.state = without(legacy_state(serial=12), "aws_db_instance.main")

    message = refused(world, r"no longer holds aws_db_instance\.main \(.* serial 7 .* 12 now\)")

    assert "no backup of a retirement explains it" in message


def test_a_backup_of_a_different_state_is_not_overwritten(world: World) -> None:
    world.backups.mkdir()
    other = world.backups / "legacy-old-7.tfstate"
    other.write_text(json.dumps(without(legacy_state(), "aws_vpc.main")))
    content = other.read_text()

    with pytest.raises(UserError, match="move it away"):
        world.retire()

    assert other.read_text() == content
    assert world.old.pushes == 0


def test_an_equal_backup_is_used_again(world: World) -> None:
    world.backups.mkdir()
    path = world.backups / "legacy-old-7.tfstate"
    path.write_text(json.dumps({**legacy_state(), "terraform_version": "1.9.0"}, indent=2))
    content = path.read_text()

    backup = world.retire().backup

    assert backup is not None
    assert path.read_text() == content
    assert read_backup(path, "old")[0] == backup
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_backup_folder_that_cannot_be(world: World) -> None:
    world.backups.write_text("a file")

    with pytest.raises(UserError, match="cannot be written"):
        world.retire()

    assert world.old.pushes == 0


def test_a_state_that_is_not_as_pushed_is_an_error(world: World) -> None:
    class Forgetful(Backend):
        def push(self, text: str) -> str | None:
            refusal = super().push(text)
            assert self.state is not None
            self.state["resources"].pop()
            return refusal

    world.old = Forgetful(legacy_state(MY_OWN))

    with pytest.raises(UserError, match=r"differs in terraform_data\.mine.*legacy-old-7"):
        world.retire(acknowledged=True)


def test_a_change_between_pull_and_push_is_not_lost(world: World) -> None:
    changed = legacy_state(MY_OWN, serial=8)

    def change(line: str) -> None:
        if "backup" in line:
            world.old.state = changed

    with pytest.raises(UserError, match="serial 8"):
        retire(
            world.record,
            world.legacy,
            world.here,
            backup_folder=world.backups,
            acknowledged=True,
            progress=change,
        )

    assert world.old.state is changed
    assert set(world.retire(acknowledged=True).let_go) == OURS


# --- interruptions


def test_killed_at_any_point_the_same_command_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = 0
    for deadly in range(1, 100):
        world = a_world(tmp_path / str(deadly), monkeypatch, old=Backend(legacy_state(MY_OWN)))
        world.clock.deadly = deadly
        try:
            world.retire(acknowledged=True)
        except KilledError:
            points += 1
        else:
            break
        world.nobody_owns_nothing()

        done = world.retire(acknowledged=True)

        assert world.holders() == {Holder.HERE}
        assert world.old.pushes == 1
        assert done.backup is not None
        assert held(read_backup(done.backup.path, "old")[1]).keys() == OURS | {MINE}
        assert len(list(world.backups.iterdir())) == 2
    assert points == 12  # four commands and two files, before and after each


def test_a_file_left_half_written_is_cleared_away(world: World) -> None:
    world.backups.mkdir()
    leftover = world.backups / ".legacy-old-7.tfstate.x7d_2k"
    leftover.write_text(SECRET)

    world.retire()

    assert not leftover.exists()


def test_a_part_that_went_before_is_explained_by_the_backup(world: World) -> None:
    world.retire()
    assert world.old.state is not None
    half = without(legacy_state(serial=world.old.state["serial"] + 1), "aws_vpc.main")
    world.old.state = half

    done = world.retire()

    assert "aws_vpc.main" not in done.let_go
    assert "aws_subnet.public[0]" in done.let_go
    assert len(find_backups(world.backups, "legacy", "old")) == 2


def test_an_altered_backup_explains_nothing(world: World) -> None:
    backup = world.retire().backup
    assert backup is not None
    assert world.old.state is not None
    backup.path.write_text(backup.path.read_text().replace("vpc-1", "vpc-2"))
    world.old.state = without(legacy_state(serial=20), "aws_vpc.main")

    with pytest.raises(UserError, match="no backup of a retirement explains it"):
        world.retire()


TRUNCATED = ("", '{"version": 4, "ser', "[" * 100_000)


@pytest.mark.parametrize("content", TRUNCATED)
def test_a_local_state_file_that_broke_off_is_named(world: World, content: str) -> None:
    world.old.state = None
    path = world.legacy.folder / "terraform.tfstate"
    path.write_text(content)

    message = refused(world, "empty or truncated")

    assert str(path) in message
    assert "terraform.tfstate.backup beside it holds no state: bring a backup" in message


@pytest.mark.parametrize("content", TRUNCATED)
def test_the_command_that_is_told_of_a_truncated_state_puts_it_back(
    world: World, content: str
) -> None:
    """Of an apply nobody knows what it had made: to go back is a person's to decide."""
    path = world.legacy.folder / "it's the state.tfstate"
    truncated(world, path, content, operation="OperationTypeApply")

    with pytest.raises(UserError) as told:
        pull(world.legacy)
    assert path.read_text() == content
    subprocess.run(["sh", "-c", command_in(told.value)], check=True)

    assert json.loads(path.read_text()) == legacy_state()


@pytest.mark.parametrize("content", TRUNCATED)
def test_a_state_that_a_killed_push_has_truncated_is_put_back_by_the_next_run(
    world: World, content: str
) -> None:
    path = world.legacy.folder / "the.tfstate"
    truncated(world, path, content, operation="state-push")

    put_back_pushed(world.legacy, world.said.append)

    assert json.loads(path.read_text()) == legacy_state()
    assert world.said == [
        "the.tfstate was truncated when Terraform was killed: put back from the.tfstate.backup"
    ]


def test_a_push_into_another_workspace_is_put_back_there(world: World) -> None:
    path = world.legacy.folder / "terraform.tfstate.d" / "prod" / "terraform.tfstate"
    path.parent.mkdir(parents=True)
    truncated(world, path, "", operation="state-push")
    prod = replace(world.legacy, environment={"TF_WORKSPACE": "prod"})

    put_back_pushed(world.legacy, world.said.append)
    assert path.read_text() == ""
    put_back_pushed(prod, world.said.append)

    assert json.loads(path.read_text()) == legacy_state()


def test_without_a_whole_backup_a_truncated_state_stays_as_it_is(world: World) -> None:
    path = world.legacy.folder / "the.tfstate"
    truncated(world, path, "", operation="state-push")
    path.with_name("the.tfstate.backup").write_text('{"version": 4, "ser')

    put_back_pushed(world.legacy, world.said.append)

    assert (path.read_text(), world.said) == ("", [])


def command_in(error: UserError) -> str:
    """The command that a refusal tells to run."""
    return str(error).partition("run `")[2].partition("`, then")[0]


def truncated(world: World, path: Path, content: str, *, operation: str) -> None:
    """What Terraform leaves when it is killed while it writes the legacy state into a file."""
    world.old.state = None
    path.write_text(content)
    path.with_name(f"{path.name}.backup").write_text(json.dumps(legacy_state()))
    lock_info_path(path).write_text(json.dumps({"Operation": operation}))
    settings = world.legacy.folder / ".terraform" / "terraform.tfstate"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"backend": {"type": "local", "config": {"path": path.name}}}))


def test_a_state_that_is_nested_too_deeply_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tower = CommandResult(exit_code=0, stdout=b"[" * 100_000)
    monkeypatch.setattr(FakeTerraform, "__call__", lambda *_args, **_kwargs: tower)

    with pytest.raises(UserError, match="nested too deeply"):
        pull(world.legacy)


def test_a_local_state_file_elsewhere_that_broke_off_is_named(world: World) -> None:
    world.new.state = None
    elsewhere = world.folder / "elsewhere.tfstate"
    elsewhere.write_text("")
    settings = world.here.folder / ".terraform" / "terraform.tfstate"
    settings.parent.mkdir()
    settings.write_text(
        json.dumps({"backend": {"type": "local", "config": {"path": "../elsewhere.tfstate"}}})
    )

    refused(world, r"elsewhere\.tfstate is empty or truncated")


def test_a_file_that_broke_off_is_found_before_the_folder_is_initialized(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.tfstate"
    elsewhere.write_text('{"version": 4, "ser')
    backend = {"local": {"path": str(elsewhere)}}
    (tmp_path / "cdk.tf.json").write_text(json.dumps({"terraform": {"backend": backend}}))

    assert pulled_state.broken_state_file(tmp_path) == elsewhere


def test_what_terraform_prints_of_a_remote_state_that_is_not_there_is_none(world: World) -> None:
    blank = {"version": 4, "terraform_version": "1.11.4", "serial": 0, "lineage": ""}
    world.new.state = {**blank, "outputs": {}, "resources": None, "check_results": None}

    assert pulled_state.pull(world.here) is None


def test_an_empty_file_beside_a_remote_backend_means_nothing(world: World) -> None:
    # `terraform init -migrate-state` leaves one behind.
    world.old.state = None
    (world.legacy.folder / "terraform.tfstate").write_text("")
    (world.legacy.folder / ".terraform").mkdir()
    settings = world.legacy.folder / ".terraform" / "terraform.tfstate"
    settings.write_text(json.dumps({"backend": {"type": "s3", "config": {"key": "k"}}}))

    refused(world, "has no state")


def test_secrets_are_in_no_repr(world: World) -> None:
    pulled = pulled_state.pull(world.legacy)

    assert pulled is not None
    assert SECRET in pulled.text
    assert SECRET not in repr(pulled)


# --- real terraform

CONFIGURATION = 'resource "terraform_data" "mine" {\n  input = "kept"\n}\n'


def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "CHECKPOINT_DISABLE": "1"}


def real_terraform(folder: Path, configuration: str, **more: str) -> Terraform:
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(configuration)
    terraform = Terraform(folder=folder, environment={**environment(), **more})
    terraform.initialize()
    return terraform


def fill(terraform: Terraform, state: dict[str, Any]) -> dict[str, Any]:
    """Add the state's resources to the real one; what the real one is then."""
    text = terraform.checked("state", "pull")
    now = json.loads(text) if text.strip() else {**state, "serial": 0, "resources": []}
    resources = [*now["resources"], *state["resources"]]
    pushed = {
        **now,
        "serial": now["serial"] + 1,
        "resources": resources,
        "outputs": state["outputs"],
    }
    terraform.checked("state", "push", "-", stdin=json.dumps(pushed))
    return pulled_document(terraform)


@dataclass(frozen=True)
class RealWorld:
    """Two real folders; the legacy one has applied a resource of its own."""

    legacy: Terraform
    here: Terraform
    record: AdoptionRecord
    backups: Path

    def retire(self, *, acknowledged: bool = True) -> Retirement:
        return retire(
            self.record,
            self.legacy,
            self.here,
            backup_folder=self.backups,
            acknowledged=acknowledged,
            progress=lambda _: None,
        )

    def holders(self) -> set[Holder]:
        owners = ownership(self.record, pulled_document(self.legacy), pulled_document(self.here))
        return {item.holder for item in owners}


def real_world(folder: Path, *, backend: str = "", **more: str) -> RealWorld:
    legacy = real_terraform(folder / "legacy", backend + CONFIGURATION, **more)
    legacy.checked("apply", "-auto-approve", "-no-color")
    before = fill(legacy, legacy_state())
    here = real_terraform(folder / "here", "")
    fill(here, new_state())
    origin = LegacyOrigin(source="state", lineage=before["lineage"], serial=before["serial"])
    return RealWorld(legacy, here, a_record(legacy=origin), folder / "backups")


@pytest.fixture
def real(tmp_path: Path) -> RealWorld:
    return real_world(tmp_path)


@pytest.mark.terraform
def test_terraform_lets_go_and_keeps_the_rest(real: RealWorld) -> None:
    before = pulled_document(real.legacy)

    done = real.retire()

    after = pulled_document(real.legacy)
    assert set(done.let_go) == OURS
    assert done.stays == (MINE,)
    assert managed_addresses(after) == (MINE,)
    assert (after["lineage"], after["outputs"]) == (before["lineage"], OUTPUT)
    assert after["serial"] > before["serial"]
    assert real.holders() == {Holder.HERE}
    assert done.backup is not None
    assert json.loads(done.backup.path.read_text()) == before
    assert "terraform.tfstate.backup" in done.secret_files  # terraform makes one at each push
    real.legacy.checked("state", "list")
    assert real.retire().let_go == ()


@pytest.mark.terraform
def test_the_old_folder_destroys_only_what_stayed(real: RealWorld) -> None:
    real.retire()
    # The data source wants a provider, which this test does without; and the plan compares outputs.
    state = pulled_document(real.legacy)
    state["resources"] = [item for item in state["resources"] if item["mode"] == "managed"]
    state.update(serial=state["serial"] + 1, outputs={})
    real.legacy.checked("state", "push", "-", stdin=json.dumps(state))

    assert real.legacy("plan", "-detailed-exitcode", "-no-color").exit_code == 0
    real.legacy.checked("destroy", "-auto-approve", "-no-color")
    assert managed_addresses(pulled_document(real.legacy)) == ()
    assert real.holders() == {Holder.HERE}


@pytest.mark.parametrize("ahead", [1, 2])
@pytest.mark.terraform
def test_terraform_refuses_what_is_not_newer(real: RealWorld, ahead: int) -> None:
    stale = pulled_state.pull(real.legacy)
    assert stale is not None
    # As an apply in the meantime leaves it: one version ahead of what was pulled, or more.
    now = {**stale.document, "outputs": {}, "serial": stale.serial + ahead}
    (real.legacy.folder / "terraform.tfstate").write_text(json.dumps(now))

    with pytest.raises(UserError, match=f"serial {stale.serial + ahead}"):
        pulled_state.push(real.legacy, {**stale.document, "serial": stale.serial + 1}, backup=None)

    assert pulled_document(real.legacy) == now


# Another process: within one, whoever reads the file ends its lock.
LOCKING = """
import fcntl, sys
file = open(sys.argv[1], "r+")
fcntl.lockf(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.mark.terraform
def test_a_lock_is_honoured(real: RealWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulled_state, "_LOCK_TIMEOUT", "-lock-timeout=0s")
    before = pulled_document(real.legacy)
    with subprocess.Popen(
        [sys.executable, "-c", LOCKING, str(real.legacy.folder / "terraform.tfstate")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(UserError, match="acquiring the state lock"):
            real.retire()
        other.communicate()

    assert pulled_document(real.legacy) == before
    assert set(real.retire().let_go) == OURS


@pytest.mark.terraform
def test_a_folder_that_is_not_initialized(tmp_path: Path) -> None:
    folder = tmp_path / "legacy"
    folder.mkdir()
    (folder / "main.tf").write_text('terraform {\n  backend "s3" {}\n}\n')

    with pytest.raises(UserError, match="Backend initialization required") as caught:
        pulled_state.pull(Terraform(folder=folder, environment=environment()))

    assert "\\x1b" not in str(caught.value)


@pytest.mark.terraform
def test_an_emptied_state_file_is_not_taken_for_no_state(real: RealWorld) -> None:
    real.retire()
    (real.legacy.folder / "terraform.tfstate").write_text("")

    with pytest.raises(UserError, match=r"terraform\.tfstate is empty: the state is lost") as told:
        real.retire()

    subprocess.run(["sh", "-c", command_in(told.value)], check=True)
    assert set(real.retire().let_go) == OURS


@pytest.mark.terraform
def test_a_retirement_whose_push_was_killed_is_finished_by_the_same_command(
    real: RealWorld,
) -> None:
    path = real.legacy.folder / "terraform.tfstate"
    before = pulled_document(real.legacy)
    real.retire()
    path.write_text("")
    lock_info_path(path).write_text(json.dumps({"Operation": "state-push"}))

    done = real.retire()

    assert set(done.let_go) == OURS
    assert done.backup is not None
    assert read_backup(done.backup.path, before["lineage"])[1] == before
    assert not lock_info_path(path).exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from imports.record import AdoptionRecord
from imports import retire as module
from terraform.cli import Terraform

legacy, here, backups, record, moment = sys.argv[1:]
environment = dict(os.environ)

class Deadly(Terraform):
    def __call__(self, *arguments, stdin=None):
        if moment == "before" and "push" in arguments:
            os.kill(os.getpid(), signal.SIGKILL)
        result = super().__call__(*arguments, stdin=stdin)
        if moment == "after" and "push" in arguments:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

module.retire(
    AdoptionRecord.model_validate_json(record),
    Deadly(folder=Path(legacy), environment=environment),
    Deadly(folder=Path(here), environment=environment),
    backup_folder=Path(backups),
    acknowledged=True,
    progress=lambda _: None,
)
"""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.terraform
def test_killed_for_real_the_same_command_finishes(real: RealWorld, moment: str) -> None:
    folders = [str(real.legacy.folder), str(real.here.folder), str(real.backups)]
    arguments = [*folders, real.record.model_dump_json()]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments, moment], env=environment(), check=False
    )

    assert killed.returncode == -signal.SIGKILL
    assert Holder.NOBODY not in real.holders()
    real.retire()
    assert real.holders() == {Holder.HERE}


@pytest.fixture(scope="module")
def bucket() -> Iterator[tuple[str, dict[str, str]]]:
    with running_emulator() as emulator:
        emulator.client("s3").create_bucket(Bucket="states")
        keys = {name: str(value) for name, value in emulator.environment.items()}
        yield emulator.url, keys


def s3_backend(url: str, key: str) -> str:
    return (
        'terraform {\n  backend "s3" {\n'
        f'    bucket = "states"\n    key = "{key}"\n    region = "us-east-1"\n'
        f'    endpoints = {{ s3 = "{url}", sts = "{url}", iam = "{url}" }}\n'
        "    use_path_style = true\n    use_lockfile = true\n"
        "    skip_credentials_validation = true\n    skip_requesting_account_id = true\n  }\n}\n"
    )


@pytest.mark.integration
def test_an_s3_backend_lets_go(bucket: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    url, keys = bucket
    real = real_world(tmp_path, backend=s3_backend(url, "retire"), **keys)

    done = real.retire()

    assert set(done.let_go) == OURS
    assert managed_addresses(pulled_document(real.legacy)) == (MINE,)
    assert done.secret_files == ()
    assert real.retire().let_go == ()


@pytest.mark.terraform
def test_the_pulled_text_is_a_document(real: RealWorld) -> None:
    pulled = pulled_state.pull(real.legacy)

    assert pulled is not None
    assert parse_document(pulled.text, source="x") == pulled.document


def test_a_state_where_terraform_does_not_look_is_not_taken_for_retired(world: World) -> None:
    world.record = a_record(legacy=LegacyOrigin(source="configuration"))
    world.old.state = None
    (world.legacy.folder / "terragrunt.hcl").write_text("")

    refused(world, "/legacy/terragrunt.hcl: Terragrunt says where the state")
