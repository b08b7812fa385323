"""Which of Terraform's variables are refused by the terraform that cdktf runs, and which never matter."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from aws.client import boto3_clients
from common.errors import UserError
from local.emulator import PROJECT
from terraform.environment import own_environment, refusal, without_logs

ONCE = PROJECT / "dev" / "setup" / "terraform_once"


@pytest.fixture(name="stack_folder")
def _stack_folder(tmp_path: Path) -> Path:
    """A stage's folder, and a terraform on PATH that says that it ran."""
    (tmp_path / "cdk.tf.json").write_text("{}")
    program = tmp_path / "bin" / "terraform"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho ran\n")
    program.chmod(0o755)
    return tmp_path


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What cdktf's terraform answers in a folder."""
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return subprocess.run(
        [str(ONCE), *arguments],
        cwd=folder,
        env={**kept, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["plan", "apply", "destroy", "init"])
@pytest.mark.parametrize(
    ("name", "value"),
    [("TF_WORKSPACE", "odd"), ("TF_DATA_DIR", "x"), ("TF_CLI_ARGS_apply", "-target=a.b")],
)
def test_a_deploy_that_would_go_elsewhere_does_not_begin(
    stack_folder: Path, command: str, name: str, value: str
) -> None:
    said = run(stack_folder, command, **{name: value})

    assert (said.returncode, said.stdout) == (1, "")
    (line,) = said.stderr.splitlines()
    assert line.startswith(f"error: {name} ")
    assert line.endswith(f"run `unset {name}` first")


def test_a_deploy_with_harmless_options_goes_on(stack_folder: Path) -> None:
    said = run(stack_folder, "plan", TF_CLI_ARGS_apply="-parallelism=5", TF_VAR_region="x")

    assert (said.returncode, said.stdout) == (0, "ran\n"), said.stderr


@pytest.mark.parametrize(
    "name", ["own.tf", "localstack_providers_override.tf", "a.tf.json", "b.tofu"]
)
@pytest.mark.parametrize("command", ["plan", "apply", "destroy"])
def test_a_deploy_beside_files_that_no_stage_file_speaks_of_does_not_begin(
    stack_folder: Path, command: str, name: str
) -> None:
    """As `tflocal` leaves one: it would change what the gate has judged, or where it is deployed to."""
    (stack_folder / name).write_text("")

    said = run(stack_folder, command)

    assert (said.returncode, said.stdout) == (1, "")
    (line,) = said.stderr.splitlines()
    assert line.startswith(f"error: {name} lies beside cdk.tf.json: ")
    assert "delete that file" in line


def test_files_that_terraform_does_not_read_are_in_nobodys_way(stack_folder: Path) -> None:
    for name in ("notes.md", ".hidden.tf", "main.tf.bak", "plan.tfplan", "terraform.tfvars"):
        (stack_folder / name).write_text("")

    assert run(stack_folder, "plan").stdout == "ran\n"


def test_a_folder_that_is_no_stages_is_its_owners(stack_folder: Path) -> None:
    (stack_folder / "cdk.tf.json").unlink()

    assert run(stack_folder, "plan", TF_WORKSPACE="odd").stdout == "ran\n"


OVERRIDE = """
provider_installation {
  dev_overrides {
    "acme/thing"    = "/home/ann/{thing}"
    "hashicorp/aws" = "/home/ann/provider"
  }
  direct {}
}
"""
OTHER_FORMS = {
    "short": OVERRIDE.replace('"hashicorp/aws"', "aws"),
    "long, capitals": OVERRIDE.replace("hashicorp/aws", "registry.terraform.io/Hashicorp/AWS"),
    "JSON": json.dumps({"provider_installation": {"dev_overrides": [{"hashicorp/aws": "/x"}]}}),
    "a comment before": OVERRIDE.replace("dev_overrides {", "# of today\n  dev_overrides {"),
}
WITHOUT = {
    "another provider": OVERRIDE.replace("hashicorp/aws", "acme/aws"),
    "lines made comments": "\n".join(f"# {line}" for line in OVERRIDE.splitlines()),
    "a block made a comment": f"/*{OVERRIDE}*/",
    "the end of a line": 'plugin_cache_dir = "/c" // dev_overrides { "hashicorp/aws" = "/x" }',
    "a path with its name": 'plugin_cache_dir = "/dev_overrides { \\"hashicorp/aws\\" = 1"',
    "a mirror": 'provider_installation { filesystem_mirror { path = "/hashicorp/aws" } }',
    "credentials": 'credentials_helper "gone" {}\ncredentials "app.terraform.io" { token = "x" }',
}


@pytest.mark.parametrize("variable", ["TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"])
@pytest.mark.parametrize("command", ["plan", "apply", "init"])
def test_a_deploy_by_another_provider_than_the_locked_one_does_not_begin(
    stack_folder: Path, command: str, variable: str
) -> None:
    settings = stack_folder / "own.rc"
    settings.write_text(OVERRIDE)

    said = run(stack_folder, command, **{variable: str(settings)})

    assert (said.returncode, said.stdout) == (1, "")
    (line,) = said.stderr.splitlines()
    assert line.startswith(f"error: {settings} ({variable}) has hashicorp/aws in dev_overrides: ")


@pytest.mark.parametrize(
    "name", [".terraformrc", ".terraform.d/a.tfrc", ".terraform.d/a.tfrc.json"]
)
def test_an_override_in_the_home_counts_where_no_variable_names_a_file(
    stack_folder: Path, name: str
) -> None:
    settings = stack_folder / "home" / name
    settings.parent.mkdir(parents=True)
    settings.write_text(OTHER_FORMS["JSON"] if name.endswith("json") else OVERRIDE)
    home = {"HOME": str(stack_folder / "home")}

    assert run(stack_folder, "plan", **home).stderr.startswith(
        f"error: {settings} has hashicorp/aws"
    )
    assert run(stack_folder, "plan", TF_CLI_CONFIG_FILE=os.devnull, **home).stdout == "ran\n"


@pytest.mark.parametrize("text", OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_an_override_is_seen_in_each_form_that_terraform_reads(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.rc").write_text(text)

    said = refusal({"TF_CLI_CONFIG_FILE": "own.rc"}, tmp_path)

    assert said is not None
    assert f"{tmp_path / 'own.rc'} (TF_CLI_CONFIG_FILE) has " in said


@pytest.mark.parametrize("text", WITHOUT.values(), ids=WITHOUT)
def test_settings_that_override_no_provider_of_a_stage_are_left_alone(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "own.rc").write_text(text)

    assert refusal({"TF_CLI_CONFIG_FILE": "own.rc"}, tmp_path) is None


@pytest.mark.parametrize("name", ["gone.rc", "."])
def test_settings_that_cannot_be_read_are_named(stack_folder: Path, name: str) -> None:
    """Terraform warns of them, and goes on without."""
    said = run(stack_folder, "plan", TF_CLI_CONFIG_FILE=str(stack_folder / name))

    assert (said.returncode, said.stdout) == (1, "")
    (line,) = said.stderr.splitlines()
    assert line.startswith(
        f"error: TF_CLI_CONFIG_FILE names {stack_folder / name}, which cannot be"
    )


@pytest.mark.parametrize(
    "name",
    ["TF_AWS_IGNORE_TAGS_KEYS", "TF_AWS_IGNORE_TAGS_KEY_PREFIXES", "TF_AWS_DEFAULT_TAGS_Owner"],
)
def test_a_deploy_with_other_tags_than_the_stages_does_not_begin(
    stack_folder: Path, name: str
) -> None:
    """A plan passes over what is ignored: a tag that somebody changed would be no drift."""
    said = run(stack_folder, "plan", **{name: "Stage"})

    assert (said.returncode, said.stdout) == (1, "")
    (line,) = said.stderr.splitlines()
    assert line.startswith(f"error: {name} is set: the provider would give other tags than")
    assert line.endswith(f"write `default_tags` in the stage file, and run `unset {name}` first")


TWO_ACCOUNTS = {
    "AWS_DEFAULT_PROFILE": {"AWS_PROFILE": "a", "AWS_DEFAULT_PROFILE": "b"},
    "AWS_ACCESS_KEY": {"AWS_ACCESS_KEY": "AKIAPLANTED", "AWS_SECRET_KEY": "planted"},
    "AWS_SECRET_KEY": {"AWS_ACCESS_KEY_ID": "AKIAPLANTED", "AWS_SECRET_KEY": "planted"},
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:5000",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    },
}


@pytest.mark.parametrize(("unset", "given"), TWO_ACCOUNTS.items(), ids=TWO_ACCOUNTS)
def test_where_terraform_and_boto3_would_ask_in_two_accounts_neither_asks(
    tmp_path: Path, unset: str, given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state would be compared with the one account, and planned in the other."""
    said = refusal(given, tmp_path)

    assert said is not None
    assert f"`unset {unset}`" in said
    assert "planted" not in said.lower()
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=re.escape(said)):
        boto3_clients(region="us-east-1")


@pytest.mark.parametrize(
    "given",
    [
        {"AWS_PROFILE": "a", "AWS_DEFAULT_PROFILE": "a"},
        {"AWS_DEFAULT_PROFILE": "b"},
        {"AWS_ACCESS_KEY": "old", "AWS_ACCESS_KEY_ID": "known"},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    ],
)
def test_names_that_lead_both_to_one_account_are_left_alone(
    tmp_path: Path, given: dict[str, str]
) -> None:
    assert refusal(given, tmp_path) is None


def test_an_options_value_is_not_told(tmp_path: Path) -> None:
    said = refusal({"TF_CLI_ARGS_plan": "-var=password=planted"}, tmp_path)

    assert said is not None
    assert "TF_CLI_ARGS_plan holds -var: " in said
    assert "planted" not in said


def test_the_default_workspace_is_the_stages_own(tmp_path: Path) -> None:
    chosen = tmp_path / ".terraform" / "environment"
    chosen.parent.mkdir()
    chosen.write_text("odd")

    assert refusal({}, tmp_path) is not None
    assert refusal({"TF_WORKSPACE": "default"}, tmp_path) is None
    chosen.write_text("default")
    assert refusal({}, tmp_path) is None


def test_a_folder_that_is_thrown_away_is_led_nowhere() -> None:
    given = {
        "TF_WORKSPACE": "a",
        "TF_CLI_ARGS": "-x",
        "TF_CLI_ARGS_plan": "-y",
        "TF_AWS_IGNORE_TAGS_KEYS": "Owner",
        "HOME": "/h",
    }

    assert own_environment(given) == {"HOME": "/h"}


def test_a_log_goes_to_its_file_or_nowhere() -> None:
    assert without_logs({"TF_LOG": "DEBUG", "TF_LOG_CORE": "TRACE", "HOME": "/h"}) == {"HOME": "/h"}
    to_a_file = {"TF_LOG": "DEBUG", "TF_LOG_PATH": "/log"}
    assert without_logs(to_a_file) == to_a_file


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_no_stack_declares_a_variable_so_none_can_be_set(stage: str) -> None:
    snapshot = PROJECT / "tests" / "snapshots" / f"{stage}.json"

    assert "variable" not in json.loads(snapshot.read_text())
