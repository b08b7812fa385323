"""What AWS's own models refuse: a shape and a value in, lines out."""

from typing import Any

import pytest
from botocore.model import Shape
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.core.utils import get_service_model

from local.validation.model import model_errors


def shape_of(service: str, operation: str) -> Shape:
    shape: Shape | None = get_service_model(service).operation_model(operation).input_shape
    assert shape is not None
    return shape


ALARM = {
    "AlarmName": "cpu",
    "EvaluationPeriods": 1,
    "ComparisonOperator": "GreaterThanThreshold",
}


def alarm(**changes: Any) -> list[str]:
    return model_errors(shape_of("cloudwatch", "PutMetricAlarm"), ALARM | changes)


def test_what_the_model_allows_has_no_errors() -> None:
    assert alarm(Threshold=80.5, Dimensions=[{"Name": "ServiceName", "Value": "app"}]) == []


def test_a_missing_member_is_named() -> None:
    found = model_errors(shape_of("ecs", "DeleteService"), {"force": True})

    assert found == ["service: is required"]


def test_a_member_that_the_model_does_not_know_is_named() -> None:
    (line,) = alarm(AlarmNme="cpu")

    assert line.startswith(
        "AlarmNme: is not a member; allowed: ActionConfiguration, ActionsEnabled, "
    )


def test_a_value_outside_its_enum_is_told_with_the_allowed_ones() -> None:
    (line,) = alarm(Statistic="Median")

    assert line == (
        "Statistic = 'Median': allowed: one of Average, Maximum, Minimum, SampleCount, Sum"
    )


def test_a_number_outside_its_range_is_told_with_the_bounds() -> None:
    assert alarm(EvaluationPeriods=0) == ["EvaluationPeriods = 0: allowed: at least 1"]


def test_a_text_that_is_too_long_is_told_with_its_length() -> None:
    (line,) = alarm(AlarmName="a" * 256)

    assert line.endswith("allowed: at least 1 and at most 255 characters, not 256")


def test_a_list_that_is_too_long_is_told_with_its_length() -> None:
    (line,) = alarm(AlarmActions=[f"arn:{number}" for number in range(6)])

    assert line.endswith("allowed: at most 5 entries, not 6")


def test_what_is_deep_in_a_structure_is_named_by_its_path() -> None:
    (line,) = alarm(Dimensions=[{"Name": "a", "Value": "b"}, {"Name": "c"}])

    assert line == "Dimensions[1].Value: is required"


@pytest.mark.parametrize(
    ("member", "value", "allowed"),
    [
        ("EvaluationPeriods", "three", "a value of type integer"),
        ("EvaluationPeriods", True, "a value of type integer"),
        ("ActionsEnabled", "yes", "a value of type boolean"),
        ("AlarmName", 7, "a value of type string"),
        ("Dimensions", "cpu", "a value of type list"),
    ],
)
def test_a_value_of_another_type_is_refused(member: str, value: object, allowed: str) -> None:
    assert alarm(**{member: value}) == [f"{member} = {value!r}: allowed: {allowed}"]


def test_a_pattern_without_anchors_is_for_the_whole_value() -> None:
    shape = shape_of("iam", "GetRole")

    assert model_errors(shape, {"RoleName": "a-role"}) == []
    assert model_errors(shape, {"RoleName": "a role"}) == [
        r"RoleName = 'a role': allowed: the pattern [\w+=,.@-]+"
    ]


def test_a_letter_is_ascii_where_a_pattern_says_word() -> None:
    assert model_errors(shape_of("iam", "GetRole"), {"RoleName": "röle"})


def test_a_sensitive_value_is_not_repeated() -> None:
    shape = shape_of("secretsmanager", "PutSecretValue")

    (line,) = model_errors(shape, {"SecretId": "a", "SecretString": "s3cret" * 20000})

    assert "s3cret" not in line
    assert line.startswith("SecretString = (hidden): allowed: ")


def test_a_union_takes_exactly_one_member() -> None:
    shape = shape_of("bedrock-runtime", "Converse")
    message = {"role": "user", "content": [{"text": "a"}]}

    assert model_errors(shape, {"modelId": "m", "messages": [message]}) == []
    (line,) = model_errors(shape, {"modelId": "m", "messages": [message | {"content": [{}]}]})
    assert line.startswith("messages[0].content[0]: takes exactly one of ")


SERVICES = (
    "acm", "application-autoscaling", "cloudwatch", "ec2", "ecr", "ecs", "efs", "elbv2", "iam", "logs",
    "rds", "s3", "secretsmanager", "sns",
)  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
def test_every_pattern_of_the_models_in_use_can_be_held_against_a_value(service: str) -> None:
    model = get_service_model(service)
    for name in model.shape_names:
        shape = model.shape_for(name)
        if shape.type_name == "string":
            model_errors(shape, "a value")


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_value_makes_the_check_itself_fail(value: object) -> None:
    assert isinstance(model_errors(shape_of("ecs", "RegisterTaskDefinition"), value), list)
