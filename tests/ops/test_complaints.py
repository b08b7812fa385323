"""The lines that ask for a person name the objects and the command."""

from pathlib import Path

from ops.recovery import complaints
from ops.recovery.matching import Ambiguity

FOLDER = Path("/stacks/atomic-live")


def test_one_object_that_nothing_tells_comes_with_the_whole_command() -> None:
    line = complaints.undecided(Ambiguity(address="aws_eip.nat_0", import_ids=("a-1",)), FOLDER)

    assert "`terraform import aws_eip.nat_0 a-1` in /stacks/atomic-live" in line


def test_of_several_all_are_named_and_none_is_proposed() -> None:
    each = Ambiguity(address="aws_eip.nat_0", import_ids=("a-1", "a-2"))

    line = complaints.undecided(each, FOLDER)

    assert "could be a-1 or a-2" in line
    assert "`terraform import aws_eip.nat_0 ID`" in line
