"""Why AWS would not take a value."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What AWS takes instead, and how to mend the value."""

    allowed: str
    remedy: str
