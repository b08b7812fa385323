"""The legacy base is adopted on the emulator, from its folder to the end of the old tool."""

import copy
import json
import os
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from imports.sources.terraform_base.mapping import SHARED_ROLES
from local.emulator import Emulator, running_emulator
from local.legacy import legacy_base
from modules.settings.secrets import PLACEHOLDER
from security.secrets_scan import scan, secret_parts
from terraform.state_file import lock_info_path
from tests.integration.conftest import assert_no_changes
from tests.integration.recovery import RecoverableStage
from tests.integration.story import STACK, STAGE, Story

pytestmark = pytest.mark.integration

COMPOSED = {
    "atomic-supertokens-db-conn-string",
    "atomic-hasura-db-conn-string",
    "atomic-optaplanner-db-conn-string",
}
ROLES = {f"atomic-{name}-db-role" for name in ("hasura", "optaplanner", "supertokens")}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The base, applied; the tests of this module play on in their order."""
    folder = tmp_path_factory.mktemp("adoption")
    (folder / "stages").mkdir()
    with running_emulator() as emulator:
        legacy = legacy_base(folder / "legacy", emulator, environment=os.environ)
        legacy.checked("apply", "-auto-approve", "-input=false", "-no-color")
        yield Story(emulator=emulator, legacy=legacy, folder=folder)


def test_the_inventory_accounts_for_every_legacy_resource(story: Story) -> None:
    answer = story.imports("inventory", *story.from_legacy)

    assert answer.code == 0, answer.errors
    assert "57 legacy resources" in answer.text
    assert "46 to adopt, 11 to release, 0 not covered" in answer.text
    assert len(story.record.adopted) == 46
    assert len(story.record.released) == 11


def test_the_record_holds_no_secret_value(story: Story) -> None:
    text = (story.stages / f"{STAGE}.adoption.json").read_text()

    values = story.secret_values()
    password = json.loads(values["atomic-rds-master-credentials"])["password"]

    assert [value for value in (*values.values(), password) if value in text] == []


def test_the_gate_lets_exactly_the_record_through(story: Story) -> None:
    answer = story.imports("gate", "--stage", STAGE, "--json")

    result = json.loads(answer.text)
    kinds = [finding["kind"] for finding in result["verdict"]["findings"]]
    assert answer.code == 0
    assert result["open"] is True
    assert len(kinds) == 46
    assert set(kinds) == {"clean", "state-only"}


def test_the_script_has_one_import_for_each_object(story: Story) -> None:
    answer = story.imports("script", "--stage", STAGE)

    assert answer.code == 0
    assert answer.text.count("terraform import ") == 46


def test_a_record_edited_to_a_wrong_id_is_blocked(story: Story) -> None:
    path = story.stages / f"{STAGE}.adoption.json"
    good = path.read_text()
    path.write_text(good.replace(story.record.adopted[-1].import_id, "vpc-00000000"))

    answer = story.imports("gate", "--stage", STAGE)

    path.write_text(good)
    assert answer.code == 2
    assert "vpc-00000000" in answer.text
    assert "missing" in answer.text


def test_ctrl_c_while_objects_are_adopted_lets_terraform_finish(story: Story) -> None:
    lock = lock_info_path(story.cdktf.state_file(STACK))
    adoption = story.imports_on_terminal("adopt", "--stage", STAGE)
    assert adoption.wait_for_text("applying that plan")
    while not (lock.exists() or adoption.ended):
        time.sleep(0.01)
    adoption.press_ctrl_c()

    finished = adoption.finish()

    assert finished.code == 130
    assert "interrupted: Terraform is finishing what it has begun, wait ..." in finished.text
    assert "stopped; run the same command again to finish" in finished.text
    assert "Traceback" not in finished.text
    assert not lock.exists()
    # What was imported is forgotten, for the next test to find all of it to do: only the state knows of it.
    state_file = story.cdktf.state_file(STACK)
    for path in state_file.parent.glob(f"{state_file.name}*"):
        path.unlink()


def test_the_adoption_makes_no_mutating_call_even_when_it_is_killed_on_the_way(
    story: Story,
) -> None:
    story.emulator.count_from_now()
    assert story.killed_deploy(after_step="Preparing import", seconds=0.0)
    for seconds in (0.0, 0.3):  # a fast machine may have finished by then
        story.killed_deploy(after_step="Importing", seconds=seconds)

    story.cdktf.run("deploy", STACK, "--auto-approve")

    assert story.emulator.mutating_calls() == {}
    assert "No changes." in story.cdktf.run("diff", STACK)


def test_adopting_again_finishes_at_once(story: Story) -> None:
    answer = story.imports("adopt", "--stage", STAGE)

    assert answer.code == 0, answer.text + answer.errors
    assert "the new state holds 46 objects" in answer.text


def test_what_was_adopted_is_safe_from_a_later_destroy(story: Story) -> None:
    held = story.held()

    secrets = [
        attributes
        for address, attributes in held.items()
        if address.startswith("aws_secretsmanager_secret.")
    ]
    assert {attributes["recovery_window_in_days"] for attributes in secrets} == {30}
    assert held["aws_db_instance.main"]["skip_final_snapshot"] is False
    assert held["aws_db_instance.main"]["final_snapshot_identifier"] == "atomic-rds-postgres-final"
    assert held["aws_db_instance.main"]["password"] is None


def test_no_secret_value_stands_in_anything_that_the_adoption_wrote(story: Story) -> None:
    """GIVEN a legacy state that holds them, which is why it is left behind."""
    values = secret_parts(
        {name.removeprefix("atomic-"): value for name, value in story.secret_values().items()}
    )

    result = scan([story.folder], values=values, without=[story.legacy.folder])

    assert result.found == ()
    assert {str(story.cdktf.state_file(STACK)), str(story.record_path)} <= set(result.places)
    assert scan([story.legacy.folder], values=values).found


def test_both_states_own_the_objects_before_the_retirement(story: Story) -> None:
    answer = story.imports("status", *story.from_legacy, "--json")

    owners = json.loads(answer.text)
    assert {owner["holder"] for owner in owners} == {"both"}


def test_the_full_platform_comes_on_top(story: Story) -> None:
    before = _identity(story.emulator)
    values = story.secret_values()
    own = "postgresql://somebody:own-choice@db.example.com:5432/atomicdb"
    story.emulator.client("secretsmanager").put_secret_value(
        SecretId="atomic-hasura-db-conn-string", SecretString=own
    )
    story.set_phase("full")
    gate = story.imports("gate", "--stage", STAGE)

    story.cdktf.run("deploy", STACK, "--auto-approve")

    assert gate.code == 0, gate.text
    assert _identity(story.emulator) == before
    after = story.secret_values()
    kept = {name: value for name, value in values.items() if name not in COMPOSED}
    assert {name: after[name] for name in kept} == kept
    assert after["atomic-hasura-db-conn-string"] == own
    composed = _composed(story)
    assert {name: after[name] for name in COMPOSED} == {
        **composed,
        "atomic-hasura-db-conn-string": own,
    }
    new = {name: value for name, value in after.items() if name not in values}
    # Until the roles are made, their services log in as the master.
    logins = {name: new.pop(name) for name in ROLES}
    assert set(logins.values()) == {
        json.dumps(
            dict(sorted(json.loads(values["atomic-rds-master-credentials"]).items())),
            separators=(",", ":"),
        )
    }
    assert {name for name, value in new.items() if value != PLACEHOLDER} == {
        "atomic-supertokens-api-key"
    }
    assert re.fullmatch("[A-Za-z0-9]{40}", new["atomic-supertokens-api-key"])
    assert_no_changes(story.cdktf, STACK)


def test_the_adopted_base_gets_what_a_real_account_needs(story: Story) -> None:
    client = story.emulator.client
    (balancer,) = client("elbv2").describe_load_balancers()["LoadBalancers"]
    attributes = client("elbv2").describe_load_balancer_attributes(
        LoadBalancerArn=balancer["LoadBalancerArn"]
    )["Attributes"]
    endpoints = client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    alarms = {each["AlarmName"] for each in client("cloudwatch").describe_alarms()["MetricAlarms"]}
    rules = {each["Name"] for each in client("events").list_rules()["Rules"]}

    assert {"Key": "idle_timeout.timeout_seconds", "Value": "120"} in attributes
    assert endpoints == []  # a route table takes one to S3, and the owner's may have it
    assert {f"atomic-{name}-no-task" for name in ("app", "functions", "hasura")} <= alarms
    assert {
        f"atomic-{event}" for event in ("database-event", "deployment-failed", "task-not-placed")
    } <= rules


def test_a_connection_string_that_an_earlier_release_spoilt_is_found_and_mended(
    story: Story,
) -> None:
    """GIVEN what that release left: the text of an expression, written under another number."""
    name = "atomic-optaplanner-db-conn-string"
    good = story.secret_values()
    story.emulator.client("secretsmanager").put_secret_value(
        SecretId=name,
        SecretString="jdbc:postgresql://aws_db_instance.main.address:5432/atomicdb",
    )
    _as_an_earlier_release_numbered(story)
    check = story.ops("secrets", "check", "--stage", STAGE)
    doctor = story.ops("doctor", "--stage", STAGE)
    gate = story.imports("gate", "--stage", STAGE)

    story.cdktf.run("deploy", STACK, "--auto-approve")

    assert check.code == 2
    assert f"cdktf deploy {STACK}   # writes optaplanner-db-conn-string" in check.text
    assert "optaplanner-db-conn-string" in doctor.text
    assert gate.code == 0, gate.text
    assert story.secret_values() == good
    assert good[name] == _composed(story)[name]
    assert_no_changes(story.cdktf, STACK)


def test_a_lost_state_comes_back_object_by_object(story: Story) -> None:
    """GIVEN a stage without default tags, beside a certificate of somebody else for the same domain."""
    stage = RecoverableStage(name=STAGE, cdktf=story.cdktf, emulator=story.emulator)
    acm = story.emulator.client("acm")
    theirs = acm.request_certificate(DomainName="app.example.com")["CertificateArn"]
    before, ids, values = stage.account(), stage.ids(), story.secret_values()
    stage.state_file.unlink()
    story.emulator.count_from_now()

    answer = stage.recover("--yes")

    assert answer.code == 0, answer.text + answer.errors
    assert story.emulator.mutating_calls() == {}
    assert stage.ids() == ids
    assert stage.account() == before  # nothing there twice, nothing forgotten
    assert "No changes." in story.cdktf.run("diff", STACK)
    assert story.secret_values() == values
    acm.delete_certificate(CertificateArn=theirs)


def _interrupted(story: Story, command: str, *, at: str) -> dict[str, str]:
    """Who owns each object after one Ctrl-C, as soon as `imports COMMAND` has printed this."""
    running = story.imports_on_terminal(command, *story.from_legacy)
    assert running.wait_for_text(at)
    running.press_ctrl_c()

    finished = running.finish()

    assert finished.code == 130, finished.text
    assert "stopped; run the same command again to finish" in finished.text
    assert "Traceback" not in finished.text
    for state in (story.legacy.folder / "terraform.tfstate", story.cdktf.state_file(STACK)):
        assert not lock_info_path(state).exists()
        assert json.loads(state.read_text())["lineage"]
    owners = json.loads(story.imports("status", *story.from_legacy, "--json").text)
    return {owner["address"]: owner["holder"] for owner in owners}


def test_ctrl_c_before_the_old_tool_lets_go_changes_nothing(story: Story) -> None:
    owners = _interrupted(story, "retire", at="reading the new and the legacy state")

    assert set(owners.values()) == {"both"}


def test_the_old_tool_lets_go(story: Story) -> None:
    answer = story.imports("retire", *story.from_legacy)

    assert answer.code == 0, answer.errors
    assert "removed 57 resources from the old state; 0 stay there" in answer.text
    before = _identity(story.emulator)
    destroyed = story.legacy.checked("destroy", "-auto-approve", "-input=false", "-no-color")
    assert "0 destroyed" in destroyed
    assert _identity(story.emulator) == before


def test_the_shared_roles_end_where_the_stage_drops_them(story: Story) -> None:
    path = story.stages / f"{STAGE}.toml"
    path.write_text(f"keep_shared_roles = false\n{path.read_text()}")
    gate = story.imports("gate", "--stage", STAGE, "--json")

    story.cdktf.run("deploy", STACK, "--auto-approve")

    judged = json.loads(gate.text)["verdict"]["findings"]
    assert {each["address"]: each["why"] for each in judged if each["kind"] != "clean"} == (
        dict.fromkeys(SHARED_ROLES, "destroyed")
    )
    roles = story.emulator.client("iam").list_roles(MaxItems=1000)["Roles"]
    assert {"atomic-ecs-task-execution-role", "atomic-ecs-application-task-role"}.isdisjoint(
        role["RoleName"] for role in roles
    )
    assert_no_changes(story.cdktf, STACK)


@pytest.mark.parametrize("moment", ["back into the legacy state", "out of the new state"])
def test_ctrl_c_while_a_state_is_written_leaves_each_object_an_owner(
    story: Story, moment: str
) -> None:
    owners = _interrupted(story, "rollback", at=moment)

    # The shared roles are destroyed by now.
    assert {address for address, owner in owners.items() if owner == "nobody"} <= SHARED_ROLES


def test_everything_can_be_given_back(story: Story) -> None:
    answer = story.imports("rollback", *story.from_legacy)

    assert answer.code == 0, answer.errors
    owners = json.loads(story.imports("status", *story.from_legacy, "--json").text)
    assert {owner["holder"] for owner in owners} == {"legacy"}


def _composed(story: Story) -> dict[str, str]:
    """The connection strings of a base whose owner has set none."""
    (instance,) = story.emulator.client("rds").describe_db_instances()["DBInstances"]
    credentials = json.loads(story.secret_values()["atomic-rds-master-credentials"])
    login = f"{credentials['username']}:{quote(credentials['password'], safe='')}"
    address = f"{instance['Endpoint']['Address']}:5432/atomicdb"
    return {
        "atomic-supertokens-db-conn-string": f"postgresql://{login}@{address}",
        "atomic-hasura-db-conn-string": f"postgres://{login}@{address}",
        "atomic-optaplanner-db-conn-string": f"jdbc:postgresql://{address}",
    }


def _as_an_earlier_release_numbered(story: Story) -> None:
    state = copy.deepcopy(story.state)
    for resource in state["resources"]:
        if resource["type"] == "aws_secretsmanager_secret_version":
            resource["instances"][0]["attributes"]["secret_string_wo_version"] = 1
    state["serial"] += 1
    story.terraform.checked("state", "push", "-", stdin=json.dumps(state))


def _identity(emulator: Emulator) -> dict[str, Any]:
    ec2, rds = emulator.client("ec2"), emulator.client("rds")
    secrets = emulator.client("secretsmanager").list_secrets(MaxResults=100)["SecretList"]
    (instance,) = rds.describe_db_instances()["DBInstances"]
    return {
        "vpcs": sorted(vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]),
        "database": instance["DbiResourceId"],
        "data buckets": [
            bucket["Name"]
            for bucket in emulator.client("s3").list_buckets()["Buckets"]
            if "-data-bucket-" in bucket["Name"]  # the logs bucket is the platform's
        ],
        "legacy secrets": sorted(
            secret["ARN"]
            for secret in secrets
            if secret["Name"].startswith("atomic-")
            and "notion" not in secret["Name"]
            and "deepgram" not in secret["Name"]
            and "msk" not in secret["Name"]
            and "api-key" not in secret["Name"]
            and secret["Name"] not in ROLES
        ),
    }
