"""Terraform accepts what is synthesized, for each stage, engine and phase."""

import os
import shutil
import subprocess
from pathlib import Path, PurePath

import pytest

from synth.bindings import accelerate
from tests.conftest import NO_OPENTOFU
from tests.stages import SHIPPED, VARIANTS, stage_settings

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All stages in one folder, initialized once: only the provider matters to `validate`."""
    accelerate(os.environ)
    from modules.app import synthesize  # noqa: PLC0415  # starts the jsii kernel

    outdir = tmp_path_factory.mktemp("validate")
    stages = [stage_settings(name) for name in (*SHIPPED, *VARIANTS)]
    synthesize(
        stages, adopted={}, outdir=str(outdir), state_folder=PurePath("state"), emulated=False
    )
    first = outdir / "stacks" / stages[0].stack_name
    _run("terraform", first, "init", "-backend=false", "-input=false")
    for stage in stages[1:]:
        folder = outdir / "stacks" / stage.stack_name
        shutil.copytree(first / ".terraform", folder / ".terraform", symlinks=True)
        shutil.copy(first / ".terraform.lock.hcl", folder)
    return outdir


@pytest.mark.parametrize("stage", [*SHIPPED, *VARIANTS])
def test_terraform_finds_the_stack_valid(synthesized: Path, stage: str) -> None:
    folder = synthesized / "stacks" / f"atomic-{stage}"

    answer = _run("terraform", folder, "validate", "-no-color")

    assert "Success! The configuration is valid." in answer


@pytest.mark.skipif(shutil.which("tofu") is None, reason=NO_OPENTOFU)
def test_opentofu_finds_the_stack_valid(synthesized: Path, tmp_path: Path) -> None:
    shutil.copy(synthesized / "stacks" / "atomic-prod" / "cdk.tf.json", tmp_path)

    _run("tofu", tmp_path, "init", "-backend=false", "-input=false")
    answer = _run("tofu", tmp_path, "validate", "-no-color")

    assert "Success! The configuration is valid." in answer


def _run(program: str, folder: Path, *arguments: str) -> str:
    return subprocess.run(
        [program, *arguments], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
