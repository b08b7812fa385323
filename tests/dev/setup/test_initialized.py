"""A folder is initialized once for the same input."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dev.setup.initialized import initialize

Change = Callable[[Path], object]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack's folder, and on PATH a terraform that initializes it and counts how often."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    terraform = bin_folder / "terraform"
    terraform.write_text(
        "#!/bin/sh\n"
        'echo "$@" >>ran\n'
        "mkdir -p .terraform/providers/r/h/aws/5/linux && touch .terraform.lock.hcl\n"
        "[ ! -e fails ] || exit 1\n"
    )
    terraform.chmod(0o755)
    stack = tmp_path / "stack"
    stack.mkdir()
    _write_stack(stack, backend="local")
    monkeypatch.chdir(stack)
    monkeypatch.setenv("PATH", f"{bin_folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("TF_CLI_CONFIG_FILE", raising=False)
    return stack


def main(arguments: list[str]) -> int:
    """What a wanted initialization is run by."""
    return initialize(lambda: subprocess.call(["terraform", *arguments]))


def _write_stack(folder: Path, *, backend: str, vpc: str = "10.0.0.0/16") -> None:
    document = {
        "terraform": {"backend": {backend: {}}},
        "resource": {"aws_vpc": {"main": {"cidr_block": vpc}}},
    }
    (folder / "cdk.tf.json").write_text(json.dumps(document))


def _runs(folder: Path) -> list[str]:
    return (folder / "ran").read_text().splitlines()


def test_the_first_time_terraform_runs_with_the_arguments_given(folder: Path) -> None:
    assert main(["init", "-no-color"]) == 0
    assert _runs(folder) == ["init -no-color"]


def test_the_second_time_it_does_not(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init"])

    assert main(["init"]) == 0
    assert len(_runs(folder)) == 1
    assert "already" in capsys.readouterr().out


def test_other_resources_need_no_initialization(folder: Path) -> None:
    main(["init"])
    _write_stack(folder, backend="local", vpc="10.1.0.0/16")

    main(["init"])

    assert len(_runs(folder)) == 1


def test_another_log_needs_no_initialization(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main(["init"])
    monkeypatch.setenv("TF_LOG_CORE", "DEBUG")

    main(["init"])

    assert len(_runs(folder)) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: _write_stack(folder, backend="s3"),
        lambda folder: (folder / ".terraform.lock.hcl").write_text("# another version"),
        lambda folder: (folder / ".terraform/providers/r/h/aws/5/linux").rmdir(),
        lambda folder: (folder / ".terraform/initialized-for").unlink(),
        lambda _folder: os.environ.__setitem__("TF_PLUGIN_CACHE_DIR", "/elsewhere"),
    ],
    ids=["backend", "lock file", "provider gone", "stamp gone", "terraform's settings"],
)
def test_what_decides_an_initialization_asks_for_another(
    folder: Path, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", "")
    main(["init"])
    change(folder)

    main(["init"])

    assert len(_runs(folder)) == 2


def test_a_failed_initialization_is_not_remembered(folder: Path) -> None:
    (folder / "fails").touch()

    assert main(["init"]) == 1
    assert main(["init"]) == 1
    assert len(_runs(folder)) == 2


def test_a_folder_of_another_tool_is_initialized_each_time(folder: Path) -> None:
    (folder / "cdk.tf.json").unlink()

    main(["init"])
    main(["init"])

    assert len(_runs(folder)) == 2
