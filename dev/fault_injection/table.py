"""The results as a table, in the text that holds it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from dev.fault_injection.trial import Healed, Outcome

BEGIN: Final = "<!-- faults: `make torture` writes this table -->\n"
END: Final = "\n<!-- /faults -->"
_COLUMNS = (
    "fault",
    "injected",
    "deploys",
    "converged",
    *(f"by {healed.value}" for healed in Healed if healed is not Healed.NEVER),
    "lost",
    "duplicated",
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """The tries of one fault, summed up."""

    fault: str
    outcomes: Sequence[Outcome]

    @property
    def injected(self) -> int:
        """Faults, of calls and around them."""
        return sum(sum(outcome.injected.values()) for outcome in self.outcomes)

    @property
    def converged(self) -> int:
        """Tries after which plan, state and account agreed."""
        return len(self.outcomes) - self.healed_by(Healed.NEVER)

    @property
    def lost(self) -> int:
        """Objects and data lost."""
        return sum(len(outcome.lost) for outcome in self.outcomes)

    @property
    def duplicated(self) -> int:
        """Objects there twice or left behind."""
        return sum(len(outcome.duplicated) for outcome in self.outcomes)

    def healed_by(self, healed: Healed) -> int:
        """Count the tries that took this."""
        return sum(outcome.healed is healed for outcome in self.outcomes)


def rows(results: Iterable[tuple[str, Outcome]]) -> list[Row]:
    """Return one row per fault, in the order of their first results."""
    by_fault: dict[str, list[Outcome]] = {}
    for fault, outcome in results:
        by_fault.setdefault(fault, []).append(outcome)
    return [Row(fault=fault, outcomes=outcomes) for fault, outcomes in by_fault.items()]


def total(of: Iterable[Row]) -> Row:
    """Return all rows as one."""
    return Row(fault="all", outcomes=[outcome for row in of for outcome in row.outcomes])


def markdown(of: Sequence[Row]) -> str:
    """Return the table."""
    lines = [f"| {' | '.join(_COLUMNS)} |", "|---" * len(_COLUMNS) + "|"]
    lines += [f"| {' | '.join(map(str, cells(row)))} |" for row in (*of, total(of))]
    return "\n".join(lines)


def cells(row: Row) -> tuple[object, ...]:
    """Return a row under the columns."""
    return (
        row.fault,
        f"{row.injected:,}",
        len(row.outcomes),
        row.converged,
        *(row.healed_by(healed) for healed in Healed if healed is not Healed.NEVER),
        row.lost,
        row.duplicated,
    )


def replace_between_markers(text: str, table: str) -> str:
    """Return the text with this table in the place of the last one.

    Raises ValueError when a marker is missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the markers {BEGIN.strip()} and {END.strip()} are missing")
    return before + BEGIN + table + END + after
