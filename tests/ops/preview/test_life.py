"""A preview's end needs no file of it: where its state is, and nothing that is to be there."""

import json
import os
from pathlib import Path

import pytest

from aws.client import Clients
from modules.settings.stage_files import read_stage
from ops.deployed import Deployed
from ops.preview import life
from ops.preview.states import Previews
from terraform.cli import Terraform
from terraform.workspace import Workspace

BASE = """
domain_name = "dev.example.com"
operator_email = "ops@example.com"
retain_data = false
[previews]
"""
STATE = """
[state]
bucket = "example-state"
key = "team/dev.tfstate"
"""


def previews(folder: Path, text: str, clients: Clients) -> Previews:
    """The previews of a base with this stage file."""
    stages = folder / "stages"
    stages.mkdir()
    (stages / "dev.toml").write_text(text)
    environ = {
        **os.environ,
        "ATOMIC_STAGES_DIR": str(stages),
        "ATOMIC_STATE_DIR": str(folder),
        "CDKTF_OUTDIR": str(folder / "out"),
    }
    return Previews(
        base=Deployed(
            workspace=Workspace(stage="dev", environ=environ),
            settings=read_stage(stages, "dev"),
            clients=clients,
        )
    )


@pytest.mark.jsii
@pytest.mark.parametrize(
    ("state", "kind", "place"),
    [
        (STATE, "s3", {"bucket": "example-state", "key": "team/atomic-preview-pr-1.tfstate"}),
        ("", "local", {"path": "terraform.atomic-preview-pr-1.tfstate"}),
    ],
)
def test_terraform_is_told_where_the_state_is_and_that_nothing_stays(
    tmp_path: Path,
    clients: Clients,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
    kind: str,
    place: dict[str, str],
) -> None:
    monkeypatch.setattr(Terraform, "initialize", lambda _terraform: None)
    (tmp_path / "end").mkdir()

    life.empty(previews(tmp_path, BASE + state, clients), "pr-1", tmp_path / "end")

    document = json.loads((tmp_path / "end" / "cdk.tf.json").read_text())
    backend = document["terraform"]["backend"][kind]
    assert document.keys() == {"terraform", "provider"}
    assert document["provider"]["aws"][0]["region"] == "us-east-1"
    assert {key: Path(backend[key]).name if kind == "local" else backend[key] for key in place} == (
        place
    )


def test_images_that_are_a_previews_alone_go_and_those_of_the_base_stay(
    tmp_path: Path, clients: Clients
) -> None:
    ecr = clients("ecr")
    found = previews(tmp_path, BASE, clients)
    for name in ("atomic-dev-app", "atomic-dev-functions"):
        ecr.create_repository(repositoryName=name)
        for tag in ("abc", "pv-pr-1.abc", "pv-pr-12.abc", "pv-pr-1-b.abc"):
            manifest = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "config": tag}
            ecr.put_image(repositoryName=name, imageTag=tag, imageManifest=json.dumps(manifest))

    life.delete_images(found.base, "pr-1", lambda _step: None)

    for name in ("atomic-dev-app", "atomic-dev-functions"):
        left = ecr.list_images(repositoryName=name)["imageIds"]
        assert sorted(each["imageTag"] for each in left) == ["abc", "pv-pr-1-b.abc", "pv-pr-12.abc"]
