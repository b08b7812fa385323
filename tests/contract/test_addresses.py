"""Every Terraform address of the version before is there still: one that goes is an object that goes.

What is compared with are the snapshots, which the tests of the snapshots hold against what is synthesized.
"""

import pytest

from tests.contract.command_lines import PROJECT
from tests.contract.tables import HERE

BEFORE = {path.stem: path for path in sorted((HERE / "addresses").glob("*.txt"))}


# The account's: a stage forgets it and destroys nothing (tests/modules/monitoring/test_cost_alerts.py).
LEFT_TO_THE_ACCOUNT = {"aws_ce_anomaly_monitor.services"}


def test_each_shipped_stage_and_each_variant_is_listed() -> None:
    assert {"dev", "staging", "prod"} < set(BEFORE)
    assert len(BEFORE) >= 10


@pytest.mark.parametrize("stage", BEFORE)
def test_no_address_is_gone(stage: str) -> None:
    now = PROJECT / "tests" / "snapshots" / f"{stage}.addresses.txt"

    assert set(BEFORE[stage].read_text().split()) - LEFT_TO_THE_ACCOUNT <= set(
        now.read_text().split()
    )
