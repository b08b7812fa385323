"""The watch over costs. The monitor of unusual ones is the account's, and no stage's."""

from typing import Final

from aws.resources.call import Call
from aws.resources.row import ResourceType

COSTS: Final = (
    ResourceType(
        type="aws_budgets_budget",
        free=True,
        key=("name",),
        refuses_double=True,
        attributes={
            "id": lambda row: f"{row['AccountId']}:{row['BudgetName']}",
            "account_id": "AccountId",
            "name": "BudgetName",
        },
        import_id="{account_id}:{name}",
        listing=Call(
            "budgets",
            "DescribeBudgets",
            "Budgets",
            {"AccountId": "{account}"},
            absent=frozenset({"NotFoundException"}),
        ),
    ),
    ResourceType(
        type="aws_ce_anomaly_subscription",
        free=True,
        key=("name",),
        attributes={"id": "SubscriptionArn", "arn": "SubscriptionArn", "name": "SubscriptionName"},
        listing=Call("ce", "GetAnomalySubscriptions", "AnomalySubscriptions"),
    ),
)
