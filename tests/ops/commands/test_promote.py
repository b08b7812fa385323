"""`ops promote`: the same digests in the next stage, or built again where a domain is compiled in."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import ops.commands.promote as promote_module
from aws.client import Clients
from local.moto_patches.ecs_history import remember_deployments
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
    remember_deployments()


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
    ecs, ecr = clients("ecs"), clients("ecr")
    found = {}
    for stage in ("staging", "next"):
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
    monkeypatch.setattr(promote_module, "log_in", lambda *_: None)
    monkeypatch.setattr(promote_module, "run_engine", lambda command: asked.append(list(command)))
    return asked


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
    build, push_, copy = engine
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
