"""Every Terraform address of the version before is there still: one that goes is an object that goes.

What is compared with are the snapshots, which the tests of the snapshots hold against what is synthesized.
"""

import pytest

from tests.contract.command_lines import PROJECT
from tests.contract.tables import HERE

BEFORE = {path.stem: path for path in sorted((HERE / "addresses").glob("*.txt"))}


def test_each_shipped_stage_and_each_variant_is_listed() -> None:
    assert {"dev", "staging", "prod"} < set(BEFORE)
    assert len(BEFORE) == 10


@pytest.mark.parametrize("stage", BEFORE)
def test_no_address_is_gone(stage: str) -> None:
    now = PROJECT / "tests" / "snapshots" / f"{stage}.addresses.txt"

    assert set(BEFORE[stage].read_text().split()) <= set(now.read_text().split())
