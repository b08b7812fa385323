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
STACKS = DEV, PROD = ("stacks/atomic-dev/cdk.tf.json", "stacks/atomic-prod/cdk.tf.json")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outdir = tmp_path_factory.mktemp("synthesized") / "out"
    _synthesize(outdir, {})
    return outdir


@pytest.fixture
def outdir(made: Path, tmp_path: Path) -> Path:
    """Dev and prod as they were just synthesized, in a folder of the test's own."""
    return Path(shutil.copytree(made, tmp_path / "out"))


def test_without_the_accelerators_all_is_written_anew_and_the_same_to_the_byte(
    outdir: Path,
) -> None:
    fast, written = _output(outdir), _times(outdir)

    stock = _synthesized(outdir, {SWITCH: "1", "PYTHONDONTWRITEBYTECODE": ""})

    assert stock == fast
    assert set(fast) == {"manifest.json", *STACKS}
    assert all(_times(outdir)[stack] != written[stack] for stack in STACKS)


def test_a_stage_that_has_not_changed_is_left_as_it_is(outdir: Path) -> None:
    first, written = _output(outdir), _times(outdir)

    again = _synthesized(outdir, {})

    assert again == first
    assert _times(outdir) == written


def test_a_switch_synthesizes_it_all_the_same(outdir: Path) -> None:
    first, written = _output(outdir), _times(outdir)

    again = _synthesized(outdir, {"ATOMIC_SYNTH_AFRESH": "1"})

    assert again == first
    assert all(_times(outdir)[stack] != written[stack] for stack in STACKS)


def test_a_stage_that_has_changed_is_written_beside_one_that_has_not(
    outdir: Path, tmp_path: Path
) -> None:
    before, written = _output(outdir), _times(outdir)
    stages = shutil.copytree(PROJECT / "stages", tmp_path / "stages")
    dev = stages / "dev.toml"
    dev.write_text(dev.read_text().replace("dev.example.com", "other.example.com"))

    after = _synthesized(outdir, {"ATOMIC_STAGES_DIR": str(stages)})

    assert {name for name in before if before[name] != after[name]} == {DEV}
    assert b"other.example.com" in after[DEV]
    assert _times(outdir)[PROD] == written[PROD]


def test_a_file_edited_by_hand_is_written_anew(outdir: Path) -> None:
    first = _output(outdir)
    (outdir / DEV).write_text("{}")

    assert _synthesized(outdir, {}) == first


def test_a_lost_manifest_is_written_anew(outdir: Path) -> None:
    first = _output(outdir)
    (outdir / "manifest.json").unlink()

    assert _synthesized(outdir, {}) == first


def _times(outdir: Path) -> dict[str, int]:
    return {
        str(path.relative_to(outdir)): path.stat().st_mtime_ns for path in outdir.rglob("*.json")
    }


def _synthesized(outdir: Path, environment: dict[str, str]) -> dict[str, bytes]:
    _synthesize(outdir, environment)
    return _output(outdir)


def _synthesize(outdir: Path, environment: dict[str, str]) -> None:
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


def _output(outdir: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(outdir)): path.read_bytes()
        for path in sorted(outdir.rglob("*"))
        if path.is_file() and MEMORY not in path.parts
    }
