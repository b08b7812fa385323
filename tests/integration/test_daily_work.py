"""Daily work on a deployed stage: a bad image and the way back, a command of its own, shells and a tunnel."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.cdktf import Cdktf
from local.emulator import running_emulator
from tests.integration.conftest import write_stage
from tests.integration.recovery import RecoverableStage

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

STACK = "atomic-daily"
STAGE = """\
# Ours.
domain_name = "daily.example.com"
operator_email = "ops@example.com"
retain_data = false

[network]
nat = "single"

[database]
multi_az = false
login_roles = false
connect_enabled = true

[services.app]
exec_enabled = true
read_only_root = true
image_tag = "good"  # what runs
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("daily")
    write_stage(made / "stages", "daily", STAGE)
    return made


@pytest.fixture(scope="module")
def stage(folder: Path) -> Iterator[RecoverableStage]:
    with running_emulator() as emulator:
        environment = {**emulator.environment, "ATOMIC_STAGES_DIR": str(folder / "stages")}
        found = RecoverableStage(
            name="daily", cdktf=Cdktf(folder=folder, environment=environment), emulator=emulator
        )
        found.cdktf.run("deploy", STACK, "--auto-approve")
        yield found


def push(stage: RecoverableStage, tag: str) -> str:
    """Push an image of app, and return its digest."""
    media_type = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": {"digest": tag},
        "layers": [{"digest": tag}],
    }
    pushed = stage.emulator.client("ecr").put_image(
        repositoryName="atomic-daily-app", imageManifest=json.dumps(manifest), imageTag=tag
    )
    return str(pushed["image"]["imageId"]["imageDigest"])


def app(stage: RecoverableStage) -> dict[str, Any]:
    """The service as ECS has it, with the digest that its last deployment runs."""
    ecs = stage.emulator.client("ecs")
    where = {"cluster": "atomic-daily-ecs-cluster"}
    (service,) = ecs.describe_services(services=["atomic-daily-app"], **where)["services"]
    last = ecs.list_service_deployments(service="atomic-daily-app", **where)["serviceDeployments"][
        0
    ]
    (revision,) = ecs.describe_service_revisions(
        serviceRevisionArns=[last["targetServiceRevisionArn"]]
    )["serviceRevisions"]
    (digest,) = (
        each["imageDigest"]
        for each in revision["containerImages"]
        if each["containerName"] == "app"
    )
    return {**service, "digest": digest}


def page_is_on(stage: RecoverableStage) -> bool:
    shown = stage.ops("maintenance show", "--json")
    return json.loads(shown.text)["maintenance"] is not None


def test_after_a_bad_image_two_commands_run_the_old_digest_and_the_next_deploy_keeps_it(
    stage: RecoverableStage, folder: Path
) -> None:
    good = push(stage, "good")
    assert stage.ops("restart", "app").code == 0  # with the image that is there now
    push(stage, "bad")
    assert stage.ops("images deploy", "app", "--tag", "bad").code == 0
    stage.cdktf.run("deploy", STACK, "--auto-approve")
    assert app(stage)["digest"] != good

    assert stage.ops("maintenance on").code == 0

    back = stage.ops("rollback", "--now", "--json")

    assert back.code == 0, back.errors
    assert page_is_on(stage)
    assert list(json.loads(back.text)["now"]) == ["app"]
    assert app(stage)["digest"] == good
    assert (folder / "stages" / "daily.toml").read_text() == STAGE
    stage.cdktf.run("deploy", STACK, "--auto-approve")
    assert app(stage)["digest"] == good
    assert page_is_on(stage)
    assert stage.ops("maintenance off").code == 0
    assert not page_is_on(stage)
    plan = stage.cdktf.terraform(STACK, "plan", "-detailed-exitcode")
    assert plan.returncode == 0, plan.stdout


def test_releases_tell_all_of_it(stage: RecoverableStage) -> None:
    found = json.loads(stage.ops("releases", "--json").text)

    tags = [
        each["image"].rpartition(":")[2]
        for release in found
        for each in release["services"]
        if each["service"] == "app" and "app" in release["changed"]
    ]
    assert tags[:3] == ["good", "good", "bad"]  # of the deploy, of --now, and what was bad
    assert {release["by"] for release in found} == {"arn:aws:iam::123456789012:user/test"}


def test_a_command_is_never_said_to_have_run_where_no_container_runs(
    stage: RecoverableStage,
) -> None:
    answer = stage.ops("run", "app", "--", "true")

    assert (answer.code, answer.text) == (1, "")
    assert "ran nothing (the embedded AWS runs no container)" in answer.errors


def test_what_shells_need_is_there_for_the_service_that_has_them(stage: RecoverableStage) -> None:
    ecs = stage.emulator.client("ecs")
    (definition,) = (
        each
        for each in ecs.describe_task_definition(taskDefinition=app(stage)["taskDefinition"])[
            "taskDefinition"
        ]["containerDefinitions"]
        if each["name"] == "app"
    )
    assert definition["linuxParameters"]["initProcessEnabled"] is True
    assert not definition.get("readonlyRootFilesystem")
    policies = {
        service: stage.held().get(f"aws_iam_role_policy.{service}_task", {}).get("policy", "")
        for service in ("app", "functions")
    }
    assert "ssmmessages:OpenDataChannel" in policies["app"]
    assert "ssmmessages" not in policies["functions"]
    groups = stage.emulator.client("logs").describe_log_groups(
        logGroupNamePrefix="/aws/ecs/atomic-daily-ecs-cluster-exec"
    )["logGroups"]
    assert len(groups) == 1


def test_the_task_of_the_tunnel_may_open_sessions_and_nothing_else(
    stage: RecoverableStage,
) -> None:
    definition = stage.emulator.client("ecs").describe_task_definition(
        taskDefinition="atomic-daily-database-connect"
    )["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    policy = json.loads(stage.held()["aws_iam_role_policy.database_connect_task"]["policy"])

    assert "secrets" not in container
    assert "executionRoleArn" not in definition
    (statement,) = policy["Statement"]
    assert all(action.startswith("ssmmessages:") for action in statement["Action"])
