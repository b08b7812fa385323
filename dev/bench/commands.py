"""cdktf on a deployed stage: the deploy against its critical path, and an empty diff against a plan."""

import statistics
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from common.screen import print_table, say
from dev.bench.critical_path import CreationClock, critical_path, dependencies
from dev.bench.measuring import timed
from local.cdktf import Cdktf
from local.emulator import Emulator, running_emulator
from local.one_step import stage_in_one_step
from modules.settings.stage_settings import stack_name
from terraform.stack import read_stack

STACK = stack_name("dev")
RUNS = 5


@dataclass(frozen=True, kw_only=True)
class Deploy:
    """How long a deploy took, and the chain of its resources that took longest."""

    wall_seconds: float
    path_seconds: float
    path: Mapping[str, float]
    resources: int

    @property
    def ratio(self) -> float:
        """1 would be a deploy that does nothing but wait for its longest chain."""
        return self.wall_seconds / self.path_seconds


def deploy_and_diff() -> dict[str, object]:
    """Deploy dev from nothing; look at its diff and deploy it; then diff and plan by turns."""
    with (
        tempfile.TemporaryDirectory(prefix="atomic-bench-") as name,
        running_emulator() as emulator,
    ):
        say(f"cdktf deploy {STACK} into an empty folder (some 100 s)")
        cold = _deploy(_cdktf(Path(name), emulator))
    with (
        tempfile.TemporaryDirectory(prefix="atomic-bench-") as name,
        running_emulator() as emulator,
    ):
        cdktf = _cdktf(Path(name), emulator)
        say(f"cdktf diff {STACK}, then cdktf deploy {STACK} (some 100 s)")
        cdktf.run("diff", STACK)
        warm = _deploy(cdktf)
        say(f"cdktf diff {STACK} and terraform plan, {RUNS} times by turns")
        diffs, plans = [], []
        for _ in range(RUNS):
            diffs.append(timed(lambda: cdktf.run("diff", STACK)))
            plans.append(timed(lambda: cdktf.terraform(STACK, "plan", "-input=false")))
    diff, plan = statistics.median(diffs), statistics.median(plans)
    _show(warm=warm, cold=cold)
    print_table(
        ("nothing to change", "seconds", "ratio"),
        [
            ("terraform plan", f"{plan:.1f}", "1.00"),
            ("cdktf diff", f"{diff:.1f}", f"{diff / plan:.2f}"),
        ],
    )
    return {
        "deploy_seconds": warm.wall_seconds,
        "critical_path_seconds": warm.path_seconds,
        "critical_path": dict(warm.path),
        "deploy_to_critical_path": warm.ratio,
        "deploy_from_nothing_seconds": cold.wall_seconds,
        "deploy_from_nothing_to_critical_path": cold.ratio,
        "diff_seconds": diff,
        "plan_seconds": plan,
        "diff_to_plan": diff / plan,
    }


def _cdktf(folder: Path, emulator: Emulator) -> Cdktf:
    stages = stage_in_one_step(folder / "stages")
    environment = {**emulator.environment, "ATOMIC_STAGES_DIR": str(stages)}
    return Cdktf(folder=folder, environment=environment)


def _deploy(cdktf: Cdktf) -> Deploy:
    clock = CreationClock()
    wall = timed(lambda: cdktf.run("deploy", STACK, "--auto-approve", on_line=clock.hear))
    stack = read_stack(cdktf.stack_folder(STACK))
    took = clock.seconds
    bound, chain = critical_path(took, dependencies(stack))
    return Deploy(
        wall_seconds=wall,
        path_seconds=bound,
        path={address: took[address] for address in chain},
        resources=len(took),
    )


def _show(*, warm: Deploy, cold: Deploy) -> None:
    columns = ("cdktf deploy", "after a diff", "from nothing")
    cells: list[tuple[str, ...]] = []
    cells.append(("wall time, s", f"{warm.wall_seconds:.1f}", f"{cold.wall_seconds:.1f}"))
    cells.append(
        (
            f"critical path of {warm.resources} resources, s",
            f"{warm.path_seconds:.1f}",
            f"{cold.path_seconds:.1f}",
        )
    )
    for address, seconds in warm.path.items():
        there = cold.path.get(address)
        cells.append((f"  {address}", f"{seconds:.1f}", "" if there is None else f"{there:.1f}"))
    cells.append(("wall time to critical path", f"{warm.ratio:.2f}", f"{cold.ratio:.2f}"))
    print_table(columns, cells)
