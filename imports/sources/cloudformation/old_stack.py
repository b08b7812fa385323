"""What only the old stack itself needs, and what its deletion may take along. Pure.

A function, role or alarm may be the owner's own: only what serves the old tasks, helpers and objects is left.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from imports.sources.cloudformation.owners_stack import OwnersRow, OwnersStack
from imports.sources.cloudformation.references import referred
from imports.sources.cloudformation.roles import Roles

LEFT: Final[Mapping[str, str]] = {
    "AWS::CDK::Metadata": "only CDK reads it",
    "AWS::CloudWatch::Alarm": "the platform has its own",
    "AWS::CloudWatch::Dashboard": "the platform has its own",
    "AWS::IAM::Role": "of the old tasks and helpers; each of the platform's services has its own",
    "AWS::IAM::Policy": "of a role that goes",
    "AWS::Lambda::Function": "a helper of the old stack alone",
    "AWS::ECS::TaskDefinition": "an old revision, when the services run the platform's",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "the platform has its own",
}
"""The types of which rows are left, and why."""

# Without a service of the platform, these are somebody's own.
OF_A_SERVICE: Final = frozenset(
    {"AWS::ECS::TaskDefinition", "AWS::ApplicationAutoScaling::ScalingPolicy"}
)
_ROLE: Final = "AWS::IAM::Role"
# What such a row tells of, by its properties.
_TELLS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::CloudWatch::Alarm": ("Dimensions", "Metrics"),
    "AWS::CloudWatch::Dashboard": ("DashboardBody",),
}


def left_rows(stack: OwnersStack, roles: Roles, *, disarmed: Iterable[str]) -> frozenset[str]:
    """Return the rows that only the old stack needs. `disarmed` are the types of its custom rows."""
    rows, custom = stack.rows, frozenset(disarmed)
    helpers = {
        name
        for row in rows.values()
        if row.type in custom
        for name in referred(row.properties.get("ServiceToken"))
    }
    left = {
        name
        for name, row in rows.items()
        if row.type == "AWS::CDK::Metadata"
        or (row.type in OF_A_SERVICE and name in roles.of)
        or (row.type == "AWS::Lambda::Function" and name in helpers)
    }
    # Alarms come before the dashboards that show them.
    for type_, properties in _TELLS_OF.items():
        known = left | roles.of.keys()
        left |= {
            name
            for name, row in rows.items()
            if row.type == type_ and _told_of(row, properties, rows) <= known
        }
    users = [rows[name] for name in left]
    left |= {name for user in users for name in _referred(user, rows) if rows[name].type == _ROLE}
    left |= {
        name
        for name, row in rows.items()
        if row.type == "AWS::IAM::Policy"
        and set(_known(referred(row.properties.get("Roles")), rows)) & left
    }
    return frozenset(left)


def _told_of(row: OwnersRow, properties: Sequence[str], rows: Mapping[str, OwnersRow]) -> set[str]:
    """Return which rows a row tells of, or itself where it tells of none."""
    told = {
        name
        for property_ in properties
        for name in _known(referred(row.properties.get(property_)), rows)
    }
    return told or {row.logical_id}


def _referred(row: OwnersRow, rows: Mapping[str, OwnersRow]) -> Sequence[str]:
    return _known(referred(row.properties), rows)


def _known(names: Sequence[str], rows: Mapping[str, OwnersRow]) -> list[str]:
    return [name for name in names if name in rows]
