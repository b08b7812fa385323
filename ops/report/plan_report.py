"""What a plan would do, as a person thinks of it: dangers first, then part by part. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from imports.gate import Ruling, Verdict
from ops.cost.cost_change import CostChange
from ops.report.value_diff import ValueChange, unknowns, value_changes, values
from security.exceptions import ExceptionRow
from terraform.plan import Change as Planned
from terraform.plan import Plan

Action = Literal["replaced", "destroyed", "changed", "imported", "added", "forgotten"]
ACTIONS: tuple[Action, ...] = (
    "destroyed",
    "replaced",
    "changed",
    "added",
    "imported",
    "forgotten",
)

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Services": ("ecs", "appautoscaling", "ecr", "service_discovery"),
    "Data": ("db", "rds", "s3", "efs", "backup", "dynamodb", "elasticache"),
    "Edge": ("lb", "acm", "route53", "wafv2", "cloudfront"),
    "Secrets": ("secretsmanager", "kms"),
    "Monitoring": ("cloudwatch", "sns", "xray", "flow_log", "budgets"),
    "Security": (
        "iam",
        "security_group",
        "vpc_security_group",
        "guardduty",
        "cloudtrail",
        "config",
    ),
    "Network": ("vpc", "subnet", "route", "nat", "eip", "internet_gateway", "network_acl"),
    "Other": ("",),
}
_ORDER = ("Services", "Data", "Network", "Edge", "Secrets", "Monitoring", "Security", "Other")

_LOSS = {
    "destroyed": ": what is in it is lost",
    "replaced": ": what is in it is lost",
    "forgotten": ", and nothing would look after it",
}
# (attribute, value after): what guards data, and is taken away.
_GUARDS: tuple[tuple[str, object], ...] = (
    ("backup_retention_period", 0),
    ("delete_automated_backups", True),
    ("deletion_protection", False),
    ("enable_deletion_protection", False),
    ("force_delete", True),
    ("force_destroy", True),
    ("publicly_accessible", True),
    ("skip_final_snapshot", True),
)


@dataclass(frozen=True, kw_only=True)
class ReportedChange:
    """What happens to one address. `danger` says what would be lost; None where nothing is."""

    address: str
    action: Action
    danger: str | None
    changes: tuple[ValueChange, ...]
    unknown: tuple[str, ...]

    @property
    def forcing(self) -> tuple[str, ...]:
        """The attributes that force its replacement."""
        return tuple(each.attribute for each in self.changes if each.forces_replacement)

    @property
    def in_one_line(self) -> bool:
        """Whether there is too little to fold away."""
        short = self.action in {"changed", "imported"} and not any(c.lines for c in self.changes)
        return short and 0 < len(self.changes) <= 2


@dataclass(frozen=True, kw_only=True)
class Section:
    """The changes of one part of the platform, the most serious first."""

    name: str
    changes: tuple[ReportedChange, ...]

    def count(self, action: Action) -> int:
        """Count those with this action."""
        return sum(change.action == action for change in self.changes)


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that the page shows. `failure` says why the plan does not tell all, where it does not.

    `looked_at` says which plan this is, of which state, and what it does not speak of.
    """

    stack: str
    sections: tuple[Section, ...]
    unchanged: int
    cost: CostChange | None
    verdict: Verdict | None
    exceptions: tuple[ExceptionRow, ...]
    failure: str | None
    is_partial: bool
    looked_at: tuple[str, ...]

    @property
    def why_not_all(self) -> str:
        """What is to be said of a plan that does not tell all."""
        if self.is_partial:
            return "This plan is of a part of the stage."
        return "Terraform could not finish this plan."

    @property
    def dangers(self) -> tuple[ReportedChange, ...]:
        """What needs a person's eye before anything else."""
        return tuple(
            change for section in self.sections for change in section.changes if change.danger
        )

    @property
    def counts(self) -> dict[Action, int]:
        """How many addresses have each action."""
        return {
            action: sum(section.count(action) for section in self.sections) for action in ACTIONS
        }

    @property
    def findings(self) -> tuple[Ruling, ...]:
        """The gate's findings on what the record holds, the blocked ones first."""
        kinds = ("blocked", "change", "addition", "adopted", "state-only", "clean")
        found = self.verdict.findings if self.verdict else ()
        return tuple(sorted(found, key=lambda each: (kinds.index(each.kind), each.address)))

    @property
    def asks_for_a_person(self) -> bool:
        """Whether something must not pass unseen."""
        return bool(self.dangers or (self.verdict and self.verdict.blocked))

    @property
    def reassurance(self) -> str:
        """What may be said of a plan that asks for nobody."""
        done = {action for action, count in self.counts.items() if count}
        if not done:
            return "Nothing would change."
        if done == {"imported"}:
            return "It adopts what exists as it is: nothing would be created, changed or destroyed."
        return "Nothing that holds data would be destroyed, replaced or left without its guards."


def report(
    plan: Plan,
    *,
    stack: str,
    cost: CostChange | None,
    verdict: Verdict | None,
    exceptions: Sequence[ExceptionRow],
    failure: str | None = None,
    looked_at: Sequence[str] = (),
) -> Report:
    """Report on a plan."""
    changes = [(each.type, _change(each)) for each in plan.changes if _action(each) is not None]
    sections = []
    for name in _ORDER:
        mine = [change for type_, change in changes if _section(type_) == name]
        mine.sort(key=lambda each: (ACTIONS.index(each.action), each.address))
        if mine:
            sections.append(Section(name=name, changes=tuple(mine)))
    return Report(
        stack=stack,
        sections=tuple(sections),
        unchanged=len(plan.changes) - len(changes),
        cost=cost,
        verdict=verdict,
        exceptions=tuple(exceptions),
        failure=failure,
        is_partial=failure is not None and not plan.is_complete and not plan.is_errored,
        looked_at=tuple(looked_at),
    )


def _section(type_: str) -> str:
    family = type_.removeprefix("aws_")
    return next(
        name
        for name, families in SECTIONS.items()
        if any(not each or family == each or family.startswith(f"{each}_") for each in families)
    )


def _action(planned: Planned) -> Action | None:
    actions = planned.actions
    if "delete" in actions:
        return "replaced" if "create" in actions else "destroyed"
    if "forget" in actions:
        return "replaced" if "create" in actions else "forgotten"
    if planned.importing:
        return "imported"
    found: dict[str, Action] = {"create": "added", "update": "changed"}
    return found.get(actions[0]) if actions else None


def _change(planned: Planned) -> ReportedChange:
    action = _action(planned)
    if action is None:
        raise ValueError(planned.address)
    shown: tuple[ValueChange, ...] = ()
    if action == "added":
        shown = values(planned, "after")
    elif action in {"destroyed", "forgotten"}:
        shown = values(planned, "before")
    elif planned.actions != ("no-op",):
        shown = value_changes(planned)
    deposed = f" (deposed {planned.deposed})" if planned.deposed else ""
    return ReportedChange(
        address=planned.address + deposed,
        action=action,
        danger=_danger(planned, action),
        changes=shown,
        unknown=unknowns(planned) if action in {"added", "replaced"} else (),
    )


def _danger(planned: Planned, action: Action) -> str | None:
    if planned.loses_data:
        return f"It holds data and would be {action}{_LOSS[action]}."
    if planned.ends_protection and action != "changed":
        return f"It protects the stage and would be {action}."
    before, after = planned.before or {}, planned.after or {}
    lost = [
        name
        for name, weak in _GUARDS
        if action in {"changed", "imported"}
        and after.get(name) == weak
        and type(after.get(name)) is type(weak)
        and before.get(name) not in (None, weak)
    ]
    return f"What guards it would go: {', '.join(lost)}." if lost else None
