"""The lines that ask for a person name the objects and the command."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from imports.recovery import complaints
from imports.recovery.matching import Ambiguity
from terraform.import_plan import ReadObject

FOLDER = Path("/stacks/atomic-live")


def test_one_object_that_nothing_tells_comes_with_the_whole_command() -> None:
    line = complaints.undecided(Ambiguity(address="aws_eip.nat_0", import_ids=("a-1",)), FOLDER)

    assert "`terraform import aws_eip.nat_0 a-1` in /stacks/atomic-live" in line


def test_of_several_all_are_named_and_none_is_proposed() -> None:
    each = Ambiguity(address="aws_eip.nat_0", import_ids=("a-1", "a-2"))

    line = complaints.undecided(each, FOLDER)

    assert "could be a-1 or a-2" in line
    assert "`terraform import aws_eip.nat_0 ID`" in line


def _of_others(tags: Mapping[str, str], default_tags: Mapping[str, str]) -> list[str]:
    role = ReadObject(
        provider="aws", schema_version=0, attributes={"id": "live-task", "tags_all": tags}
    )
    return complaints.of_others({"aws_iam_role.app": role}, default_tags, stage="live")


def test_a_stage_without_default_tags_takes_nothing_that_another_stage_has_tagged() -> None:
    (line,) = _of_others({"Stage": "prod", "ManagedBy": "cdktf"}, {})

    assert "aws_iam_role.app: live-task has tags of something else (Stage=prod)" in line


@pytest.mark.parametrize("tags", [{}, {"Stage": "prod"}, {"Stage": "live", "ManagedBy": "cdktf"}])
def test_tags_that_no_other_stage_gives_are_no_hindrance(tags: Mapping[str, str]) -> None:
    assert _of_others(tags, {}) == []


def test_a_stage_with_default_tags_takes_nothing_that_has_others() -> None:
    (line,) = _of_others({"Stage": "prod"}, {"Stage": "live"})

    assert "(Stage=prod)" in line
