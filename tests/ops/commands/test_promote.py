"""`ops promote`: the same digests in the next stage, or built again where a domain is compiled in."""

import json
import subprocess
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

import ops.commands.promote as promote_module
import ops.images.image_builds as image_builds_module
from aws.client import Clients, boto3_clients
from ops.images.mirror import Copied
from tests.answer import Answer
from tests.ops.answering import answer
from tests.ops.images.stand_ins import git

FILE = """\
# Ours.
domain_name = "{stage}.example.com"
operator_email = "ops@example.com"
retain_data = false
"""
Run = Callable[..., Answer]


@pytest.fixture(scope="module", autouse=True)
def _remembering() -> None:
    """Patches moto once in this process, as the embedded AWS does; nothing else is changed by it."""
    import_module("local.moto_patches.ecs_history")


@pytest.fixture(name="tree")
def _tree(tmp_path: Path) -> Path:
    tree = tmp_path / "atomic"
    for folder in ("app", "functions"):
        (tree / folder).mkdir(parents=True)
        (tree / folder / "Dockerfile").write_text("FROM scratch\n")
    git(tree, "init", "--quiet")
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "-m", "first")
    return tree


@pytest.fixture(name="commit")
def _commit(tree: Path) -> str:
    shown = subprocess.check_output(
        ["git", "-C", str(tree), "rev-parse", "--short=12", "HEAD"], text=True
    )
    return shown.strip()


def push(clients: Clients, stage: str, service: str, tag: str, content: str) -> str:
    media_type = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {"schemaVersion": 2, "mediaType": media_type, "layers": [{"digest": content}]}
    pushed = clients("ecr").put_image(
        repositoryName=f"atomic-{stage}-{service}",
        imageManifest=json.dumps(manifest),
        imageTag=tag,
    )
    return str(pushed["image"]["imageId"]["imageDigest"])


@pytest.fixture(name="digests")
def _digests(clients: Clients, commit: str) -> dict[str, str]:
    """What staging runs: app, which has its domain compiled in, and functions, by service."""
    return made(commit, {"staging": clients, "next": clients})


def made(commit: str, accounts: dict[str, Clients]) -> dict[str, str]:
    """Two stages, each in its account; returns the digests of staging."""
    found = {}
    for stage, clients in accounts.items():
        ecs, ecr = clients("ecs"), clients("ecr")
        ecs.create_cluster(clusterName=f"atomic-{stage}-ecs-cluster")
        for service in ("app", "functions"):
            name = f"atomic-{stage}-{service}"
            uri = ecr.create_repository(repositoryName=name)["repository"]["repositoryUri"]
            tag = commit if stage == "staging" else "before"
            digest = push(clients, stage, service, tag, f"{stage} {service}")
            ecs.register_task_definition(
                family=name,
                containerDefinitions=[{"name": service, "image": f"{uri}:{tag}", "memory": 64}],
            )
            ecs.create_service(
                cluster=f"atomic-{stage}-ecs-cluster",
                serviceName=name,
                taskDefinition=name,
                desiredCount=1,
            )
            if stage == "staging":
                found[service] = digest
    return found


@pytest.fixture(name="engine")
def _engine(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What an engine and skopeo are asked for; real ones copy in test_mirror and test_images_commands."""
    asked: list[list[str]] = []

    def copied(image: str, source: str, destination: str) -> Copied:
        asked.append(["copy", source, destination])
        digest = source.partition("@")[2]
        return Copied(image=image, mirrored_as=destination, digest=digest, was_there=False)

    monkeypatch.setattr(promote_module, "copy_image", copied)
    monkeypatch.setattr(promote_module, "check_tool", lambda: None)
    monkeypatch.setattr(promote_module, "find_engine", lambda: "podman")

    def ran(command: list[str], stdin: str | None = None) -> None:
        assert stdin is None or command[1] == "login"
        asked.append(command)

    monkeypatch.setattr(image_builds_module, "run_engine", ran)
    return asked


OTHER = "222222222222"


@pytest.fixture(name="apart")
def _apart(
    clients: Clients, commit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Staging in an account of its own, which the profile `staging` is for; the digests that it runs."""
    keys = clients("sts").assume_role(
        RoleArn=f"arn:aws:iam::{OTHER}:role/operator", RoleSessionName="them"
    )["Credentials"]
    path = tmp_path / "credentials"
    path.write_text(
        f"[staging]\naws_access_key_id = {keys['AccessKeyId']}\n"
        f"aws_secret_access_key = {keys['SecretAccessKey']}\n"
        f"aws_session_token = {keys['SessionToken']}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    there = boto3_clients(region="us-east-1", profile="staging")
    return made(commit, {"staging": there, "next": clients})


@pytest.fixture(name="run")
def _run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tree: Path
) -> Run:
    for stage in ("staging", "next"):
        (tmp_path / f"{stage}.toml").write_text(FILE.format(stage=stage))
    monkeypatch.setenv("ATOMIC_STAGES_DIR", str(tmp_path))
    return lambda *typed: answer(
        monkeypatch,
        capsys,
        *("promote", "--from", "staging", "--to", "next", "--source", tree, *typed),
    )


def test_what_knows_no_domain_is_copied_by_digest_and_the_rest_built_from_its_commit(
    run: Run, digests: dict[str, str], engine: list[list[str]], commit: str, tmp_path: Path
) -> None:
    done = run("--json")

    assert done.code == 0, done.errors
    told = json.loads(done.text)
    assert (told["built"], told["copied"]) == (["app"], {"functions": digests["functions"]})
    build, push_, copy = (each for each in engine if "login" not in each)
    host = "123456789012.dkr.ecr.us-east-1.amazonaws.com/atomic"
    assert "=https://next.example.com/" in " ".join(build)
    assert "staging.example.com" not in " ".join(build)
    assert push_ == ["podman", "push", f"{host}-next-app:{commit}"]
    assert copy == [
        "copy",
        f"{host}-staging-functions@{digests['functions']}",
        f"{host}-next-functions:{commit}",
    ]
    written = (tmp_path / "next.toml").read_text()
    assert written.startswith("# Ours.\n")
    assert written.count(f'image_tag = "{commit}"') == 2


def test_now_runs_them_at_once(
    run: Run, digests: dict[str, str], engine: list[list[str]], clients: Clients, commit: str
) -> None:
    del digests, engine
    done = run("--now", "--json")

    assert done.code == 0, done.errors
    assert set(json.loads(done.text)["now"]) == {"app", "functions"}
    (service,) = clients("ecs").describe_services(
        cluster="atomic-next-ecs-cluster", services=["atomic-next-functions"]
    )["services"]
    definition = clients("ecs").describe_task_definition(taskDefinition=service["taskDefinition"])
    image = definition["taskDefinition"]["containerDefinitions"][0]["image"]
    assert image.endswith(f"atomic-next-functions:{commit}")


def test_a_source_tree_at_another_commit_builds_nothing(
    run: Run, digests: dict[str, str], engine: list[list[str]], tree: Path, tmp_path: Path
) -> None:
    del digests
    git(tree, "commit", "--quiet", "--allow-empty", "-m", "later")

    refused = run()

    assert (refused.code, refused.text) == (1, "")
    assert "is built again from commit" in refused.errors
    assert engine == []
    assert (tmp_path / "next.toml").read_text() == FILE.format(stage="next")


def test_one_stage_is_not_promoted_to_itself(run: Run) -> None:
    refused = run("--to", "staging")

    assert refused.code == 1
    assert "--from and --to both name staging" in refused.errors


def test_from_another_account_it_is_read_with_its_profile_and_written_with_ones_own(
    run: Run, apart: dict[str, str], engine: list[list[str]], commit: str, tmp_path: Path
) -> None:
    mine, theirs = (
        f"{account}.dkr.ecr.us-east-1.amazonaws.com" for account in ("123456789012", OTHER)
    )
    name_account(tmp_path, staging=OTHER, next="123456789012")

    done = run("--from-profile", "staging", "--json")

    assert done.code == 0, done.errors
    assert json.loads(done.text)["copied"] == {"functions": apart["functions"]}
    assert engine[-3:] == [
        ["skopeo", "login", "--username", "AWS", "--password-stdin", theirs],
        ["skopeo", "login", "--username", "AWS", "--password-stdin", mine],
        [
            "copy",
            f"{theirs}/atomic-staging-functions@{apart['functions']}",
            f"{mine}/atomic-next-functions:{commit}",
        ],
    ]
    assert ["podman", "push", f"{mine}/atomic-next-app:{commit}"] in engine
    assert (tmp_path / "next.toml").read_text().count(f'image_tag = "{commit}"') == 2


def name_account(folder: Path, **accounts: str) -> None:
    for stage, account in accounts.items():
        path = folder / f"{stage}.toml"
        path.write_text(f'account_id = "{account}"\n{path.read_text()}')


@pytest.mark.usefixtures("apart")
def test_without_its_profile_the_account_is_named(
    run: Run, engine: list[list[str]], tmp_path: Path
) -> None:
    told = run()
    name_account(tmp_path, staging=OTHER)
    told_by_the_file = run()
    name_account(tmp_path, next="333333333333")
    of_the_second = run("--from-profile", "staging")

    for each, said in (
        (
            told,
            "staging has run nothing yet in account 123456789012: deploy it, or name the profile",
        ),
        (
            told_by_the_file,
            f"staging is in account {OTHER}, and its credentials are of 123456789012: name its profile",
        ),
        (of_the_second, "next is in account 333333333333, and its credentials are of 123456789012"),
    ):
        assert (each.code, each.text) == (1, ""), each.errors
        assert said in each.errors.splitlines()[-1]
    assert engine == []


@pytest.mark.usefixtures("apart")
def test_a_profile_that_there_is_not_is_refused(run: Run) -> None:
    refused = run("--from-profile", "stagin")

    assert (refused.code, "stagin" in refused.errors) == (1, True)


def test_nothing_is_built_for_a_stage_that_takes_its_images_from_another(
    run: Run, digests: dict[str, str], engine: list[list[str]], tmp_path: Path
) -> None:
    del digests
    shared = "123456789012.dkr.ecr.us-east-1.amazonaws.com/atomic-staging"
    path = tmp_path / "next.toml"
    path.write_text(f'{path.read_text()}[images]\nregistry = "{shared}"\n')

    refused = run()

    assert (refused.code, engine) == (1, [])
    assert f"stage next takes its images from {shared}: push them as the stage" in refused.errors
