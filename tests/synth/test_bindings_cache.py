"""A cache that saves seconds is never what a synthesis fails on."""

from pathlib import Path

import pytest

from synth import bindings

ENABLED = {"JSII_RUNTIME_PACKAGE_CACHE": "enabled"}


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bindings, "_PROJECT", tmp_path / "project")


def chosen(**environment: str) -> dict[str, str]:
    environ = {**ENABLED, **environment}
    bindings.cache_where_one_may_write(environ)
    return environ


def test_it_lies_in_the_home_where_one_may_write_there(tmp_path: Path) -> None:
    assert chosen(HOME=str(tmp_path)) == {**ENABLED, "HOME": str(tmp_path)}


@pytest.mark.parametrize("home", ["/dev/null", "/proc"])
def test_it_lies_below_the_project_where_the_home_cannot_be_written(
    home: str, tmp_path: Path
) -> None:
    root = tmp_path / "project" / ".tools" / "jsii-package-cache"

    assert chosen(HOME=home)["JSII_RUNTIME_PACKAGE_CACHE_ROOT"] == str(root)


def test_a_link_to_a_disk_that_is_not_there_is_no_home_for_it(tmp_path: Path) -> None:
    (tmp_path / ".cache").symlink_to("/proc/nowhere")
    (tmp_path / "project").mkdir()

    environ = chosen(HOME=str(tmp_path))

    assert "JSII_RUNTIME_PACKAGE_CACHE_ROOT" in environ


def test_it_is_off_where_neither_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "project").write_text("a file")

    assert chosen(HOME="/dev/null")["JSII_RUNTIME_PACKAGE_CACHE"] == "disabled"


def test_a_users_own_choice_stays() -> None:
    own = {"HOME": "/dev/null", "JSII_RUNTIME_PACKAGE_CACHE_ROOT": "/somewhere"}

    assert chosen(**own) == {**ENABLED, **own}
