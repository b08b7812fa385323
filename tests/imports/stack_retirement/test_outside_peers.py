"""What a retirement sends and what it is answered, held against programs that are not ours."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from imports.stack_retirement.template_text import HANDLE, keeping
from local.emulator import PROJECT, running_emulator
from tests.imports.stack_retirement.worlds import World, a_world

# CDK's own, in what it synthesizes: a runtime newer than the linter, and what CDK is used to write.
_CDK_S = frozenset({"E3030", "W2001", "W3005", "E2531", "W2531"})
_POLICIES_APART = "W3011"
"""cfn-lint's word on a row with one of the two policies."""


def lint_rules(text: str) -> set[tuple[str, str]]:
    """Return what cfn-lint has against a template: the rule and its words."""
    found = lint(text, config=ManualArgs(regions=["us-east-1"]))
    return {(match.rule.id, match.message) for match in found if match.rule.id not in _CDK_S}


@pytest.mark.peer
@pytest.mark.parametrize("shape", ["guide", "newest"])
def test_cfn_lint_has_nothing_against_the_template_that_is_sent(shape: str) -> None:
    text = (PROJECT / "local" / "cdk_stack" / "templates" / f"{shape}.json").read_text()
    sent = keeping(text, set(json.loads(text)["Resources"]), with_handle=True)

    assert lint_rules(sent) <= lint_rules(text)


@pytest.mark.peer
def test_cfn_lint_misses_the_second_policy_where_a_row_has_one() -> None:
    text = json.dumps(
        {"Resources": {"Data": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}}}
    )

    assert {rule for rule, _ in lint_rules(text)} == {_POLICIES_APART}
    assert lint_rules(keeping(text, {"Data"})) == set()


# --- the emulator's answers, against AWS's own model of them


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_emulator() as aws:
        yield a_world(aws, "shapes", Path(tmp_path_factory.mktemp("shapes")))


def unknown(element: ElementTree.Element, shape: Shape, path: str = "") -> Iterator[str]:
    """Yield what an answer has and AWS's model does not."""
    if isinstance(shape, StructureShape):
        members = {
            member.serialization.get("name", name): member for name, member in shape.members.items()
        }
        for child in element:
            name = child.tag.rpartition("}")[2]
            if name not in members:
                yield f"{path}.{name}"
            else:
                yield from unknown(child, members[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for child in element:
            yield from unknown(child, shape.member, f"{path}[]")
    elif not isinstance(shape, MapShape):
        yield from (f"{path}.{child.tag}" for child in element)


def answer(world: World, operation: str, **arguments: Any) -> list[str]:
    """Return what of an answer AWS's model does not have."""
    client = world.aws.another_client("cloudformation")
    bodies: list[bytes] = []
    client.meta.events.register(
        "after-call", lambda http_response, **_: bodies.append(http_response.content)
    )
    getattr(client, operation)(**arguments)
    (body,) = bodies
    root = ElementTree.fromstring(body)  # noqa: S314  # our own emulator's
    name = client.meta.method_to_api_mapping[operation]
    shape = client.meta.service_model.operation_model(name).output_shape
    found = next((each for each in root if each.tag.endswith("Result")), None)
    if shape is None:
        return [] if found is None or not len(found) else ["an answer where there is none"]
    assert found is not None
    return list(unknown(found, shape))


def test_each_answer_has_only_what_aws_s_model_has(world: World) -> None:
    stack = world.stack
    wanted = stack.template()
    wanted["Resources"][HANDLE] = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    named = {"StackName": stack.arn}
    found = {
        "get_template": answer(world, "get_template", **named),
        "describe_stacks": answer(world, "describe_stacks", **named),
        "describe_stack_events": answer(world, "describe_stack_events", **named),
        "list_stack_resources": answer(world, "list_stack_resources", **named),
        "update_stack": answer(
            world,
            "update_stack",
            **named,
            TemplateBody=json.dumps(wanted),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[{"ParameterKey": "Word", "UsePreviousValue": True}],
        ),
    }
    stack.wait()
    found["delete_stack"] = answer(world, "delete_stack", **named)

    assert [told for told in found.items() if told[1]] == []


def test_an_answer_beside_the_model_is_told(world: World) -> None:
    client = world.aws.client("cloudformation")
    shape = client.meta.service_model.operation_model("UpdateStack").output_shape
    odd = ElementTree.fromstring("<Result><StackId>a</StackId><Odd/></Result>")  # noqa: S314  # above

    assert list(unknown(odd, shape)) == [".Odd"]
