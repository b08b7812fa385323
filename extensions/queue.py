"""Work that waits in a queue: an SQS queue, and beside it one for what failed five times, with an alarm."""

from cdktf import Fn
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from modules.extension import Additions, Platform


def extend(stack: Construct, platform: Platform) -> Additions:
    """Make `work` and `work_failed`; who reads has the policy `read-work`, who sends `send-work`."""
    prefix = platform.names.prefix
    failed = SqsQueue(
        stack, "work_failed", name=f"{prefix}-work-failed", message_retention_seconds=1209600,
        sqs_managed_sse_enabled=True,
    )  # fmt: skip
    work = SqsQueue(
        stack,
        "work",
        name=f"{prefix}-work",
        visibility_timeout_seconds=300,
        sqs_managed_sse_enabled=True,
        redrive_policy=Fn.jsonencode({"deadLetterTargetArn": failed.arn, "maxReceiveCount": 5}),
    )
    CloudwatchMetricAlarm(
        stack, "work_failed_messages", alarm_name=f"{prefix}-work-failed",
        namespace="AWS/SQS", metric_name="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": failed.name}, statistic="Maximum", period=300,
        evaluation_periods=1, comparison_operator="GreaterThanThreshold", threshold=0,
        alarm_actions=[platform.topic.arn],
    )  # fmt: skip
    reading = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"]
    return Additions(
        values={"work_queue": work.url},
        policies={
            "read-work": [{"Effect": "Allow", "Action": reading, "Resource": work.arn}],
            "send-work": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": work.arn}],
        },
    )
