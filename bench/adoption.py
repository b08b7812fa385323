"""Adopting in one plan against a loop of `terraform import`, on the same objects in the same run."""

import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from imports.record import read_record
from imports.take_stock import take_stock
from imports.terraform import Terraform
from imports.workspace import Workspace
from local.emulator import Emulator, running_emulator
from local.legacy import legacy_base

STAGE = "bench"
RESULTS = Path("bench-results.json")


def main() -> int:
    """Measure, print a table, write the figures as JSON; 0 when both ways adopted everything."""
    console = Console(highlight=False)
    with (
        tempfile.TemporaryDirectory(prefix="atomic-bench-") as name,
        running_emulator() as emulator,
    ):
        folder = Path(name)
        console.print("building a legacy base (some 100 s)")
        legacy = legacy_base(folder / "legacy", emulator, environment=os.environ)
        legacy.checked("apply", "-auto-approve", "-input=false", "-no-color")
        workspace = _inventory(emulator, folder, legacy, console)
        record = read_record(workspace.record_path)
        if record is None:
            return 1
        terraform = workspace.synthesize()

        loop = _copy(terraform, folder / "loop")
        console.print(f"terraform import, {len(record.adopted)} times")
        loop_seconds = _timed(
            lambda: [
                loop.checked("import", "-input=false", "-no-color", item.address, item.import_id)
                for item in record.adopted
            ]
        )
        console.print("one apply of the import blocks, as `cdktf deploy` does it")
        at_once = _copy(terraform, folder / "at-once")
        apply_seconds = _timed(
            lambda: at_once.checked("apply", "-auto-approve", "-input=false", "-no-color")
        )
        console.print("the plan in a file, then its apply, as `python -m imports adopt` does it")
        judged = _copy(terraform, folder / "judged")
        plan = folder / "judged.tfplan"
        plan_seconds = _timed(lambda: judged.plan(plan))
        judged_seconds = plan_seconds + _timed(
            lambda: judged.checked("apply", "-input=false", "-no-color", str(plan))
        )
        held = [_held(loop), _held(at_once), _held(judged)]
    ways = {
        "terraform import, one by one": loop_seconds,
        "one apply": apply_seconds,
        "the plan alone": plan_seconds,
        "plan, then its apply": judged_seconds,
    }
    figures = {
        "objects": len(record.adopted),
        "held": held,
        "seconds": ways,
        "times_as_fast": {way: loop_seconds / seconds for way, seconds in ways.items()},
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n")
    table = Table("way", "seconds", "times as fast", box=None)
    for way, seconds in ways.items():
        table.add_row(way, f"{seconds:.1f}", f"{loop_seconds / seconds:.1f}")
    console.print(f"{len(record.adopted)} objects; held afterwards: {held}")
    console.print(table)
    console.print(f"written to {RESULTS}")
    return 0 if set(held) == {len(record.adopted)} else 1


def _inventory(emulator: Emulator, folder: Path, legacy: Terraform, console: Console) -> Workspace:
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
        workspace, legacy=legacy.folder, state_file=None, variables={}, progress=console.print
    )
    return workspace


def _copy(terraform: Terraform, folder: Path) -> Terraform:
    """The same stack in a folder and with a state of its own."""
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


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _held(terraform: Terraform) -> int:
    return sum(
        len(resource["instances"])
        for resource in terraform.pull_state().get("resources", [])
        if resource["mode"] == "managed"
    )


if __name__ == "__main__":
    sys.exit(main())
