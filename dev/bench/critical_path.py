"""The longest chain of a deploy: what each resource took, and what it waited for."""

import functools
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from terraform.stack import Stack

_EVENT = re.compile(r"(aws_\S+): (Creating\.\.\.|Creation complete)")


@dataclass
class CreationClock:
    """Takes terraform's lines as they come, and tells how long each resource took.

    Terraform itself prints whole seconds only.
    """

    now: Callable[[], float] = time.perf_counter
    _begun: dict[str, float] = field(default_factory=dict)
    _ended: dict[str, float] = field(default_factory=dict)

    def hear(self, line: str) -> None:
        """Note the line's time if a resource begins or ends with it."""
        event = _EVENT.search(line)
        if event:
            times = self._begun if event[2] == "Creating..." else self._ended
            times.setdefault(event[1], self.now())

    @property
    def seconds(self) -> dict[str, float]:
        """What each resource took."""
        return {
            address: ended - self._begun[address]
            for address, ended in self._ended.items()
            if address in self._begun
        }


def dependencies(stack: Stack) -> dict[str, set[str]]:
    """What each resource of a stack refers to, through data sources and ephemeral blocks as well."""
    elements = stack.elements
    return {
        address: set(each.references & elements.keys()) - {address}
        for address, each in elements.items()
    }


def critical_path(
    seconds: Mapping[str, float], waits_for: Mapping[str, set[str]]
) -> tuple[float, list[str]]:
    """The chain that takes longest, and how long: no deploy can be faster than it."""

    @functools.cache
    def longest(address: str) -> tuple[float, tuple[str, ...]]:
        before = max(
            (longest(each) for each in sorted(waits_for.get(address, ()))), default=(0.0, ())
        )
        return before[0] + seconds.get(address, 0), (*before[1], address)

    total, chain = max((longest(address) for address in waits_for), default=(0.0, ()))
    return total, [address for address in chain if seconds.get(address)]
