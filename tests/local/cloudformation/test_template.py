import json
from collections.abc import Mapping
from typing import Any

import pytest

from local.cloudformation.template import Known, Template, TemplateError


def template(rows: Mapping[str, Any] | None = None, **parts: Any) -> Template:
    rows = rows or {"Topic": {"Type": "AWS::SNS::Topic"}}
    return Template(json.dumps({"Resources": rows, **parts}))


def known(**names: Any) -> Known:
    return Known(
        names={"AWS::Region": "eu-central-1", **names},
        attributes={"Database": {"Endpoint.Address": "db.example"}},
        zones=("eu-central-1a", "eu-central-1b"),
        exported={"vpc": "vpc-1"},
        resolve=lambda reference: f"<{reference}>",
    )


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ({"Ref": "Stage"}, "prod"),
        ({"Fn::GetAtt": ["Database", "Endpoint.Address"]}, "db.example"),
        ({"Fn::GetAtt": "Database.Endpoint.Address"}, "db.example"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]}, "a-prod"),
        ({"Fn::Sub": "${Stage}/${AWS::Region}/${!Kept}"}, "prod/eu-central-1/${Kept}"),
        ({"Fn::Sub": ["${Mine}-${Stage}", {"Mine": {"Ref": "Stage"}}]}, "prod-prod"),
        ({"Fn::Sub": "${Database.Endpoint.Address}:5432"}, "db.example:5432"),
        ({"Fn::Select": [1, {"Fn::GetAZs": ""}]}, "eu-central-1b"),
        ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
        ({"Fn::If": ["IsProd", "yes", "no"]}, "yes"),
        ({"Fn::ImportValue": "vpc"}, "vpc-1"),
        ({"Fn::FindInMap": ["Sizes", "prod", "class"]}, "large"),
        ([{"Ref": "AWS::NoValue"}, "kept"], ["kept"]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}),
    ],
)
def test_a_function_comes_to_its_value(written: Any, value: Any) -> None:
    stack = template(
        Conditions={"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        Mappings={"Sizes": {"prod": {"class": "large"}}},
    )

    assert stack.value(written, known(Stage="prod")) == value


def test_a_dynamic_reference_that_a_join_puts_together_is_resolved() -> None:
    written = {"Fn::Join": ["", ["{{resolve:secretsmanager:", "arn:SecretString:username::}}"]]}

    assert template().value(written, known()) == (
        "<{{resolve:secretsmanager:arn:SecretString:username::}}>"
    )


def test_rows_come_after_those_that_they_need() -> None:
    stack = template(
        {
            "Rule": {"Type": "T", "Properties": {"ListenerArn": {"Ref": "Listener"}}},
            "Listener": {"Type": "T", "DependsOn": "Balancer"},
            "Balancer": {"Type": "T"},
        }
    )

    assert stack.order() == ["Balancer", "Listener", "Rule"]


def test_a_circle_is_refused() -> None:
    stack = template({"A": {"Type": "T", "DependsOn": "B"}, "B": {"Type": "T", "DependsOn": "A"}})

    with pytest.raises(TemplateError, match="Circular dependency"):
        stack.order()


def test_a_name_that_nothing_has_is_refused() -> None:
    with pytest.raises(TemplateError, match=r"Unresolved resource dependencies \[Nothing\]"):
        template({"A": {"Type": "T", "Properties": {"x": {"Ref": "Nothing"}}}})


def test_short_forms_of_yaml_are_read() -> None:
    stack = Template(
        """
        Parameters: {Stage: {Type: String}}
        Resources:
          Topic:
            Type: AWS::SNS::Topic
            Properties: {TopicName: !Sub "${Stage}-topic", Other: !GetAtt Database.Endpoint.Address}
          Database: {Type: AWS::RDS::DBInstance}
        """
    )

    properties = stack.value(stack.rows["Topic"]["Properties"], known(Stage="dev"))

    assert properties == {"TopicName": "dev-topic", "Other": "db.example"}


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(TemplateError, match="DeletionPolicy of A must be one of"):
        template({"A": {"Type": "T", "DeletionPolicy": "Keep"}})
