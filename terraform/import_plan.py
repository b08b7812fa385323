"""Reads objects as Terraform does: by a plan that only imports, in a folder that is thrown away.

Nothing is applied, so nothing in AWS changes. Versions of secrets are not read: the plan would hold a value.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from common.errors import UserError
from terraform.cli import Terraform
from terraform.resolving import Known, standalone
from terraform.stack import FILE_NAME, Resource, Stack

# What the plan would change or replace does not matter, but it has to be made.
_NOT_READ: Final = frozenset({"lifecycle", "provisioner"})


@dataclass(frozen=True, kw_only=True)
class ReadObject:
    """An object as the provider reads it from AWS."""

    provider: str
    schema_version: int
    attributes: Mapping[str, Any] = field(repr=False)


def _nothing(_address: str) -> None:
    return None


def import_document(
    stack: Stack, ids: Mapping[str, str], *, known: Known = _nothing
) -> dict[str, Any]:
    """Return a stack of the resources of `ids` (address -> import id) alone, to be planned and never applied.

    What they refer to beside each other and data is in them by value; an argument that needs what is not
    known is left out, which can change what the plan would do, and not what it reads.
    """
    kept = frozenset(ids) | stack.data.keys()
    shown: dict[str, dict[str, Any]] = {}
    for address in ids:
        resource = stack.resources[address]
        shown.setdefault(resource.type, {})[resource.name] = dict(
            _arguments(resource, kept=kept, known=known)
        )
    return {
        "terraform": stack.without_backend,
        "provider": stack.document["provider"],
        "data": stack.document.get("data", {}),
        "resource": shown,
        "import": [{"to": address, "id": ids[address]} for address in sorted(ids)],
    }


def _arguments(
    resource: Resource, *, kept: frozenset[str], known: Known
) -> Iterable[tuple[str, Any]]:
    for name, value in resource.attributes.items():
        if name in _NOT_READ or name.endswith(("_wo", "_wo_version")):
            continue
        try:
            yield name, standalone(value, kept=kept, known=known)
        except KeyError:
            continue


def read_objects(terraform: Terraform, document: Mapping[str, Any]) -> dict[str, ReadObject]:
    """Return each object that an import document imports, as it is in AWS, by address.

    `terraform` works in a folder to be thrown away. Raises UserError for an object that it did not read.
    """
    (terraform.folder / FILE_NAME).write_text(json.dumps(document))
    terraform.initialize()
    plan_file = terraform.folder / "import.tfplan"
    terraform.plan(plan_file)
    prior = terraform.show(plan_file).prior
    plan_file.unlink()
    found = {
        each.address: ReadObject(
            provider=each.provider, schema_version=each.schema_version, attributes=each.values
        )
        for each in prior
        if each.mode == "managed"
    }
    absent = sorted({block["to"] for block in document["import"]} - found.keys())
    if absent:
        raise UserError(
            f"Terraform cannot read {', '.join(absent)}: run the same command again; if it stays so, import "
            "these by hand"
        )
    return found
