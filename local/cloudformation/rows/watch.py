"""Rows of logs, alarms and mail."""

from collections.abc import Mapping
from typing import Any, Final

from local.cloudformation.calls import Made, Request
from local.cloudformation.rows.row import Row, deleted_by


def _log_group(request: Request) -> Made:
    name = request.get("LogGroupName") or request.generated_name(longest=512)
    request.call("logs.create_log_group", {"logGroupName": name, "tags": dict(request.tags)})
    days = request.get("RetentionInDays")
    if days:
        request.call("logs.put_retention_policy", {"logGroupName": name, "retentionInDays": days})
    aws = request.aws
    arn = f"arn:aws:logs:{aws.region}:{aws.account_id}:log-group:{name}:*"
    return Made(physical_id=name, attributes={"Arn": arn})


def _read_log_group(request: Request, physical_id: str) -> Mapping[str, Any] | None:
    found = request.call("logs.describe_log_groups", {"logGroupNamePrefix": physical_id})
    exact = [each for each in found["logGroups"] if each["logGroupName"] == physical_id]
    return {"RetentionInDays": exact[0].get("retentionInDays")} if exact else None


def _topic(request: Request) -> Made:
    made = request.call(
        "sns.create_topic",
        {"Name": request.get("TopicName") or request.generated_name(longest=256)},
    )
    arn = made["TopicArn"]
    return Made(physical_id=arn, attributes={"TopicArn": arn, "TopicName": arn.rpartition(":")[2]})


def _subscription(request: Request) -> Made:
    made = request.call("sns.subscribe", {**request.properties, "ReturnSubscriptionArn": True})
    return Made(physical_id=made["SubscriptionArn"])


def _alarm(request: Request) -> Made:
    name = request.get("AlarmName") or request.generated_name(longest=255)
    request.call("cloudwatch.put_metric_alarm", {**request.properties, "AlarmName": name})
    aws = request.aws
    arn = f"arn:aws:cloudwatch:{aws.region}:{aws.account_id}:alarm:{name}"
    return Made(physical_id=name, attributes={"Arn": arn})


def _delete_alarm(request: Request, physical_id: str) -> None:
    request.call("cloudwatch.delete_alarms", {"AlarmNames": [physical_id]})


def _dashboard(request: Request) -> Made:
    name = request.get("DashboardName") or request.generated_name(longest=255)
    request.call("cloudwatch.put_dashboard", {**request.properties, "DashboardName": name})
    return Made(physical_id=name)


def _delete_dashboard(request: Request, physical_id: str) -> None:
    request.call("cloudwatch.delete_dashboards", {"DashboardNames": [physical_id]})


ROWS: Final[Mapping[str, Row]] = {
    "AWS::Logs::LogGroup": Row(
        create=_log_group,
        delete=deleted_by("logs.delete_log_group", "logGroupName"),
        read=_read_log_group,
        identifiers=("LogGroupName",),
    ),
    "AWS::SNS::Topic": Row(
        create=_topic, delete=deleted_by("sns.delete_topic", "TopicArn"), identifiers=("TopicArn",)
    ),
    "AWS::SNS::Subscription": Row(
        create=_subscription,
        delete=deleted_by("sns.unsubscribe", "SubscriptionArn"),
        identifiers=("Arn",),
    ),
    "AWS::CloudWatch::Alarm": Row(create=_alarm, delete=_delete_alarm, identifiers=("AlarmName",)),
    "AWS::CloudWatch::Dashboard": Row(
        create=_dashboard, delete=_delete_dashboard, identifiers=("DashboardName",)
    ),
}
