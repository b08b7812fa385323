"""Every policy of every stage is clean or reviewed, and each check finds its mistake."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from imports.sources.terraform_base.mapping import SHARED_ROLES
from modules.settings.stage_settings import StageSettings
from security.exceptions import Failure, read_exceptions, review
from security.expected import expected_secrets
from security.iam import iam_failures, secret_failures
from terraform.stack import Stack
from tests.conftest import Synthesize
from tests.imports.records import bound_document, document_without_shared_roles, settings_of
from tests.stages import SHIPPED, VARIANTS, stage_settings

STAGES = [*SHIPPED, *VARIANTS]
ROWS = [row for row in read_exceptions() if row.check.startswith("IAM_")]
SECRET, OTHER = "${aws_secretsmanager_secret.mine.arn}", "${aws_secretsmanager_secret.other.arn}"


def failures(document: Mapping[str, Any], settings: StageSettings, *, stage: str) -> list[Failure]:
    return [
        *iam_failures(Stack(document=document), stage=stage),
        *secret_failures(Stack(document=document), stage=stage, reads=expected_secrets(settings)),
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_every_policy_is_clean_or_reviewed(stack: Synthesize, stage: str) -> None:
    found = failures(stack(stage).json, stage_settings(stage), stage=stage)

    assert review(found, ROWS).open == ()


@pytest.mark.jsii
def test_an_adopted_stage_is_as_clean_but_for_the_bases_shared_roles() -> None:
    found = failures(bound_document("full"), settings_of("full"), stage="adopted")

    left = review(found, ROWS).open
    assert {each.resource for each in left} == SHARED_ROLES
    assert {"IAM_MANAGED_POLICY", "IAM_FOREIGN_SECRET", "IAM_TRUST"} <= {
        each.check for each in left
    }


@pytest.mark.jsii
def test_an_adopted_stage_without_the_shared_roles_is_as_clean_as_another() -> None:
    document = document_without_shared_roles("full")

    assert review(failures(document, settings_of("full"), stage="adopted"), ROWS).open == ()


def test_no_exception_is_left_over(stack: Synthesize) -> None:
    found = [
        each
        for stage in STAGES
        for each in failures(stack(stage).json, stage_settings(stage), stage=stage)
    ]

    assert review(found, ROWS).unused == ()


def a_policy(*, type_: str = "aws_iam_role_policy", **statement: Any) -> dict[str, Any]:
    """A stack of one policy, of a role that is no service's."""
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}}
    return {"resource": {type_: {"one": {"role": "r", "policy": json.dumps(document)}}}}


def checks(stack: Mapping[str, Any]) -> list[str]:
    return [each.check for each in iam_failures(Stack(document=stack), stage="dev")]


BUCKET = "${aws_s3_bucket.data.arn}"
# What a statement of an identity policy says -> the checks that fail.
IDENTITY: Mapping[str, tuple[dict[str, Any], list[str]]] = {
    "a named action on a named resource": (
        {"Action": "s3:ListBucket", "Resource": BUCKET},
        [],
    ),
    "an action that AWS does not have": (
        {"Action": ["s3:ListBucket", "s3:LisBucket"], "Resource": BUCKET},
        ["IAM_UNKNOWN_ACTION"],
    ),
    "a service that AWS does not have": (
        {"Action": ["nope:List", "s3:ListBucket"], "Resource": BUCKET},
        ["IAM_UNKNOWN_ACTION"],
    ),
    "any action of a service": ({"Action": "s3:*", "Resource": BUCKET}, ["IAM_ACTION_WILDCARD"]),
    "all actions but one": (
        {"NotAction": "s3:ListBucket", "Resource": BUCKET},
        ["IAM_ACTION_WILDCARD"],
    ),
    "any resource": ({"Action": "s3:ListBucket", "Resource": "*"}, ["IAM_RESOURCE_WILDCARD"]),
    "any bucket of a beginning": (
        {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::atomic-*"},
        ["IAM_RESOURCE_WILDCARD"],
    ),
    "any resource, where none can be named": (
        {"Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        ["IAM_RESOURCE_NONE"],
    ),
    "a bucket's action on its objects": (
        {"Action": "s3:ListBucket", "Resource": f"{BUCKET}/*"},
        ["IAM_RESOURCE_MISMATCH", "IAM_RESOURCE_MISMATCH"],
    ),
    "a resource that none of the actions takes": (
        {"Action": "s3:ListBucket", "Resource": [BUCKET, SECRET]},
        ["IAM_RESOURCE_MISMATCH"],
    ),
    "a condition key that the action does not have": (
        {
            "Action": "s3:ListBucket",
            "Resource": BUCKET,
            "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": "x"}},
        },
        ["IAM_UNKNOWN_CONDITION"],
    ),
    "passing a role": (
        {"Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/x"},
        ["IAM_ESCALATION"],
    ),
    "assuming a role": (
        {"Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/x"},
        ["IAM_ESCALATION"],
    ),
    "changing a role's policy, by a pattern": (
        {"Action": "iam:PutRole*", "Resource": "arn:aws:iam::111122223333:role/x"},
        ["IAM_ACTION_WILDCARD", "IAM_ESCALATION"],
    ),
    "writing a secret": (
        {"Action": "secretsmanager:PutSecretValue", "Resource": SECRET},
        ["IAM_WRITES_SECRETS"],
    ),
    "writing a secret, by a pattern": (
        {"Action": "secretsmanager:Put*", "Resource": SECRET},
        ["IAM_ACTION_WILDCARD", "IAM_WRITES_SECRETS"],
    ),
    "deleting a secret": (
        {"Action": "secretsmanager:DeleteSecret", "Resource": SECRET},
        ["IAM_WRITES_SECRETS"],
    ),
}


@pytest.mark.parametrize("case", IDENTITY)
def test_what_a_role_is_allowed(case: str) -> None:
    statement, expected = IDENTITY[case]

    assert checks(a_policy(**statement)) == expected


def test_what_is_denied_may_be_wide() -> None:
    assert checks(a_policy(Effect="Deny", Action="*", Resource="*")) == []


def test_a_document_that_is_not_written_out_is_told() -> None:
    stack = {"resource": {"aws_iam_role_policy": {"one": {"policy": "${data.aws_x.y.json}"}}}}

    assert checks(stack) == ["IAM_UNREADABLE"]


def test_a_policy_that_aws_writes_is_told() -> None:
    attachment = {"role": "r", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}

    assert checks({"resource": {"aws_iam_role_policy_attachment": {"one": attachment}}}) == [
        "IAM_MANAGED_POLICY"
    ]


ACCOUNT = {"StringEquals": {"aws:SourceAccount": "111122223333"}}
# principal, action, condition -> whether ECS tasks of the account alone may take the role on
TRUST: Mapping[str, tuple[Any, str, Mapping[str, Any], bool]] = {
    "ECS tasks of the account": (
        {"Service": "ecs-tasks.amazonaws.com"},
        "sts:AssumeRole",
        ACCOUNT,
        True,
    ),
    "ECS tasks of anybody": ({"Service": "ecs-tasks.amazonaws.com"}, "sts:AssumeRole", {}, False),
    "another service": ({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole", ACCOUNT, False),
    "an account": ({"AWS": "arn:aws:iam::111122223333:root"}, "sts:AssumeRole", ACCOUNT, False),
    "anybody": ("*", "sts:AssumeRole", ACCOUNT, False),
    "a session with tags": (
        {"Service": "ecs-tasks.amazonaws.com"},
        "sts:TagSession",
        ACCOUNT,
        False,
    ),
}


@pytest.mark.parametrize("case", TRUST)
def test_who_may_take_a_role_on(case: str) -> None:
    principal, action, condition, is_fine = TRUST[case]
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Condition": condition,
    }
    role = {"assume_role_policy": json.dumps({"Statement": [statement]})}

    found = checks({"resource": {"aws_iam_role": {"one": role}}})

    assert found == ([] if is_fine else ["IAM_TRUST"])


# what uses the role -> who may take it on
USERS = {
    "a task": (
        "aws_ecs_task_definition",
        {"task_role_arn": "${aws_iam_role.one.arn}"},
        "ecs-tasks",
    ),
    "a schedule": (
        "aws_scheduler_schedule",
        {"target": {"role_arn": "${aws_iam_role.one.arn}"}},
        "scheduler",
    ),
}


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("service", ["ecs-tasks", "scheduler"])
def test_a_role_is_for_what_uses_it(user: str, service: str) -> None:
    type_, resource, expected = USERS[user]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": ACCOUNT,
    }
    role = {"assume_role_policy": json.dumps({"Statement": [statement]})}

    found = checks({"resource": {"aws_iam_role": {"one": role}, type_: {"any": resource}}})

    assert found == ([] if service == expected else ["IAM_TRUST"])


# principal, condition -> whether the resource is closed to the public
PRINCIPALS: Mapping[str, tuple[Any, Mapping[str, Any], bool]] = {
    "a service of the account": ({"Service": "cloudwatch.amazonaws.com"}, ACCOUNT, True),
    "a service of anybody": ({"Service": "cloudwatch.amazonaws.com"}, {}, False),
    "an account": ({"AWS": "111122223333"}, {}, True),
    "everybody": ("*", ACCOUNT, False),
    "every account": ({"AWS": "*"}, ACCOUNT, False),
}


@pytest.mark.parametrize("case", PRINCIPALS)
def test_whom_a_resource_lets_in(case: str) -> None:
    principal, condition, is_closed = PRINCIPALS[case]

    found = checks(
        a_policy(
            type_="aws_sns_topic_policy",
            Principal=principal,
            Action="sns:Publish",
            Resource="${aws_sns_topic.alarms.arn}",
            Condition=condition,
        )
    )

    assert found == ([] if is_closed else ["IAM_PUBLIC"])


def a_service(**resources_by_role: list[str]) -> dict[str, Any]:
    """A stack of one service whose roles (`execution`, `task`) may read these secrets."""
    policies = {
        f"app_{role}": {
            "role": f"${{aws_iam_role.app_{role}.name}}",
            "policy": json.dumps(
                {
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": ["secretsmanager:GetSecretValue"],
                            "Resource": resources,
                        }
                    ]
                }
            ),
        }
        for role, resources in resources_by_role.items()
    }
    task = {
        "execution_role_arn": "${aws_iam_role.app_execution.arn}",
        "task_role_arn": "${aws_iam_role.app_task.arn}",
    }
    return {"resource": {"aws_ecs_task_definition": {"app": task}, "aws_iam_role_policy": policies}}


# what each role may read -> the checks that fail, where the service's row names `mine`
READING: Mapping[str, tuple[dict[str, list[str]], list[str]]] = {
    "its own": ({"execution": [SECRET]}, []),
    "its own and another's": ({"execution": [SECRET, OTHER]}, ["IAM_FOREIGN_SECRET"]),
    "all": ({"execution": ["*"]}, ["IAM_FOREIGN_SECRET", "IAM_SECRET_UNREADABLE"]),
    "its own, from within the application": (
        {"execution": [SECRET], "task": [SECRET]},
        ["IAM_FOREIGN_SECRET"],
    ),
    "nothing": ({}, ["IAM_SECRET_UNREADABLE"]),
}


@pytest.mark.parametrize("case", READING)
def test_which_secrets_a_service_reads(case: str) -> None:
    roles, expected = READING[case]

    found = secret_failures(
        Stack(document=a_service(**roles)), stage="dev", reads={"app": {"mine"}}
    )

    assert [each.check for each in found] == expected
