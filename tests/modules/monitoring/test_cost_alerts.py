"""What the operator is told about money: in the variants `thrifty` and `aurora`."""

import pytest

from ops.cost.prices import read_prices
from ops.cost.pricing import bill
from tests.conftest import Synthesize


def test_a_budget_tells_at_four_fifths_spent_and_when_the_forecast_passes_it(
    stack: Synthesize,
) -> None:
    budget = stack("thrifty").resource("aws_budgets_budget", "monthly")

    assert (budget["limit_amount"], budget["limit_unit"]) == ("250.0", "USD")
    assert budget["cost_types"] == {"include_credit": False, "include_refund": False}
    assert [
        (each["notification_type"], each["threshold"], each["subscriber_email_addresses"])
        for each in budget["notification"]
    ] == [("ACTUAL", 80, ["ops@example.com"]), ("FORECASTED", 100, ["ops@example.com"])]


def test_unusual_costs_are_told_from_an_amount_on(stack: Synthesize) -> None:
    subscription = stack("thrifty").resource("aws_ce_anomaly_subscription", "operator")

    assert subscription["threshold_expression"]["dimension"]["values"] == ["20"]
    assert subscription["subscriber"] == [{"type": "EMAIL", "address": "ops@example.com"}]


def test_the_accounts_monitor_is_used_and_no_stage_makes_one(stack: Synthesize) -> None:
    subscription = stack("aurora").resource("aws_ce_anomaly_subscription", "operator")

    assert stack("aurora").names("aws_ce_anomaly_monitor") == []
    assert subscription["monitor_arn_list"] == [
        "arn:aws:ce::123456789012:anomalymonitor/there-already"
    ]


@pytest.mark.parametrize("stage", ["dev", "prod", "thrifty", "foundation"])
def test_a_monitor_that_a_stage_has_made_is_left_to_the_account(
    stack: Synthesize, stage: str
) -> None:
    assert stack(stage).json["removed"] == [
        {"from": "aws_ce_anomaly_monitor.services", "lifecycle": {"destroy": False}}
    ]


def test_a_stage_without_cost_alerts_has_none(stack: Synthesize) -> None:
    assert stack("dev").names("aws_budgets_budget") == []
    assert stack("dev").names("aws_ce_anomaly_subscription") == []


def test_prods_own_price_does_not_set_off_prods_budget(stack: Synthesize) -> None:
    """The e-mail comes at four fifths; a budget that one always passes is no warning."""
    budget = stack("prod").resource("aws_budgets_budget", "monthly")
    own = bill(list(stack("prod").read.resources.values()), read_prices()).monthly_usd

    assert budget["limit_amount"] == "450.0"
    assert own < 0.8 * float(budget["limit_amount"])
