"""How the benchmarks measure: wall time by the median, and the most memory that all processes held."""

import os
import signal
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

PROC = Path("/proc")
_SAMPLE_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The median of some runs. `peak_mib` is None where the system does not tell (no /proc)."""

    seconds: float
    peak_mib: float | None


def measured(
    command: Sequence[str], environments: Mapping[str, Mapping[str, str]], *, cwd: Path, runs: int
) -> dict[str, Measured]:
    """Run a command some times in each environment, by turns, so that a slow minute is everyone's.

    One run of each that does not count and one that tells the memory come first. Raises
    subprocess.CalledProcessError when one fails.
    """

    def run(way: str) -> None:
        subprocess.run(
            command,
            cwd=cwd,
            env=dict(environments[way]),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )

    peaks: dict[str, float | None] = {}
    seconds: dict[str, list[float]] = {way: [] for way in environments}
    for way, environment in environments.items():
        run(way)
        peaks[way] = _peak_mib(command, cwd=cwd, environment=environment) if PROC.is_dir() else None
    for _ in range(runs):
        for way, times in seconds.items():
            times.append(timed(partial(run, way)))
    return {
        way: Measured(seconds=statistics.median(times), peak_mib=peaks[way])
        for way, times in seconds.items()
    }


def timed(action: Callable[[], object]) -> float:
    """Time an action, in seconds."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _peak_mib(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> float:
    """Measure the memory of a command in a run of its own, because looking slows it down."""
    peak = 0.0
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(_resident_mib, process_tree(process.pid))))
            time.sleep(_SAMPLE_SECONDS)
    return peak


def process_tree(root: int) -> set[int]:
    """Return a process and its descendants, as /proc tells them."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                # The name, in parentheses, may hold spaces; the parent is the second field after it.
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue  # it has ended
            children.setdefault(parent, []).append(int(entry.name))
    found, ahead = set(), [root]
    while ahead:
        pid = ahead.pop()
        found.add(pid)
        ahead += children.get(pid, [])
    return found


def kill_tree(root: int) -> None:
    """End a process and its descendants by SIGKILL.

    Not its process group: cdktf starts terraform on a terminal of its own, in another one.
    """
    found: set[int] = set()
    # Stopped first: what one of them started after the look would outlive it, and nobody's child it is then.
    while more := process_tree(root) - found:
        _signal(more, signal.SIGSTOP)
        found |= more
    _signal(found, signal.SIGKILL)


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _resident_mib(pid: int) -> float:
    """Return a process's proportional share of the memory in use: shared pages count once in all."""
    try:
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        return 0.0  # it has ended, or is not ours
    return 0.0


def project_environment(**changes: str) -> dict[str, str]:
    """Return this process's environment with changes, without settings that disturb a measurement."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ATOMIC_")}
    kept.pop("AWS_ENDPOINT_URL", None)
    return kept | changes
