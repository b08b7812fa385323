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


def block_address(resource: Mapping[str, Any]) -> str:
    """Return the address of a resource in a state, whatever its count."""
    kind = f"data.{resource['type']}" if resource.get("mode") == "data" else resource["type"]
    return instance_address(kind=kind, name=resource["name"], module=resource.get("module", ""))


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
