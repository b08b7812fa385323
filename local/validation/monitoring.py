"""What CloudWatch and SNS ask for, where AWS's models do not say so."""

from typing import Any

from local.validation.names import refused
from modules.settings.rules.addresses import email_address
from modules.settings.setting_types import LOG_RETENTION_DAYS

Params = dict[str, Any]

_SUBSCRIPTIONS = frozenset(
    {"application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"}
)
_SHORT_PERIODS_SECONDS = (10, 20, 30)
_DAY_SECONDS = 24 * 60 * 60
_HOUR_SECONDS = 60 * 60


def subscription(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html."""
    protocol, endpoint = params.get("Protocol"), params.get("Endpoint")
    if protocol not in _SUBSCRIPTIONS:
        return [f"Protocol = {protocol!r}: allowed: one of {', '.join(sorted(_SUBSCRIPTIONS))}"]
    if protocol not in {"email", "email-json"}:
        return []
    return refused("Endpoint", endpoint or "", email_address)


def budget_subscribers(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Subscriber.html."""
    return [
        line
        for notification in params.get("NotificationsWithSubscribers", [])
        for subscriber in notification.get("Subscribers", [])
        if subscriber.get("SubscriptionType") == "EMAIL"
        for line in refused("Subscribers: Address", subscriber.get("Address"), email_address)
    ]


def retention(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html."""
    days = params.get("retentionInDays")
    if days in LOG_RETENTION_DAYS:
        return []
    return [
        f"retentionInDays = {days!r}: allowed: one of {', '.join(map(str, LOG_RETENTION_DAYS))}"
    ]


def alarm(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html."""
    found = [
        f"{member}: is required"
        for member in ("ComparisonOperator", "EvaluationPeriods")
        if member not in params and "EvaluationCriteria" not in params
    ]
    if "MetricName" not in params:
        return found
    if ("Statistic" in params) == ("ExtendedStatistic" in params):
        found.append("needs exactly one of Statistic and ExtendedStatistic")
    period = params.get("Period", 0)
    if period not in _SHORT_PERIODS_SECONDS and (period < 60 or period % 60):
        return [*found, f"Period = {period}: allowed: 10, 20, 30 or a multiple of 60"]
    watched = period * params.get("EvaluationPeriods", 1)
    most = 7 * _DAY_SECONDS if period >= _HOUR_SECONDS else _DAY_SECONDS
    if watched > most:
        found.append(
            f"Period times EvaluationPeriods: allowed: at most {most} seconds, not {watched}"
        )
    if params.get("DatapointsToAlarm", 1) > params.get("EvaluationPeriods", 1):
        found.append(
            f"DatapointsToAlarm = {params['DatapointsToAlarm']}: allowed: at most EvaluationPeriods, "
            f"{params['EvaluationPeriods']}"
        )
    return found
