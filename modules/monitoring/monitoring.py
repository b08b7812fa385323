"""Who is told, when, and where to look."""

import json
from collections.abc import Sequence

from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from modules.base.address import address
from modules.context import Context
from modules.monitoring.alarms import AlarmRow
from modules.monitoring.dashboard import Graph, dashboard_body
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
        self.topic = address(
            "alarms",
            SnsTopic(
                self, "topic", name=context.names.alarm_topic, kms_master_key_id=context.key_arn
            ),
        )
        address(
            "alarms",
            SnsTopicPolicy(
                self,
                "policy",
                arn=self.topic.arn,
                policy=json.dumps(
                    policies.alarm_topic_policy(
                        topic_arn=self.topic.arn, account_id=context.account_id
                    )
                ),
            ),
        )
        address(
            "operator",
            SnsTopicSubscription(
                self,
                "operator",
                topic_arn=self.topic.arn,
                protocol="email",
                endpoint=operator_email,
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
    ) -> None:
        super().__init__(scope, id_)
        notified = [topic.topic.arn]
        self.alarms: list[CloudwatchMetricAlarm] = [
            address(
                row.key,
                CloudwatchMetricAlarm(
                    self,
                    row.key,
                    alarm_name=context.names.alarm(row.name_suffix),
                    alarm_description=row.description,
                    namespace=row.namespace,
                    metric_name=row.metric,
                    dimensions=row.dimensions,
                    # CloudWatch calls percentiles extended statistics.
                    statistic=None if row.statistic.startswith("p") else row.statistic,
                    extended_statistic=row.statistic if row.statistic.startswith("p") else None,
                    comparison_operator=row.comparison,
                    threshold=row.threshold,
                    period=row.period_seconds,
                    evaluation_periods=row.evaluation_periods,
                    treat_missing_data="notBreaching",
                    alarm_actions=notified,
                    ok_actions=notified,
                ),
            )
            for row in rows
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
        self.dashboard = address(
            "main",
            CloudwatchDashboard(
                self,
                "dashboard",
                dashboard_name=context.names.dashboard,
                dashboard_body=json.dumps(body),
            ),
        )
        self.url: str = context.names.dashboard_url(context.region)
