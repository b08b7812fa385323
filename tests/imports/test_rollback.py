"""Everything is given back: refusals, interruptions, and real terraform with local and S3 backends."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from imports.ownership import Holder
from imports.record import LegacyOrigin
from imports.rollback import Rollback, rollback
from local.emulator import running_emulator
from terraform.pulled_state import pulled_document
from terraform.state_backups import find_backups, read_backup
from terraform.state_surgery import differences, held, managed_addresses
from tests.imports.test_retire import (
    MINE,
    MY_OWN,
    OURS,
    RELEASED,
    Backend,
    KilledError,
    RealWorld,
    World,
    a_record,
    a_world,
    legacy_state,
    new_state,
    real_world,
    s3_backend,
    without,
)
from tests.terraform.test_state_surgery import SECRET, document, instance, resource

ADDED = resource("aws_sns_topic", "added", instance(arn="arn"))
LB = "aws_lb.main"


def roll_back(world: World | RealWorld) -> Rollback:
    return rollback(
        world.record, world.legacy, world.here, backup_folder=world.backups, progress=lambda _: None
    )


@pytest.fixture
def retired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = a_world(tmp_path, monkeypatch, old=Backend(legacy_state(MY_OWN)))
    world.retire(acknowledged=True)
    return world


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*")}


def refused(world: World, match: str) -> str:
    """The message of a refusal, which must be one line, without a secret, and write nothing."""
    before = (world.old.pushes, world.new.pushes, contents(world.backups))
    with pytest.raises(UserError, match=match) as caught:
        roll_back(world)
    assert (world.old.pushes, world.new.pushes, contents(world.backups)) == before
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- what it does


def test_the_legacy_state_holds_everything_again(retired: World) -> None:
    assert retired.old.state is not None
    serial = retired.old.state["serial"]

    done = roll_back(retired)

    assert set(done.restored) == OURS
    assert differences(legacy_state(MY_OWN), retired.old.state) == ()
    assert retired.old.state["lineage"] == "old"
    assert retired.old.state["serial"] > serial
    assert retired.holders() == {Holder.LEGACY}


def test_the_new_state_forgets_what_was_adopted_and_nothing_else(retired: World) -> None:
    before = retired.new.state

    done = roll_back(retired)

    assert set(done.forgotten) == retired.record.addresses
    assert done.stays == (LB,)
    assert retired.new.state is not None
    assert managed_addresses(retired.new.state) == (LB,)
    assert done.new_backup is not None
    assert done.new_backup.path.name == "new-dev-new-3.tfstate"
    assert read_backup(done.new_backup.path, "new")[1] == before
    assert done.new_backup.path.stat().st_mode & 0o777 == 0o600


def test_again_there_is_nothing_to_give_back(retired: World) -> None:
    roll_back(retired)
    kept = (retired.old.state, retired.new.state)

    again = roll_back(retired)

    assert (again.restored, again.forgotten) == ((), ())
    assert (retired.old.state, retired.new.state) == kept


def test_before_anything_was_retired_only_the_new_state_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = a_world(tmp_path, monkeypatch)

    done = roll_back(world)

    assert done.restored == ()
    assert world.old.pushes == 0
    assert world.holders() == {Holder.LEGACY}


def test_what_was_added_to_the_legacy_state_since_is_kept(retired: World) -> None:
    assert retired.old.state is not None
    mine = resource("terraform_data", "mine", instance(id="mine", input="changed"))
    retired.old.state = {
        **without(retired.old.state, MINE),
        "serial": 90,
        "outputs": {"new": {"value": "x", "type": "string"}},
    }
    retired.old.state["resources"] += [mine, ADDED]

    roll_back(retired)

    assert retired.old.state["serial"] > 90
    assert held(retired.old.state).keys() == {*OURS, MINE, "aws_sns_topic.added"}
    assert mine in retired.old.state["resources"]
    assert retired.old.state["outputs"] == {"new": {"value": "x", "type": "string"}}


def test_retired_rolled_back_and_retired_again(retired: World) -> None:
    roll_back(retired)
    retired.new.state = new_state(serial=20)

    done = retired.retire(acknowledged=True)

    assert set(done.let_go) == OURS
    assert len(find_backups(retired.backups, "legacy", "old")) == 2
    assert set(roll_back(retired).restored) == OURS


def test_a_deleted_legacy_state_comes_back_as_a_whole(retired: World) -> None:
    retired.old.state = None

    done = roll_back(retired)

    assert set(done.restored) == {*OURS, MINE}
    assert retired.old.state is not None
    assert retired.old.state["lineage"] == "old"
    assert retired.holders() == {Holder.LEGACY}


def test_a_deleted_new_state_is_no_obstacle(retired: World) -> None:
    retired.clock.look = lambda: None  # it is nobody's from here on, until it is given back
    retired.new.state = None

    done = roll_back(retired)

    assert done.forgotten == ()
    assert retired.holders() == {Holder.LEGACY}


def test_parts_in_two_backups_come_together(retired: World) -> None:
    assert retired.old.state is not None
    retired.old.state = without(legacy_state(MY_OWN, serial=60), "aws_vpc.main", *RELEASED)
    retired.retire(acknowledged=True)

    done = roll_back(retired)

    assert [item.serial for item in done.legacy_backups] == [60, 7]
    assert set(done.restored) == OURS
    assert retired.holders() == {Holder.LEGACY}


def test_a_released_value_that_was_gone_before_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = a_world(tmp_path, monkeypatch, old=Backend(without(legacy_state(), RELEASED[0])))
    world.retire()

    done = roll_back(world)

    assert set(done.restored) == OURS - {RELEASED[0]}
    assert roll_back(world).restored == ()


def test_it_says_what_to_heed(retired: World) -> None:
    done = roll_back(retired)

    notes = " | ".join(done.notes)
    assert 'do not deploy the stage "dev" while its adoption record is there' in notes
    assert "what was never adopted stays in the new state (1): aws_lb.main" in notes
    assert str(done.legacy_backups[0].path) in notes
    assert SECRET not in repr(done)


# --- what it refuses


def test_a_missing_backup(retired: World) -> None:
    shutil.rmtree(retired.backups)

    message = refused(retired, "no backup of it is in")

    assert "aws_db_instance.main" in message


def test_a_missing_checksum(retired: World) -> None:
    (retired.backups / "legacy-old-7.tfstate.sha256").unlink()

    refused(retired, r"legacy-old-7\.tfstate\.sha256 is missing")


def test_an_altered_backup(retired: World) -> None:
    path = retired.backups / "legacy-old-7.tfstate"
    path.write_text(path.read_text().replace("vpc-1", "vpc-2"))

    refused(retired, "checksum does not match")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"x" * 64])
def test_an_altered_checksum(retired: World, content: bytes) -> None:
    (retired.backups / "legacy-old-7.tfstate.sha256").write_bytes(content)

    refused(retired, "cannot be trusted")


def test_a_backup_renamed_to_another_version(retired: World) -> None:
    for suffix in ("", ".sha256"):
        (retired.backups / f"legacy-old-7.tfstate{suffix}").rename(
            retired.backups / f"legacy-old-8.tfstate{suffix}"
        )

    refused(retired, "another lineage or serial")


def test_an_unneeded_backup_may_be_missing_or_altered(retired: World) -> None:
    retired.old.state = legacy_state(serial=50)
    shutil.rmtree(retired.backups)

    assert roll_back(retired).restored == ()
    assert retired.holders() == {Holder.LEGACY}


def test_a_released_value_that_is_gone_without_a_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The next apply of the legacy folder would draw a new password for the database.
    world = a_world(tmp_path, monkeypatch, old=Backend(without(legacy_state(), RELEASED[1])))

    refused(world, RELEASED[1])


def test_an_object_that_no_backup_holds(retired: World) -> None:
    for path in retired.backups.iterdir():
        path.unlink()
    retired.clock.look = lambda: None
    retired.old.state = without(legacy_state(serial=7), "aws_vpc.main")
    retired.record = a_record(adopted=a_record().adopted[1:])
    retired.retire(acknowledged=True)
    retired.record = a_record()

    refused(retired, r"aws_vpc\.main: neither the legacy state nor a backup")


def test_a_legacy_state_of_another_lineage(retired: World) -> None:
    retired.old.state = document(lineage="another")

    refused(retired, "another")


def test_another_object_at_a_legacy_address(retired: World) -> None:
    assert retired.old.state is not None
    other = resource("aws_vpc", "main", instance(id="vpc-9"))
    retired.old.state = {**retired.old.state, "serial": 30}
    retired.old.state["resources"] = [other]

    refused(retired, r'aws_vpc\.main in the legacy state is "vpc-9"')


def test_another_object_at_an_adopted_address(retired: World) -> None:
    retired.clock.look = lambda: None
    retired.new.state = without(new_state(), "aws_db_instance.main")
    other = resource("aws_db_instance", "main", instance(identifier="replaced"))
    retired.new.state["resources"].append(other)

    refused(retired, r'aws_db_instance\.main in the new state is "replaced"')


def test_a_folder_without_state_and_configuration(retired: World) -> None:
    retired.old.state = None
    (retired.legacy.folder / "main.tf").unlink()

    refused(retired, "name the legacy folder")


def test_a_record_made_without_a_state_has_no_way_back(retired: World) -> None:
    retired.record = a_record(legacy=LegacyOrigin(source="configuration"))
    retired.old.state = None

    refused(retired, "no backup")


def test_the_new_state_keeps_all_when_the_legacy_state_does_not_take_it(retired: World) -> None:
    class Deaf(Backend):
        def push(self, text: str) -> str | None:
            assert text
            return None

    retired.old = Deaf(retired.old.state)

    with pytest.raises(UserError, match="not as it was pushed"):
        roll_back(retired)

    assert retired.new.pushes == 0
    assert retired.holders() == {Holder.HERE}


# --- interruptions


def test_killed_at_any_point_the_same_command_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = 0
    for deadly in range(1, 100):
        world = a_world(tmp_path / str(deadly), monkeypatch, old=Backend(legacy_state(MY_OWN)))
        world.retire(acknowledged=True)
        world.clock.now, world.clock.deadly = 0, deadly
        try:
            roll_back(world)
        except KilledError:
            points += 1
        else:
            break
        world.nobody_owns_nothing()

        roll_back(world)

        assert world.holders() == {Holder.LEGACY}
        assert (world.old.pushes, world.new.pushes) == (2, 1)
        assert differences(legacy_state(MY_OWN), world.old.state or {}) == ()
        assert managed_addresses(world.new.state) == (LB,)
    assert points == 16  # six commands and two files, before and after each


@settings(deadline=None)
@given(kills=st.lists(st.tuples(st.booleans(), st.integers(0, 17)), max_size=5))
def test_any_sequence_of_killed_commands_leaves_an_owner(
    tmp_path_factory: pytest.TempPathFactory, kills: list[tuple[bool, int]]
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        folder = tmp_path_factory.mktemp("world")
        world = a_world(folder, monkeypatch, old=Backend(legacy_state(MY_OWN)))
        for back, deadly in kills:
            world.clock.now, world.clock.deadly = 0, deadly
            try:
                if back:
                    roll_back(world)
                else:
                    world.retire(acknowledged=True)
            except KilledError:
                pass
            except UserError as error:
                # Given back, there is nothing here to retire: the user adopts again first.
                assert "the new state does not hold" in str(error)  # noqa: PT017
                assert Holder.HERE not in world.holders()
            world.nobody_owns_nothing()
        world.clock.deadly = 0
        roll_back(world)
        assert world.holders() == {Holder.LEGACY}
        shutil.rmtree(folder)


# --- real terraform


@pytest.mark.terraform
def test_terraform_gives_everything_back(tmp_path: Path) -> None:
    real = real_world(tmp_path)
    before = pulled_document(real.legacy)
    real.retire()
    empty = pulled_document(real.legacy)

    done = roll_back(real)

    after = pulled_document(real.legacy)
    assert set(done.restored) == OURS
    assert differences(before, after) == ()
    assert after["lineage"] == before["lineage"]
    assert after["serial"] > empty["serial"]
    assert managed_addresses(pulled_document(real.here)) == (LB,)
    assert real.holders() == {Holder.LEGACY}
    assert (roll_back(real).restored, roll_back(real).forgotten) == ((), ())


@pytest.mark.terraform
def test_a_deleted_local_state_comes_back(tmp_path: Path) -> None:
    real = real_world(tmp_path)
    before = pulled_document(real.legacy)
    real.retire()
    (real.legacy.folder / "terraform.tfstate").unlink()

    roll_back(real)

    assert differences(before, pulled_document(real.legacy)) == ()
    assert pulled_document(real.legacy)["lineage"] == before["lineage"]


@pytest.mark.terraform
def test_an_emptied_new_state_file_is_not_taken_for_no_state(tmp_path: Path) -> None:
    real = real_world(tmp_path)
    real.retire()
    (real.here.folder / "terraform.tfstate").write_text("")

    with pytest.raises(UserError, match="empty or truncated"):
        roll_back(real)


@pytest.fixture(scope="module")
def bucket() -> Iterator[tuple[str, dict[str, Any]]]:
    with running_emulator() as emulator:
        emulator.client("s3").create_bucket(Bucket="states")
        yield emulator.url, dict(emulator.environment)


@pytest.mark.integration
def test_an_s3_backend_takes_everything_back(
    bucket: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    url, keys = bucket
    real = real_world(tmp_path, backend=s3_backend(url, "rollback"), **keys)
    before = pulled_document(real.legacy)
    real.retire()

    roll_back(real)

    after = pulled_document(real.legacy)
    assert differences(before, after) == ()
    assert after["lineage"] == before["lineage"]
    assert real.holders() == {Holder.LEGACY}
    # A later writer is not refused: the serial has only ever gone up.
    pushed = {**after, "serial": after["serial"] + 1, "outputs": {}}
    real.legacy.checked("state", "push", "-", stdin=json.dumps(pushed))
