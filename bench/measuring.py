"""How the benchmarks measure: wall time by the median, and the most memory that all processes held."""

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_SAMPLE_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The median of some runs. `peak_mib` is None where the system does not tell (no /proc)."""

    seconds: float
    peak_mib: float | None


def measured(
    command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], runs: int
) -> Measured:
    """Run a command some times, after one run in which the memory is measured and not the time.

    Raises subprocess.CalledProcessError when it fails.
    """
    peaks: list[float] = []
    _once(command, cwd=cwd, environment=environment, peaks=peaks)
    return Measured(
        seconds=statistics.median(
            _once(command, cwd=cwd, environment=environment) for _ in range(runs)
        ),
        peak_mib=max(peaks) if peaks else None,
    )


def timed(action: Callable[[], object]) -> float:
    """The seconds that an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _once(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    peaks: list[float] | None = None,
) -> float:
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    watcher = threading.Thread(target=_watch, args=(process, peaks))
    if peaks is not None:
        watcher.start()
    _, errors = process.communicate()
    seconds = time.perf_counter() - started
    if peaks is not None:
        watcher.join()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=errors)
    return seconds


def _watch(process: subprocess.Popen[bytes], peaks: list[float]) -> None:
    while PROC.is_dir() and process.poll() is None:
        peaks.append(sum(map(_resident_mib, _with_descendants(process.pid))))
        time.sleep(_SAMPLE_SECONDS)


def _with_descendants(root: int) -> set[int]:
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


def _resident_mib(pid: int) -> float:
    """A process's proportional share of the memory that is in use: shared pages count once in all."""
    try:
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        return 0.0  # it has ended, or is not ours
    return 0.0


def project_environment(**changes: str) -> dict[str, str]:
    """This process's environment with changes, without the settings that would disturb a measurement."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ATOMIC_")}
    kept.pop("AWS_ENDPOINT_URL", None)
    return kept | changes
