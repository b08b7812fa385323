"""A synthesized stack, to ask about one named thing at a time."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from terraform import stack
from terraform.stack import Resource


@dataclass(frozen=True)
class Stack:
    """The Terraform JSON of one stage."""

    json: dict[str, Any]

    @cached_property
    def read(self) -> stack.Stack:
        """The same as the project's own code reads it."""
        return stack.Stack(document=self.json)

    def resource(self, type_: str, name: str) -> dict[str, Any]:
        """Exactly this resource, without cdktf's metadata; a KeyError when there is none."""
        found = self.read.resources[f"{type_}.{name}"]
        order = {"depends_on": list(found.depends_on)} if found.depends_on else {}
        return {**found.attributes, **order}

    def names(self, type_: str) -> list[str]:
        """The names of all resources of a type, sorted."""
        return sorted(each.name for each in self.read.of(type_))

    def policy(self, type_: str, name: str) -> dict[str, Any]:
        """The policy document of a resource."""
        document: dict[str, Any] = json.loads(self.resource(type_, name)["policy"])
        return document

    def containers(self, service: str) -> dict[str, dict[str, Any]]:
        """The containers of a service's task, by name."""
        text = self.resource("aws_ecs_task_definition", service)["container_definitions"]
        return {container["name"]: container for container in json.loads(text)}

    def addresses(self) -> list[str]:
        """Every resource, data source and ephemeral block as Terraform addresses it, sorted."""
        return sorted(self.read.elements)

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs' values by name."""
        return {name: output["value"] for name, output in self.read.outputs.items()}


def stack_of(resources: Iterable[Resource]) -> stack.Stack:
    """A stack of these resources alone."""
    document: dict[str, dict[str, Any]] = {}
    for each in resources:
        document.setdefault(each.type, {})[each.name] = each.attributes
    return stack.Stack(document={"resource": document})
