"""Writes what a release synthesizes for dev: `make release-snapshot`, once per release.

It is the stack for the embedded AWS, without cdktf's remarks and without a backend: whoever deploys it says
where its state is. The addresses of every stage and variant become part of the contract.
"""

import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from common.version import VERSION
from synth.bindings import accelerate
from tests.stages import stage_settings

HERE = Path(__file__).parent
STAGE = "dev"
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


def last_release() -> Path:
    """The stack of the newest release there is."""
    return max(HERE.glob(f"v*/{STAGE}.json"), key=lambda path: numbers(path.parent.name[1:]))


def present_stack() -> dict[str, Any]:
    """What this version synthesizes, in the same form."""
    accelerate(os.environ)
    from modules.app import synthesize  # noqa: PLC0415  # starts the jsii kernel

    settings = stage_settings(STAGE)
    with tempfile.TemporaryDirectory() as folder:
        stacks = synthesize(
            [settings], adopted={}, outdir=folder, state_folder=Path("/state"), emulated=True
        )
        text = Path(stacks, settings.stack_name, "cdk.tf.json").read_text(encoding="utf-8")
    document: dict[str, Any] = _without_remarks(json.loads(text))
    del document["terraform"]["backend"]
    return document


def _without_remarks(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_remarks(item) for key, item in value.items() if key != "//"}
    if isinstance(value, list):
        return [_without_remarks(item) for item in value]
    return value


def numbers(version: str) -> tuple[int, ...]:
    """Return the three numbers of a version, by which versions are ordered."""
    found = _VERSION.fullmatch(version)
    if not found:
        raise ValueError(f"{version}: a version is three numbers")
    return tuple(map(int, found.groups()))


def main(version: str) -> None:
    """Write the snapshot of this version; one that is there stays, because it was released."""
    if version not in {"", VERSION}:
        sys.exit(
            f"VERSION={version}: must be {VERSION}, as in common/version.py; change it there first"
        )
    path = HERE / f"v{VERSION}" / f"{STAGE}.json"
    if path.exists():
        sys.exit(
            f"{path.relative_to(HERE.parent.parent)} is there: a released version stays as it was"
        )
    text = json.dumps(present_stack(), sort_keys=True, separators=(",", ":"))
    path.parent.mkdir()
    path.write_text(text + "\n", encoding="utf-8")
    for listed in sorted((HERE.parent / "snapshots").glob("*.addresses.txt")):
        name = listed.name.replace(".addresses", "")
        shutil.copyfile(listed, HERE.parent / "contract" / "addresses" / name)
    print(f"wrote {path.relative_to(HERE.parent.parent)} and tests/contract/addresses: commit both")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
