"""What is told of a terraform that fails: its own error, on one line, and no source."""

from pathlib import Path

import pytest

from common.errors import UserError
from terraform.cli import Terraform, error_summary
from terraform.pulled_state import pull, pulled_document

BOXED = """\
╷
│ Error: Reference to undeclared resource
│
│   on cdk.tf.json line 12, in resource.aws_vpc.main:
│   12:         "password": "hunter2",
│
│ A managed resource "aws_ipam" "main" has not been declared in the root
│ module.
╵
"""
KEPT = """\
╷
│ Error: Instance cannot be destroyed
│
│   on cdk.tf.json line 900:
│   900:       "main": {
│
│ Resource aws_db_instance.main has lifecycle.prevent_destroy set, but the plan
│ calls for this resource to be destroyed. To avoid this error and continue
│ with the plan, either disable lifecycle.prevent_destroy or reduce the scope
│ of the plan using the -target option.
╵
terraform: nothing was destroyed: the stage retains its data
"""
TWO = """
Error: Invalid import ID argument

  with aws_vpc.main,
  on main.tf line 3:
   3: import {

The import ID value is unknown.

Error: Cannot import non-existent remote object
"""


def stub(folder: Path, script: str) -> Terraform:
    """A terraform that is a shell script."""
    program = folder / "bin" / "terraform"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Terraform(folder=folder, environment={"PATH": f"{program.parent}:/usr/bin:/bin"})


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")


def test_the_error_and_its_prose_are_one_line() -> None:
    assert error_summary(BOXED) == (
        'Error: Reference to undeclared resource; A managed resource "aws_ipam" "main" has not been '
        "declared in the root module."
    )


def test_the_advice_to_deploy_a_part_is_left_out() -> None:
    assert error_summary(KEPT) == (
        "Error: Instance cannot be destroyed; Resource aws_db_instance.main has lifecycle.prevent_destroy "
        "set, but the plan calls for this resource to be destroyed."
    )


def test_the_lines_of_the_source_are_left_out() -> None:
    assert "hunter2" not in error_summary(BOXED)
    assert "import {" not in error_summary(TWO)


def test_every_error_is_named_before_the_prose() -> None:
    assert error_summary(TWO) == (
        "Error: Invalid import ID argument; Error: Cannot import non-existent remote object; "
        "The import ID value is unknown."
    )


def test_the_same_error_is_named_once() -> None:
    assert error_summary("Error: No access\n" * 40) == "Error: No access"


@pytest.mark.parametrize("stderr", ["", "\n", "╷\n│\n╵\n"])
def test_silence_is_said_to_be_silence(stderr: str) -> None:
    assert error_summary(stderr) == "no message"


def test_a_failing_command_is_told_with_its_folder(tmp_path: Path) -> None:
    terraform = stub(tmp_path, "echo 'Error: Backend initialization required' >&2; exit 1")

    with pytest.raises(UserError) as caught:
        terraform.checked("state", "pull")

    assert str(caught.value) == (
        f"`terraform state pull` failed in {tmp_path}: Error: Backend initialization required"
    )


def test_what_a_failing_command_printed_is_not_told(tmp_path: Path) -> None:
    terraform = stub(tmp_path, "echo hunter2; echo 'Error: Late' >&2; exit 1")

    with pytest.raises(UserError) as caught:
        pull(terraform)

    assert "hunter2" not in str(caught.value)


def test_output_that_is_not_utf_8_is_told_all_the_same(tmp_path: Path) -> None:
    terraform = stub(tmp_path, "printf 'Error: \\377\\n' >&2; exit 1")

    with pytest.raises(UserError, match=r"failed in .*: Error: "):
        terraform.initialize()


def test_a_missing_terraform_is_told_with_its_remedy(tmp_path: Path) -> None:
    terraform = Terraform(folder=tmp_path, environment={"PATH": f"{tmp_path}/none"})

    with pytest.raises(UserError, match=r"terraform cannot be run in .*: run `make setup`"):
        terraform.checked("version")


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    terraform = stub(tmp_path, "exit 0")
    gone = Terraform(folder=tmp_path / "gone", environment=terraform.environment)

    with pytest.raises(UserError, match=r"terraform cannot be run in .*/gone \(No such file"):
        gone.initialize()


@pytest.mark.parametrize(("code", "changes"), [(0, False), (2, True)])
def test_a_plan_says_whether_anything_would_change(
    tmp_path: Path, code: int, changes: bool
) -> None:
    assert stub(tmp_path, f"exit {code}").plan(tmp_path / "p") is changes


@pytest.mark.parametrize("code", [1, 3, 11])
def test_a_failed_plan_is_an_error_and_not_a_change(tmp_path: Path, code: int) -> None:
    terraform = stub(tmp_path, f"echo 'Error: Cannot import' >&2; exit {code}")

    with pytest.raises(UserError, match=r"terraform cannot plan in .*: Error: Cannot import"):
        terraform.plan(tmp_path / "p")


def test_a_state_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert pulled_document(stub(tmp_path, "exit 0")) == {}


def test_a_state_goes_in_over_standard_input_and_not_over_arguments(tmp_path: Path) -> None:
    terraform = stub(tmp_path, 'echo "$@"; cat > received')

    said = terraform.checked("state", "push", "-", stdin='{"serial": 1}')

    assert said == "state push -\n"
    assert (tmp_path / "received").read_text() == '{"serial": 1}'
