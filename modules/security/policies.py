"""IAM and resource policies as plain documents. No action or resource is a wildcard where AWS has a name.

Sources: AWS's Service Authorization Reference, and the task and execution role pages of the ECS guide.

Longer than others, so that all that a role may do can be read in one place.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from modules.base.partition import arn

Statement = dict[str, Any]
Document = dict[str, Any]
Condition = Mapping[str, Mapping[str, str]]

XRAY_ACTIONS = (
    "xray:GetSamplingRules",
    "xray:GetSamplingStatisticSummaries",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
SESSION_ACTIONS = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)


def document(statements: Sequence[Statement]) -> Document:
    """Make a policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    condition: Condition | None = None,
) -> Statement:
    statement: Statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources),
    }
    return statement | ({"Condition": condition} if condition else {})


def assumed_by(service: str, account_id: str | None = None) -> Document:
    """Trust of a role that a service of AWS takes on; the condition stops a confused deputy.

    Without `account_id` there is none, as the guides have it of AWS Backup and of Amazon Q Developer in chat
    applications, which is still called chatbot.
    https://docs.aws.amazon.com/chatbot/latest/adminguide/
    """
    statement: Statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    condition = {"Condition": {"StringEquals": {"aws:SourceAccount": account_id}}}
    return document([statement | (condition if account_id else {})])


def chat_statements() -> list[Statement]:
    """Allow what draws an alarm's graph into its message: the reading part of the guide's policy."""
    return [
        _allow(
            "DrawGraphs",
            [
                "cloudwatch:DescribeAlarmsForMetric",
                "cloudwatch:GetMetricStatistics",
                "cloudwatch:GetMetricWidgetImage",
            ],
            ["*"],
        )
    ]


def execution_statements(
    *,
    log_group_arn: str,
    secret_arns: Sequence[str],
    repository_arns: Sequence[str],
) -> list[Statement]:
    """Allow ECS what starts one service: to pull its images, read its secrets, open its log."""
    statements = [
        _allow(
            "WriteLog",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [f"{log_group_arn}:log-stream:*"],
        )
    ]
    if secret_arns:
        statements.append(
            _allow(
                "ReadSecrets",
                ["secretsmanager:GetSecretValue"],
                sorted(set(secret_arns)),
            )
        )
    return [*statements, *pull_statements(repository_arns)]


def pull_statements(repository_arns: Sequence[str]) -> list[Statement]:
    """Allow ECS to pull images from these registries."""
    if not repository_arns:
        return []
    return [
        # The token call takes no resource.
        _allow("EnterRegistry", ["ecr:GetAuthorizationToken"], ["*"]),
        _allow(
            "PullImage",
            [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            list(repository_arns),
        ),
    ]


def shared_repository_policy(account_ids: Sequence[str], region: str) -> Document:
    """Let accounts pull a repository's images, and see which there are."""
    return document(
        [
            {
                "Sid": "OtherAccountsPull",
                "Effect": "Allow",
                "Principal": {"AWS": [arn(region, f"iam::{each}:root") for each in account_ids]},
                "Action": [
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:DescribeImageScanFindings",
                    "ecr:DescribeImages",
                    "ecr:DescribeRepositories",
                    "ecr:GetDownloadUrlForLayer",
                ],
            }
        ]
    )


def bucket_statements(bucket_arn: str) -> list[Statement]:
    """Read and write the data bucket."""
    return [
        _allow("ListBucket", ["s3:GetBucketLocation", "s3:ListBucket"], [bucket_arn]),
        _allow(
            "UseObjects",
            ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            [f"{bucket_arn}/*"],
        ),
    ]


def file_system_statements(
    *, file_system_arn: str, access_point_arn: str | None
) -> list[Statement]:
    """Mount the file system for writing: through its access point only, or, without one, all of it."""
    actions = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    if access_point_arn is None:
        # What lies there was written by the container's own user, which may be root.
        root = "elasticfilesystem:ClientRootAccess"
        return [_allow("MountFileSystem", [*actions, root], [file_system_arn])]
    return [
        _allow(
            "MountFileSystem",
            actions,
            [file_system_arn],
            {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}},
        )
    ]


def tracing_statements() -> list[Statement]:
    """Send traces; X-Ray's data actions take no resource."""
    return [_allow("SendTraces", XRAY_ACTIONS, ["*"])]


def session_statements() -> list[Statement]:
    """Let ECS' agent in a container open sessions; Session Manager's channels take no resource."""
    return [_allow("OpenSessions", SESSION_ACTIONS, ["*"])]


def session_log_statements(log_group_arn: str, *, account_id: str, region: str) -> list[Statement]:
    """Let the agent find the sessions' log group and write there, as the guide of ECS Exec has it."""
    return [
        _allow(
            "FindSessionLog",
            ["logs:DescribeLogGroups"],
            [arn(region, f"logs:{region}:{account_id}:log-group:*")],
        ),
        _allow("FindSessionStream", ["logs:DescribeLogStreams"], [f"{log_group_arn}:*"]),
        _allow(
            "WriteSessionLog",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [f"{log_group_arn}:log-stream:*"],
        ),
    ]


def database_switch_statements(*, kind: str, database_arn: str) -> list[Statement]:
    """Stop and start one database; `kind` is `Instance` or `Cluster`, as RDS names its calls."""
    return [_allow("SwitchDatabase", [f"rds:StartDB{kind}", f"rds:StopDB{kind}"], [database_arn])]


def job_statements(
    *, family_arn: str, cluster_arn: str, role_arns: Sequence[str], queue_arn: str
) -> list[Statement]:
    """Start tasks of one family in one cluster, with its two roles, and tell of a start that failed."""
    return [
        _allow(
            "StartTask",
            ["ecs:RunTask"],
            [f"{family_arn}:*"],
            {"ArnEquals": {"ecs:cluster": cluster_arn}},
        ),
        _allow(
            "GiveRoles",
            ["iam:PassRole"],
            role_arns,
            {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        _allow("TellOfFailures", ["sqs:SendMessage"], [queue_arn]),
    ]


def tls_only(*, action: str, resources: Sequence[str]) -> Statement:
    """Refuse requests without TLS, as a statement of a resource policy."""
    return {
        "Sid": "DenyPlainText",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": action,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def alarm_topic_policy(*, topic_arn: str, account_id: str) -> Document:
    """CloudWatch alarms and EventBridge rules of this account may publish to the topic."""
    return document(
        [
            _allow_service(sid, service, "sns:Publish", topic_arn, _of(account_id))
            for sid, service in (("AlarmsPublish", "cloudwatch"), ("EventsPublish", "events"))
        ]
    )


def firewall_log_policy(*, log_group_arn: str, account_id: str, region: str) -> Document:
    """Let WAF write into the firewall's log group, as AWS's guide on its logging has it."""
    return document(
        [
            _allow_service(
                "AWSLogDeliveryWrite",
                _LOG_DELIVERY,
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                f"{log_group_arn}:log-stream:*",
                _of(account_id) | _from_logs(account_id, region),
            )
        ]
    )


def log_delivery_statements(
    bucket_arn: str,
    *,
    account_id: str,
    region: str,
    requests_prefix: str,
    connections_prefix: str,
    data_bucket_prefix: str,
) -> list[Statement]:
    """Let the load balancer, the VPC and S3 write to the logs bucket, each under its own prefix.

    Sources: "Enable access logs" of the Application Load Balancer guide, "Amazon S3 bucket permissions for
    flow logs" of the VPC guide, "Enabling server access logging" of the S3 guide.
    """
    return [
        _allow_service(
            "RequestsAreWritten",
            "logdelivery.elasticloadbalancing",
            "s3:PutObject",
            # The load balancer writes for other accounts under their numbers only.
            f"{bucket_arn}/{requests_prefix}/AWSLogs/{account_id}/*",
        ),
        # Named and meant as what AWS itself adds to a policy that lacks it when a flow log is made.
        _allow_service(
            "AWSLogDeliveryWrite",
            _LOG_DELIVERY,
            "s3:PutObject",
            f"{bucket_arn}/{connections_prefix}/AWSLogs/{account_id}/*",
            {
                **_of(account_id),
                # AWS's guide asks for the header; of a bucket without ACLs it is said to send none.
                # https://github.com/cloudposse/terraform-aws-vpc-flow-logs-s3-bucket/pull/101
                "StringEqualsIfExists": {"s3:x-amz-acl": "bucket-owner-full-control"},
                **_from_logs(account_id, region),
            },
        ),
        _allow_service(
            "AWSLogDeliveryAclCheck",
            _LOG_DELIVERY,
            "s3:GetBucketAcl",
            bucket_arn,
            _of(account_id) | _from_logs(account_id, region),
        ),
        _allow_service(
            "DataBucketReadersAreWritten",
            "logging.s3",
            "s3:PutObject",
            f"{bucket_arn}/{data_bucket_prefix}*",
            _of(account_id),
        ),
    ]


_LOG_DELIVERY = "delivery.logs"


def _allow_service(
    sid: str,
    service: str,
    action: str | list[str],
    resource: str,
    condition: Condition | None = None,
) -> Statement:
    """Let a service of AWS in, as a statement of a resource policy."""
    statement: Statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": action,
        "Resource": resource,
    }
    return statement | ({"Condition": condition} if condition else {})


def _of(account_id: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"aws:SourceAccount": account_id}}


def _from_logs(account_id: str, region: str) -> dict[str, dict[str, str]]:
    return {"ArnLike": {"aws:SourceArn": arn(region, f"logs:{region}:{account_id}:*")}}
