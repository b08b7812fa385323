"""A look at an owner's CloudFormation stack: what would become of each row, and what stands against it.

Nothing is written, here or in AWS, but that CloudFormation is asked to look for drift.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from aws.client import Clients
from common.progress import Progress
from imports.sources.cloudformation.conditions import condition_of
from imports.sources.cloudformation.owners_stack import read_template_file
from imports.sources.cloudformation.refusals import why_not
from imports.sources.cloudformation.verdicts import (
    Physical,
    RowVerdict,
    verdicts,
    with_conditions,
)
from imports.stack_side import Synthesize, any_settings, read_stack_side, roles_in, with_zones_of
from terraform.workspace import Workspace, set_default_credentials


@dataclass(frozen=True, kw_only=True)
class StackLook:
    """What a look has found. `against` says, line by line, why the stack cannot be adopted as it is."""

    stack: str
    rows: list[RowVerdict]
    against: list[str]
    was_deployed: bool
    compared: int = 0
    """How many objects CloudFormation has compared with the template."""


def look_at_stack(
    workspace: Workspace,
    *,
    name: str | None,
    template: Path | None,
    clients: Callable[[], Clients],
    synthesize: Synthesize,
    progress: Progress,
) -> StackLook:
    """Return what would become of each row of a deployed stack, or of a template in a file.

    Raises UserError for what cannot be read.
    """
    settings = any_settings(workspace)
    if template is None:
        set_default_credentials(workspace)
    if template is not None:
        stack = read_template_file(template)
        conditions = {name: condition_of(stack.template, name) for name in stack.rows}
        as_made = replace(
            stack,
            rows={
                name: row for name, row in stack.rows.items() if conditions[name][1] is not False
            },
        )
        found = roles_in(as_made, settings)
        progress("synthesizing the stage")
        judged = verdicts(
            as_made,
            found,
            addresses=frozenset(synthesize(with_zones_of(found, settings)).resources),
            physical=Physical(ids={}, allocations={}),
        )
        rows = with_conditions(stack, judged, conditions)
    else:
        made = clients()
        side = read_stack_side(
            made, str(name), settings=settings, synthesize=synthesize, progress=progress
        )
        stack, rows = side.stack, side.verdicts
    return StackLook(
        stack=stack.arn or stack.name,
        rows=rows,
        against=why_not(stack),
        was_deployed=bool(stack.facts),
        compared=sum(row.drift != "NOT_CHECKED" for row in stack.rows.values()),
    )
