"""Reads the instances in a state's document one by one, in either form, whoever wrote them. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from terraform.addresses import instance_address
from terraform.flat_attributes import unflattened


def attributes_of(instance: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a state says of one instance, in either form; nothing where it says nothing.

    Terraform too takes an instance without attributes for an empty one.
    """
    attributes, flat = instance.get("attributes"), instance.get("attributes_flat")
    if isinstance(attributes, dict):
        return attributes
    return unflattened(flat) if isinstance(flat, dict) else {}


def each_instance(
    document: Mapping[str, Any] | None,
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield each instance in a state after its resource: data and deposed ones too."""
    for resource in (document or {}).get("resources") or ():
        if isinstance(resource, Mapping):
            for instance in resource.get("instances") or ():
                if isinstance(instance, Mapping):
                    yield resource, instance


def each_addressed(
    document: Mapping[str, Any] | None,
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Yield the same after the address of its block, whatever its count.

    What is no object of Terraform's, as data without a type, has none and is passed over.
    """
    for resource, instance in each_instance(document):
        kind, name = resource.get("type"), resource.get("name")
        if isinstance(kind, str) and isinstance(name, str):
            kind = f"data.{kind}" if resource.get("mode") == "data" else kind
            module = str(resource.get("module") or "")
            yield instance_address(kind=kind, name=name, module=module), resource, instance


def account_in(document: Mapping[str, Any] | None) -> str | None:
    """Return the AWS account that a state was written in; None where its data does not tell."""
    for resource, instance in each_instance(document):
        if resource.get("type") == "aws_caller_identity":
            account = attributes_of(instance).get("account_id")
            if isinstance(account, str):
                return account
    return None


def index_of(instance: Mapping[str, Any]) -> int | str | None:
    """Return the count or for_each key of one instance.

    What is neither becomes the text of it: an odd key makes an odd address, and no unreadable state.
    """
    match instance.get("index_key"):
        case None | str() | int() as index if not isinstance(index, bool):
            return index
        case float() as index if index.is_integer():
            return int(index)
        case odd:
            return json.dumps(odd, default=str)
