"""What a plan does to the monthly bill: its prior values against its planned ones. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ops.cost.bill import GROUPS, Bill
from terraform.plan import Plan
from terraform.stack import Resource


@dataclass(frozen=True, kw_only=True)
class CostRow:
    """One position of the bill, in USD a month."""

    group: str
    what: str
    before_usd: float
    after_usd: float

    @property
    def difference_usd(self) -> float:
        """What it adds to the bill."""
        return self.after_usd - self.before_usd


@dataclass(frozen=True, kw_only=True)
class CostChange:
    """The bill before and after, where it changes. What is `unpriced` has no price in the table.

    `estimated_by` is the region whose prices it is reckoned with, None where they are the stage's own.
    """

    before_usd: float
    after_usd: float
    rows: tuple[CostRow, ...]
    unpriced: tuple[str, ...]
    estimated_by: str | None

    @property
    def difference_usd(self) -> float:
        """What the plan adds to the bill of a month."""
        return self.after_usd - self.before_usd


def cost_change(before: Bill, after: Bill, *, estimated_by: str | None) -> CostChange:
    """The difference of two bills."""
    sums: dict[tuple[str, str], list[float]] = {}
    for index, bill in enumerate((before, after)):
        for line in bill.lines:
            sums.setdefault((line.group, line.what), [0.0, 0.0])[index] += line.monthly_usd
    return CostChange(
        before_usd=before.monthly_usd,
        after_usd=after.monthly_usd,
        rows=tuple(
            CostRow(group=group, what=what, before_usd=old, after_usd=new)
            for (group, what), (old, new) in sorted(sums.items(), key=_place)
            if abs(old - new) >= 0.005
        ),
        unpriced=tuple(sorted({*before.unpriced, *after.unpriced})),
        estimated_by=estimated_by,
    )


def _place(position: tuple[tuple[str, str], list[float]]) -> tuple[int, str]:
    (group, what), _ = position
    return GROUPS.index(group), what


def planned_resources(plan: Plan, side: Literal["before", "after"]) -> Sequence[Resource]:
    """The resources that a plan finds, or leaves behind.

    What is unknown before the apply is taken from the configuration's references, as a stack has them.
    """
    found = []
    for change in plan.changes:
        values = change.before if side == "before" else change.after
        if values is None or change.deposed:
            continue
        extra = {
            attribute: f"${{{expression['references'][0]}}}"
            for attribute, expression in plan.expressions.get(change.address, {}).items()
            if side == "after"
            and change.unknown.get(attribute) is True
            and isinstance(expression, Mapping)
            and expression.get("references")
        }
        found.append(Resource(type=change.type, name=change.name, attributes={**values, **extra}))
    return found
