"""What somebody changes by hand on a deployed dev is named, and nothing else.

Beside the tests that read this deployment, and before the one that destroys it (pytest keeps the order).
"""

import json
import subprocess
import sys
from typing import Any

import pytest

from local.emulator import PROJECT
from tests.contract import json_keys
from tests.integration.conftest import Deployment
from tests.integration.test_deployed_day import ops

pytestmark = pytest.mark.integration


def drift(dev: Deployment) -> tuple[int, dict[str, Any]]:
    """The exit code of `python -m ops drift` and its JSON."""
    finished = subprocess.run(
        [sys.executable, "-m", "ops", "drift", "--stage", "dev", "--json"],
        cwd=PROJECT,
        env={**dev.cdktf.process_environment(), "CDKTF_OUTDIR": str(dev.cdktf.outdir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.stdout, finished.stderr
    json_keys.check("ops", ("drift", "--json"), finished.stdout)
    return finished.returncode, json.loads(finished.stdout)


def named(drifted: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str, str]]:
    return {
        (row["address"], row["attribute"]): (row["kind"], row["expected"], row["found"])
        for row in drifted["rows"]
    }


def group_id(dev: Deployment, name: str) -> str:
    filters = [{"Name": "group-name", "Values": [name]}]
    (group,) = dev.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    return str(group["GroupId"])


def open_port(port: int) -> list[dict[str, Any]]:
    ranges = [{"CidrIp": "203.0.113.0/24", "Description": "for a day"}]
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}]


def test_what_is_just_deployed_has_no_drift(dev: Deployment) -> None:
    code, drifted = drift(dev)

    looked_at = drifted.pop("looked_at")
    assert (code, drifted) == (
        0,
        {"drift": False, "rows": [], "pending": 0, "maintenance": None},
    )
    assert looked_at["state"]["objects"] > 200


@pytest.mark.parametrize(
    ("name", "value"), [("TF_WORKSPACE", "odd"), ("TF_CLI_ARGS_plan", "-refresh=false")]
)
@pytest.mark.parametrize("command", ["drift", "gate"])
def test_in_an_environment_that_hides_changes_nothing_is_judged(
    dev: Deployment, command: str, name: str, value: str
) -> None:
    answer = ops(dev, command, "--stage", "dev", **{name: value})

    assert (answer.code, answer.text) == (1, "")
    assert f"`unset {name}`" in answer.errors


def test_an_emptied_state_is_no_new_stage(dev: Deployment) -> None:
    state = dev.cdktf.state_file("atomic-dev")
    kept = state.read_bytes()
    try:
        state.write_bytes(b"")
        gate, drift = (ops(dev, name, "--stage", "dev") for name in ("gate", "drift"))
    finally:
        state.write_bytes(kept)

    assert (gate.code, drift.code) == (2, 1)
    assert "tfstate is empty" in gate.text
    assert "tfstate is empty" in drift.errors


def test_each_change_by_hand_is_named_and_a_deploy_mends_it(dev: Deployment) -> None:
    ec2, scaling = dev.client("ec2"), dev.client("application-autoscaling")
    vpc, app = dev.outputs["VpcId"], group_id(dev, "atomic-dev-app-sg")
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Owner", "Value": "somebody"}])
    ec2.authorize_security_group_ingress(
        GroupId=group_id(dev, "atomic-dev-rds-sg"), IpPermissions=open_port(5432)
    )
    ec2.authorize_security_group_ingress(GroupId=app, IpPermissions=open_port(22))
    scaling.register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/atomic-dev-ecs-cluster/atomic-dev-app",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1,
        MaxCapacity=9,
    )
    dev.client("cloudwatch").delete_alarms(AlarmNames=["atomic-dev-app-cpu"])

    code, drifted = drift(dev)

    found = named(drifted)
    database_rules = found.pop(("aws_security_group.database", "ingress"))
    assert code == 2
    assert found == {
        ("aws_vpc.main", "tag Owner"): ("changed", "(nothing)", "somebody"),
        ("aws_appautoscaling_target.app", "max_capacity"): ("changed", "3", "9"),
        ("aws_cloudwatch_metric_alarm.app_cpu", ""): ("deleted", "exists", "deleted"),
        ("aws_security_group.app", "ingress rule"): (
            "added",
            "(nothing)",
            "tcp 22-22 203.0.113.0/24",
        ),
    }
    assert "203.0.113.0/24" not in database_rules[1]
    assert "203.0.113.0/24" in database_rules[2]

    dev.cdktf.run("deploy", dev.stack, "--auto-approve")
    code, drifted = drift(dev)

    # No resource of the stage stands for a rule that was added beside a service's own.
    assert (code, list(named(drifted))) == (2, [("aws_security_group.app", "ingress rule")])

    ec2.revoke_security_group_ingress(GroupId=app, IpPermissions=open_port(22))

    code, drifted = drift(dev)
    assert (code, drifted["rows"], drifted["pending"]) == (0, [], 0)
