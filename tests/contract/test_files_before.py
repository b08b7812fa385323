"""The files that the version before has written are read, and mean what they meant."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.contract import json_keys
from tests.contract.command_lines import PROJECT, ends_with
from tests.contract.tables import V0

STACK = "stacks/atomic-live/cdk.tf.json"
STATE = V0 / "terraform.atomic-live.tfstate"
BUCKET, KEY = "live-state", "atomic-live.tfstate"


@pytest.fixture
def stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stage file and the adoption record, where the command lines look for them."""
    folder = tmp_path / "stages"
    shutil.copytree(V0 / "stages", folder)
    monkeypatch.setenv("ATOMIC_STAGES_DIR", str(folder))
    return folder


@pytest.fixture
def bucket(stages: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The stage's state in a bucket, in two versions; its S3."""
    with (stages / "live.toml").open("a") as file:
        file.write(f'\n[state]\nbucket = "{BUCKET}"\n')
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        later = {**json.loads(STATE.read_text()), "resources": []}
        for document in (STATE.read_text(), json.dumps({**later, "serial": later["serial"] + 1})):
            s3.put_object(Bucket=BUCKET, Key=KEY, Body=document)
        yield s3


@pytest.mark.jsii
@pytest.mark.parametrize("remembered", [True, False], ids=["on its own output", "anew"])
def test_stage_file_and_record_synthesize_to_the_same_bytes(
    stages: Path, tmp_path: Path, remembered: bool
) -> None:
    """GIVEN the output folder of the version before, with what that remembered of it, or none."""
    outdir = tmp_path / "cdktf.out"
    if remembered:
        shutil.copytree(V0 / "synthesized", outdir)
    environment = {k: v for k, v in os.environ.items() if k != "AWS_ENDPOINT_URL"}

    finished = subprocess.run(
        [sys.executable, "main.py"],
        cwd=PROJECT,
        env={
            **environment,
            "ATOMIC_STAGES_DIR": str(stages),
            "ATOMIC_STAGE": "live",
            "ATOMIC_STATE_DIR": "/state",
            "ATOMIC_SYNTH_AFRESH": "",
            "CDKTF_OUTDIR": str(outdir),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stderr
    before = V0 / "synthesized"
    assert (outdir / "manifest.json").read_bytes() == (before / "manifest.json").read_bytes()
    assert without_version((outdir / STACK).read_text()) == (before / STACK).read_text()


def without_version(text: str) -> str:
    """The stack without the output that tells the version, which the version before had not."""
    document = json.loads(text)
    del document["output"]["InfrastructureVersion"]
    del document["//"]["outputs"]["atomic-live"]["InfrastructureVersion"]
    return json.dumps(document, indent=2)


@pytest.mark.usefixtures("stages")
def test_the_record_is_printed_as_the_same_imports(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = ends_with(["imports", "script", "--stage", "live"], monkeypatch)

    assert code == 0
    assert capsys.readouterr().out == (V0 / "import.sh").read_text()


def test_a_version_of_the_state_is_put_back(
    bucket: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    list_versions = ["state", "backups", "--stage", "live", "--json"]
    assert ends_with(["ops", *list_versions], monkeypatch) == 0
    listed = capsys.readouterr().out
    json_keys.check("ops", list_versions, listed)
    first = json.loads(listed)[-1]["id"]
    restore = ["state", "restore", "--stage", "live", "--version", first, "--yes", "--json"]

    code = ends_with(["ops", *restore], monkeypatch)

    said = capsys.readouterr()
    assert code == 0, said.err
    json_keys.check("ops", restore, said.out)
    before = json.loads(STATE.read_text())
    after = json.loads(bucket.get_object(Bucket=BUCKET, Key=KEY)["Body"].read())
    assert after == {**before, "serial": before["serial"] + 2}


def test_a_run_of_faults_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """GIVEN the results of a run that was finished: nothing is deployed again."""
    results = tmp_path / "results.json"
    shutil.copy(V0 / "torture-results.json", results)
    typed = ["torture", "--quick", "--resume", "--results", str(results)]

    code = ends_with(typed, monkeypatch)

    said = capsys.readouterr()
    assert (code, said.err) == (0, "")
    assert said.out.splitlines()[-1].split()[:5] == ["all", "218", "3", "3", "2"]
