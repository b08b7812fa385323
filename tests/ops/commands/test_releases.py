"""`ops releases` and `ops rollback` in an account that remembers deployments as ECS does."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from aws.client import Clients
from common.errors import UserError
from ops.commands.releases import chosen_release
from ops.deployed import open_stage
from ops.facts.releases import Outcome, Ran, grouped
from ops.images.rolling import run_at_once
from tests.answer import Answer
from tests.ops.answering import answer

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
STAGE = """\
# Ours.
domain_name = "dev.example.com"
operator_email = "ops@example.com"
retain_data = false

[services.app]
image_tag = "bad"  # the newest
"""


def ran(
    service: str,
    minutes: int,
    digest: str | None = "sha256:1",
    *,
    by: str = "user/one",
    outcome: Outcome = "done",
) -> Ran:
    return Ran(
        service=service,
        task_definition=f"atomic-dev-{service}:1",
        image=f"registry/atomic-dev-{service}:latest",
        digest=digest,
        at=START + timedelta(minutes=minutes),
        by=by,
        outcome=outcome,
    )


BUILT = ("app", "oauth", "reports")


@pytest.fixture(scope="module", autouse=True)
def _remembering() -> None:
    """Patches moto once in this process, as the embedded AWS does; nothing else is changed by it."""
    import_module("local.moto_patches.ecs_history")


def test_what_one_person_registers_within_minutes_is_one_release() -> None:
    first, second = grouped([ran("app", 0), ran("oauth", 5), ran("app", 90, "sha256:2")])

    assert (first.id, first.changed) == ("20260601-120000", ("app", "oauth"))
    assert second.changed == ("app",)
    assert second.images() == {"app": ("latest", "sha256:2"), "oauth": ("latest", "sha256:1")}


@pytest.mark.parametrize(
    "next_",
    [ran("app", 2, "sha256:2"), ran("oauth", 2, by="user/two"), ran("oauth", 30)],
    ids=["the same service again", "somebody else", "half an hour later"],
)
def test_what_does_not_belong_together_is_another_release(next_: Ran) -> None:
    assert len(list(grouped([ran("app", 0), next_]))) == 2


def test_the_default_is_the_newest_that_went_well_with_other_images() -> None:
    found = [
        *grouped(
            [
                ran("app", 0, "sha256:1"),
                ran("app", 60, "sha256:2", outcome="failed"),
                ran("app", 120, "sha256:3"),
                ran("oauth", 120, "sha256:3"),
            ]
        )
    ]

    assert chosen_release(found[::-1], None, stage="dev", built=BUILT).id == found[0].id


def test_the_default_has_another_image_of_what_is_built_here_under_its_name_of_today() -> None:
    """Before the newest, hasura's image changed, and before that a service got another name."""
    found = [
        *grouped(
            [
                ran("app", 0, "sha256:1"),
                ran("app", 60, "sha256:2"),
                ran("reports", 120, "sha256:2"),
                ran("hasura", 180, "sha256:2"),
            ]
        )
    ]

    assert chosen_release(found[::-1], None, stage="dev", built=BUILT).id == found[0].id


def test_with_nothing_to_go_back_to_it_says_so() -> None:
    found = list(grouped([ran("app", 0)]))

    with pytest.raises(UserError, match="no release before 20260601-120000 has other images"):
        chosen_release(found, None, stage="dev", built=BUILT)
    with pytest.raises(UserError, match=r"no release 'nonsense': allowed: 20260601-120000"):
        chosen_release(found, "nonsense", stage="dev", built=BUILT)


class Account:
    """The services app and hasura on an ECS, and app's registry."""

    def __init__(self, clients: Clients) -> None:
        self.ecs, self.ecr = clients("ecs"), clients("ecr")
        self.ecs.create_cluster(clusterName="atomic-dev-ecs-cluster")
        made = self.ecr.create_repository(repositoryName="atomic-dev-app")
        self.registry = made["repository"]["repositoryUri"]

    def push(self, tag: str, content: str) -> str:
        media_type = "application/vnd.docker.distribution.manifest.v2+json"
        manifest = {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": {"digest": content},
            "layers": [{"digest": content}],
        }
        pushed = self.ecr.put_image(
            repositoryName="atomic-dev-app",
            imageManifest=json.dumps(manifest),
            imageManifestMediaType=media_type,
            imageTag=tag,
        )
        return str(pushed["image"]["imageId"]["imageDigest"])

    def deploy(self, service: str, image: str) -> None:
        """Register a revision, and let the service run it; all in one second, as no test can wait."""
        name = f"atomic-dev-{service}"
        self.ecs.register_task_definition(
            family=name,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[
                {
                    "name": service,
                    "image": image,
                    "environment": [{"name": "A", "value": "1"}],
                },
                {"name": "beside", "image": "them/tool:1"},
            ],
        )
        where = {"cluster": "atomic-dev-ecs-cluster", "taskDefinition": name}
        known = self.ecs.list_services(cluster="atomic-dev-ecs-cluster")["serviceArns"]
        if any(arn.endswith(f"/{name}") for arn in known):
            self.ecs.update_service(service=name, **where)
        else:
            self.ecs.create_service(serviceName=name, desiredCount=1, **where)

    def container(self) -> dict[str, Any]:
        """What app runs."""
        (service,) = self.ecs.describe_services(
            cluster="atomic-dev-ecs-cluster", services=["atomic-dev-app"]
        )["services"]
        definition = self.ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
        container: dict[str, Any] = definition["taskDefinition"]["containerDefinitions"][0]
        return container


@pytest.fixture(name="account")
def _account(clients: Clients) -> Account:
    return Account(clients)


Run = Callable[..., Answer]


@pytest.fixture(name="run")
def _run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    (tmp_path / "dev.toml").write_text(STAGE)
    monkeypatch.setenv("ATOMIC_STAGES_DIR", str(tmp_path))
    return lambda *typed: answer(monkeypatch, capsys, *typed, "--stage", "dev")


def test_each_release_names_who_registered_it_and_its_digests(account: Account, run: Run) -> None:
    good = account.push("good", "1")
    account.deploy("app", f"{account.registry}:good")
    account.deploy("hasura", "hasura/graphql-engine:v2.48.9")
    bad = account.push("bad", "2")
    account.deploy("app", f"{account.registry}:bad")

    newest, oldest = json.loads(run("releases", "--json").text)

    assert (newest["changed"], oldest["changed"]) == (["app"], ["app", "hasura"])
    assert newest["by"] == "arn:aws:iam::123456789012:user/test"
    digests = {each["service"]: each["digest"] for each in newest["services"]}
    assert digests == {"app": bad, "hasura": None}
    assert oldest["services"][0]["digest"] == good
    shown = run("releases")
    assert f"app:good  {good[:19]}" in " ".join(shown.text.split()).replace(
        "app:good ", "app:good  "
    )


def test_a_rollback_writes_the_old_tag_and_nothing_runs_yet(
    account: Account, run: Run, tmp_path: Path
) -> None:
    for tag in ("good", "bad"):
        account.push(tag, tag)
        account.deploy("app", f"{account.registry}:{tag}")

    done = run("rollback")

    assert done.code == 0, done.errors
    assert (tmp_path / "dev.toml").read_text() == STAGE.replace('"bad"', '"good"')
    assert "cdktf deploy atomic-dev" in done.text
    assert account.container()["image"].endswith(":bad")


def test_now_runs_the_old_image_with_all_else_of_the_task_as_it_is(
    account: Account, run: Run
) -> None:
    for tag in ("good", "bad"):
        account.push(tag, tag)
        account.deploy("app", f"{account.registry}:{tag}")

    done = run("rollback", "--now", "--json")

    assert done.code == 0, done.errors
    assert json.loads(done.text)["now"] == {"app": "atomic-dev-app:3"}
    assert account.container()["image"] == f"{account.registry}:good"
    assert account.container()["environment"] == [{"name": "A", "value": "1"}]
    assert run_at_once(open_stage("dev"), "app", "good") is None


def test_a_tag_that_was_pushed_again_is_found_by_its_digest(
    account: Account, run: Run, tmp_path: Path
) -> None:
    good = account.push("latest", "1")
    account.deploy("app", f"{account.registry}:latest")
    account.push("latest", "2")
    account.deploy("app", f"{account.registry}:latest")

    done = run("rollback", "--json")

    assert done.code == 0, done.errors
    tag = json.loads(done.text)["tags"]["app"]
    assert tag == f"was-{good.removeprefix('sha256:')[:12]}"
    assert f'image_tag = "{tag}"' in (tmp_path / "dev.toml").read_text()
    (image,) = account.ecr.describe_images(
        repositoryName="atomic-dev-app", imageIds=[{"imageTag": tag}]
    )["imageDetails"]
    assert image["imageDigest"] == good


def test_what_is_the_same_now_and_then_is_left_alone(account: Account, run: Run) -> None:
    """GIVEN oauth, whose tag `latest` was in no registry when it was deployed."""
    account.push("good", "1")
    account.deploy("app", f"{account.registry}:good")
    account.deploy("oauth", "123456789012.dkr.ecr.us-east-1.amazonaws.com/atomic-dev-oauth:latest")
    account.push("bad", "2")
    account.deploy("app", f"{account.registry}:bad")

    done = run("rollback", "--json")

    assert done.code == 0, done.errors
    assert json.loads(done.text)["tags"] == {"app": "good"}


def test_a_release_with_the_images_that_run_is_no_way_back(account: Account, run: Run) -> None:
    account.push("good", "1")
    account.deploy("app", f"{account.registry}:good")
    (release,) = json.loads(run("releases", "--json").text)
    run("rollback", release["id"])  # the stage file names `good` from now on

    done = run("rollback", release["id"])

    assert (done.code, done.text) == (
        0,
        f"{release['id']} had the images that run: nothing is changed\n",
    )


def test_an_image_that_is_gone_is_said_and_nothing_is_written(
    account: Account, run: Run, tmp_path: Path
) -> None:
    good = account.push("good", "1")
    account.deploy("app", f"{account.registry}:good")
    account.push("bad", "2")
    account.deploy("app", f"{account.registry}:bad")
    account.ecr.batch_delete_image(
        repositoryName="atomic-dev-app", imageIds=[{"imageDigest": good}]
    )

    done = run("rollback", "--now")

    assert (done.code, done.text) == (1, "")
    assert f"app: the image {good} is no longer in its registry" in done.errors
    assert (tmp_path / "dev.toml").read_text() == STAGE
    assert account.container()["image"].endswith(":bad")


def test_a_stage_that_has_run_nothing_says_so(run: Run, clients: Clients) -> None:
    del clients
    assert "cdktf deploy atomic-dev" in run("releases").text
    refused = run("rollback")
    assert (refused.code, "there is nothing to go back to" in refused.errors) == (1, True)
