"""What CloudWatch and SNS ask for, where AWS's models do not say so."""

from typing import Any

from pydantic import EmailStr, TypeAdapter, ValidationError

Params = dict[str, Any]

_SUBSCRIPTIONS = frozenset(
    {"application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"}
)
_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
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
    try:
        TypeAdapter(EmailStr).validate_python(endpoint)
    except ValidationError:
        return [f"Endpoint = {endpoint!r}: allowed with Protocol {protocol}: an e-mail address"]
    return []


def retention(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html."""
    days = params.get("retentionInDays")
    if days in _DAYS:
        return []
    return [f"retentionInDays = {days!r}: allowed: one of {', '.join(map(str, sorted(_DAYS)))}"]


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
