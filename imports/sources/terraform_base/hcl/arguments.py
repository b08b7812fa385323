"""What a block sets: its attributes, and its nested blocks as lists of maps."""

from collections.abc import Iterator
from typing import Final

from imports.sources.terraform_base.hcl.access import pairs, undecided
from imports.sources.terraform_base.hcl.expressions import Evaluator
from imports.sources.terraform_base.hcl.syntax import Block, Expression, expression_text
from imports.sources.terraform_base.hcl.values import EvaluationError, Unknown, Value, is_marker

# What Terraform itself reads in a resource or data block; the provider never sees these.
META: Final = frozenset(
    {"count", "for_each", "provider", "depends_on", "lifecycle", "connection", "provisioner"}
)
_NOTHING: Final[frozenset[str]] = frozenset()


def settle_arguments(
    block: Block, evaluator: Evaluator, *, skip: frozenset[str] = _NOTHING
) -> dict[str, Value]:
    """Return the arguments of a block; what cannot be told is an Unknown, null is left out."""
    arguments: dict[str, Value] = {}
    for name, attribute in block.attributes.items():
        if name not in skip:
            value = settled(evaluator, attribute.expression)
            if value is not None:
                arguments[name] = value
    for nested in block.blocks:
        if nested.type == "dynamic" and nested.labels:
            name = nested.labels[0]
            found = _dynamic(nested, evaluator)
        elif nested.type not in skip:
            name = nested.type
            found = [settle_arguments(nested, evaluator)]
        else:
            continue
        listed = arguments.setdefault(name, [])
        if isinstance(found, Unknown):
            arguments[name] = found
        elif isinstance(listed, list):
            listed.extend(found)
    return arguments


def settled(evaluator: Evaluator, expression: Expression) -> Value:
    """Return the value of an argument, sets as lists."""
    return _plain(evaluator.settle(expression))


def unknowns_in(value: Value, path: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the reason of every Unknown in an argument."""
    if isinstance(value, Unknown):
        yield path, value.reason
    elif isinstance(value, list):
        for position, each in enumerate(value):
            yield from unknowns_in(each, f"{path}[{position}]")
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from unknowns_in(each, f"{path}.{key}" if path else key)


def _plain(value: Value) -> Value:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value


def _dynamic(block: Block, evaluator: Evaluator) -> list[Value] | Unknown:
    source, content = block.attributes.get("for_each"), _content(block)
    if source is None or content is None:
        return Unknown("a dynamic block lacks its for_each or content")
    items = evaluator.settle(source.expression)
    if is_marker(items):
        return undecided(items)
    try:
        iterator = _iterator(block)
        return [
            settle_arguments(content, evaluator.binding({iterator: {"key": key, "value": value}}))
            for key, value in pairs(items)
        ]
    except EvaluationError as error:
        return Unknown(str(error))


def _content(block: Block) -> Block | None:
    return next((nested for nested in block.blocks if nested.type == "content"), None)


def _iterator(block: Block) -> str:
    if "iterator" not in block.attributes:
        return block.labels[0]
    expression = block.attributes["iterator"].expression
    return expression_text(expression)
