"""How schedules and watches over costs are found: by their names."""

from collections.abc import Mapping
from typing import Final

from aws.client import Clients, account_of, answers_without
from imports.recovery.live import Finder, Live, arguments, rows

_NO_BUDGET: Final = frozenset({"NotFoundException"})


def _schedules(clients: Clients, name: str) -> list[Live]:
    found = rows(clients, "scheduler", "ListSchedules", "Schedules", NamePrefix=name)
    return [
        Live(
            key=(name,),
            import_id=f"{row['GroupName']}/{name}",
            attributes={"id": f"{row['GroupName']}/{name}", "arn": row["Arn"]},
        )
        for row in found
        if row["Name"] == name
    ]


def _budgets(clients: Clients, name: str) -> list[Live]:
    account = account_of(clients)
    there = answers_without(
        clients, "budgets", "DescribeBudget", _NO_BUDGET, AccountId=account, BudgetName=name
    )
    return [Live(key=(name,), import_id=f"{account}:{name}")] if there else []


def _anomaly_monitors(clients: Clients, name: str) -> list[Live]:
    return [
        Live(
            key=(name,),
            import_id=row["MonitorArn"],
            attributes={"id": row["MonitorArn"], "arn": row["MonitorArn"]},
        )
        for row in rows(clients, "ce", "GetAnomalyMonitors", "AnomalyMonitors")
        if row["MonitorName"] == name
    ]


def _anomaly_subscriptions(clients: Clients, name: str) -> list[Live]:
    return [
        Live(key=(name,), import_id=row["SubscriptionArn"])
        for row in rows(clients, "ce", "GetAnomalySubscriptions", "AnomalySubscriptions")
        if row["SubscriptionName"] == name
    ]


CLOCK_FINDERS: Final[Mapping[str, Finder]] = {
    "aws_budgets_budget": Finder(key=arguments("name"), list=_budgets),
    "aws_ce_anomaly_monitor": Finder(key=arguments("name"), list=_anomaly_monitors),
    "aws_ce_anomaly_subscription": Finder(key=arguments("name"), list=_anomaly_subscriptions),
    "aws_scheduler_schedule": Finder(key=arguments("name"), list=_schedules),
}
