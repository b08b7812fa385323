"""What CloudWatch and SNS ask for, where AWS's models do not say so."""

import json
import re
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


def event_rule(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html: lists of values."""
    text = params.get("EventPattern")
    if text is None:
        return [] if params.get("ScheduleExpression") else ["EventPattern: is required"]
    try:
        pattern = json.loads(text)
    except ValueError:
        pattern = None
    if isinstance(pattern, dict) and pattern and all(map(_matches, pattern.values())):
        return []
    return [f"EventPattern = {text!r}: allowed: a JSON object whose values are lists that match"]


def _matches(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(value) and all(map(_matches, value.values()))
    return isinstance(value, list) and bool(value)


def event_targets(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html."""
    found = []
    for target in params.get("Targets", []):
        transformer = target.get("InputTransformer", {})
        used = set(re.findall(r"<([A-Za-z0-9_-]+)>", transformer.get("InputTemplate", "")))
        unknown = used - transformer.get("InputPathsMap", {}).keys()
        found += [f"InputTemplate: <{name}> is not in InputPathsMap" for name in sorted(unknown)]
    return found


def backup_rules(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRuleInput.html."""
    found = []
    for rule in params.get("BackupPlan", {}).get("Rules", []):
        start = rule.get("StartWindowMinutes", 480)
        if start < 60:
            found.append(f"StartWindowMinutes = {start}: allowed: at least 60")
        if rule.get("CompletionWindowMinutes", 10080) < start + 60:
            found.append("CompletionWindowMinutes: allowed: an hour more than StartWindowMinutes")
    return found


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
    low_samples = params.get("EvaluateLowSampleCountPercentile")
    if low_samples not in {None, "evaluate", "ignore"}:
        found.append(
            f"EvaluateLowSampleCountPercentile = {low_samples!r}: allowed: evaluate or ignore"
        )
    queries = params.get("Metrics", [])
    if queries and sum(query.get("ReturnData", True) for query in queries) != 1:
        found.append("Metrics: exactly one has ReturnData true")
    if queries and ("MetricName" in params or not any("MetricStat" in each for each in queries)):
        found.append("Metrics: take the place of MetricName, and one at least is a MetricStat")
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
