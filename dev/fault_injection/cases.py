"""What is tried: each row of the table, at each of its moments."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from dev.fault_injection import around, disks
from dev.fault_injection.trial import Outcome
from local.faults import FaultSettings


@dataclass(frozen=True, kw_only=True)
class Case:
    """One try: `run` makes an account in the folder that it is given, and plays it."""

    fault: str
    """The row of the table."""
    moment: str
    run: Callable[[Path], Outcome]
    quick: bool = False
    part: str = ""


# Of the small stage's 152 resources, and of dev's 208: from the very first to the last few.
SMALL_MOMENTS: Final = (1, 12, 30, 45, 60, 80, 100, 120, 135, 148)
FULL_MOMENTS: Final = (60, 140, 180)

TOGETHER: Final = "all of these together"
_KINDS: Final = {
    "throttled": FaultSettings(throttled_share=0.15),
    "server error": FaultSettings(server_error_share=0.15),
    "delayed": FaultSettings(delayed_share=0.3, delay_seconds=0.5),
    "dropped before the work": FaultSettings(dropped_before_share=0.15),
    "dropped after the work": FaultSettings(dropped_after_share=0.15),
    TOGETHER: FaultSettings(
        throttled_share=0.05,
        server_error_share=0.05,
        delayed_share=0.05,
        dropped_before_share=0.05,
        dropped_after_share=0.05,
    ),
}


def _calls(seed: int) -> Iterator[Case]:
    for kind, settings in _KINDS.items():
        for run in range(2):
            seeded = settings.model_copy(update={"seed": seed + run})
            yield Case(
                fault=f"calls {kind}",
                moment=f"small stage, seed {seeded.seed}",
                run=partial(around.failing_calls, settings=seeded),
                quick=kind == TOGETHER and run == 0,
            )
    yield Case(
        fault=f"calls {TOGETHER}",
        moment=f"dev, seed {seed}",
        run=partial(
            around.failing_calls,
            settings=_KINDS[TOGETHER].model_copy(update={"seed": seed}),
            small=False,
        ),
    )


def _credentials() -> Iterator[Case]:
    for calls in (20, 250):
        for remote in (False, True):
            yield Case(
                fault=f"credentials expire, state {_where(remote)}",
                moment=f"after {calls} calls",
                run=partial(around.credentials_expire, after_calls=calls, remote_state=remote),
            )


def _clock() -> Iterator[Case]:
    for offset in (-1200, 1200):
        yield Case(
            fault="AWS's clock and ours 20 minutes apart",
            moment=f"AWS's {'ahead' if offset > 0 else 'behind'}, after 60 made",
            run=partial(around.clock_off, offset_seconds=offset, from_made=60),
        )


def _outage() -> Iterator[Case]:
    for made, seconds in ((12, 20), (80, 40)):
        yield Case(
            fault="AWS stands still (SIGSTOP)",
            moment=f"{seconds} s after {made} made",
            run=partial(around.standstill, after_made=made, seconds=seconds),
        )
    for made, seconds in ((12, 5), (45, 20), (100, 60)):
        yield Case(
            fault="the way to AWS is cut (proxy killed)",
            moment=f"{seconds} s after {made} made",
            run=partial(around.cut_off, after_made=made, seconds=seconds),
        )


def _kill() -> Iterator[Case]:
    for made in FULL_MOMENTS:
        yield Case(
            fault="cdktf deploy killed (-9, all processes)",
            moment=f"dev, after {made} made",
            run=partial(around.killed, after_made=made, small=False),
        )
    for made in SMALL_MOMENTS:
        yield Case(
            fault="terraform killed (-9, all processes)",
            moment=f"small stage, after {made} made",
            run=partial(around.killed, after_made=made),
            quick=made == 60,
        )
    for made in SMALL_MOMENTS[1::3]:
        yield Case(
            fault="terraform killed, state in S3",
            moment=f"small stage, after {made} made",
            run=partial(around.killed, after_made=made, remote_state=True),
        )


def _ctrl_c() -> Iterator[Case]:
    for remote in (False, True):
        for made in SMALL_MOMENTS:
            yield Case(
                fault=f"Ctrl-C on the terminal, state {_where(remote)}",
                moment=f"small stage, after {made} made",
                run=partial(around.interrupted, after_made=made, remote_state=remote),
            )
        yield Case(
            fault=f"Ctrl-C in cdktf deploy, state {_where(remote)}",
            moment="dev, after 140 made",
            run=partial(around.interrupted, after_made=140, small=False, remote_state=remote),
        )
        for made in SMALL_MOMENTS[1::3]:
            yield Case(
                fault=f"Ctrl-C twice, state {_where(remote)}",
                moment=f"small stage, after {made} made",
                run=partial(around.interrupted, after_made=made, times=2, remote_state=remote),
            )


def _disk() -> Iterator[Case]:
    for kib in (0, 64, 300):
        yield Case(
            fault="state's disk full",
            moment=f"at {kib} KiB",
            run=partial(disks.full_disk, kib=kib, everything=False),
        )
        yield Case(
            fault="state's and stack's disk full",
            moment=f"at {kib} KiB",
            run=partial(disks.full_disk, kib=kib, everything=True),
        )
    yield Case(fault="state folder read-only", moment="from the start", run=disks.read_only)


def _lock() -> Iterator[Case]:
    for remote in (False, True):
        for seconds in (0.0, 3.0):
            yield Case(
                fault=f"two deploys at once, state {_where(remote)}",
                moment=f"{seconds:.0f} s apart",
                run=partial(around.two_at_once, apart_seconds=seconds, remote_state=remote),
                quick=remote and not seconds,
            )
    yield Case(
        fault="two deploys at once, cdktf in one folder",
        moment="dev, 3 s apart",
        run=partial(around.two_at_once, apart_seconds=3, small=False),
    )


def _where(remote: bool) -> str:
    return "in S3" if remote else "in a file"


PARTS: Final[Mapping[str, Callable[[int], Iterable[Case]]]] = {
    "calls": _calls,
    "credentials": lambda _: _credentials(),
    "clock": lambda _: _clock(),
    "outage": lambda _: _outage(),
    "kill": lambda _: _kill(),
    "ctrl-c": lambda _: _ctrl_c(),
    "disk": lambda _: _disk(),
    "lock": lambda _: _lock(),
}


def cases(seed: int) -> list[Case]:
    """Return all cases. The seed decides which calls meet a fault."""
    return [replace(case, part=part) for part, of in PARTS.items() for case in of(seed)]


def chosen(all_cases: Sequence[Case], *, parts: Sequence[str], quick: bool) -> list[Case]:
    """Return the cases of these parts (of all when none is named); `quick` keeps few, for a short run."""
    return [
        case
        for case in all_cases
        if (not parts or case.part in parts) and (case.quick or not quick)
    ]
