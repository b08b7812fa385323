"""Gives a target its inputs, and counts what came of them."""

import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
settings.register_profile("long", _COMMON, max_examples=1_200)


@dataclass(kw_only=True)
class Counted:
    """What a target's inputs led to. `complaints` says each kind once, with how often."""

    target: str
    inputs: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    complaints: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def fuzz(target: Target, *, profile: str) -> Counted:
    """Give the target as many inputs as the profile says."""
    counted = Counted(target=target.name)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:

        @settings.get_profile(profile)
        @given(target.inputs)
        def one(content: Any) -> None:
            outcome = target.run(Path(folder), content)
            counted.inputs += 1
            counted.codes[outcome.code] += 1
            if outcome.complaint:
                counted.complaints[outcome.complaint] += 1

        one()
    counted.seconds = time.monotonic() - began
    return counted
