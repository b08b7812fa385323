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
        one = _copy(terraform, folder / "one")
        console.print("one plan and its apply")
        plan = folder / "one.tfplan"
        plan_seconds = _timed(lambda: one.plan(plan))
        apply_seconds = _timed(lambda: one.checked("apply", "-input=false", "-no-color", str(plan)))
        held = [_held(loop), _held(one)]
    figures = {
        "objects": len(record.adopted),
        "held": held,
        "import_loop_seconds": loop_seconds,
        "one_plan_seconds": plan_seconds,
        "its_apply_seconds": apply_seconds,
        "ratio_to_plan": loop_seconds / plan_seconds,
        "ratio_to_plan_and_apply": loop_seconds / (plan_seconds + apply_seconds),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n")
    table = Table("way", "objects", "seconds", "ratio", box=None)
    table.add_row("terraform import, one by one", str(held[0]), f"{loop_seconds:.1f}", "")
    table.add_row(
        "one plan",
        str(held[1]),
        f"{plan_seconds:.1f}",
        f"{figures['ratio_to_plan']:.1f} times as fast",
    )
    table.add_row(
        "one plan and its apply",
        str(held[1]),
        f"{plan_seconds + apply_seconds:.1f}",
        f"{figures['ratio_to_plan_and_apply']:.1f} times as fast",
    )
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
