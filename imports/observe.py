"""What adopted objects are like, as the provider reads them from AWS.

Terraform itself is the reader: a plan that only imports, in a folder that is thrown away. So what is recorded
has the form in which a later plan compares it, and no value of a secret is read.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws.resources import RESOURCES
from common.errors import UserError
from imports.bind import leave_old_tags
from terraform.cli import Terraform
from terraform.import_plan import import_document, read_objects
from terraform.references import addresses
from terraform.stack import Stack

# Lists whose items Terraform wants complete, as objects and not as blocks.
_WHOLE_ITEMS = frozenset({"egress", "ingress", "route"})
_RULES = frozenset({"egress", "ingress"})
# Blocks that AWS tells of where nobody has switched them on.
_OFF_IS_NONE = frozenset({"access_logs", "alarms"})


def observe(
    stack: Stack,
    ids: Mapping[str, str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    leave_tags: bool = False,
) -> dict[str, dict[str, Any]]:
    """Return the observed arguments of each address of `ids` (address -> import id).

    `stack` is the stage's; `folder` is an empty one, to be thrown away. `leave_tags` leaves out those that go
    with the CDK's stack.
    Raises UserError when Terraform cannot read an object.
    """
    terraform = Terraform(folder=folder, environment=environment)
    document = observing_document(stack, ids)
    if leave_tags:
        leave_old_tags(document)
    found = read_objects(terraform, document)
    return {
        address: observed_in_stage(stack, ids, address, found[address].attributes)
        for address in ids
    }


def observed_in_stage(
    stack: Stack, ids: Mapping[str, str], address: str, before: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the record keeps of an object: without what the stage says of it in another place.

    A reference to another adopted object says the same. The rules of a group that has them as resources of
    their own are not written within the group.
    """
    resource = stack.resources[address]
    observed = observed_arguments(resource.type, before)
    for attribute in RESOURCES[resource.type].tied:
        known = {f"${{{other}.id}}": id_ for other, id_ in ids.items()}
        known |= {f"${{{other}.arn}}": id_ for other, id_ in ids.items()}
        if known.get(str(resource.attributes.get(attribute))) == observed.get(attribute):
            observed.pop(attribute, None)
    if resource.type == "aws_security_group" and address in _with_rules_of_their_own(stack):
        return {key: value for key, value in observed.items() if key not in _RULES}
    return observed


def _with_rules_of_their_own(stack: Stack) -> frozenset[str]:
    return frozenset(
        group
        for each in stack.resources.values()
        if each.type.startswith("aws_vpc_security_group_")
        for group in addresses(each.attributes.get("security_group_id"))
    )


def observing_document(stack: Stack, ids: Mapping[str, str]) -> dict[str, Any]:
    """Return a stack that imports the objects, to be planned and never applied.

    Raises UserError for an address that the stage's stack does not have.
    """
    for address in ids:
        if address not in stack.resources:
            raise UserError(
                f"the stage has no {address}: its settings are not those of the legacy base (zones, "
                "NAT mode); correct them, or move the stage file aside to have one written"
            )
    document = import_document(stack, ids)
    listeners = [id_ for address, id_ in ids.items() if address.startswith("aws_lb_listener.")]
    for rule in document["resource"].get("aws_lb_listener_rule", {}).values():
        # The stage's own listener may not be there yet; which one it is makes no difference to what is read.
        rule.setdefault("listener_arn", listeners[0] if listeners else "")
    for name, versioning in document["resource"].get("aws_s3_bucket_versioning", {}).items():
        # Every setting may become this one; the provider plans no way back to "Disabled".
        document["resource"]["aws_s3_bucket_versioning"][name] = {
            **versioning,
            "versioning_configuration": {"status": "Enabled"},
        }
    return document


def observed_arguments(type_: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the record keeps of an object, without what says nothing."""
    observed = {}
    for attribute in RESOURCES[type_].observed:
        value = before.get(attribute)
        if attribute in _WHOLE_ITEMS:
            items = [
                {key: None if part in ("", []) else part for key, part in item.items()}
                for item in value or []
            ]
            value = sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
        else:
            value = _without_nothing(value)
        if attribute in _OFF_IS_NONE and not any(
            part for each in value or () for part in each.values()
        ):
            continue
        if attribute == "default_action" and not _is_sayable(value):
            continue
        if value not in (None, "", [], {}):
            observed[attribute] = value
    return observed


def _is_sayable(actions: Any) -> bool:
    """Whether the provider takes the actions as AWS has them: it insists on an answer's content type."""
    return all(
        "content_type" in answer
        for action in actions
        for answer in action.get("fixed_response", ())
    )


def _without_nothing(value: Any) -> Any:
    """Return a nested block without its unset arguments, as one would write it."""
    if isinstance(value, list):
        return [_without_nothing(item) for item in value]
    if isinstance(value, dict):
        return {
            key: cleaned
            for key, item in value.items()
            if (cleaned := _without_nothing(item)) not in (None, "", [], {})
        }
    return value
