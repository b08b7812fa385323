"""An image's way from a source tree into the stage file, with an engine that only notes what it is told."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.answer import Answer
from tests.integration.conftest import Deployment, write_stage
from tests.integration.test_deployed_day import ops

pytestmark = pytest.mark.integration

OWN = ("app", "functions", "handshake", "oauth", "optaplanner", "python-agent")
HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
ENGINE = """\
#!/bin/sh
[ "$1" = version ] && exit
echo "$*" >> "$ENGINE_LOG"
if [ "$1" = login ]; then cat > "$ENGINE_LOG.password"; fi
"""
STAGE = """\
# Ours.
domain_name = "dev.example.com"
operator_email = "ops@example.com"
retain_data = false

[services.optaplanner]
cpu_architecture = "ARM64"  # cheaper
"""


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """A source tree with one commit, an engine, and a stage file of its own."""

    dev: Deployment
    folder: Path
    commit: str

    def images(self, *arguments: str) -> Answer:
        path = f"{self.folder / 'bin'}:{self.dev.cdktf.process_environment()['PATH']}"
        return ops(
            self.dev,
            "images",
            *arguments,
            PATH=path,
            ENGINE_LOG=str(self.folder / "log"),
            ATOMIC_STAGES_DIR=str(self.folder / "stages"),
        )

    def engine_calls(self) -> list[str]:
        log = self.folder / "log"
        calls = log.read_text().splitlines()
        log.unlink()
        return calls

    @property
    def stage_file(self) -> str:
        return (self.folder / "stages" / "dev.toml").read_text()


@pytest.fixture(scope="module", name="shop")
def _shop(dev: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    folder = tmp_path_factory.mktemp("workshop")
    write_stage(folder / "stages", "dev", STAGE)
    (folder / "bin").mkdir()
    (folder / "bin" / "docker").write_text(ENGINE)
    (folder / "bin" / "docker").chmod(0o755)
    tree = folder / "atomic"
    for service in OWN:
        (tree / service).mkdir(parents=True)
        (tree / service / "Dockerfile").write_text("FROM scratch\n")
    git = ["git", "-C", str(tree), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True)
    commit = subprocess.check_output([*git, "rev-parse", "--short=12", "HEAD"], text=True).strip()
    return Workshop(dev=dev, folder=folder, commit=commit)


def test_all_six_are_built_by_commit_and_processor(shop: Workshop) -> None:
    answer = shop.images("build", "--stage", "dev", "--source", str(shop.folder / "atomic"))

    assert answer.code == 0, answer.errors
    platforms = dict.fromkeys(OWN, "linux/amd64") | {"optaplanner": "linux/arm64"}
    calls = {call.rpartition("/")[2]: call for call in shop.engine_calls()}
    for name in OWN:
        assert calls[name].startswith(f"build --platform {platforms[name]} ")
        assert calls[name].endswith(
            f"-t {HOST}/atomic-dev-{name}:{shop.commit} {shop.folder / 'atomic' / name}"
        )
    assert "--build-arg NEXT_PUBLIC_APP_URL=https://dev.example.com " in calls["oauth"]


def test_a_push_logs_in_through_standard_input(shop: Workshop) -> None:
    answer = shop.images("push", "app", "--stage", "dev", "--tag", "t1")

    assert answer.code == 0, answer.errors
    assert shop.engine_calls() == [
        f"login --username AWS --password-stdin {HOST}",
        f"push {HOST}/atomic-dev-app:t1",
    ]
    password = (shop.folder / "log.password").read_text()
    assert password
    assert password not in answer.text + answer.errors
    assert "not scanned yet" in answer.text


def test_a_tag_that_is_in_no_registry_is_not_deployed(shop: Workshop) -> None:
    answer = shop.images("deploy", "app", "--stage", "dev", "--tag", "nowhere")

    assert (answer.code, "not in the registry of app" in answer.errors) == (1, True)
    assert shop.stage_file == STAGE


def test_a_pushed_tag_goes_into_the_stage_file_and_shows_beside_what_runs(shop: Workshop) -> None:
    media_type = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": {"digest": "d"},
        "layers": [],
    }
    shop.dev.client("ecr").put_image(
        repositoryName="atomic-dev-app", imageManifest=json.dumps(manifest), imageTag="t2"
    )

    answer = shop.images("deploy", "app", "--stage", "dev", "--tag", "t2")

    assert answer.code == 0, answer.errors
    assert "cdktf deploy atomic-dev" in answer.text
    assert shop.stage_file == STAGE + '\n[services.app]\nimage_tag = "t2"\n'
    statuses = {
        each["service"]: each
        for each in json.loads(shop.images("status", "--stage", "dev", "--json").text)
    }
    assert (statuses["app"]["configured"], statuses["app"]["in_registry"]) == ("t2", True)
    assert statuses["app"]["newest"] == "t2"


def test_programs_read_each_step(shop: Workshop) -> None:
    """GIVEN the tag that the test before has put into the registry."""
    source = ("--source", str(shop.folder / "atomic"))
    build = shop.images("build", "app", "--stage", "dev", *source, "--tag", "t2", "--json")
    push = shop.images("push", "app", "--stage", "dev", "--tag", "t2", "--json")
    deploy = shop.images("deploy", "app", "--stage", "dev", "--tag", "t2", "--json")

    assert json.loads(build.text)["built"] == [f"{HOST}/atomic-dev-app:t2"]
    assert json.loads(push.text)["findings"] == {"app": None}
    assert json.loads(push.text)["kept"] == []
    assert json.loads(deploy.text)["services"] == ["app"]


def test_what_was_pushed_under_a_commit_is_not_overwritten(shop: Workshop) -> None:
    shop.dev.client("ecr").put_image(
        repositoryName="atomic-dev-oauth",
        imageManifest=json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "config": {"digest": "d"},
                "layers": [],
            }
        ),
        imageTag=shop.commit,
    )
    shop.engine_calls()

    answer = shop.images(
        "push", "oauth", "handshake", "--stage", "dev", "--source", str(shop.folder / "atomic")
    )

    assert answer.code == 0, answer.errors
    assert [call for call in shop.engine_calls() if call.startswith("push")] == [
        f"push {HOST}/atomic-dev-handshake:{shop.commit}"
    ]
    assert f"oauth: {shop.commit} was there, and stays what it was" in answer.text
