"""The watch over costs."""

from typing import Final

from aws.resources.call import Call
from aws.resources.row import Resource


def _anomaly(kind: str) -> Resource:
    return Resource(
        type=f"aws_ce_anomaly_{kind.lower()}",
        key=("name",),
        attributes={"id": f"{kind}Arn", "arn": f"{kind}Arn", "name": f"{kind}Name"},
        listing=Call("ce", f"GetAnomaly{kind}s", f"Anomaly{kind}s"),
    )


COSTS: Final = (
    Resource(
        type="aws_budgets_budget",
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
    _anomaly("Monitor"),
    _anomaly("Subscription"),
)
