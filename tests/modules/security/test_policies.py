"""What each role and resource policy allows: named actions on named resources."""

import pytest

from modules.security import policies

LOG, SECRET, REPOSITORY = "arn:log", "arn:secret", "arn:repository"
EXECUTION = policies.execution_statements(
    log_group_arn=LOG, secret_arns=[SECRET], repository_arns=[REPOSITORY]
)
TASK = [
    *policies.bucket_statements("arn:bucket"),
    *policies.file_system_statements(file_system_arn="arn:fs", access_point_arn="arn:ap"),
    *policies.tracing_statements(),
]
BY_SID = {statement["Sid"]: statement for statement in [*EXECUTION, *TASK]}
# Calls for which AWS knows no resource (Service Authorization Reference).
WITHOUT_RESOURCE = {"ecr:GetAuthorizationToken", *policies.XRAY_ACTIONS}


# Sid -> actions, resources
ALLOWED = {
    "WriteLog": ({"logs:CreateLogStream", "logs:PutLogEvents"}, [f"{LOG}:log-stream:*"]),
    "ReadSecrets": ({"secretsmanager:GetSecretValue"}, [SECRET]),
    "EnterRegistry": ({"ecr:GetAuthorizationToken"}, ["*"]),
    "PullImage": (
        {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
        [REPOSITORY],
    ),
    "ListBucket": ({"s3:GetBucketLocation", "s3:ListBucket"}, ["arn:bucket"]),
    "UseObjects": ({"s3:DeleteObject", "s3:GetObject", "s3:PutObject"}, ["arn:bucket/*"]),
    "MountFileSystem": (
        {"elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"},
        ["arn:fs"],
    ),
    "SendTraces": (
        {
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            "xray:GetSamplingStatisticSummaries",
        },
        ["*"],
    ),
}


def test_these_are_all_statements() -> None:
    assert sorted(BY_SID) == sorted(ALLOWED)
    assert len(BY_SID) == len(EXECUTION) + len(TASK)


@pytest.mark.parametrize("sid", ALLOWED)
def test_a_statement_allows_exactly_this(sid: str) -> None:
    actions, resources = ALLOWED[sid]

    statement = BY_SID[sid]

    assert statement["Effect"] == "Allow"
    assert set(statement["Action"]) == actions
    assert statement["Resource"] == resources


@pytest.mark.parametrize("sid", ALLOWED)
def test_no_action_is_a_wildcard(sid: str) -> None:
    assert [action for action in BY_SID[sid]["Action"] if "*" in action] == []


@pytest.mark.parametrize("sid", ALLOWED)
def test_the_resource_is_a_wildcard_only_where_aws_knows_none(sid: str) -> None:
    statement = BY_SID[sid]

    assert ("*" in statement["Resource"]) == (set(statement["Action"]) <= WITHOUT_RESOURCE)


def test_the_file_system_is_mounted_through_its_access_point_only() -> None:
    condition = BY_SID["MountFileSystem"]["Condition"]

    assert condition == {"StringEquals": {"elasticfilesystem:AccessPointArn": "arn:ap"}}


def test_a_service_without_secrets_may_read_none() -> None:
    statements = policies.execution_statements(
        log_group_arn=LOG, secret_arns=[], repository_arns=[]
    )

    assert [statement["Sid"] for statement in statements] == ["WriteLog"]


def test_a_secret_that_is_used_twice_is_named_once() -> None:
    _, statement = policies.execution_statements(
        log_group_arn=LOG, secret_arns=["b", "a", "b"], repository_arns=[]
    )

    assert statement["Resource"] == ["a", "b"]


def test_only_ecs_tasks_of_the_account_take_on_a_role() -> None:
    (statement,) = policies.assumed_by("ecs-tasks", "123456789012")["Statement"]

    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }


def test_only_alarms_and_events_of_the_account_publish_to_the_topic() -> None:
    statements = policies.alarm_topic_policy(topic_arn="arn:topic", account_id="1")["Statement"]

    assert [statement["Principal"]["Service"] for statement in statements] == [
        "cloudwatch.amazonaws.com",
        "events.amazonaws.com",
    ]
    for statement in statements:
        assert statement["Action"] == "sns:Publish"
        assert statement["Resource"] == "arn:topic"
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "1"}}


def test_requests_without_tls_are_denied() -> None:
    statement = policies.tls_only(action="s3:*", resources=["arn:bucket"])

    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == {"AWS": "*"}
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_document_has_the_current_version() -> None:
    assert policies.document([]) == {"Version": "2012-10-17", "Statement": []}


@pytest.mark.parametrize(
    ("trust", "service", "conditioned"),
    [
        (policies.assumed_by("monitoring.rds", "1"), "monitoring.rds", True),
        (policies.assumed_by("backup"), "backup", False),
    ],
)
def test_a_services_role_is_that_services_alone(
    trust: policies.Document, service: str, *, conditioned: bool
) -> None:
    (statement,) = trust["Statement"]

    assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
    condition = {"StringEquals": {"aws:SourceAccount": "1"}}
    assert statement.get("Condition") == (condition if conditioned else None)


def test_logs_are_delivered_for_this_account_alone() -> None:
    requests, *others = policies.log_delivery_statements(
        "arn:logs",
        account_id="1",
        region="eu-west-1",
        requests_prefix="requests",
        connections_prefix="connections",
        data_bucket_prefix="data/",
    )

    assert requests["Resource"] == "arn:logs/requests/AWSLogs/1/*"
    assert [each["Condition"]["StringEquals"]["aws:SourceAccount"] for each in others] == ["1"] * 3


def test_flow_logs_find_the_statements_that_aws_would_add_itself() -> None:
    by_sid = {
        each["Sid"]: each
        for each in policies.log_delivery_statements(
            "arn:logs",
            account_id="1",
            region="eu-west-1",
            requests_prefix="requests",
            connections_prefix="connections",
            data_bucket_prefix="data/",
        )
    }

    source = {"ArnLike": {"aws:SourceArn": "arn:aws:logs:eu-west-1:1:*"}}
    write, check = by_sid["AWSLogDeliveryWrite"], by_sid["AWSLogDeliveryAclCheck"]
    assert write["Condition"] == source | {
        "StringEquals": {"aws:SourceAccount": "1"},
        "StringEqualsIfExists": {"s3:x-amz-acl": "bucket-owner-full-control"},
    }
    assert check["Condition"] == source | {"StringEquals": {"aws:SourceAccount": "1"}}
    assert (check["Action"], check["Resource"]) == ("s3:GetBucketAcl", "arn:logs")
