"""A synthesized stack, to ask about one named thing at a time."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stack:
    """The Terraform JSON of one stage."""

    json: dict[str, Any]

    def resource(self, type_: str, name: str) -> dict[str, Any]:
        """Exactly this resource, without cdktf's metadata; a KeyError when there is none."""
        found: dict[str, Any] = self.json["resource"][type_][name]
        return {key: value for key, value in found.items() if key != "//"}

    def names(self, type_: str) -> list[str]:
        """The names of all resources of a type, sorted."""
        return sorted(self.json["resource"].get(type_, {}))

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
        return sorted(
            f"{prefix}{type_}.{name}"
            for section, prefix in (
                ("resource", ""),
                ("data", "data."),
                ("ephemeral", "ephemeral."),
            )
            for type_, named in self.json.get(section, {}).items()
            for name in named
        )

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs' values by name."""
        return {name: output["value"] for name, output in self.json["output"].items()}
