"""What a policy document has to be: a request's parameters in, lines out."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.core.utils import get_service_model

from local.validation import policies
from local.validation.rules import doubts
from local.validation.wire import Call


def policy(**changes: Any) -> str:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | changes
    kept = {name: value for name, value in statement.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [kept]})


@pytest.mark.parametrize(
    "action", ["s3:GetObject", "s3:getobject", "s3:Get*", "*", ["ecs:RunTask", "ec2:*"]]
)
def test_an_action_that_aws_has_is_taken(action: object) -> None:
    assert policies.identity_policy(policy(Action=action)) == []


UNKNOWN = [
    ("s3:GetObjekt", "the service s3 has no such action"),
    ("s4:GetObject", "AWS has no service s4"),
    ("s3:Gat*", "the service s3 has no such action"),
    ("kafka-cluster:AlterClusterPolicy", "the service kafka-cluster has no such action"),
]


@pytest.mark.parametrize(("action", "said"), UNKNOWN)
def test_an_action_that_no_list_knows_is_taken_by_iam_and_told(action: str, said: str) -> None:
    document = policy(Action=["s3:GetObject", action])

    assert policies.identity_policy(document) == []
    assert policies.unknown_actions(document) == [f"action {action!r}: {said}"]


@pytest.mark.parametrize(("action", "said"), UNKNOWN)
def test_an_action_that_no_list_knows_is_refused_by_the_service_of_a_resource(
    action: str, said: str
) -> None:
    (line,) = policies.resource_policy(policy(Action=action, Principal="*"))

    assert line == f"Statement[0] action {action!r}: {said}"


@pytest.mark.parametrize(("operation", "told"), [("CreatePolicy", 1), ("ListPolicies", 0)])
def test_a_call_that_is_taken_tells_what_does_nothing_in_it(operation: str, told: int) -> None:
    call = Call(
        service="iam",
        operation=get_service_model("iam").operation_model(operation),
        protocol="query",
        region="us-east-1",
        params={"PolicyDocument": policy(Action="kafka-cluster:AlterClusterPolicy")},
    )

    assert len(doubts(call)) == told


def test_an_action_without_a_service_is_refused() -> None:
    (line,) = policies.identity_policy(policy(Action="GetObject"))

    assert line == "Statement[0] action 'GetObject': allowed: SERVICE:ACTION"


@pytest.mark.parametrize("action", ["*", "s3:Get*", ["ecs:RunTask", "ec2:*"]])
def test_of_a_known_action_nothing_is_told(action: object) -> None:
    assert policies.unknown_actions(policy(Action=action)) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Effect": "allow"}, "Effect = 'allow'"),
        ({"Resource": None}, "needs exactly one of Resource and NotResource"),
        ({"NotAction": "s3:GetObject"}, "needs exactly one of Action and NotAction"),
        ({"Principal": "*"}, "has Principal"),
        ({"Resources": "*"}, "has 'Resources'"),
        ({"Sid": "not valid"}, "Sid = 'not valid'"),
        ({"Resource": "my-bucket/*"}, "Resource 'my-bucket/*' is no ARN"),
        ({"Resource": [5]}, "Resource 5 is no ARN"),
        (
            {"Condition": {"StringEqual": {"a": "b"}}},
            "'StringEqual' in its Condition is no operator",
        ),
        ({"Condition": ["x"]}, "a Condition is a table"),
    ],
)
def test_a_statement_against_the_grammar_is_refused(changes: dict[str, Any], said: str) -> None:
    (line,) = policies.identity_policy(policy(**changes))

    assert said in line


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"Version": "2020-01-01", "Statement": []}'])
def test_what_is_no_policy_is_refused(text: str) -> None:
    assert policies.identity_policy(text)


def test_a_trust_policy_has_a_principal_and_no_resource() -> None:
    trust = {"Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}

    assert policies.trust_policy(policy(**trust, Resource=None)) == []
    assert policies.trust_policy(policy(**trust))
    assert policies.trust_policy(policy(Action="sts:AssumeRole", Resource=None))


def test_a_policy_on_a_resource_may_leave_the_resource_out() -> None:
    assert policies.resource_policy(policy(Principal="*")) == []
    assert policies.resource_policy(policy(Principal="*", Resource=None)) == []


def test_white_space_does_not_make_a_policy_long() -> None:
    assert policies.too_long("a b\n c", 3) == []
    assert policies.too_long("abcd", 3) == ["the policy: allowed: at most 3 characters, not 4"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
STATEMENT = st.dictionaries(
    st.sampled_from(["Sid", "Effect", "Action", "Principal", "Resource"]), JSON
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["Version", "Statement", "Id"]), JSON | st.lists(STATEMENT)))
def test_no_document_makes_the_check_itself_fail(document: dict[str, object]) -> None:
    assert isinstance(policies.identity_policy(json.dumps(document)), list)
