"""Gives a target its inputs, and counts what came of them."""

import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.targets import Target

# Without shrinking: a complaint is counted, and the search goes on.
_COMMON = settings(
    deadline=None,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
settings.register_profile("short", _COMMON, max_examples=40, derandomize=True)
settings.register_profile("long", _COMMON, max_examples=800)


@dataclass(kw_only=True)
class Counted:
    """What a target's inputs led to. `complaints` says each kind once, with how often.

    `accepted` were good enough that the code behind the checks had its turn.
    """

    target: str
    inputs: int = 0
    accepted: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    complaints: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def fuzz(target: Target, *, profile: Literal["short", "long"]) -> Counted:
    """Give the target as many inputs as the profile says."""
    counted = Counted(target=target.name)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:

        @settings.get_profile(profile)
        @given(target.inputs)
        def one(content: Any) -> None:
            with ending():
                outcome = target.run(Path(folder), content)
            counted.inputs += 1
            counted.accepted += target.accepts(content, outcome)
            counted.codes[outcome.code] += 1
            if outcome.complaint:
                counted.complaints[outcome.complaint] += 1

        one()
    counted.seconds = time.monotonic() - began
    return counted


class EndlessError(BaseException):
    """Raised wherever an input has taken too long."""


@contextmanager
def ending(seconds: float = 30) -> Iterator[None]:
    """Raise EndlessError in what computes for longer; waiting for a busy machine does not count."""

    def ring(_signal: int, frame: FrameType | None) -> None:
        where = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}" if frame else "nowhere"
        raise EndlessError(f"at {where}, after {seconds:g} s of computing")

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
