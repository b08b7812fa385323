"""The plans in tests/ops/plans, which terraform has made, and reports on them."""

import json
from pathlib import Path
from typing import Any

from imports.gate import judge_adoption
from imports.record import read_record
from ops.cost.cost_change import cost_change, planned_resources
from ops.cost.prices import read_prices
from ops.cost.pricing import bill
from ops.report.plan_report import Report, report
from security.exceptions import ExceptionRow
from terraform.plan import Plan
from terraform.stack import read_stack

PLANS = Path(__file__).parent / "plans"
EXCEPTION = ExceptionRow(
    check="CKV_AWS_1",
    resource="aws_lb.main",
    stage="*",
    reason="an address that users reach has to be public",
    payer="nobody",
)


def read_plan(name: str) -> Plan:
    """`ordinary`, `risky` or `adoption`."""
    return Plan(document=json.loads((PLANS / f"{name}.json").read_text()))


def a_plan(type_: str = "aws_lb", name: str = "main", **change: Any) -> Plan:
    """A plan with one change."""
    document = {
        "resource_changes": [
            {
                "address": f"{type_}.{name}",
                "mode": "managed",
                "type": type_,
                "name": name,
                "change": {"actions": ["update"], "before": {}, "after": {}, **change},
            }
        ]
    }
    return Plan(document=document)


def report_on(plan: Plan, stack: str = "atomic-prod") -> Report:
    """The report without a record, and with one exception."""
    prices = read_prices()
    before, after = (
        bill(planned_resources(plan, "before"), prices),
        bill(planned_resources(plan, "after"), prices),
    )
    return report(
        plan,
        stack=stack,
        cost=cost_change(before, after, estimated_by=None),
        verdict=None,
        exceptions=[EXCEPTION],
    )


def adoption_report(plan: Plan | None = None) -> Report:
    """The report on the adoption, with the gate's verdict."""
    plan = plan or read_plan("adoption")
    record = read_record(PLANS / "adoption.record.json")
    assert record is not None
    stack = read_stack(PLANS / "adoption.stack.json")
    verdict = judge_adoption(plan, record, phase="adopt", stack=stack)
    return report(plan, stack="atomic-live", cost=None, verdict=verdict, exceptions=[])
