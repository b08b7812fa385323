"""A stack that cannot be adopted as it is: one line says why, and nothing is written, here or in AWS."""

import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from imports import __main__ as command_line
from imports.sources.cloudformation.owners_stack import read_owners_stack
from local.emulator import PROJECT, Emulator, running_emulator
from local.owners_stack import TEMPLATES, PlayedStack, make_stack, read_template
from terraform.stack import Stack
from tests.answer import Answer
from tests.imports.stack_retirement.worlds import a_world

Inventory = Callable[[str], Answer]
_TOPIC: dict[str, Any] = {"Mine": {"Type": "AWS::SNS::Topic"}}
_ASSUMED = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"Service": "cloudformation.amazonaws.com"},
}
SNAPSHOT = PROJECT / "tests" / "snapshots" / "dev.json"
_PARAMETER = "/cdk-bootstrap/refused/version"


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulator]:
    with running_emulator() as emulator:
        yield emulator


@cache
def _any_stage() -> Stack:
    return Stack(document=json.loads(SNAPSHOT.read_text()))


@pytest.fixture
def inventory(
    aws: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Inventory:
    def run(stack: str) -> Answer:
        named = ("--stage", "live", "--cloudformation", stack)
        monkeypatch.setattr(sys, "argv", ["python -m imports", "inventory", *named])
        with pytest.raises(SystemExit) as caught:
            command_line.main()
        said = capsys.readouterr()
        return Answer(code=int(caught.value.code or 0), text=said.out, errors=said.err)

    for variable, value in {
        **aws.environment,
        "ATOMIC_STAGES_DIR": str(tmp_path / "stages"),
        "ATOMIC_STATE_DIR": str(tmp_path / "states"),
    }.items():
        monkeypatch.setenv(variable, value)
    # Which addresses a stage has makes no difference to what stands against a stack.
    monkeypatch.setattr(command_line, "synthesized", lambda *_, **__: _any_stage())
    return run


def _small(aws: Emulator, name: str, **more: Any) -> PlayedStack:
    stack = make_stack(aws, name, {"Resources": _TOPIC, **more})
    stack.wait()
    return stack


def _failed(aws: Emulator, name: str) -> None:
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": "vpc-0"}}
    make_stack(aws, name, {"Resources": {**_TOPIC, "Group": group}}).wait()


def _exporting(aws: Emulator, name: str) -> None:
    export = {"Topic": {"Value": {"Ref": "Mine"}, "Export": {"Name": f"{name}-topic"}}}
    _small(aws, name, Outputs=export)
    used = {"Name": {"Value": {"Fn::ImportValue": f"{name}-topic"}}}
    _small(aws, f"{name}-user", Outputs=used)


def _drifted(aws: Emulator, name: str) -> None:
    world = a_world(aws, name, Path())
    aws.client("rds").modify_db_instance(
        DBInstanceIdentifier=f"{name}-db", AllocatedStorage=30, ApplyImmediately=True
    )
    assert world.status() == "CREATE_COMPLETE"


def _protected(aws: Emulator, name: str) -> None:
    stack = _small(aws, name)
    stack.cloudformation.update_termination_protection(
        StackName=stack.arn, EnableTerminationProtection=True
    )


def _with_policy(aws: Emulator, name: str) -> None:
    stack = _small(aws, name)
    denied = {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    stack.cloudformation.set_stack_policy(
        StackName=stack.arn, StackPolicyBody=json.dumps({"Statement": [denied]})
    )


def _without_its_role(aws: Emulator, name: str) -> None:
    iam = aws.client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [_ASSUMED]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(
        StackName=name, TemplateBody=json.dumps({"Resources": _TOPIC}), RoleARN=role
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1}
    )
    iam.delete_role(RoleName=name)


def _without_its_parameter(aws: Emulator, name: str) -> None:
    ssm = aws.client("ssm")
    ssm.put_parameter(Name=_PARAMETER, Value="21", Type="String")
    declared = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": _PARAMETER}
    _small(aws, name, Parameters={"BootstrapVersion": declared})
    ssm.delete_parameter(Name=_PARAMETER)


@pytest.mark.parametrize(
    ("declared", "there", "missing"),
    [
        ({"Default": "/default"}, ["/default", "/given"], ""),
        ({"Default": "/default"}, ["/given"], ""),
        ({"Default": "/default"}, ["/default"], "/given"),
        ({}, ["/given"], ""),
        ({}, [], "/given"),
        ({"NoEcho": True}, ["/given"], ""),
    ],
)
def test_the_parameter_that_the_stack_was_deployed_with_is_looked_for(
    aws: Emulator, declared: dict[str, Any], there: list[str], missing: str
) -> None:
    ssm, type_ = aws.client("ssm"), "AWS::SSM::Parameter::Value<String>"
    ssm.put_parameter(Name="/given", Value="x", Type="String", Overwrite=True)
    template = {"Resources": _TOPIC, "Parameters": {"Image": {"Type": type_, **declared}}}
    stack = make_stack(aws, "given", template, {"Image": "/given"})
    stack.wait()
    ssm.delete_parameter(Name="/given")
    for name in there:
        ssm.put_parameter(Name=name, Value="x", Type="String")

    found = read_owners_stack(aws.client, stack.arn, progress=lambda _: None, with_drift=False)

    stack.cloudformation.delete_stack(StackName=stack.arn)
    ssm.delete_parameters(Names=["/default", "/given"])
    assert found.missing_parameter == missing


def assert_refused(answer: Answer, line: str) -> None:
    (blocked,) = [text for text in answer.text.splitlines() if text.startswith("BLOCKED ")]
    assert line in blocked
    assert answer.code == 2
    assert answer.text.rstrip().endswith("nothing was written")


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (_failed, "is ROLLBACK_COMPLETE: CloudFormation takes no update of it"),
        (_exporting, "exports to "),
        (_drifted, "Database: changed in AWS since "),
        (_protected, "has termination protection"),
        (_with_policy, "has a stack policy"),
        (_without_its_role, ", which is gone: make it again"),
        (_without_its_parameter, f"the parameter {_PARAMETER} that the template asks for is gone"),
    ],
)
def test_one_line_says_why_and_nothing_is_written(
    aws: Emulator,
    tmp_path: Path,
    inventory: Inventory,
    make: Callable[[Emulator, str], object],
    line: str,
) -> None:
    name = f"refused{make.__name__.replace('_', '-')}"
    make(aws, name)
    aws.count_from_now()

    answer = inventory(name)

    assert_refused(answer, line)
    assert list(tmp_path.iterdir()) == []
    assert set(aws.mutating_calls()) <= {"DetectStackDrift"}


@pytest.mark.parametrize(
    "name",
    ["Nowhere", "arn:aws:cloudformation:us-east-1:210987654321:stack/AwsStack/1"],
    ids=["a stack that does not exist", "a stack of another account"],
)
def test_a_stack_that_aws_does_not_tell_of_is_one_line(
    aws: Emulator, tmp_path: Path, inventory: Inventory, name: str
) -> None:
    aws.count_from_now()

    answer = inventory(name)

    assert (answer.code, answer.text) == (1, "")
    (line,) = [text for text in answer.errors.splitlines() if text.startswith("error: ")]
    assert name in line
    assert aws.mutating_calls() == {}
    assert list(tmp_path.iterdir()) == []


def test_a_stack_that_is_being_made_is_refused(
    aws: Emulator, tmp_path: Path, inventory: Inventory
) -> None:
    """The last one here: what it makes goes on after the test."""
    aws.client("ssm").put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="21", Type="String", Overwrite=True
    )
    make_stack(aws, "busy", read_template(TEMPLATES / "oldest.json"))

    answer = inventory("busy")

    assert_refused(answer, "busy is being changed (CREATE_IN_PROGRESS)")
    assert list(tmp_path.iterdir()) == []
