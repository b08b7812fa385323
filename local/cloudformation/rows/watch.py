"""Rows of logs, alarms and mail."""

from collections.abc import Mapping
from typing import Any, Final

from local.cloudformation.calls import Made, Request
from local.cloudformation.rows.row import Row, deleted_by, made_by


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


def _alarm(request: Request) -> Made:
    name = request.get("AlarmName") or request.generated_name(longest=255)
    request.call("cloudwatch.put_metric_alarm", {**request.properties, "AlarmName": name})
    aws = request.aws
    arn = f"arn:aws:cloudwatch:{aws.region}:{aws.account_id}:alarm:{name}"
    return Made(physical_id=name, attributes={"Arn": arn})


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
        create=made_by("sns.subscribe", "SubscriptionArn", fixed={"ReturnSubscriptionArn": True}),
        delete=deleted_by("sns.unsubscribe", "SubscriptionArn"),
        identifiers=("Arn",),
    ),
    "AWS::CloudWatch::Alarm": Row(
        create=_alarm,
        delete=deleted_by("cloudwatch.delete_alarms", "AlarmNames", of_many=True),
        identifiers=("AlarmName",),
    ),
    "AWS::CloudWatch::Dashboard": Row(
        create=made_by("cloudwatch.put_dashboard", name="DashboardName", longest=255),
        delete=deleted_by("cloudwatch.delete_dashboards", "DashboardNames", of_many=True),
        identifiers=("DashboardName",),
    ),
}
