"""The command line and bad input: one line, exit code 1, and nothing is written."""

import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.screen import print_table
from imports import __main__ as command_line
from imports.inventory import Disagreement
from imports.record import write_record
from imports.sources.terraform_base.legacy_workspaces import LegacyFolder
from terraform.cli import Terraform
from terraform.state import parse_state
from terraform.workspace import Workspace
from tests.answer import Answer
from tests.contract.json_keys import check
from tests.imports.records import REGION, STAGE, STATE_FILE, World, base_record

PROJECT = Path(command_line.__file__).parent.parent
BASE = PROJECT / "tests" / "legacy" / "base"
COMMANDS = ("inventory", "gate", "adopt", "script", "status", "retire", "rollback")
ON_A_RECORD = tuple(name for name in COMMANDS if name != "inventory")
TAKES_LEGACY = ("inventory", "retire", "rollback")


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An endpoint that answers nobody."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def world(
    tmp_path: Path,
    nowhere: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> World:
    folder = tmp_path / "world"
    shutil.copytree(BASE, folder / "legacy")
    (folder / "stages").mkdir()
    for name, value in {
        "ATOMIC_STAGES_DIR": str(folder / "stages"),
        "ATOMIC_STATE_DIR": str(folder / "states"),
        "CDKTF_OUTDIR": str(tmp_path / "cdktf.out"),
        "AWS_ENDPOINT_URL": nowhere,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["python -m imports", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            command_line.main()
        said = capsys.readouterr()
        errors = [line for line in said.err.splitlines(True) if not line.startswith("... ")]
        return Answer(code=int(caught.value.code or 0), text=said.out, errors="".join(errors))

    return World(folder=folder, run=run)


def test_a_legacy_folder_that_is_not_there(world: World) -> None:
    for name in TAKES_LEGACY:
        world.adopting()
        message = world.refusal(name, "--stage", STAGE, "--legacy", world.folder / "none")

        assert message == (
            f"{world.folder}/none: no such folder: name the legacy base's folder with --legacy"
        )


def test_a_legacy_folder_that_is_a_file(world: World) -> None:
    message = world.refusal("inventory", "--stage", STAGE, "--legacy", world.legacy / "main.tf")

    assert "main.tf: no such folder" in message


@pytest.mark.parametrize("option", ["--legacy", "--state"])
def test_a_path_that_no_system_takes(world: World, option: str) -> None:
    assert "File name too long" in world.inventory_refusal(option, "x" * 300)


@pytest.mark.parametrize("name", ["none.tfstate", ""])
def test_a_state_file_that_is_not_there(world: World, name: str) -> None:
    message = world.inventory_refusal("--state", world.folder / name)

    assert message.endswith("no such state file: leave --state out to look in AWS instead")


WHOLE = STATE_FILE.read_bytes()
STATES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty; a Terraform state is JSON"),
    "blank": (b" \n", "is empty; a Terraform state is JSON"),
    "truncated": (WHOLE[:5000], "is no complete Terraform state: not whole JSON"),
    "truncated early": (WHOLE[:1], "is no complete Terraform state: not whole JSON"),
    "version 3": (b'{"version": 3, "modules": []}', "only version 4"),
    "version 5": (WHOLE.replace(b'"version": 4', b'"version": 5', 1), "only version 4"),
    "no version": (b"{}", "it has no version"),
    "encrypted by OpenTofu": (b'{"serial":1,"encrypted_data":"eA=="}', "encrypted by OpenTofu"),
    "encrypted by SOPS": (b'{"data":"ENC[x]","sops":{"mac":"x"}}', "encrypted by SOPS"),
    "a plan": (b'{"format_version":"1.2","resource_changes":[]}', "terraform show -json"),
    "bytes": (bytes(range(256)), "state"),
    "gzip": (gzip.compress(WHOLE)[:100], "state"),
    "HCL": (b'resource "aws_vpc" "main" {}', "not whole JSON"),
    "deep": (b"[" * 5000, "state"),
}


@pytest.mark.parametrize(("content", "message"), STATES.values(), ids=STATES)
def test_a_state_file_that_is_no_whole_state(world: World, content: bytes, message: str) -> None:
    state = world.folder / "terraform.tfstate"
    state.write_bytes(content)

    assert message in world.inventory_refusal("--state", state)


@pytest.mark.parametrize("pair", ["aws_region", "", "a b"])
def test_a_variable_without_a_value(world: World, pair: str) -> None:
    assert world.inventory_refusal("--var", pair) == (
        f"--var {pair}".rstrip() + ": allowed: NAME=VALUE, as in --var aws_region=us-east-1"
        if pair
        else "--var : allowed: NAME=VALUE, as in --var aws_region=us-east-1"
    )


@pytest.mark.terraform
@pytest.mark.parametrize("state", [(), ("--state", STATE_FILE)], ids=["lost", "given"])
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_programs_of_the_owner_s_are_not_run_where_nobody_can_be_asked(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    state: tuple[object, ...],
    options: tuple[str, ...],
) -> None:
    monkeypatch.setattr("imports.legacy_side.account_of", lambda _: "123456789012")
    (world.legacy / "x.tf").write_text('data "external" "vault" {\n  program = ["vault"]\n}\n')

    assert world.inventory_refusal(*state, *options) == (
        "to evaluate the legacy folder, Terraform would run programs or call servers of its owner's "
        "(data.external.vault): not a terminal: pass --yes to let it"
    )


def test_a_file_of_variables_that_is_not_there(world: World) -> None:
    message = world.inventory_refusal("--var-file", world.folder / "none.tfvars")

    assert message.endswith("none.tfvars: no such file of variables: name one with --var-file")


@pytest.mark.terraform
@pytest.mark.parametrize("state", [(), ("--state", STATE_FILE)], ids=["pulled", "given"])
def test_an_aws_that_does_not_answer(world: World, nowhere: str, state: tuple[object, ...]) -> None:
    message = world.inventory_refusal(*state)

    assert message.startswith("AWS did not answer ")
    assert nowhere in message


def arguments_of(command: str, world: World, stage: str = STAGE) -> tuple[object, ...]:
    legacy = ("--legacy", world.legacy) if command in TAKES_LEGACY else ()
    return (command, "--stage", stage, *legacy)


@pytest.mark.parametrize("command", ON_A_RECORD)
@pytest.mark.parametrize("stage", [STAGE, "unknown", "../up", ""])
def test_a_stage_without_a_record(world: World, command: str, stage: str) -> None:
    message = world.refusal(*arguments_of(command, world, stage))

    assert message.startswith(f"stage {stage} has no adoption record at " if stage else "stage ")
    assert "run `python -m imports inventory --stage" in message


@pytest.mark.parametrize("command", ON_A_RECORD)
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an adoption record"),
        (b'{"format": 1, "stage": ', "not an adoption record"),
        (b"\xff\xfe", "not an adoption record"),
        (b"{}", "not an adoption record: "),
        (b'{"format": 2}', "not an adoption record: format"),
    ],
)
def test_a_record_that_is_none(world: World, command: str, content: bytes, message: str) -> None:
    world.record.write_bytes(content)

    said = world.refusal(*arguments_of(command, world))

    assert said.startswith(f"{world.record}: ")
    assert message in said


@pytest.mark.parametrize("command", ["gate", "adopt", "status"])
def test_a_record_without_its_stage_file(world: World, command: str) -> None:
    write_record(world.record, base_record())

    message = world.refusal(*arguments_of(command, world))

    assert message.startswith(f"{world.stages}: no stage file; ")


@pytest.mark.parametrize("command", ["gate", "adopt", "status"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TF_WORKSPACE", "odd"),
        ("TF_DATA_DIR", "/elsewhere"),
        ("TF_CLI_ARGS", "-lock=false"),
        ("TF_CLI_ARGS_plan", "-refresh=false"),
        ("TF_CLI_ARGS_apply", "-target=aws_sns_topic.alarms"),
        ("TF_CLI_ARGS_state_pull", "-state=other"),
    ],
)
def test_a_variable_that_leads_terraform_elsewhere_is_named_and_nothing_is_judged(
    world: World, monkeypatch: pytest.MonkeyPatch, command: str, name: str, value: str
) -> None:
    world.adopting()
    monkeypatch.setenv(name, value)

    message = world.refusal(*arguments_of(command, world))

    assert message.startswith(f"{name} ")
    assert message.endswith(f"run `unset {name}` first")


def test_every_mistake_of_the_stage_file_has_a_line(world: World) -> None:
    world.adopting()
    (world.stages / f"{STAGE}.toml").write_text('phase = "nope"\nquux = 1\n')

    answer = world.run("gate", "--stage", STAGE)

    title, *mistakes = answer.errors.splitlines()
    assert answer.code == 1
    assert title == f"error: {world.stages / STAGE}.toml: {len(mistakes)} errors"
    assert [line.split(" = ")[0].strip() for line in mistakes][:2] == ["phase", "quux"]


@pytest.mark.parametrize("command", ["gate", "script", "explain", "status"])
@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"stage": "other"}, "is of the stage other, and the stage file says live"),
        ({"region": "eu-west-1"}, "is of the region eu-west-1, and the stage file says us-east-1"),
    ],
)
def test_the_record_of_another_stage_or_region(
    world: World, command: str, facts: dict[str, str], message: str
) -> None:
    world.adopting(base_record().model_copy(update=facts))

    assert message in world.refusal(command, "--stage", STAGE)


def test_a_copied_record_is_refused_before_there_is_a_stage_file(world: World) -> None:
    write_record(world.record, base_record().model_copy(update={"stage": "other"}))

    assert "is of the stage other" in world.refusal("script", "--stage", STAGE)


@pytest.mark.parametrize(
    ("asked", "holder"), [((), "unknown"), (("--legacy", "legacy"), "legacy")], ids=["no", "yes"]
)
def test_the_json_of_a_status_says_whether_the_old_owner_was_asked(
    world: World, monkeypatch: pytest.MonkeyPatch, asked: tuple[str, ...], holder: str
) -> None:
    world.adopting()
    monkeypatch.chdir(world.folder)
    here, chosen, other = (
        Terraform(folder=world.folder / name, environment={}) for name in ("here", "legacy", "blue")
    )
    old = parse_state(STATE_FILE.read_text(), source="the old state")
    folder = LegacyFolder(chosen=chosen, others={"blue": other})
    monkeypatch.setattr(Workspace, "synthesize", lambda _: here)
    monkeypatch.setattr(command_line, "_legacy_folder", lambda *_: folder)
    monkeypatch.setattr(command_line, "pull_legacy", lambda _: None)
    monkeypatch.setattr(command_line, "pull", lambda each: old if each is other else None)

    answer = world.run("status", "--stage", STAGE, *asked, "--json")

    check("imports", ("status", "--json"), answer.text)
    assert {(each["holder"], each["asked"]) for each in json.loads(answer.text)} == {
        (holder, bool(asked))
    }


@pytest.mark.terraform
def test_a_gate_before_an_aws_that_does_not_answer(world: World, nowhere: str) -> None:
    world.adopting()

    message = world.refusal("gate", "--stage", STAGE)

    assert message.startswith("AWS did not answer ")
    assert nowhere in message


@pytest.mark.parametrize("content", [b"a plan", b"", b"PK\x03\x04\xff\xfe", b"{}", b"[" * 100_000])
def test_a_plan_file_that_is_no_plan(world: World, content: bytes) -> None:
    plan = world.folder / "plan.json"
    plan.write_bytes(content)
    world.adopting()

    message = world.refusal("gate", "--stage", STAGE, "--plan", plan)

    assert message.startswith(f"{plan}: not a plan in JSON (")


@pytest.mark.parametrize(
    "arguments",
    [("nope",), ("inventory",), ("gate", "--force"), ("inventory", "--stage", "x"), ("gate", "x")],
)
def test_a_wrong_use_ends_in_one_line_and_writes_nothing(
    world: World, arguments: tuple[str, ...]
) -> None:
    before = world.files()

    answer = world.run(*arguments)

    assert (answer.code, answer.text) == (1, "")
    assert answer.errors.count("\n") == 1
    assert "--help` tells what is allowed" in answer.errors
    assert world.files() == before


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_shows_an_example(world: World, command: str) -> None:
    answer = world.run(command, "--help")

    words = " ".join(answer.text.split())
    assert answer.code == 0
    assert f"Example: python -m imports {command} --stage prod" in words


def test_the_script_is_all_that_is_printed(world: World) -> None:
    world.adopting()

    answer = world.run("script", "--stage", STAGE)

    assert (answer.code, answer.errors) == (0, "")
    assert answer.text.startswith("#!/bin/sh\n")
    assert answer.text.count("terraform import ") == 46


def test_what_looks_like_markup_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    row = Disagreement(
        legacy_address='aws_x.y["[/red]"]',
        attribute="tags",
        configuration=None,
        state=None,
        aws="[b]",
    )

    print_table(("a", "b", "c"), [(row.legacy_address, row.attribute, row.aws)])

    assert 'aws_x.y["[/red]"]' in (text := capsys.readouterr().out)
    assert "[b]" in text


def in_a_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "imports", *map(str, arguments)],
        cwd=PROJECT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_process_says_its_one_line_and_ends_with_1(world: World) -> None:
    before = world.files()
    broken: Any = in_a_process("gate", "--stage", "unknown", "--json")

    assert (broken.returncode, broken.stdout) == (1, "")
    assert broken.stderr.count("\n") == 1
    assert world.files() == before


def test_progress_is_told_on_standard_error_and_not_with_json(world: World) -> None:
    inventory = ("inventory", "--stage", STAGE, "--legacy", world.legacy, "--state", STATE_FILE)

    told, silent = in_a_process(*inventory), in_a_process(*inventory, "--json")

    assert [line[:3] for line in told.stderr.splitlines()] == ["...", "...", "err"]
    assert [line[:3] for line in silent.stderr.splitlines()] == ["err"]


@pytest.mark.jsii
def test_a_row_of_a_template_that_its_condition_does_not_make_is_not_imported(
    world: World,
) -> None:
    template = json.loads(
        (PROJECT / "local" / "cdk_stack" / "templates" / "guide.json").read_text()
    )
    rows, stage = template["Resources"], {"Ref": "DeploymentStage"}
    template["Conditions"] |= {
        "IsProd": {"Fn::Equals": [stage, "prod"]},
        "IsDev": {"Fn::Equals": [stage, "dev"]},
        "IsEurope": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
    }
    # Of two rows for one thing the stack has one.
    rows["Prods"] = {**rows["AlarmTopicD01E77F9"], "Condition": "IsProd"}
    rows["AlarmTopicD01E77F9"]["Condition"] = "IsDev"
    rows["FunctionsListenerRule333BE9DD"]["Condition"] = "IsEurope"
    (world.folder / "template.json").write_text(json.dumps(template))

    answer = world.run(
        "inventory", "--stage", STAGE, "--template", world.folder / "template.json", "--json"
    )

    assert answer.code == 0, answer.errors
    said = {
        row["logical_id"]: (row["verdict"], row["address"], row["why"])
        for row in json.loads(answer.text)["rows"]
    }
    assert said.keys() == rows.keys()
    assert said["AlarmTopicD01E77F9"] == ("import", "aws_sns_topic.alarms", "")
    assert said["Prods"] == (
        "not covered",
        "",
        "not made: by the parameters' defaults its condition IsProd does not hold",
    )
    assert said["FunctionsListenerRule333BE9DD"] == (
        "import",
        "aws_lb_listener_rule.functions",
        "only where its condition IsEurope holds",
    )
