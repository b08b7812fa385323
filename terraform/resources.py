"""The resources of a stack as plain data, from its synthesized JSON or from a state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One object of a stack, as Terraform describes it."""

    type: str
    name: str
    attributes: Mapping[str, Any]


def of_document(document: Mapping[str, Any]) -> list[Resource]:
    """Of a synthesized stack (`cdk.tf.json`)."""
    return [
        Resource(type=type_, name=name, attributes=body)
        for type_, named in document.get("resource", {}).items()
        for name, body in named.items()
    ]


def of_state(state: Mapping[str, Any]) -> list[Resource]:
    """Of a Terraform state, one for each instance; a deposed one is on its way out."""
    return [
        Resource(type=block["type"], name=block["name"], attributes=instance["attributes"])
        for block in state.get("resources") or []
        if block["mode"] == "managed"
        for instance in block.get("instances") or []
        if not instance.get("deposed")
    ]
