"""What makes synthesis fast changes nothing but the time."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.emulator import PROJECT
from synth.bindings import SWITCH
from synth.cache import MEMORY

pytestmark = pytest.mark.integration

# What this process itself is accelerated by: a stock run has none of it.
_ACCELERATED = {"ATOMIC_JSII_PROGRAM", "JSII_RUNTIME", "NODE_OPTIONS"}


def test_the_output_is_the_same_to_the_byte_without_the_accelerators(tmp_path: Path) -> None:
    fast = _synthesized(tmp_path / "fast", {})
    stock = _synthesized(tmp_path / "stock", {SWITCH: "1"})

    assert fast == stock
    assert set(fast) == {
        "manifest.json",
        *(f"stacks/atomic-{stage}/cdk.tf.json" for stage in ("dev", "prod")),
    }


def test_a_stage_that_has_not_changed_is_left_as_it_is(tmp_path: Path) -> None:
    outdir = tmp_path / "out"
    first = _synthesized(outdir, {})
    written = _times(outdir)

    again = _synthesized(outdir, {})

    assert again == first
    assert _times(outdir) == written


@pytest.mark.parametrize("switch", [SWITCH, "ATOMIC_SYNTH_AFRESH"])
def test_a_switch_synthesizes_it_all_the_same(tmp_path: Path, switch: str) -> None:
    outdir = tmp_path / "out"
    first = _synthesized(outdir, {})
    written = _times(outdir)

    again = _synthesized(outdir, {switch: "1"})

    assert again == first
    assert _times(outdir) != written


def test_a_stage_that_has_changed_is_written_beside_one_that_has_not(tmp_path: Path) -> None:
    stages = tmp_path / "stages"
    shutil.copytree(PROJECT / "stages", stages)
    outdir = tmp_path / "out"
    before = _synthesized(outdir, {"ATOMIC_STAGES_DIR": str(stages)})
    dev = stages / "dev.toml"
    dev.write_text(dev.read_text().replace("dev.example.com", "other.example.com"))

    after = _synthesized(outdir, {"ATOMIC_STAGES_DIR": str(stages)})

    assert {name for name in before if before[name] != after[name]} == {
        "stacks/atomic-dev/cdk.tf.json"
    }
    assert b"other.example.com" in after["stacks/atomic-dev/cdk.tf.json"]


def test_a_file_edited_by_hand_is_written_anew(tmp_path: Path) -> None:
    outdir = tmp_path / "out"
    first = _synthesized(outdir, {})
    (outdir / "stacks" / "atomic-dev" / "cdk.tf.json").write_text("{}")

    assert _synthesized(outdir, {}) == first


def test_a_lost_manifest_is_written_anew(tmp_path: Path) -> None:
    outdir = tmp_path / "out"
    first = _synthesized(outdir, {})
    (outdir / "manifest.json").unlink()

    assert _synthesized(outdir, {}) == first


def _times(outdir: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in outdir.rglob("*.json")}


def _synthesized(outdir: Path, environment: dict[str, str]) -> dict[str, bytes]:
    subprocess.run(
        [sys.executable, "main.py"],
        cwd=PROJECT,
        env={
            **{name: value for name, value in os.environ.items() if name not in _ACCELERATED},
            "ATOMIC_STAGE": "dev,prod",
            "ATOMIC_STATE_DIR": "/state",
            "CDKTF_OUTDIR": str(outdir),
            **environment,
        },
        check=True,
        capture_output=True,
    )
    return {
        str(path.relative_to(outdir)): path.read_bytes()
        for path in sorted(outdir.rglob("*"))
        if path.is_file() and MEMORY not in path.parts
    }
