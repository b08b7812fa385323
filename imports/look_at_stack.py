"""A look at a CloudFormation template in a file: what would become of each row. Nothing is written."""

from dataclasses import dataclass, replace
from pathlib import Path

from common.progress import Progress
from imports.sources.cloudformation.conditions import condition_of
from imports.sources.cloudformation.owners_stack import read_template_file
from imports.sources.cloudformation.verdicts import (
    Physical,
    RowVerdict,
    verdicts,
    with_conditions,
)
from imports.stack_side import Synthesize, any_settings, roles_in, with_zones_of
from terraform.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class StackLook:
    """What a look has found. A template alone tells nothing of the rest, which an inventory tells."""

    stack: str
    rows: list[RowVerdict]
    against: tuple[str, ...] = ()
    was_deployed: bool = False
    compared: int = 0


def look_at_template(
    workspace: Workspace, template: Path, *, synthesize: Synthesize, progress: Progress
) -> StackLook:
    """Return what would become of each row of a template. Raises UserError for what is none."""
    settings, stack = any_settings(workspace), read_template_file(template)
    conditions = {name: condition_of(stack.template, name) for name in stack.rows}
    made = {name: row for name, row in stack.rows.items() if conditions[name][1] is not False}
    as_made = replace(stack, rows=made)
    found = roles_in(as_made, settings)
    progress("synthesizing the stage")
    judged = verdicts(
        as_made,
        found,
        addresses=frozenset(synthesize(with_zones_of(found, settings)).resources),
        physical=Physical(ids={}, allocations={}),
    )
    return StackLook(stack=stack.name, rows=with_conditions(stack, judged, conditions))
