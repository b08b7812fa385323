"""Reads found objects as Terraform does: by a plan that only imports, in a folder that is thrown away.

Nothing is applied, so nothing in AWS changes. Versions of secrets are not read: the plan would hold a value.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from common.errors import UserError
from imports.recovery.planned import Known, Planned, standalone
from terraform.cli import Terraform

_NOT_READ: Final = frozenset({"//", "depends_on", "lifecycle", "provisioner"})


@dataclass(frozen=True, kw_only=True)
class ReadObject:
    """An object as the provider reads it from AWS."""

    provider: str
    schema_version: int
    attributes: Mapping[str, Any] = field(repr=False)


def reading_document(
    document: Mapping[str, Any],
    resources: Mapping[str, Planned],
    ids: Mapping[str, str],
    *,
    known: Known,
) -> dict[str, Any]:
    """A stack of the resources of `ids` (address -> import id) alone, to be planned and never applied.

    What they refer to beside each other and data stands in them by value; an argument that needs what is not
    known is left out, which can change what the plan would do, and not what it reads.
    """
    data = {
        f"data.{type_}.{name}"
        for type_, named in document.get("data", {}).items()
        for name in named
    }
    kept = frozenset(ids) | data
    shown: dict[str, dict[str, Any]] = {}
    for address in ids:
        resource = resources[address]
        shown.setdefault(resource.type, {})[resource.name] = dict(
            _arguments(resource, kept=kept, known=known)
        )
    return {
        "terraform": without_backend(document),
        "provider": document["provider"],
        "data": document.get("data", {}),
        "resource": shown,
        "import": [{"to": address, "id": ids[address]} for address in sorted(ids)],
    }


def without_backend(document: Mapping[str, Any]) -> dict[str, Any]:
    """A stack's `terraform` block, so that its state is a file in its folder."""
    return {key: value for key, value in document["terraform"].items() if key != "backend"}


def _arguments(
    resource: Planned, *, kept: frozenset[str], known: Known
) -> Iterable[tuple[str, Any]]:
    for name, value in resource.arguments.items():
        if name in _NOT_READ or name.endswith(("_wo", "_wo_version")):
            continue
        try:
            yield name, standalone(value, kept=kept, known=known)
        except KeyError:
            continue


def read_objects(
    terraform: Terraform, document: Mapping[str, Any], *, addresses: Iterable[str]
) -> dict[str, ReadObject]:
    """Each address of a reading document as it is in AWS; `terraform` works in a folder to be thrown away.

    Raises UserError for an object that Terraform did not read.
    """
    stack = terraform.folder / "cdk.tf.json"
    stack.write_text(json.dumps(document))
    terraform.initialize()
    plan = terraform.folder / "reading.tfplan"
    terraform.plan(plan)
    shown = terraform.show(plan)
    plan.unlink()
    prior = shown.get("prior_state", {}).get("values", {}).get("root_module", {})
    found = {
        each["address"]: ReadObject(
            provider=f'provider["{each["provider_name"]}"]',
            schema_version=each["schema_version"],
            attributes=each["values"],
        )
        for each in prior.get("resources", ())
        if each["mode"] == "managed"
    }
    absent = sorted(set(addresses) - found.keys())
    if absent:
        raise UserError(
            f"Terraform cannot read {', '.join(absent)}: run the same command again; if it stays so, import "
            "these by hand"
        )
    return found
