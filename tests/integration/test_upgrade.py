"""A stage that the last release has deployed is upgraded by this version without losing anything."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from common.version import VERSION
from local.emulator import Emulator, running_emulator
from terraform.plan import Plan, in_words
from tests.imports.records import a_plan, planned
from tests.upgrades.release import last_release, present_stack

PREFIX = "atomic-dev"
# A revision never changes: any change of a container makes the next one, and deletes none that runs.
REVISIONS = frozenset({"aws_ecs_task_definition"})


def lost(plan: Plan) -> list[str]:
    """What a plan deletes or replaces."""
    return [
        f"{change.address} would be {in_words(change.actions)}"
        for change in plan.changes
        if "delete" in change.actions and change.type not in REVISIONS
    ]


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (("delete", "create"), ["aws_lb.main would be replaced"]),
        (("create", "delete"), ["aws_lb.main would be replaced"]),
        (("delete",), ["aws_lb.main would be destroyed"]),
        (("update",), []),
    ],
)
def test_a_replacement_would_be_found(actions: tuple[str, ...], expected: list[str]) -> None:
    assert lost(a_plan(planned("aws_lb.main", *actions))) == expected


@dataclass(frozen=True, kw_only=True)
class Upgraded:
    """The last release's dev, deployed and used, and then upgraded by this version."""

    emulator: Emulator
    plan: Plan
    after: str
    """What Terraform says of a second plan."""
    held_before: dict[str, Any]


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    folder = tmp_path_factory.mktemp("upgrade")
    stack = folder / "cdk.tf.json"
    with running_emulator() as emulator:
        environment = {**os.environ, **emulator.environment}

        def terraform(command: str, *arguments: str) -> str:
            finished = subprocess.run(
                ["terraform", command, *arguments],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert finished.returncode == 0, finished.stderr
            return finished.stdout

        stack.write_text(last_release().read_text())
        terraform("init", "-input=false")
        terraform("apply", "-input=false", "-auto-approve")
        _use(emulator)
        held = _held(emulator)
        stack.write_text(json.dumps(present_stack()))
        terraform("init", "-input=false")
        terraform("plan", "-input=false", "-out=upgrade.tfplan")
        plan = Plan(document=json.loads(terraform("show", "-json", "upgrade.tfplan")))
        terraform("apply", "-input=false", "upgrade.tfplan")
        after = terraform("plan", "-input=false", "-no-color")
        yield Upgraded(emulator=emulator, plan=plan, after=after, held_before=held)


def _use(emulator: Emulator) -> None:
    """Leave what a team leaves in a stage: a file, a secret's value, an image."""
    bucket = next(name for name in _buckets(emulator) if "data-bucket" in name)
    emulator.client("s3").put_object(Bucket=bucket, Key="uploads/1.png", Body=b"a picture")
    secrets = emulator.client("secretsmanager")
    secrets.put_secret_value(SecretId=f"{PREFIX}-openai-api-key", SecretString="made-up-key")


def _buckets(emulator: Emulator) -> list[str]:
    return [bucket["Name"] for bucket in emulator.client("s3").list_buckets()["Buckets"]]


def _held(emulator: Emulator) -> dict[str, Any]:
    """What of a stage holds data, each with what tells it from one that was made anew."""
    rds, s3 = emulator.client("rds"), emulator.client("s3")
    secrets = emulator.client("secretsmanager")
    listed = secrets.list_secrets()["SecretList"]
    return {
        "databases": {
            each["DBInstanceIdentifier"]: (each["DbiResourceId"], each["InstanceCreateTime"])
            for each in rds.describe_db_instances()["DBInstances"]
        },
        "objects": {
            (name, each["Key"], each["ETag"])
            for name in _buckets(emulator)
            for each in s3.list_objects_v2(Bucket=name).get("Contents", [])
            if each["Key"].startswith("uploads/")
        },
        "secrets": {
            each["ARN"]: secrets.get_secret_value(SecretId=each["ARN"])["SecretString"]
            for each in listed
        },
        "file systems": {
            each["FileSystemId"]
            for each in emulator.client("efs").describe_file_systems()["FileSystems"]
        },
        "registries": {
            each["repositoryArn"]: each["createdAt"]
            for each in emulator.client("ecr").describe_repositories()["repositories"]
        },
        "load balancers": {
            each["DNSName"]
            for each in emulator.client("elbv2").describe_load_balancers()["LoadBalancers"]
        },
    }


@pytest.mark.integration
def test_the_last_release_is_upgraded_without_a_replacement(upgraded: Upgraded) -> None:
    plan = upgraded.plan

    assert len(plan.changes) > 150
    assert lost(plan) == []
    assert plan.document["planned_values"]["outputs"]["InfrastructureVersion"]["value"] == VERSION


@pytest.mark.integration
def test_an_upgrade_keeps_what_holds_data(upgraded: Upgraded) -> None:
    before, now = upgraded.held_before, _held(upgraded.emulator)

    assert all(before.values())
    for kind, held in before.items():
        if isinstance(held, dict):
            assert held.items() <= now[kind].items(), kind
        else:
            assert held <= now[kind], kind


@pytest.mark.integration
def test_an_upgrade_leaves_nothing_for_the_next_plan(upgraded: Upgraded) -> None:
    assert "No changes." in upgraded.after
