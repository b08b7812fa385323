"""A synthesized stack (`cdk.tf.json`), read once: its resources by address, and what else stands in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from terraform.references import addresses

FILE_NAME = "cdk.tf.json"
Document = Mapping[str, Any]
# What is about an argument and none itself: cdktf's comment, and the order of the deploy.
_BESIDE = frozenset({"//", "depends_on"})


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One object of a stack, as Terraform describes it; `mode` is `data.`, `ephemeral.`, or empty."""

    mode: str = ""
    type: str
    name: str
    attributes: Mapping[str, Any] = field(repr=False)
    depends_on: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Its Terraform address."""
        return f"{self.mode}{self.type}.{self.name}"

    @cached_property
    def references(self) -> frozenset[str]:
        """The addresses of what it refers to, and of what it waits for."""
        return addresses(self.attributes) | set(self.depends_on)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The Terraform JSON of one stage."""

    document: Document = field(repr=False)

    @cached_property
    def resources(self) -> Mapping[str, Resource]:
        """Its managed resources by address, in the stack's order."""
        return self._section("resource", "")

    @cached_property
    def data(self) -> Mapping[str, Resource]:
        """Its data sources by address."""
        return self._section("data", "data.")

    @cached_property
    def ephemeral(self) -> Mapping[str, Resource]:
        """What it asks for and keeps nowhere, by address."""
        return self._section("ephemeral", "ephemeral.")

    @property
    def elements(self) -> Mapping[str, Resource]:
        """Resources, data sources and ephemeral blocks by address."""
        return {**self.resources, **self.data, **self.ephemeral}

    @property
    def outputs(self) -> Mapping[str, Mapping[str, Any]]:
        """Its outputs by name."""
        found: Mapping[str, Mapping[str, Any]] = self.document.get("output", {})
        return found

    @property
    def providers(self) -> Mapping[str, list[Mapping[str, Any]]]:
        """The settings of each provider."""
        found: Mapping[str, list[Mapping[str, Any]]] = self.document.get("provider", {})
        return found

    @property
    def backend(self) -> tuple[str, Mapping[str, Any]]:
        """The kind of its backend and that backend's settings.

        Raises ValueError when it does not name exactly one.
        """
        ((kind, settings),) = self.document["terraform"]["backend"].items()
        return kind, settings

    @property
    def without_backend(self) -> Mapping[str, Any]:
        """Its `terraform` block, so that its state is a file in its folder."""
        block = self.document["terraform"]
        return {key: value for key, value in block.items() if key != "backend"}

    @property
    def imports(self) -> Mapping[str, str]:
        """The import ids of its import blocks by address."""
        return {block["to"]: block["id"] for block in self.document.get("import", ())}

    def of(self, *types: str) -> list[Resource]:
        """All resources of these types, in the stack's order; of every type where none is named."""
        return [each for each in self.resources.values() if not types or each.type in types]

    def referred(self, value: object, type_: str) -> Resource | None:
        """The first resource of a type that a value refers to."""
        found = sorted(each for each in addresses(value) if each.startswith(f"{type_}."))
        return self.resources.get(found[0]) if found else None

    def dependencies(self, address: str) -> tuple[str, ...]:
        """All resources and data that one stands on, directly or not, sorted, as a state lists them."""
        elements = {**self.resources, **self.ephemeral}
        found: set[str] = set()
        ahead = [address]
        while ahead:
            for each in elements[ahead.pop()].references:
                if each in elements and each not in found:
                    found.add(each)
                    ahead.append(each)
        return tuple(sorted(found - {address} - self.ephemeral.keys()))

    def _section(self, section: str, mode: str) -> dict[str, Resource]:
        found = (
            Resource(
                mode=mode,
                type=type_,
                name=name,
                attributes={key: value for key, value in body.items() if key not in _BESIDE},
                depends_on=tuple(body.get("depends_on", ())),
            )
            for type_, named in self.document.get(section, {}).items()
            for name, body in named.items()
        )
        return {each.address: each for each in found}


def read_stack(path: Path) -> Stack:
    """Read a stack from a file, or from the folder that it was synthesized into.

    Raises ValueError for a file that holds something else.
    """
    file = path / FILE_NAME if path.is_dir() else path
    return parse_stack(json.loads(file.read_text(encoding="utf-8")))


def parse_stack(document: Any) -> Stack:
    """A stack from its JSON.

    Raises ValueError for something else.
    """
    try:
        stack = Stack(document={**document})
        _ = stack.elements
    except (AttributeError, TypeError, ValueError):
        raise ValueError("no synthesized stack") from None
    return stack


def block(value: object) -> Mapping[str, Any]:
    """A nested block: cdktf writes an object, or a list of one, as a state does."""
    if isinstance(value, list | tuple):
        value = value[0] if value else {}
    return value if isinstance(value, Mapping) else {}
