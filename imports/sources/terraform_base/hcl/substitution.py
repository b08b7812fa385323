"""Puts what is known by now (from a state, from AWS) in the place of references."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from imports.sources.terraform_base.hcl.functions import call
from imports.sources.terraform_base.hcl.templates import join_parts
from imports.sources.terraform_base.hcl.values import (
    Deferred,
    EvaluationError,
    Reference,
    Template,
    Unknown,
    Value,
)

Lookup = Callable[[Reference], Value]

_STEP: Final = re.compile(r'\.?([A-Za-z_][\w-]*)|\[(\d{1,9})\]|\["((?:[^"\\]|\\.)*)"\]|(\[\*\])')


def substitute(value: Value, lookup: Lookup) -> Value:
    """Return `value` with each Reference replaced by what `lookup` gives for it.

    `lookup` gives the Reference back where it knows nothing. Templates and deferred calls are
    computed as soon as nothing in them is missing. Never raises for an odd value: that is an
    Unknown.
    """
    match value:
        case Reference():
            return lookup(value)
        case Template(parts=parts):
            return _computed(lambda: join_parts([substitute(part, lookup) for part in parts]))
        case Deferred(function=function, arguments=arguments):
            known = [substitute(each, lookup) for each in arguments]
            return _computed(lambda: call(function, known))
        case list():
            return [substitute(each, lookup) for each in value]
        case dict():
            return {key: substitute(each, lookup) for key, each in value.items()}
        case _:
            return value


def lookup_in(objects: Mapping[str, Mapping[str, Any]]) -> Lookup:
    """Return a lookup in attributes by address, as a state holds them."""

    def lookup(reference: Reference) -> Value:
        attributes = objects.get(reference.address)
        if attributes is None:
            return reference
        found = follow(attributes, reference.attribute)
        return reference if isinstance(found, Unknown) else found

    return lookup


def follow(attributes: Any, path: str) -> Value:
    """Return what the path of a Reference leads to, or an Unknown."""
    value: Any = attributes
    position = 0
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            return Unknown("a path cannot be followed")
        position = step.end()
        name, index, key, every = step.groups()
        if every:
            if not isinstance(value, list):
                value = [value]
            return [follow(each, path[position:].removeprefix(".")) for each in value]
        try:
            value = value[int(index)] if index else value[name or key]
        except (KeyError, IndexError, TypeError):
            return Unknown("a path leads nowhere")
    result: Value = value
    return result


def _computed(compute: Callable[[], Value]) -> Value:
    try:
        return compute()
    except EvaluationError as error:
        return Unknown(str(error))
