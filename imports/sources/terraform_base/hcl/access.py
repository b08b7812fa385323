"""Attributes, indexes and splats: the ways into a value, also into one known after apply."""

from collections.abc import Callable, Iterator

from imports.sources.terraform_base.hcl.values import (
    EvaluationError,
    Reference,
    TerraformSet,
    Unknown,
    Value,
    first_unknown,
    is_marker,
    markers_in,
    number_of,
    text_of,
)


def attribute_of(value: Value, name: str, instance: Callable[[str, str], Value]) -> Value:
    """Return `value.name`; `instance` answers for an attribute of a whole resource instance."""
    match value:
        case Unknown():
            return value
        case Reference(address=address, attribute=""):
            return instance(address, name)
        case Reference(address=address, attribute=path):
            return Reference(address, f"{path}.{name}")
        case dict():
            if name in value:
                return value[name]
            raise EvaluationError(f"there is no attribute {name}")
        case list():
            raise EvaluationError(f"a list has no attribute {name}")
        case _ if is_marker(value):
            return Unknown(f"the attribute {name} is one of a value known after apply")
        case _:
            raise EvaluationError(f"a plain value has no attribute {name}")


def element_of(value: Value, key: Value) -> Value:
    """Return `value[key]`. Raises EvaluationError when there is no such element."""
    unknown = first_unknown((value, key), deep=False)
    if unknown is not None:
        return unknown
    if is_marker(key):
        return Unknown("an index is known after apply only")
    if isinstance(value, Reference):
        return _reference_element(value, key)
    if isinstance(value, TerraformSet):
        raise EvaluationError("a set has no indexes")
    if isinstance(value, list):
        position = number_of(key)
        if isinstance(position, int) and 0 <= position < len(value):
            return value[position]
        raise EvaluationError("an index is beyond its list")
    if isinstance(value, dict):
        if text_of(key) in value:
            return value[text_of(key)]
        raise EvaluationError("a map has no such key")
    if is_marker(value):
        return Unknown("an element is one of a value known after apply")
    raise EvaluationError("a plain value has no elements")


def splat(value: Value, select: Callable[[Value], Value]) -> Value:
    """Return `value[*]` with `select` applied to each element; a single value counts as one."""
    match value:
        case Unknown():
            return value
        case None:
            return []
        case list():
            return [select(each) for each in value]
        case Reference(address=address, attribute=path) if path:
            return select(Reference(address, f"{path}[*]"))
        case _:
            return [select(value)]


def pairs(value: Value) -> Iterator[tuple[Value, Value]]:
    """Yield what a for expression sees: index or key, and element. Maps come sorted by key."""
    if isinstance(value, TerraformSet):
        yield from ((each, each) for each in value)
    elif isinstance(value, list):
        yield from enumerate(value)
    elif isinstance(value, dict):
        yield from sorted(value.items())
    else:
        raise EvaluationError("a list or a map is needed to go through")


def undecided(value: Value) -> Unknown:
    """Return the Unknown for a decision that hangs on `value`."""
    for marker in markers_in(value):
        if isinstance(marker, Unknown):
            return marker
        if isinstance(marker, Reference):
            return Unknown(f"it depends on {reference_text(marker)}, which is known after apply")
    return Unknown("it depends on a value known after apply")


def reference_text(reference: Reference) -> str:
    """Return a reference as it stands in a configuration."""
    return f"{reference.address}.{reference.attribute}".rstrip(".")


def _reference_element(value: Reference, key: Value) -> Value:
    shown = f'["{text_of(key)}"]' if isinstance(key, str) else f"[{text_of(key)}]"
    if value.attribute:
        return Reference(value.address, f"{value.attribute}{shown}")
    if value.address.startswith("module."):
        return Reference(f"{value.address}{shown}", "")
    raise EvaluationError(f"{value.address} is one object and has no indexes")
