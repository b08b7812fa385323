"""Why a stack cannot be adopted as it is: one line each."""

import json
from typing import Any

import pytest

from imports.sources.cloudformation.owners_stack import OwnersRow, OwnersStack
from imports.sources.cloudformation.refusals import why_not, why_not_let_go

ALLOWED = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
FORBIDS = json.dumps({"Statement": [{**ALLOWED, "Effect": "Deny"}]})


def stack(*, rows: dict[str, tuple[str, str]] | None = None, **given: Any) -> OwnersStack:
    facts = {"StackName": "AwsStack", "StackStatus": "UPDATE_COMPLETE"} | given.pop("facts", {})
    return OwnersStack(
        name="AwsStack",
        template={},
        facts=facts,
        rows={
            name: OwnersRow(logical_id=name, type=type_, drift=drift, definition={})
            for name, (type_, drift) in (rows or {}).items()
        },
        **given,
    )


@pytest.mark.parametrize(
    "policy",
    [
        {"Statement": [ALLOWED]},
        {"Statement": ALLOWED},
        {"Statement": [{**ALLOWED, "Action": ["*"], "Resource": ["*"]}]},
    ],
)
def test_a_stack_policy_that_allows_all_stands_in_no_way(policy: dict[str, Any]) -> None:
    # AWS takes a policy only for another one: this is the only way to be without.
    assert why_not(stack(policy=json.dumps(policy))) == []


@pytest.mark.parametrize(
    "policy",
    [
        json.dumps({"Statement": [{**ALLOWED, "Resource": "LogicalResourceId/App"}]}),
        json.dumps({"Statement": [{**ALLOWED, "Action": "Update:Modify"}]}),
        json.dumps({"Statement": [{**ALLOWED, "Condition": {}}]}),
        json.dumps({"Statement": [ALLOWED, {**ALLOWED, "Effect": "Deny"}]}),
        json.dumps({"Statement": []}),
        "{}",
        "[]",
        "not JSON",
    ],
)
def test_any_other_stack_policy_may_forbid_what_a_retirement_needs(policy: str) -> None:
    (found,) = why_not(stack(policy=policy))

    assert "has a stack policy" in found


def test_a_settled_stack_has_nothing_against_it() -> None:
    assert why_not(stack()) == []


@pytest.mark.parametrize(
    ("owners", "line"),
    [
        (stack(facts={"StackStatus": "UPDATE_IN_PROGRESS"}), "AwsStack is being changed"),
        (stack(facts={"StackStatus": "UPDATE_ROLLBACK_FAILED"}), "takes no update of it"),
        (stack(facts={"ParentId": "arn:parent"}), "AwsStack is nested in arn:parent"),
        (stack(facts={"EnableTerminationProtection": True}), "has termination protection"),
        (stack(exported_to=("Other",)), "AwsStack exports to Other"),
        (stack(policy=FORBIDS), "aws cloudformation set-stack-policy --stack-name AwsStack"),
        (stack(missing_role="arn:role"), "the role arn:role, which is gone"),
        (stack(missing_parameter="/cdk-bootstrap/x"), "the parameter /cdk-bootstrap/x"),
        (stack(rows={"Nested": ("AWS::CloudFormation::Stack", "")}), "nested stacks (Nested)"),
        (stack(rows={"Bucket": ("AWS::S3::Bucket", "DELETED")}), "Bucket: gone from AWS"),
        (stack(rows={"Bucket": ("AWS::S3::Bucket", "MODIFIED")}), "Bucket: changed in AWS"),
    ],
)
def test_each_thing_against_it_is_one_line_with_what_to_do(owners: OwnersStack, line: str) -> None:
    (found,) = why_not(owners)

    assert line in found
    assert "\n" not in found


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("/cdk-bootstrap/hnb659fds/version", "`cdk bootstrap` makes it again"),
        ("/images/base", "put it back into Systems Manager"),
    ],
)
def test_a_missing_parameter_is_told_with_who_can_make_it(name: str, remedy: str) -> None:
    (found,) = why_not(stack(missing_parameter=name))

    assert f"{name} that the template asks for is gone: {remedy};" in found


def test_a_template_in_a_file_has_no_state_to_refuse() -> None:
    assert why_not(OwnersStack(name="template", template={}, rows={})) == []


@pytest.mark.parametrize(
    ("owners", "line"),
    [
        (stack(facts={"StackStatus": "UPDATE_IN_PROGRESS"}), "AwsStack is being changed"),
        (stack(facts={"StackStatus": "DELETE_FAILED"}), "takes no update of it"),
        (stack(facts={"ParentId": "arn:parent"}), "AwsStack is nested in arn:parent"),
        (stack(facts={"EnableTerminationProtection": True}), "has termination protection"),
        (stack(exported_to=("Other",)), "AwsStack exports to Other"),
        (stack(policy=FORBIDS), "aws cloudformation set-stack-policy --stack-name AwsStack"),
        (stack(missing_role="arn:role"), "the role arn:role, which is gone"),
        (stack(missing_parameter="/cdk-bootstrap/x"), "the parameter /cdk-bootstrap/x"),
        (stack(rows={"Nested": ("AWS::CloudFormation::Stack", "")}), "nested stacks (Nested)"),
        (stack(rows={"Bucket": ("AWS::S3::Bucket", "DELETED")}), "Bucket: gone from AWS"),
    ],
)
def test_what_stands_against_a_deletion_is_one_line(owners: OwnersStack, line: str) -> None:
    (found,) = why_not_let_go(owners, frozenset({"Bucket"}), is_deleting=False)

    assert line in found


@pytest.mark.parametrize(("row", "drift"), [("Bucket", "MODIFIED"), ("Gone", "DELETED")])
def test_what_the_platform_changed_and_what_goes_anyway_stands_in_no_way(
    row: str, drift: str
) -> None:
    owners = stack(rows={row: ("AWS::S3::Bucket", drift)})

    assert why_not_let_go(owners, frozenset({"Bucket"}), is_deleting=False) == []


def test_a_deletion_that_has_failed_goes_on() -> None:
    owners = stack(facts={"StackStatus": "DELETE_FAILED"})

    assert why_not_let_go(owners, frozenset(), is_deleting=True) == []
