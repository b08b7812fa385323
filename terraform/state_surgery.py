"""Takes resources out of a state document, puts them back and adds others. Pure: documents in, documents out.

A document is what `terraform state pull` prints, version 4. It holds secrets, so nothing here puts an
attribute's value into a message or a `repr`; an import id is not one.
"""

import json
import uuid
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from aws.resources import RESOURCES, import_id
from common.errors import UserError
from terraform import resolving
from terraform.addresses import address_order, instance_address
from terraform.import_plan import ReadObject
from terraform.instances import attributes_of, each_addressed, each_instance, index_of
from terraform.plan import Plan
from terraform.resolving import Known
from terraform.stack import Resource, Stack
from terraform.state import Document


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a state holds at an address. `import_id` is None for a type that is not adopted."""

    type: str
    import_id: str | None


def held(document: Document | None) -> dict[str, Held]:
    """Return what the document holds by address; nothing when there is no document.

    Deposed objects are left out: they are what a replacement has not yet deleted, not what stands at
    the address.
    """
    return {
        address: Held(type=resource["type"], import_id=_identity(resource["type"], instance))
        for address, resource, instance in _managed(document)
        if not instance.get("deposed")
    }


def places(document: Document | None) -> dict[tuple[str, str], list[str]]:
    """Return where each object is, by type and import id. More than one place: Terraform allows it."""
    found: dict[tuple[str, str], list[str]] = {}
    for address, resource, instance in _managed(document):
        identity = _identity(resource["type"], instance)
        if identity is not None:
            found.setdefault((resource["type"], identity), []).append(_label(address, instance))
    return found


def managed_addresses(document: Document | None) -> tuple[str, ...]:
    """Everything the document manages, sorted; a deposed object is marked as such."""
    labels = {_label(address, instance) for address, _, instance in _managed(document)}
    return tuple(sorted(labels, key=address_order))


def remove_addresses(document: Document, addresses: Set[str]) -> dict[str, Any]:
    """Return the next version of the document, without what is at these addresses.

    Same lineage, serial + 1, all else as it was. Deposed objects stay: they are other objects.
    """
    kept = []
    for resource in document.get("resources") or []:
        if resource.get("mode") != "managed":
            kept.append(resource)
            continue
        instances = resource.get("instances") or []
        left = [
            item
            for item in instances
            if item.get("deposed") or _address(resource, item) not in addresses
        ]
        if len(left) == len(instances):
            kept.append(resource)
        elif left:
            kept.append({**resource, "instances": left})
    return {**document, "serial": document["serial"] + 1, "resources": kept}


def restore_addresses(document: Document, backup: Document, addresses: Set[str]) -> dict[str, Any]:
    """Return the next version of the document, with what the backup has at these addresses.

    Same lineage, serial + 1. What the document holds already, at these addresses and elsewhere, stays as
    it is.
    """
    resources = list(document.get("resources") or [])
    position = {_block(resource): at for at, resource in enumerate(resources)}
    wanted = addresses - held(document).keys()
    for resource in backup.get("resources") or []:
        if resource.get("mode") != "managed":
            continue
        back = [
            item
            for item in resource.get("instances") or []
            if not item.get("deposed") and _address(resource, item) in wanted
        ]
        if not back:
            continue
        at = position.get(_block(resource))
        if at is None:
            resources.append({**resource, "instances": back})
        else:
            there = resources[at].get("instances") or []
            resources[at] = {**resources[at], "instances": [*there, *back]}
    return {**document, "serial": document["serial"] + 1, "resources": resources}


def add_objects(
    state: Document | None,
    objects: Mapping[str, ReadObject],
    stack: Stack,
    *,
    terraform_version: str,
) -> Document:
    """Return the next version of the state, or a first one, with the objects at their addresses.

    They are written as Terraform would hold them. What AWS does not hold of them (whether a destroy skips the
    final snapshot) is as configured, as a deploy would have written it.
    """
    before: Document = state or {
        "version": 4,
        "terraform_version": terraform_version,
        "serial": 0,
        "lineage": str(uuid.uuid4()),
        "outputs": {},
        "resources": [],
        "check_results": None,
    }
    arns = {
        *(str(each.attributes.get("arn")) for each in objects.values()),
        *(str(attributes_of(instance).get("arn")) for _, instance in each_instance(before)),
    }
    there = {address: attributes_of(held) for address, _, held in each_addressed(before)}

    def known(address: str) -> Mapping[str, Any] | None:
        return objects[address].attributes if address in objects else there.get(address)

    found = {
        **before,
        "resources": [
            _as_held(
                stack.resources[address],
                {**each.attributes, **_as_configured(stack.resources[address], each, arns, known)},
                each,
                stack.dependencies(address),
            )
            for address, each in sorted(objects.items())
        ],
    }
    return restore_addresses(before, found, set(objects))


def with_outputs(state: Document, plan: Plan) -> Document:
    """Return the state with the outputs that a plan upon it knows, where it has none of that name."""
    known = {
        name: {key: output[key] for key in ("value", "type", "sensitive") if output.get(key)}
        for name, output in plan.outputs.items()
        if "value" in output
    }
    return {**state, "outputs": {**known, **(state.get("outputs") or {})}}


def differences(expected: Document, found: Document) -> tuple[str, ...]:
    """Return the addresses (and `outputs`) that are not the same in both documents, sorted.

    Serials, order, and empty values that Terraform adds when it writes a state make no difference.
    """
    first, second = _contents(expected), _contents(found)
    return tuple(
        sorted(
            (key for key in first.keys() | second.keys() if first.get(key) != second.get(key)),
            key=address_order,
        )
    )


def _as_configured(
    planned: Resource, read: ReadObject, arns: Set[str], known: Known
) -> dict[str, Any]:
    """Return what a deploy would have written where a reading gives nothing, or other words for it.

    What a value takes from another object is written out; where that is not known, the next deploy writes it.
    """
    found = {
        name: _written_out(planned.attributes.get(name, default), known)
        for name, default in RESOURCES[planned.type].kept_in_state.items()
        if name in planned.attributes or default is not None
    }
    if planned.type == "aws_ecs_service":
        # AWS names a revision by its ARN, and the provider reads it as `family:revision`.
        revision = read.attributes["task_definition"]
        for arn in arns:
            if arn.endswith(f":task-definition/{revision}"):
                found["task_definition"] = arn
    return found


def _written_out(value: Any, known: Known) -> Any:
    return resolving.text(value, known) if isinstance(value, str) else value


def _as_held(
    planned: Resource, attributes: Mapping[str, Any], each: ReadObject, depends_on: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "mode": "managed",
        "type": planned.type,
        "name": planned.name,
        "provider": each.provider,
        "instances": [
            {
                "schema_version": each.schema_version,
                "attributes": dict(attributes),
                "sensitive_attributes": [],
                "dependencies": list(depends_on),
            }
        ],
    }


def _contents(document: Document) -> dict[str, Any]:
    contents: dict[str, Any] = {}
    if outputs := document.get("outputs"):
        contents["outputs"] = {name: _filled(output) for name, output in outputs.items()}
    for address, resource, instance in _managed(document):
        contents[_label(address, instance)] = (resource.get("provider"), _filled(instance))
    for resource in document.get("resources") or []:
        if resource.get("mode") != "managed":
            mode, module, kind, name = _block(resource)
            instances = resource.get("instances")
            if isinstance(instances, list):
                instances = sorted(
                    (_filled(item) if isinstance(item, Mapping) else item for item in instances),
                    key=lambda item: json.dumps(item, sort_keys=True, default=str),
                )
            address = ".".join(filter(None, (module, mode, kind, name)))
            contents[address] = (resource.get("provider"), instances or [])
    return contents


def _filled(part: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: sorted(value, key=repr) if key in _UNORDERED and isinstance(value, list) else value
        for key, value in part.items()
        if value not in _EMPTY
    }


_UNORDERED = ("dependencies", "sensitive_attributes")
_EMPTY: tuple[object, ...] = (None, "", 0, [], {})


def _managed(
    document: Document | None,
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    for resource, instance in each_instance(document):
        if resource.get("mode") == "managed":
            yield _address(resource, instance), resource, instance


def _address(resource: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
    return instance_address(
        kind=resource["type"],
        name=resource["name"],
        index=index_of(instance),
        module=resource.get("module", ""),
    )


def _label(address: str, instance: Mapping[str, Any]) -> str:
    deposed = instance.get("deposed")
    return f"{address} (deposed {deposed})" if deposed else address


def _block(resource: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(resource.get(key, "")) for key in ("mode", "module", "type", "name"))


def _identity(type_: str, instance: Mapping[str, Any]) -> str | None:
    try:
        return import_id(type_, attributes_of(instance))
    except UserError:
        return None
