"""What `. ./activate` chooses for a shell."""

import os
import subprocess

import pytest

from local.emulator import PROJECT


def terraform_after(before: str) -> str:
    finished = subprocess.run(
        ["sh", "-c", '. ./activate && printf %s "$TERRAFORM_BINARY_NAME"'],
        cwd=PROJECT,
        env={**os.environ, "TERRAFORM_BINARY_NAME": before},
        capture_output=True,
        text=True,
        check=True,
    )
    return finished.stdout


@pytest.mark.parametrize("before", ["", "/another/checkout/dev/setup/terraform_once"])
def test_terraform_is_this_checkouts(before: str) -> None:
    assert terraform_after(before) == str(PROJECT / "dev" / "setup" / "terraform_once")


def test_a_users_own_terraform_stays() -> None:
    assert terraform_after("tofu") == "tofu"


def test_python_finds_the_projects_packages_whatever_was_set_before() -> None:
    finished = subprocess.run(
        ["sh", "-c", ". ./activate && python -m ops --version"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (finished.returncode, finished.stderr) == (0, "")
