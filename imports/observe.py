"""What adopted objects are like, as the provider reads them from AWS.

Terraform itself is the reader: a plan that only imports, in a folder that is thrown away. So what is recorded
has the form in which a later plan compares it, and no value of a secret is read.
"""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.errors import UserError
from imports.attributes import observed_attributes
from imports.bind import references
from terraform.cli import Terraform

# Lists whose items Terraform wants complete, as objects and not as blocks.
_WHOLE_ITEMS = frozenset({"egress", "ingress", "route"})


def observe(
    document: Mapping[str, Any],
    ids: Mapping[str, str],
    *,
    folder: Path,
    environment: Mapping[str, str],
) -> dict[str, dict[str, Any]]:
    """The observed arguments of each address of `ids` (address -> import id).

    `document` is the stage's synthesized stack; `folder` is an empty one, to be thrown away.
    Raises UserError when Terraform cannot read an object.
    """
    terraform = Terraform(folder=folder, environment=environment)
    (folder / "cdk.tf.json").write_text(json.dumps(observing_document(document, ids)))
    terraform.initialize()
    plan_file = folder / "observe.tfplan"
    terraform.plan(plan_file)
    changes = {
        change["address"]: change for change in terraform.show(plan_file)["resource_changes"]
    }
    return {
        address: observed_arguments(address.partition(".")[0], changes[address]["change"]["before"])
        for address in ids
    }


def observing_document(document: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """A stack that imports the objects, to be planned and never applied.

    Raises UserError for an address that the stack does not have.
    """
    resources: dict[str, dict[str, Any]] = {}
    data = document.get("data", {})
    known = set(ids) | {f"{type_}.{name}" for type_, named in data.items() for name in named}
    for address in ids:
        type_, _, name = address.partition(".")
        resource = document["resource"].get(type_, {}).get(name)
        if resource is None:
            raise UserError(
                f"the stage has no {address}: its settings are not those of the legacy base (zones, "
                "NAT mode); correct them, or move the stage file aside to have one written"
            )
        kept = {
            argument: copy.deepcopy(value)
            for argument, value in resource.items()
            if argument != "//" and references(value) <= known
        }
        if type_ == "aws_s3_bucket_versioning":
            # Every setting may become this one; the provider plans no way back to "Disabled".
            kept["versioning_configuration"] = {"status": "Enabled"}
        # The plan is thrown away, so what it would change or replace does not matter; but it has to be made.
        kept.pop("lifecycle", None)
        kept.pop("depends_on", None)
        resources.setdefault(type_, {})[name] = kept
    terraform = {key: value for key, value in document["terraform"].items() if key != "backend"}
    return {
        "terraform": terraform,
        "provider": document["provider"],
        "data": data,
        "resource": resources,
        "import": [{"to": address, "id": ids[address]} for address in sorted(ids)],
    }


def observed_arguments(type_: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """What the record keeps of an object, without what says nothing."""
    observed = {}
    for attribute in observed_attributes(type_):
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
