"""What can be looked for, against what stages have."""

from pathlib import Path

import pytest

from imports.recovery.finding import FINDERS
from imports.recovery.matching import CAN_BE_DOUBLE, NOT_LOOKED_FOR, Orphan
from imports.recovery.orphans import command
from imports.sources.terraform_base.mapping import ADOPTED

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"


@pytest.mark.parametrize(
    "path", sorted(SNAPSHOTS.glob("*.addresses.txt")), ids=lambda path: path.name
)
def test_every_type_of_a_stage_can_be_looked_for(path: Path) -> None:
    types = {
        line.partition(".")[0]
        for line in path.read_text().splitlines()
        if not line.startswith(("data.", "ephemeral."))
    }

    assert types - FINDERS.keys() - NOT_LOOKED_FOR == set()


def test_every_type_that_is_adopted_can_be_looked_for() -> None:
    assert {each.partition(".")[0] for each in ADOPTED} - FINDERS.keys() == set()


@pytest.mark.parametrize("type_", sorted(CAN_BE_DOUBLE))
def test_every_type_that_can_be_there_twice_can_be_deleted(type_: str) -> None:
    id_ = "plan-1|id-1" if type_ == "aws_backup_selection" else "id-1"
    orphan = Orphan(type=type_, import_id=id_, address=f"{type_}.main")

    assert command(orphan).startswith("aws ")
    assert command(orphan).endswith(" id-1")
