"""The doctor on the deployed dev: well it says nothing, and each planted fault is all it names."""

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ops.deployed import Deployed
from ops.doctor.checks import examine
from ops.doctor.finding import Finding
from ops.secrets.secret_values import secret_states
from terraform.workspace import Workspace
from tests.integration.conftest import Deployment
from tests.integration.planted_faults import FAULTS, Fault, alarm_fires, push, scale, with_environ
from tests.integration.test_deployed_day import environment, ops

pytestmark = pytest.mark.integration

OWN_IMAGES = ("app", "functions", "handshake", "oauth", "optaplanner", "python-agent")
NOTION_ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module", name="well")
def _well(dev: Deployment) -> Deployed:
    """Dev with all that a person and ECS put in: images, secrets, running and healthy tasks."""
    deployed = _deployed(dev)
    for service in OWN_IMAGES:
        push(dev, service)
    secrets = dev.client("secretsmanager")
    for each in secret_states(deployed):
        if each.state == "placeholder":
            secrets.put_secret_value(
                SecretId=deployed.names.secret(each.name), SecretString=NOTION_ID
            )
    for service in deployed.settings.services:
        scale(dev, service, 1)
    for group in dev.client("elbv2").describe_target_groups()["TargetGroups"]:
        dev.client("elbv2").register_targets(
            TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": "10.0.2.10"}]
        )
    return deployed


def test_a_stage_that_is_well_is_said_to_be(dev: Deployment, well: Deployed) -> None:
    answer = ops(dev, "doctor", "--stage", well.settings.stage, "--deep", "--json")

    findings = json.loads(answer.text)["findings"]
    assert [each for each in findings if each["state"] != "fine"] == []
    assert answer.code == 0
    assert len(findings) == 25


def test_what_is_to_do_is_exit_code_two_and_a_command(dev: Deployment, well: Deployed) -> None:
    with alarm_fires(dev, well):
        answer = ops(dev, "doctor", "--stage", "dev")

    assert answer.code == 2
    assert "alarm atomic-dev-app-cpu" in answer.text
    assert "do: look at the dashboard (python -m ops open --stage dev)" in answer.text
    assert "Traceback" not in answer.errors


@pytest.mark.parametrize(
    "fault", FAULTS, ids=lambda fault: f"{fault.finding}: {fault.planted.__name__}"
)
def test_a_planted_fault_is_all_that_is_named(
    dev: Deployment, well: Deployed, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in dev.emulator.environment.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:
        planted = fault.planted(dev, well)
        ill = planted if isinstance(planted, Deployed) else stack.enter_context(planted)

        findings = _left(examine(ill, lambda _step: None, deep=fault.deep, look_up=_elsewhere))

    assert [each.name for each in findings] == [fault.finding]
    assert fault.remedy in findings[0].remedy


def test_a_source_that_refuses_is_a_finding_of_each_that_asks_it(
    well: Deployed, dev: Deployment
) -> None:
    denied = dev.emulator.another_client("rds")
    denied.meta.events.register("before-call.rds.*", _deny)

    def clients(service: str, /) -> Any:
        return denied if service == "rds" else well.clients(service)

    findings = _left(examine(replace(well, clients=clients), lambda _step: None, deep=False))

    told = {each.name: each.what for each in findings}
    assert told.keys() == {"database", "database version"}
    assert "rds:DescribeDBInstances (AccessDenied)" in told["database"]
    assert "rds:DescribeDBMajorEngineVersions (AccessDenied)" in told["database version"]
    assert {each.state for each in findings} == {"unknown"}
    assert all("allow this action" in each.remedy for each in findings)


def test_a_stage_without_its_state_is_recovered_and_not_missed_one_by_one(
    well: Deployed, tmp_path: Path
) -> None:
    (finding,) = _left(
        examine(with_environ(well, ATOMIC_STATE_DIR=str(tmp_path)), lambda _step: None, deep=False)
    )

    assert (finding.name, finding.state) == ("state", "unknown")
    assert "holds nothing, and AWS has " in finding.what
    assert finding.remedy == "run `python -m ops recover --stage dev`"


def test_nothing_is_left_of_the_faults(well: Deployed) -> None:
    assert _left(examine(well, lambda _step: None, deep=False)) == []


def _left(findings: list[Finding]) -> list[Finding]:
    return [each for each in findings if each.state != "fine"]


def _elsewhere(host: str) -> frozenset[str]:
    return frozenset({"192.0.2.1"} if "elb" in host else {"198.51.100.1"})


def _deny(**_arguments: object) -> Any:
    refusal = SimpleNamespace(status_code=403, headers={}, content=b"")
    return refusal, {"Error": {"Code": "AccessDenied", "Message": "planted"}}


def _deployed(dev: Deployment) -> Deployed:
    workspace = Workspace(stage="dev", environ=environment(dev))
    return Deployed(workspace=workspace, settings=workspace.settings(), clients=dev.client)
