"""Whether a row's condition holds, as far as a template by itself tells."""

from typing import Any

import pytest

from imports.sources.cloudformation.conditions import condition_of

STAGE = {"Ref": "Stage"}
REGION = {"Ref": "AWS::Region"}
YES, NO = ({"Fn::Equals": ["a", each]} for each in "ab")
OPEN = {"Fn::Equals": [REGION, "eu-west-1"]}
PARAMETERS = {
    "Stage": {"Type": "String", "Default": "dev"},
    "Count": {"Type": "Number", "Default": 2},
    "Empty": {"Type": "String", "Default": ""},
    "Asked": {"Type": "String"},
    "Bootstrap": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a/version"},
}


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ({"Fn::Equals": [STAGE, "dev"]}, True),
        ({"Fn::Equals": [STAGE, "prod"]}, False),
        ({"Fn::Equals": [{"Ref": "Count"}, "2"]}, True),
        ({"Fn::Not": [{"Fn::Equals": [{"Ref": "Empty"}, ""]}]}, False),
        ({"Fn::And": [OPEN, NO]}, False),
        ({"Fn::And": [YES, YES]}, True),
        ({"Fn::Or": [OPEN, YES]}, True),
        ({"Fn::Or": [NO, NO]}, False),
        ({"Condition": "Other"}, False),
        # What a file does not tell is unknown.
        (OPEN, None),
        ({"Fn::And": [OPEN, YES]}, None),
        ({"Fn::Or": [OPEN, NO]}, None),
        ({"Fn::Not": [OPEN]}, None),
        ({"Fn::Equals": [{"Ref": "Asked"}, ""]}, None),
        ({"Fn::Equals": [{"Ref": "Bootstrap"}, "/a/version"]}, None),
        ({"Fn::Equals": [{"Fn::Select": [0, ["a"]]}, "a"]}, None),
        # An owner's template may hold anything.
        ({"Condition": "C"}, None),
        ({"Condition": "Undefined"}, None),
        ({"Fn::Equals": "a"}, None),
        ({"Fn::Not": []}, None),
        ("true", None),
    ],
)
def test_a_condition_holds_by_the_defaults_or_is_unknown(
    expression: Any, holds: bool | None
) -> None:
    template = {
        "Parameters": PARAMETERS,
        "Conditions": {"C": expression, "Other": NO},
        "Resources": {"Row": {"Type": "AWS::SNS::Topic", "Condition": "C"}},
    }

    assert condition_of(template, "Row") == ("C", holds)


def test_a_row_without_a_condition_is_made() -> None:
    assert condition_of({"Resources": {"Row": {"Type": "AWS::SNS::Topic"}}}, "Row") == ("", True)
