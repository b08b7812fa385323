"""References between the resources of a synthesized stack: which block means which."""

import re
from collections.abc import Mapping, Sequence

from terraform.resources import Resource

_REFERENCE = re.compile(r"\b(aws_[a-z0-9_]+)\.([A-Za-z0-9_-]+)(?:\.|\[|\}|$)")
Key = tuple[str, str]


def key(resource: Resource) -> Key:
    """Type and name, as a reference has them."""
    return resource.type, resource.name


def references(value: object) -> set[Key]:
    """Everything that a value refers to, at any depth, also within text that holds JSON."""
    if isinstance(value, Mapping):
        return set().union(*map(references, value.values())) if value else set()
    if isinstance(value, list | tuple):
        return set().union(*map(references, value)) if value else set()
    if isinstance(value, str) and "${" in value:
        return {(found[1], found[2]) for found in _REFERENCE.finditer(value)}
    return set()


def block(value: object) -> Mapping[str, object]:
    """A nested block: cdktf writes an object, or a list of one."""
    if isinstance(value, list | tuple):
        value = value[0] if value else {}
    return value if isinstance(value, Mapping) else {}


class Stack:
    """Resources that can be asked for by type and by reference."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self.resources = resources
        self._by_key = {key(resource): resource for resource in resources}

    def of(self, type_: str) -> list[Resource]:
        """All of a type, in their order."""
        return [resource for resource in self.resources if resource.type == type_]

    def referred(self, value: object, type_: str) -> Resource | None:
        """The first resource of a type that a value refers to."""
        keys = sorted(each for each in references(value) if each[0] == type_)
        return self._by_key.get(keys[0]) if keys else None
