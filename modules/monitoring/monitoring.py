"""Who is told, when, and where to look."""

import json
from collections.abc import Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import (
    CloudwatchEventTarget,
    CloudwatchEventTargetInputTransformer,
)
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from modules.base.address import address
from modules.context import Context
from modules.monitoring.alarms import MINUTE_OF_WEEK, AlarmRow
from modules.monitoring.dashboard import Graph, dashboard_body
from modules.monitoring.events import EventRow
from modules.security import policies


class AlarmTopic(Construct):
    """The topic that alarms notify, with the operator's address. AWS asks the operator to confirm it."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        operator_email: str,
    ) -> None:
        super().__init__(scope, id_)
        self.topic = address("alarms", SnsTopic)(
            self, "topic", name=context.names.alarm_topic, kms_master_key_id=context.key_arn
        )
        address("alarms", SnsTopicPolicy)(
            self,
            "policy",
            arn=self.topic.arn,
            policy=json.dumps(
                policies.alarm_topic_policy(topic_arn=self.topic.arn, account_id=context.account_id)
            ),
        )
        address("operator", SnsTopicSubscription)(
            self,
            "operator",
            topic_arn=self.topic.arn,
            protocol="email",
            endpoint=operator_email,
        )


class EventNotices(Construct):
    """Events that AWS tells of by itself, sent to the topic. AWS bills nothing for its own events."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        rows: Sequence[EventRow],
        topic: AlarmTopic,
    ) -> None:
        super().__init__(scope, id_)
        self.rules: list[tuple[EventRow, CloudwatchEventRule]] = []
        for row in rows:
            rule = address(row.key, CloudwatchEventRule)(
                self,
                row.key,
                name=context.names.event_rule(row.key),
                description=row.description,
                event_pattern=json.dumps(row.pattern),
            )
            self.rules.append((row, rule))
            address(row.key, CloudwatchEventTarget)(
                self,
                f"{row.key}_target",
                rule=rule.name,
                target_id="operator",
                arn=topic.topic.arn,
                input_transformer=CloudwatchEventTargetInputTransformer(
                    input_paths=row.paths, input_template=json.dumps(row.words)
                ),
            )


class MetricAlarms(Construct):
    """Alarms of one subject, from their rows."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        rows: Sequence[AlarmRow],
        topic: AlarmTopic,
        after: Sequence[ITerraformDependable] = (),
    ) -> None:
        super().__init__(scope, id_)
        notified = [topic.topic.arn]
        self.alarms: list[CloudwatchMetricAlarm] = [
            address(row.key, CloudwatchMetricAlarm)(
                self,
                row.key,
                alarm_name=context.names.alarm(row.name_suffix),
                alarm_description=row.description,
                namespace=None if row.silent else row.namespace,
                metric_name=None if row.silent else row.metric,
                dimensions=None if row.silent else row.dimensions,
                statistic=None if row.silent or row.is_percentile else row.statistic,
                extended_statistic=row.statistic if row.is_percentile else None,
                # Of a few requests one is slow: a percentile of them says nothing.
                evaluate_low_sample_count_percentiles="ignore" if row.is_percentile else None,
                metric_query=_queries(row) if row.silent else None,
                comparison_operator=row.comparison,
                threshold=row.threshold,
                period=None if row.silent else row.period_seconds,
                evaluation_periods=row.evaluation_periods,
                treat_missing_data=row.missing_data,
                alarm_actions=notified,
                ok_actions=notified,
                insufficient_data_actions=notified if row.missing_data == "missing" else None,
                depends_on=list(after) or None,
            )
            for row in rows
        ]


def _queries(row: AlarmRow) -> list[CloudwatchMetricAlarmMetricQuery]:
    """Read a metric as it is outside of an alarm's silent times."""
    metric = CloudwatchMetricAlarmMetricQueryMetric(
        namespace=row.namespace,
        metric_name=row.metric,
        dimensions=row.dimensions,
        stat=row.statistic,
        period=row.period_seconds,
    )
    return [
        CloudwatchMetricAlarmMetricQuery(id="m", metric=metric, return_data=False),
        CloudwatchMetricAlarmMetricQuery(id="w", expression=MINUTE_OF_WEEK, return_data=False),
        CloudwatchMetricAlarmMetricQuery(
            id="e", expression=row.silenced, label=row.description, return_data=True
        ),
    ]


class Dashboard(Construct):
    """The system health dashboard."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        alarms: Sequence[CloudwatchMetricAlarm],
        graphs: Sequence[Graph],
    ) -> None:
        super().__init__(scope, id_)
        body = dashboard_body(
            region=context.region, alarm_arns=[alarm.arn for alarm in alarms], graphs=graphs
        )
        self.dashboard = address("main", CloudwatchDashboard)(
            self,
            "dashboard",
            dashboard_name=context.names.dashboard,
            dashboard_body=json.dumps(body),
        )
        self.url: str = context.names.dashboard_url(context.region)
