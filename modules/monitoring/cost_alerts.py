"""Tells the operator about money: a monthly budget, and costs that jump. Both look at the whole account."""

from decimal import Decimal

from cdktf_cdktf_provider_aws.budgets_budget import (
    BudgetsBudget,
    BudgetsBudgetCostTypes,
    BudgetsBudgetNotification,
)
from cdktf_cdktf_provider_aws.ce_anomaly_subscription import (
    CeAnomalySubscription,
    CeAnomalySubscriptionSubscriber,
    CeAnomalySubscriptionThresholdExpression,
    CeAnomalySubscriptionThresholdExpressionDimension,
)
from constructs import Construct

from modules.base.address import address
from modules.context import Context

# Told when four fifths are spent, and when the forecast for the month passes the whole.
SPENT_PERCENT = 80
FORECAST_PERCENT = 100
# Made by stages of the first version. The account keeps it.
MONITOR = "aws_ce_anomaly_monitor.services"


def _amount(usd: float) -> str:
    """Write an amount as AWS gives it back, never as `3.5E+2`.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Spend.html
    """
    return f"{Decimal(str(usd)):f}"


class Budget(Construct):
    """A monthly limit. AWS bills nothing for an account's budgets of this kind."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        limit_usd: float,
        operator_email: str,
    ) -> None:
        super().__init__(scope, id_)
        self.budget: BudgetsBudget = address("monthly", BudgetsBudget)(
            self,
            "budget",
            name=context.names.monthly_budget,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=_amount(limit_usd),
            limit_unit="USD",
            # A new account's credits would hide what it spends until the day they are used up.
            # https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CostTypes.html
            cost_types=BudgetsBudgetCostTypes(include_credit=False, include_refund=False),
            notification=[
                BudgetsBudgetNotification(
                    comparison_operator="GREATER_THAN",
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    notification_type=kind,
                    subscriber_email_addresses=[operator_email],
                )
                for kind, percent in (
                    ("ACTUAL", SPENT_PERCENT),
                    ("FORECASTED", FORECAST_PERCENT),
                )
            ],
        )


class CostAnomalies(Construct):
    """A daily e-mail about costs that AWS finds unusual for a service. AWS bills nothing for it.

    The monitor is the account's: AWS allows one of services, and newer accounts begin with it. A second stage
    could not make its own, and the first would take it away from all others.
    https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        least_usd: float,
        monitor_arn: str,
        operator_email: str,
    ) -> None:
        super().__init__(scope, id_)
        self.subscription: CeAnomalySubscription = address("operator", CeAnomalySubscription)(
            self,
            "subscription",
            name=context.names.cost_anomalies,
            frequency="DAILY",
            monitor_arn_list=[monitor_arn],
            subscriber=[CeAnomalySubscriptionSubscriber(type="EMAIL", address=operator_email)],
            threshold_expression=CeAnomalySubscriptionThresholdExpression(
                dimension=CeAnomalySubscriptionThresholdExpressionDimension(
                    key="ANOMALY_TOTAL_IMPACT_ABSOLUTE",
                    match_options=["GREATER_THAN_OR_EQUAL"],
                    values=[f"{Decimal(str(least_usd)).normalize():f}"],
                )
            ),
        )
