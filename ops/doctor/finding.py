"""What the doctor says about one thing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["fine", "attention", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing: as it should be, in need of a person, or not to be told.

    `remedy` is the command, or the act, that mends it; empty where all is fine.
    """

    name: str
    state: State
    what: str
    remedy: str = ""


def fine(name: str, what: str) -> Finding:
    """Say that all is as it should be."""
    return Finding(name=name, state="fine", what=what)


def attention(name: str, what: str, remedy: str) -> Finding:
    """Say that a person has something to do."""
    return Finding(name=name, state="attention", what=what, remedy=remedy)


def unknown(name: str, what: str, remedy: str) -> Finding:
    """Say that something is unknown."""
    return Finding(name=name, state="unknown", what=what, remedy=remedy)


def all_or(findings: Iterable[Finding], otherwise: Finding) -> list[Finding]:
    """Return the findings, or `otherwise` where there is none."""
    return list(findings) or [otherwise]
