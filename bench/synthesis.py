"""What synthesis costs: against the stock import path, and with many services and stages."""

import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measuring import Measured, measured, project_environment
from local.emulator import PROJECT
from modules.stage_files import stage_names

RUNS = 5
SERVICES = (8, 80, 400)
STAGES = (1, 10, 50)
_BUILT_IN_SERVICES = 8
_MAIN = [sys.executable, "main.py"]


def against_stock(console: Console) -> dict[str, object]:
    """`python main.py` for prod: with the stock bindings, with ours, and with nothing changed."""
    ways = {
        "stock bindings": {"ATOMIC_STOCK_BINDINGS": "1"},
        "ours": {"ATOMIC_SYNTH_AFRESH": "1"},
        "ours, nothing changed": {},
    }
    results: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory(prefix="atomic-bench-") as name:
        for way, switches in ways.items():
            console.print(f"synthesizing prod, {way}")
            results[way] = measured(
                _MAIN,
                cwd=PROJECT,
                environment=project_environment(
                    ATOMIC_STAGE="prod", CDKTF_OUTDIR=str(Path(name) / "out"), **switches
                ),
                runs=RUNS,
            )
    stock = results["stock bindings"]
    table = Table("python main.py, prod", "seconds", "times as fast", "peak MiB", box=None)
    for way, result in results.items():
        table.add_row(
            way, f"{result.seconds:.2f}", f"{stock.seconds / result.seconds:.1f}", _mib(result)
        )
    console.print(table)
    return {
        way: {
            "seconds": result.seconds,
            "peak_mib": result.peak_mib,
            "times_as_fast": stock.seconds / result.seconds,
        }
        for way, result in results.items()
    }


def many_services(console: Console) -> list[dict[str, object]]:
    """One stage of 8, 80 and 400 services."""
    rows = []
    for count in SERVICES:
        with tempfile.TemporaryDirectory(prefix="atomic-bench-") as name:
            stages = Path(name) / "stages"
            stages.mkdir()
            (stages / "prod.toml").write_text(stage_of(count))
            rows.append(_scaled("services", count, stages, console))
    _show(rows, "services", console)
    return rows


def many_stages(console: Console) -> list[dict[str, object]]:
    """1, 10 and 50 stages of 8 services."""
    rows = []
    for count in STAGES:
        with tempfile.TemporaryDirectory(prefix="atomic-bench-") as name:
            stages = Path(name) / "stages"
            stages.mkdir()
            for index in range(count):
                (stages / f"s{index}.toml").write_text(stage_of(_BUILT_IN_SERVICES))
            rows.append(_scaled("stages", count, stages, console))
    _show(rows, "stages", console)
    return rows


def stage_of(services: int) -> str:
    """A stage file with the platform's own services and as many more as it takes."""
    text = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'
    return text + "".join(
        f'\n[services.extra-{index}]\nport = 9000\npath = "/extra/{index}"\n'
        f"priority = {1000 + index}\nmax_tasks = 2\ncpu_alarm = true\n"
        for index in range(services - _BUILT_IN_SERVICES)
    )


def _scaled(what: str, count: int, stages: Path, console: Console) -> dict[str, object]:
    console.print(f"synthesizing {count} {what}")
    outdir = stages.parent / "out"
    environment = project_environment(
        ATOMIC_STAGES_DIR=str(stages), CDKTF_OUTDIR=str(outdir), ATOMIC_SYNTH_AFRESH="1"
    )
    result = measured(_MAIN, cwd=PROJECT, environment=environment, runs=3)
    resources = sum(
        len(named)
        for stage in stage_names(stages)
        for named in json.loads(
            (outdir / "stacks" / f"atomic-{stage}" / "cdk.tf.json").read_text()
        )["resource"].values()
    )
    return {
        what: count,
        "resources": resources,
        "seconds": result.seconds,
        "milliseconds_per_resource": 1000 * result.seconds / resources,
        "peak_mib": result.peak_mib,
    }


def _show(rows: list[dict[str, object]], what: str, console: Console) -> None:
    table = Table(what, "resources", "seconds", "ms per resource", "peak MiB", box=None)
    for row in rows:
        peak = row["peak_mib"]
        table.add_row(
            str(row[what]),
            str(row["resources"]),
            f"{row['seconds']:.2f}",
            f"{row['milliseconds_per_resource']:.2f}",
            "not told" if peak is None else f"{peak:.0f}",
        )
    console.print(table)


def _mib(result: Measured) -> str:
    return "not told" if result.peak_mib is None else f"{result.peak_mib:.0f}"
