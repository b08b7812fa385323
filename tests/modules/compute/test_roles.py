"""The two roles of each service: what the application may do, and what ECS may do to start it."""

import json
from typing import Any

import pytest

from modules.settings.services import SERVICES
from tests.conftest import Synthesize
from tests.stack import Stack

NAMES = [row.name.replace("-", "_") for row in SERVICES]
EVERY = pytest.mark.parametrize("service", NAMES)


def statements(stack: Stack, policy: str) -> dict[str, dict[str, Any]]:
    """A role's statements by their Sid; none where the role has no policy."""
    if policy not in stack.names("aws_iam_role_policy"):
        return {}
    found = stack.policy("aws_iam_role_policy", policy)["Statement"]
    by_sid = {statement["Sid"]: statement for statement in found}
    assert len(by_sid) == len(found)
    return by_sid


@EVERY
@pytest.mark.parametrize("kind", ["task", "execution"])
def test_a_service_has_both_roles_of_its_own(stack: Synthesize, service: str, kind: str) -> None:
    role = stack("dev").resource("aws_iam_role", f"{service}_{kind}")
    task = stack("dev").resource("aws_ecs_task_definition", service)

    assert role["name"] == f"atomic-dev-{service.replace('_', '-')}-{kind}-role"
    assert task[f"{kind}_role_arn"] == f"${{aws_iam_role.{service}_{kind}.arn}}"


@EVERY
@pytest.mark.parametrize("kind", ["task", "execution"])
def test_only_ecs_tasks_of_the_account_take_a_role_on(
    stack: Synthesize, service: str, kind: str
) -> None:
    role = stack("dev").resource("aws_iam_role", f"{service}_{kind}")

    (trust,) = json.loads(role["assume_role_policy"])["Statement"]
    assert trust["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    account = "${data.aws_caller_identity.current.account_id}"
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": account}}


# The specification's list of the secrets given to containers.
READS: dict[str, set[str]] = {
    "functions": {"hasura_admin_secret", "openai_api_key", "api_token_secret"},
    "hasura": {"hasura_admin_secret", "hasura_db_conn_string"},
    "supertokens": {"supertokens_db_conn_string", "supertokens_api_key"},
    "handshake": {"api_token_secret", "hasura_admin_secret"},
    "oauth": {"hasura_admin_secret"},
    "optaplanner": {"optaplanner_db_conn_string", "optaplanner_db_role", "api_token_secret"},
    "app": {"hasura_admin_secret", "supertokens_api_key"},
    "python_agent": {
        "openai_api_key",
        "notion_api_token",
        "deepgram_api_key",
        "notion_notes_db_id",
        "notion_research_projects_db_id",
        "notion_research_tasks_db_id",
    },
}


def secret_arns(names: set[str]) -> set[str]:
    return {f"${{aws_secretsmanager_secret.{name}.arn}}" for name in names}


@EVERY
def test_an_execution_role_reads_its_own_services_secrets_only(
    stack: Synthesize, service: str
) -> None:
    statement = statements(stack("dev"), f"{service}_execution").get("ReadSecrets")

    assert set(statement["Resource"] if statement else []) == secret_arns(READS[service])
    assert not statement or statement["Action"] == ["secretsmanager:GetSecretValue"]


def test_with_kafka_functions_reads_the_brokers_too(stack: Synthesize) -> None:
    statement = statements(stack("route53"), "functions_execution")["ReadSecrets"]

    expected = secret_arns(READS["functions"] | {"msk_bootstrap_brokers"})
    assert set(statement["Resource"]) == expected


@EVERY
def test_an_execution_role_writes_its_own_services_log_only(
    stack: Synthesize, service: str
) -> None:
    statement = statements(stack("dev"), f"{service}_execution")["WriteLog"]

    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == [f"${{aws_cloudwatch_log_group.{service}.arn}}:log-stream:*"]


@EVERY
def test_an_execution_role_pulls_its_own_services_image_only(
    stack: Synthesize, service: str
) -> None:
    found = statements(stack("dev"), f"{service}_execution")

    own = service not in {"supertokens", "hasura"}
    resources = found["PullImage"]["Resource"] if own else []
    assert resources == ([f"${{aws_ecr_repository.{service}.arn}}"] if own else [])
    assert {"PullImage", "EnterRegistry"} & found.keys() == (
        {"PullImage", "EnterRegistry"} if own else set()
    )


# service -> Sids of its task role
MAY = {
    "functions": {"ListBucket", "UseObjects", "SendTraces"},
    "python_agent": {"MountFileSystem"},
    "app": {"SendTraces"},
    "handshake": {"SendTraces"},
    "oauth": {"SendTraces"},
    "optaplanner": {"SendTraces"},
    "hasura": set(),
    "supertokens": set(),
}


@EVERY
def test_an_application_may_do_what_it_needs_and_no_more(stack: Synthesize, service: str) -> None:
    assert statements(stack("dev"), f"{service}_task").keys() == MAY[service]


@EVERY
def test_without_tracing_no_application_sends_traces(stack: Synthesize, service: str) -> None:
    found = statements(stack("route53"), f"{service}_task")

    assert found.keys() == MAY[service] - {"SendTraces"}


def test_functions_uses_the_data_bucket(stack: Synthesize) -> None:
    found = statements(stack("dev"), "functions_task")

    assert found["ListBucket"]["Resource"] == ["${aws_s3_bucket.data.arn}"]
    assert found["UseObjects"]["Resource"] == ["${aws_s3_bucket.data.arn}/*"]


def test_python_agent_mounts_and_writes_through_the_access_point(stack: Synthesize) -> None:
    statement = statements(stack("dev"), "python_agent_task")["MountFileSystem"]

    assert statement["Action"] == ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    assert statement["Resource"] == ["${aws_efs_file_system.lancedb.arn}"]
    point = "${aws_efs_access_point.lancedb.arn}"
    condition = {"StringEquals": {"elasticfilesystem:AccessPointArn": point}}
    assert statement["Condition"] == condition
