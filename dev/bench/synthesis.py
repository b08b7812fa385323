"""What synthesis costs: against the stock import path, and with many services and stages."""

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from common.screen import print_table, say
from dev.bench.measuring import Measured, measured, project_environment
from local.emulator import PROJECT

RUNS = 5
SERVICES = (8, 80, 400)
STAGES = (1, 10, 50)
_BUILT_IN_SERVICES = 8
# Prod has them, and a file of that name has to say so.
_PROD = "security = { web_firewall = true, backups = true }\n"
_MAIN = [sys.executable, "main.py"]


def against_stock() -> dict[str, object]:
    """`python main.py` for prod: with the stock bindings, with ours, and with nothing changed."""
    ways = {
        # The set-up compiles the bindings that ours uses; the first run, which does not count, the rest.
        "stock bindings": {"ATOMIC_STOCK_BINDINGS": "1", "PYTHONDONTWRITEBYTECODE": ""},
        "ours": {"ATOMIC_SYNTH_AFRESH": "1"},
        "ours, nothing changed": {},
    }
    say(f"synthesizing prod, {RUNS} times by turns: {', '.join(ways)}")
    with tempfile.TemporaryDirectory(prefix="atomic-bench-") as name:
        results = measured(
            _MAIN,
            {
                way: project_environment(
                    ATOMIC_STAGE="prod", CDKTF_OUTDIR=str(Path(name) / way), **switches
                )
                for way, switches in ways.items()
            },
            cwd=PROJECT,
            runs=RUNS,
        )
    stock = results["stock bindings"]
    columns = ("python main.py, prod", "seconds", "times as fast", "peak MiB")
    cells: list[tuple[str, ...]] = []
    for way, result in results.items():
        cells.append(
            (way, f"{result.seconds:.2f}", f"{stock.seconds / result.seconds:.1f}", _mib(result))
        )
    print_table(columns, cells)
    return {
        way: {
            "seconds": result.seconds,
            "peak_mib": result.peak_mib,
            "times_as_fast": stock.seconds / result.seconds,
        }
        for way, result in results.items()
    }


def many_services() -> list[dict[str, object]]:
    """Synthesize one stage of 8, 80 and 400 services."""
    return _scaled("services", {count: {"prod": prod_of(count)} for count in SERVICES})


def many_stages() -> list[dict[str, object]]:
    """1, 10 and 50 stages of 8 services."""
    stage = stage_of(_BUILT_IN_SERVICES)
    return _scaled("stages", {count: {f"s{i}": stage for i in range(count)} for count in STAGES})


def prod_of(services: int) -> str:
    """Return the file of a prod with so many services."""
    return _PROD + stage_of(services)


def stage_of(services: int) -> str:
    """Write a stage file with the platform's own services and as many more as it takes."""
    text = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'
    return text + "".join(
        f'\n[services.extra-{index}]\nport = 9000\npath = "/extra/{index}"\n'
        f"priority = {1000 + index}\nmax_tasks = 2\ncpu_alarm = true\n"
        for index in range(services - _BUILT_IN_SERVICES)
    )


def _scaled(what: str, sizes: Mapping[int, Mapping[str, str]]) -> list[dict[str, object]]:
    """Synthesize each size's stage files (text by stage)."""
    rows: list[dict[str, object]] = []
    columns = (what, "resources", "seconds", "ms per resource", "peak MiB")
    cells: list[tuple[str, ...]] = []
    for count, files in sizes.items():
        say(f"synthesizing {count} {what}")
        with tempfile.TemporaryDirectory(prefix="atomic-bench-") as name:
            for stage, text in files.items():
                (Path(name) / f"{stage}.toml").write_text(text)
            outdir = Path(name) / "out"
            environment = project_environment(
                ATOMIC_STAGES_DIR=name, CDKTF_OUTDIR=str(outdir), ATOMIC_SYNTH_AFRESH="1"
            )
            result = measured(_MAIN, {"ours": environment}, cwd=PROJECT, runs=3)["ours"]
            resources = sum(
                len(named)
                for path in outdir.glob("stacks/*/cdk.tf.json")
                for named in json.loads(path.read_text())["resource"].values()
            )
        each = 1000 * result.seconds / resources
        cells.append(
            (str(count), str(resources), f"{result.seconds:.2f}", f"{each:.2f}", _mib(result))
        )
        rows.append(
            {
                what: count,
                "resources": resources,
                "seconds": result.seconds,
                "milliseconds_per_resource": each,
                "peak_mib": result.peak_mib,
            }
        )
    print_table(columns, cells)
    return rows


def _mib(result: Measured) -> str:
    return "not told" if result.peak_mib is None else f"{result.peak_mib:.0f}"
