"""The physical names, and how long AWS lets them be."""

import pytest

from modules.base.naming import LimitedName, Names, limited_names

NAMES = Names(prefix="atomic-dev", stack="atomic-dev-stack")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (NAMES.load_balancer, "atomic-dev-alb"),
        (NAMES.alarm_topic, "atomic-dev-stack-AlarmTopic"),
        (NAMES.dashboard, "atomic-dev-stack-SystemHealthOverview"),
        (
            NAMES.data_bucket("123456789012", "us-east-1"),
            "atomic-dev-data-bucket-123456789012-us-east-1",
        ),
        (NAMES.log_group("app"), f"/aws/ecs/{NAMES.cluster}/app"),
    ],
)
def test_names_have_the_form_of_the_specification(name: str, expected: str) -> None:
    assert name == expected


def limit(prefix: str, what: str) -> LimitedName:
    (found,) = (
        limited
        for limited in limited_names(
            Names(prefix=prefix, stack="atomic-dev"),
            region="us-east-1",
            services=["app", "python-agent"],
            routed=["app"],
            jobs={"app-nightly": "app"},
        )
        if limited.what == what
    )
    return found


# AWS's API references: ELB, ELB, IAM, S3, RDS.
LIMITS = {
    "the load balancer": ("-alb", 32),
    "the target group of app": ("-app", 32),
    "the execution role of python-agent": ("-python-agent-execution-role", 64),
    "the role that starts app-nightly": ("-app-nightly-schedule-role", 64),
    "the data bucket": ("-data-bucket-000000000000-us-east-1", 63),
    "the database": ("-rds-postgres-final", 63),
}


@pytest.mark.parametrize(
    ("what", "ending", "most"), [(k, *v) for k, v in LIMITS.items()], ids=LIMITS
)
def test_a_name_of_the_limits_length_fits(what: str, ending: str, most: int) -> None:
    prefix = "p" * (most - len(ending))

    found = limit(prefix, what)

    assert (found.name, found.max_length, found.excess) == (prefix + ending, most, 0)


@pytest.mark.parametrize(
    ("what", "ending", "most"), [(k, *v) for k, v in LIMITS.items()], ids=LIMITS
)
def test_a_name_over_the_limit_says_by_how_much(what: str, ending: str, most: int) -> None:
    assert limit("p" * (most - len(ending) + 3), what).excess == 3


def test_only_routed_services_have_a_target_group() -> None:
    limits = limited_names(
        NAMES, region="us-east-1", services=["app", "agent"], routed=["app"], jobs={}
    )

    assert [x.what for x in limits if "target group" in x.what] == ["the target group of app"]


def test_what_somebody_else_has_named_keeps_its_name() -> None:
    names = Names(
        prefix="atomic-dev",
        stack="atomic-dev",
        found={
            "aws_ecs_cluster.main": "AwsStack-Cluster",
            "aws_ecs_service.python_agent": "AwsStack-PythonAgent",
            "aws_secretsmanager_secret.openai_api_key": "AwsStack/OpenAiApiKey",
        },
    )

    assert names.ecs_service("python-agent") == "AwsStack-PythonAgent"
    assert names.ecs_service("app") == "atomic-dev-app"
    assert names.service("python-agent") == "atomic-dev-python-agent"
    assert names.secret("openai-api-key") == "AwsStack/OpenAiApiKey"
    assert names.log_group("app") == "/aws/ecs/AwsStack-Cluster/app"
