"""What a picture knows a resource by: its type and its name."""

from terraform.references import references
from terraform.stack import Resource

Key = tuple[str, str]


def key(resource: Resource) -> Key:
    """Type and name, as a reference has them."""
    return resource.type, resource.name


def keys_in(value: object) -> set[Key]:
    """All resources that a value refers to."""
    return {(found.type, found.name) for found in references(value) if not found.mode}
