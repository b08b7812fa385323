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
from terraform.cli import Terraform
from terraform.import_plan import import_document, read_objects
from terraform.stack import Stack

# Lists whose items Terraform wants complete, as objects and not as blocks.
_WHOLE_ITEMS = frozenset({"egress", "ingress", "route"})


def observe(
    stack: Stack,
    ids: Mapping[str, str],
    *,
    folder: Path,
    environment: Mapping[str, str],
) -> dict[str, dict[str, Any]]:
    """The observed arguments of each address of `ids` (address -> import id).

    `stack` is the stage's; `folder` is an empty one, to be thrown away.
    Raises UserError when Terraform cannot read an object.
    """
    terraform = Terraform(folder=folder, environment=environment)
    found = read_objects(terraform, observing_document(stack, ids))
    return {
        address: observed_arguments(stack.resources[address].type, found[address].attributes)
        for address in ids
    }


def observing_document(stack: Stack, ids: Mapping[str, str]) -> dict[str, Any]:
    """A stack that imports the objects, to be planned and never applied.

    Raises UserError for an address that the stage's stack does not have.
    """
    for address in ids:
        if address not in stack.resources:
            raise UserError(
                f"the stage has no {address}: its settings are not those of the legacy base (zones, "
                "NAT mode); correct them, or move the stage file aside to have one written"
            )
    document = import_document(stack, ids)
    for name, versioning in document["resource"].get("aws_s3_bucket_versioning", {}).items():
        # Every setting may become this one; the provider plans no way back to "Disabled".
        document["resource"]["aws_s3_bucket_versioning"][name] = {
            **versioning,
            "versioning_configuration": {"status": "Enabled"},
        }
    return document


def observed_arguments(type_: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """What the record keeps of an object, without what says nothing."""
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
        if value not in (None, "", [], {}):
            observed[attribute] = value
    return observed


def _without_nothing(value: Any) -> Any:
    """A nested block without its unset arguments, as one would write it."""
    if isinstance(value, list):
        return [_without_nothing(item) for item in value]
    if isinstance(value, dict):
        return {
            key: cleaned
            for key, item in value.items()
            if (cleaned := _without_nothing(item)) not in (None, "", [], {})
        }
    return value
