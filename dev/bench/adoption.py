"""Adopting in one plan against a loop of `terraform import`, on the same objects in the same run."""

import json
import os
import shutil
import tempfile
from pathlib import Path

from common.screen import print_table, say
from dev.bench.measuring import timed
from imports.legacy_side import LegacySource
from imports.record import read_record
from imports.take_stock import take_stock
from imports.workspace_record import path_of_record
from local.emulator import Emulator, running_emulator
from local.legacy import legacy_base
from synth.synthesized import synthesized
from terraform.cli import Terraform
from terraform.pulled_state import pulled_document
from terraform.workspace import Workspace

STAGE = "bench"


class BenchError(Exception):
    """A way that was measured did not do the work."""


def against_import_loop() -> dict[str, object]:
    """Adopt the same legacy base in three ways.

    Raises BenchError when one of them did not adopt everything.
    """
    with (
        tempfile.TemporaryDirectory(prefix="atomic-bench-") as name,
        running_emulator() as emulator,
    ):
        folder = Path(name)
        say("building a legacy base (some 100 s)")
        legacy = legacy_base(folder / "legacy", emulator, environment=os.environ)
        legacy.checked("apply", "-auto-approve", "-input=false", "-no-color")
        workspace = _inventory(emulator, folder, legacy)
        record = read_record(path_of_record(workspace))
        if record is None:
            raise BenchError("the inventory wrote no record")
        terraform = workspace.synthesize()

        loop = _copy(terraform, folder / "loop")
        say(f"terraform import, {len(record.adopted)} times")
        loop_seconds = timed(
            lambda: [
                loop.checked("import", "-input=false", "-no-color", item.address, item.import_id)
                for item in record.adopted
            ]
        )
        say("one apply of the import blocks, as `cdktf deploy` does it")
        at_once = _copy(terraform, folder / "at-once")
        apply_seconds = timed(
            lambda: at_once.checked("apply", "-auto-approve", "-input=false", "-no-color")
        )
        say("the plan in a file, then its apply, as `python -m imports adopt` does it")
        judged = _copy(terraform, folder / "judged")
        plan = folder / "judged.tfplan"
        plan_seconds = timed(lambda: judged.plan(plan))
        judged_seconds = plan_seconds + timed(
            lambda: judged.checked("apply", "-input=false", "-no-color", str(plan))
        )
        held = [_held(loop), _held(at_once), _held(judged)]
    ways = {
        "terraform import, one by one": loop_seconds,
        "one apply": apply_seconds,
        "the plan alone": plan_seconds,
        "plan, then its apply": judged_seconds,
    }
    columns = ("adopting", "seconds", "times as fast")
    cells: list[tuple[str, ...]] = []
    for way, seconds in ways.items():
        cells.append((way, f"{seconds:.1f}", f"{loop_seconds / seconds:.1f}"))
    print_table(columns, cells)
    if set(held) != {len(record.adopted)}:
        raise BenchError(f"of {len(record.adopted)} objects the states held {held}")
    return {
        "objects": len(record.adopted),
        "seconds": ways,
        "times_as_fast": {way: loop_seconds / seconds for way, seconds in ways.items()},
    }


def _inventory(emulator: Emulator, folder: Path, legacy: Terraform) -> Workspace:
    stages = folder / "stages"
    stages.mkdir()
    os.environ.update(emulator.environment)
    workspace = Workspace(
        stage=STAGE,
        environ={
            **os.environ,
            "ATOMIC_STAGES_DIR": str(stages),
            "ATOMIC_STATE_DIR": str(folder),
            "CDKTF_OUTDIR": str(folder / "cdktf.out"),
        },
    )
    take_stock(
        workspace,
        LegacySource(folder=legacy.folder),
        agree=lambda _: None,  # the base runs nothing
        synthesize=lambda settings, adopted: synthesized(settings, adopted=adopted),
        progress=say,
    )
    return workspace


def _copy(terraform: Terraform, folder: Path) -> Terraform:
    """Return the same stack in a folder and with a state of its own."""
    shutil.copytree(terraform.folder, folder, symlinks=True)
    path = folder / "cdk.tf.json"
    document = json.loads(path.read_text())
    document["terraform"]["backend"] = {"local": {"path": str(folder / "terraform.tfstate")}}
    if folder.name == "loop":
        del document["import"]
    path.write_text(json.dumps(document))
    copy = Terraform(folder=folder, environment=terraform.environment)
    copy.checked("init", "-reconfigure", "-input=false", "-no-color")
    return copy


def _held(terraform: Terraform) -> int:
    return sum(
        len(resource["instances"])
        for resource in pulled_document(terraform).get("resources", [])
        if resource["mode"] == "managed"
    )
