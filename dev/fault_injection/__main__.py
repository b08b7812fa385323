"""`make torture`: lets things fail while a stage is deployed, and writes down what came of it.

`python -m dev.fault_injection calls kill` tries these parts alone. Exit codes: 0 all converged, nothing
lost, nothing there twice; 1 an error; 2 something of that did not hold. `--resume` goes on with a run
that was stopped.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError

from common.errors import UserError, one_line
from common.files import replace_file
from common.screen import print_table, run, tell
from dev.fault_injection.cases import PARTS, Case, cases, chosen
from dev.fault_injection.disks import unmount_left_over
from dev.fault_injection.table import cells, markdown, replace_between_markers, rows, total
from dev.fault_injection.trial import Healed, Outcome
from local.emulator import PROJECT, EmulatorError

RESULTS = PROJECT / "torture-results.json"
REPORT = PROJECT / "docs" / "reliability.md"


def play(case: Case, folder: Path) -> Outcome:
    """One case in a folder that is gone afterwards."""
    started = time.monotonic()
    try:
        outcome = case.run(folder)
    except (UserError, EmulatorError, OSError, ClientError) as error:
        outcome = Outcome(healed=Healed.NEVER, injected={}, note=one_line(str(error)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return replace(outcome, seconds=round(time.monotonic() - started, 1))


def main(
    parts: Annotated[list[str] | None, typer.Argument(help=f"of {', '.join(PARTS)}")] = None,
    *,
    seed: Annotated[int, typer.Option(help="decides which calls meet a fault")] = 1,
    lanes: Annotated[
        int, typer.Option(min=1, help="deploys at the same time; most of it waits")
    ] = 4,
    results: Annotated[Path, typer.Option(help="the file for all results, as JSON")] = RESULTS,
    quick: Annotated[bool, typer.Option(help="a few cases, in about two minutes")] = False,
    resume: Annotated[
        bool, typer.Option(help="go on with a run that was stopped: what converged is kept")
    ] = False,
) -> None:
    """Try the parts named, or all."""
    unknown = [part for part in parts or () if part not in PARTS]
    if unknown:
        tell(f"torture: no part {unknown[0]!r}: choose of {', '.join(PARTS)}")
        raise typer.Exit(2)
    unmount_left_over()
    to_play = chosen(cases(seed), parts=parts or (), quick=quick)
    started = time.monotonic()
    played = kept(results, to_play, seed=seed) if resume else {}
    with (
        tempfile.TemporaryDirectory(prefix="atomic-torture-") as name,
        ThreadPoolExecutor(lanes) as pool,
    ):
        futures = {
            pool.submit(play, case, Path(name) / str(number)): number
            for number, case in enumerate(to_play)
            if number not in played
        }
        for future in as_completed(futures):
            number = futures[future]
            played[number] = outcome = future.result()
            case = to_play[number]
            _write_results(results, to_play, played, seed=seed)
            tell(
                f"{len(played)} of {len(to_play)} after {time.monotonic() - started:.0f} s: "
                f"{case.fault}, {case.moment}: {_told(outcome)}"
            )
    table = rows((case.fault, played[number]) for number, case in enumerate(to_play))
    print_table(
        ("fault", "injected", "deploys", "converged", "same", "next", "recover", "lost", "twice"),
        [cells(row) for row in (*table, total(table))],
    )
    if not parts and not quick:
        REPORT.write_text(replace_between_markers(REPORT.read_text(), markdown(table)))
    summed = total(table)
    if summed.converged < len(summed.outcomes) or summed.lost or summed.duplicated:
        raise typer.Exit(2)


def kept(path: Path, to_play: Sequence[Case], *, seed: int) -> dict[int, Outcome]:
    """What an earlier run with this seed has written of these cases, by their number, where it converged.

    Raises UserError for a file that holds no results.
    """
    if not path.exists():
        return {}
    try:
        earlier = json.loads(path.read_text())
        if earlier["seed"] != seed:
            return {}
        outcomes = {(each["fault"], each["moment"]): _outcome(each) for each in earlier["tries"]}
    except (ValueError, LookupError, TypeError):
        raise UserError(
            f"{path}: no results of an earlier run: name its file with --results, or leave --resume out"
        ) from None
    return {
        number: outcome
        for number, case in enumerate(to_play)
        if (outcome := outcomes.get((case.fault, case.moment)))
        and outcome.healed is not Healed.NEVER
    }


def _outcome(written: Mapping[str, Any]) -> Outcome:
    values: dict[str, Any] = {field.name: written[field.name] for field in fields(Outcome)}
    values |= {name: tuple(written[name]) for name in ("lost", "duplicated")}
    return Outcome(**{**values, "healed": Healed(written["healed"])})


def _write_results(
    path: Path, to_play: list[Case], played: dict[int, Outcome], *, seed: int
) -> None:
    """After each case, so that a run which is stopped leaves what it has found."""
    tries = [
        {"part": case.part, "fault": case.fault, "moment": case.moment, **asdict(played[number])}
        for number, case in enumerate(to_play)
        if number in played
    ]
    replace_file(path, json.dumps({"seed": seed, "tries": tries}, indent=2) + "\n")


def _told(outcome: Outcome) -> str:
    parts = [f"{sum(outcome.injected.values())} faults, healed by {outcome.healed.value}"]
    if outcome.lost:
        parts.append(f"LOST {', '.join(outcome.lost[:5])}")
    if outcome.duplicated:
        parts.append(f"{len(outcome.duplicated)} DUPLICATED: {', '.join(outcome.duplicated[:5])}")
    return "; ".join((*parts, *([outcome.note] if outcome.note else [])))


app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
app.command()(main)

if __name__ == "__main__":
    run(app)
