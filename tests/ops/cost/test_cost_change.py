"""What a plan does to the bill."""

import pytest

from ops.cost.cost_change import cost_change, planned_resources
from ops.cost.prices import read_prices
from ops.cost.pricing import bill
from tests.ops.plans import a_plan, read_plan, report_on


def test_dev_costs_before_the_plan_what_it_costs_by_its_stack() -> None:
    prices = read_prices()

    found = bill(planned_resources(read_plan("ordinary"), "before"), prices)

    assert found.monthly_usd == pytest.approx(195.86, abs=0.01)
    assert found.unpriced == ()


def test_the_difference_is_told_by_position() -> None:
    cost = report_on(read_plan("ordinary")).cost
    assert cost is not None

    rows = {row.what: (row.before_usd, row.after_usd) for row in cost.rows}
    assert rows["NAT gateway"] == pytest.approx((32.85, 65.70))
    assert rows["alarms"] == pytest.approx((3.00, 3.30))
    assert cost.difference_usd == pytest.approx(54.82)
    assert cost.difference_usd == pytest.approx(sum(row.difference_usd for row in cost.rows))


def test_a_task_that_is_known_only_after_the_apply_is_priced() -> None:
    cost = report_on(read_plan("ordinary")).cost
    assert cost is not None

    (reports,) = [row for row in cost.rows if row.what.startswith("reports")]
    assert reports.what == "reports (0.25 vCPU, 0.5 GB)"
    assert (reports.before_usd, reports.after_usd) == pytest.approx((0, 9.01), abs=0.01)


def test_a_size_that_is_known_only_after_the_apply_is_named() -> None:
    cost = report_on(a_plan("aws_db_instance", after_unknown={"instance_class": True})).cost
    assert cost is not None

    assert cost.unpriced == ("aws_db_instance.main, whose size is not known",)


def test_what_has_no_price_is_named() -> None:
    prices = read_prices()
    plan = a_plan("aws_kinesis_stream", actions=["create"], before=None, after={"name": "x"})

    cost = cost_change(
        bill(planned_resources(plan, "before"), prices),
        bill(planned_resources(plan, "after"), prices),
        estimated_by=None,
    )

    assert cost.unpriced == ("aws_kinesis_stream",)
