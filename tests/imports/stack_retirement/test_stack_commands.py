"""`retire` and `rollback` of a CloudFormation stack as they are typed: what is printed, and exit codes."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imports import __main__ as command_line
from imports.record import AdoptedObject, AdoptionRecord, record_path, write_record
from local.emulator import Emulator, running_emulator
from terraform.workspace import Workspace
from tests.answer import Answer
from tests.imports.stack_retirement.worlds import World, a_world
from tests.imports.test_retire import Backend, Clock, FakeTerraform
from tests.terraform.test_state_surgery import document, instance, resource

Run = Callable[..., Answer]


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulator]:
    with running_emulator() as emulator:
        yield emulator


class Typed:
    """A stage whose state holds the stack's bucket, and the commands that are typed for it."""

    def __init__(
        self, aws: Emulator, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, run: Run
    ) -> None:
        self.world: World = a_world(aws, name, folder)
        self.folder, self.name, self._run = folder, name, run
        bucket = AdoptedObject(
            address="aws_s3_bucket.data",
            legacy_address="Bucket",
            import_id=f"{name}-data",
            observed={},
            source="stack",
        )
        record: AdoptionRecord = self.world.record.model_copy(update={"adopted": [bucket]})
        write_record(record_path(folder / "stages", "dev"), record)
        self.state = Backend(
            document(
                resource("aws_s3_bucket", "data", instance(bucket=f"{name}-data")),
                lineage="new",
                serial=1,
            )
        )
        self.stack_file = folder / "cdk.tf.json"
        self.stack_file.write_text("{}")
        here = FakeTerraform(folder=folder, environment={}, backend=self.state, clock=Clock())
        monkeypatch.setattr(Workspace, "synthesize_alone", lambda _: here)
        for variable, value in {
            **aws.environment,
            "ATOMIC_STAGES_DIR": str(folder / "stages"),
            "ATOMIC_STATE_DIR": str(folder / "states"),
        }.items():
            monkeypatch.setenv(variable, value)

    def __call__(self, command: str, *arguments: str, stack: str = "") -> Answer:
        named = ("--stage", "dev", "--cloudformation", stack or self.name)
        return self._run(command, *named, *arguments)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def typed(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["python -m imports", *arguments])
        with pytest.raises(SystemExit) as caught:
            command_line.main()
        said = capsys.readouterr()
        return Answer(code=int(caught.value.code or 0), text=said.out, errors=said.err)

    return typed


def test_retire_and_rollback_tell_what_they_did(
    aws: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    typed = Typed(aws, tmp_path, "typed", monkeypatch, run)

    asked = typed("retire")
    asked_in_json = typed("retire", "--json")
    done = typed("retire", "--yes", "--json")
    again = typed("retire", "--yes")
    back = typed("rollback", "--json")

    assert asked.code == asked_in_json.code == 2
    assert "CloudFormation keeps 11 and deletes 2" in asked.text
    assert "not a terminal: pass --yes" in asked.text
    assert json.loads(asked_in_json.text)["is_deleted"] is False
    told = json.loads(done.text)
    assert (done.code, told["is_deleted"], told["against"]) == (0, True, [])
    assert again.code == 0, again.text
    assert "still there: bucket typed-data: 1 objects" in again.text
    assert back.code == 2
    files = json.loads(back.text)["files"]
    assert [Path(file).name for file in files] == [
        "template.json",
        "resources-to-import.json",
        "parameters.json",
    ]
    assert typed.world.objects() == ["calendar"]


def test_a_state_that_lacks_an_adopted_object_keeps_the_stack(
    aws: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    typed = Typed(aws, tmp_path, "lacks", monkeypatch, run)
    typed.state.state = document(lineage="new", serial=1)

    answer = typed("retire", "--yes")

    assert answer.code == 1
    assert "the new state does not hold 1 of 1 adopted objects" in answer.errors
    assert typed.world.status() == "CREATE_COMPLETE"


def test_a_stage_that_still_names_a_role_which_goes_keeps_the_stack(
    aws: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    typed = Typed(aws, tmp_path, "names", monkeypatch, run)
    role = typed.world.ids["HandlerRole"]
    typed.stack_file.write_text(json.dumps({"policy": f"arn:aws:iam::123456789012:role/{role}"}))

    answer = typed("retire", "--yes")

    assert answer.code == 1
    assert f"the stage still names what goes with the stack: HandlerRole ({role})" in answer.errors
    assert typed.world.status() == "CREATE_COMPLETE"


def test_another_stack_than_the_record_s_is_refused(
    aws: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    typed = Typed(aws, tmp_path, "other", monkeypatch, run)

    answer = typed("retire", "--yes", stack="Another")

    assert answer.code == 1
    assert "was made from the stack other" in answer.errors


@pytest.mark.parametrize("command", ["retire", "rollback"])
def test_one_old_owner_is_named(command: str, run: Run) -> None:
    answer = run(command, "--stage", "dev")

    assert answer.code == 1
    assert "one old owner at a time" in answer.errors
