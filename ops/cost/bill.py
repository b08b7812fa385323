"""A monthly bill: positions, what is billed by use, and what the price table does not know."""

from collections.abc import Iterable
from dataclasses import dataclass

from ops.cost.prices import HOURS_PER_MONTH

GROUPS = ("services", "network", "load balancer", "database", "secrets", "monitoring", "security")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One position. `monthly_usd` is `quantity` times `unit_usd` times the hours where it is per hour."""

    group: str
    what: str
    quantity: float
    unit: str
    unit_usd: float
    monthly_usd: float


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What is billed by use and is not in the sum, with its price."""

    what: str
    unit: str
    unit_usd: float


@dataclass(frozen=True, kw_only=True)
class Bill:
    """A month of a stack. `unpriced` are the types and sizes that the table has no price for."""

    lines: tuple[Line, ...]
    usage: tuple[Usage, ...]
    unpriced: tuple[str, ...]

    @property
    def monthly_usd(self) -> float:
        """The sum."""
        return sum(line.monthly_usd for line in self.lines)

    def groups(self) -> dict[str, float]:
        """Sum up by group, in the order of the lines."""
        sums: dict[str, float] = {}
        for line in self.lines:
            sums[line.group] = sums.get(line.group, 0) + line.monthly_usd
        return sums


def hourly(group: str, what: str, quantity: float, unit: str, usd: float) -> Line:
    """Bill a position by the hour."""
    return Line(
        group=group,
        what=what,
        quantity=quantity,
        unit=f"{unit}-hour",
        unit_usd=usd,
        monthly_usd=quantity * usd * HOURS_PER_MONTH,
    )


def monthly(group: str, what: str, quantity: float, unit: str, usd: float) -> Line:
    """Bill a position by the month."""
    return Line(
        group=group,
        what=what,
        quantity=quantity,
        unit=f"{unit}-month",
        unit_usd=usd,
        monthly_usd=quantity * usd,
    )


def merged(lines: Iterable[Line]) -> list[Line]:
    """Merge what is the same into one line, such as thirty alarms; in the order of the groups."""
    sums: dict[tuple[str, str, str, float], tuple[float, float]] = {}
    for line in lines:
        key = (line.group, line.what, line.unit, line.unit_usd)
        quantity, usd = sums.get(key, (0.0, 0.0))
        sums[key] = quantity + line.quantity, usd + line.monthly_usd
    return [
        Line(
            group=group,
            what=what,
            unit=unit,
            unit_usd=unit_usd,
            quantity=quantity,
            monthly_usd=usd,
        )
        for (group, what, unit, unit_usd), (quantity, usd) in sorted(
            sums.items(), key=lambda item: GROUPS.index(item[0][0])
        )
    ]
