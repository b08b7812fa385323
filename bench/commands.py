"""cdktf on a deployed stage: the deploy against its critical path, and an empty diff against a plan."""

import json
import statistics
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.critical_path import CreationClock, critical_path, dependencies
from bench.measuring import timed
from local.cdktf import Cdktf
from local.emulator import running_emulator
from modules.settings import stack_name

STACK = stack_name("dev")
RUNS = 5


def deploy_and_diff(console: Console) -> dict[str, object]:
    """Look at dev's diff, deploy it, then ask for a diff and for a plain plan by turns."""
    with (
        tempfile.TemporaryDirectory(prefix="atomic-bench-") as name,
        running_emulator() as emulator,
    ):
        cdktf = Cdktf(folder=Path(name), environment=emulator.environment)
        # As one does before a deploy: the stage is then synthesized and its stack initialized.
        console.print(f"cdktf diff {STACK}, which shows what is to come")
        cdktf.run("diff", STACK)
        console.print(f"cdktf deploy {STACK} (some 100 s)")
        clock = CreationClock()
        wall = timed(lambda: cdktf.run("deploy", STACK, "--auto-approve", on_line=clock.hear))
        document = json.loads((cdktf.stack_folder(STACK) / "cdk.tf.json").read_text())
        took = clock.seconds
        bound, chain = critical_path(took, dependencies(document))

        console.print(f"cdktf diff {STACK} and terraform plan, {RUNS} times by turns")
        diffs, plans = [], []
        for _ in range(RUNS):
            diffs.append(timed(lambda: cdktf.run("diff", STACK)))
            plans.append(timed(lambda: cdktf.terraform(STACK, "plan", "-input=false")))
    diff, plan = statistics.median(diffs), statistics.median(plans)
    table = Table("cdktf deploy", "seconds", box=None)
    table.add_row("wall time", f"{wall:.1f}")
    table.add_row(f"critical path of {len(took)} resources", f"{bound:.1f}")
    for address in chain:
        table.add_row(f"  {address}", f"{took[address]:.1f}")
    table.add_row("wall time to critical path", f"{wall / bound:.2f}")
    console.print(table)
    table = Table("nothing to change", "seconds", "ratio", box=None)
    table.add_row("terraform plan", f"{plan:.1f}", "1.00")
    table.add_row("cdktf diff", f"{diff:.1f}", f"{diff / plan:.2f}")
    console.print(table)
    return {
        "deploy_seconds": wall,
        "critical_path_seconds": bound,
        "critical_path": {address: took[address] for address in chain},
        "deploy_to_critical_path": wall / bound,
        "diff_seconds": diff,
        "plan_seconds": plan,
        "diff_to_plan": diff / plan,
    }
