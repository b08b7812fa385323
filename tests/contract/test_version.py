"""The version is said in one place, and everything that names one names this."""

import re

import pytest

from common.version import VERSION
from tests.conftest import Synthesize
from tests.contract.command_lines import PROJECT, ends_with
from tests.upgrades.release import last_release, numbers

CHANGELOG = (PROJECT / "CHANGELOG.md").read_text()
LISTED = re.findall(r"^## (\S+) \((in work|\d{4}-\d\d-\d\d)\)$", CHANGELOG, re.MULTILINE)


@pytest.mark.parametrize("line", ["ops", "imports", "security", "local.aws"])
def test_a_command_line_tells_the_version(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends_with([line, "--version"], monkeypatch) == 0

    assert capsys.readouterr().out == f"atomic-infra {VERSION}\n"


def test_a_stage_tells_the_version_that_deployed_it(stack: Synthesize) -> None:
    dev = stack("dev")

    assert dev.json["output"]["InfrastructureVersion"]["value"] == VERSION
    assert dev.json["resource"]["aws_ecs_cluster"]["main"]["tags"] == {
        "InfrastructureVersion": VERSION
    }


def test_the_version_is_no_default_tag(stack: Synthesize) -> None:
    assert VERSION not in str(stack("dev").json["provider"])


def test_the_newest_version_in_the_changelog_is_this_one() -> None:
    assert len(re.findall("^## ", CHANGELOG, re.MULTILINE)) == len(LISTED)
    assert LISTED[0][0] == VERSION
    assert [day for _, day in LISTED[1:] if day == "in work"] == []


def test_an_upgrade_is_tried_from_the_last_version_that_was_released() -> None:
    released = [version for version, day in LISTED if day != "in work"]

    assert last_release().parent.name == f"v{released[0]}"
    assert numbers(released[0]) <= numbers(VERSION)
