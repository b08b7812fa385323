"""The accelerated bindings change nothing but the time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bindings import SWITCH
from local.emulator import PROJECT

pytestmark = pytest.mark.integration


def test_the_output_is_the_same_to_the_byte_without_the_accelerators(tmp_path: Path) -> None:
    fast = _synthesized(tmp_path / "fast", {})
    stock = _synthesized(tmp_path / "stock", {SWITCH: "1"})

    assert fast == stock
    assert set(fast) == {"manifest.json", *(f"stacks/atomic-prod/{f}" for f in ("cdk.tf.json",))}


def _synthesized(outdir: Path, environment: dict[str, str]) -> dict[str, bytes]:
    subprocess.run(
        [sys.executable, "main.py"],
        cwd=PROJECT,
        env={
            **os.environ,
            "ATOMIC_STAGE": "prod",
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
        if path.is_file()
    }
