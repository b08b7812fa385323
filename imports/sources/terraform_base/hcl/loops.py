"""Evaluates for expressions: `[for x in xs : ...]` and `{for k, v in m : k => v}`."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lark import Token

from imports.sources.terraform_base.hcl.access import pairs, undecided
from imports.sources.terraform_base.hcl.rendering import Evaluating, loop_names
from imports.sources.terraform_base.hcl.syntax import Node, expressions_of, plain_text
from imports.sources.terraform_base.hcl.values import (
    EvaluationError,
    Unknown,
    Value,
    bool_of,
    is_marker,
    text_of,
)


@dataclass(frozen=True)
class _Loop:
    names: tuple[str, ...]
    items: Value = field(repr=False)
    condition: Node | None = field(repr=False)
    results: tuple[Node, ...] = field(repr=False)


class _UndecidedError(Exception):
    """Whether or under which key an element counts is known after apply only."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.unknown: Unknown = undecided(value)


def for_list(node: Node, evaluator: Evaluating) -> Value:
    """Return the list of a for expression, or an Unknown. Raises EvaluationError."""
    loop = _loop(node, evaluator)
    try:
        return [inner.evaluate(loop.results[0]) for inner in _rounds(loop, evaluator)]
    except _UndecidedError as error:
        return error.unknown


def for_map(node: Node, evaluator: Evaluating) -> Value:
    """Return the map of a for expression, or an Unknown. Raises EvaluationError."""
    loop = _loop(node, evaluator)
    grouped = any(isinstance(child, Token) and child == "..." for child in node.children)
    groups: dict[str, list[Value]] = {}
    try:
        for inner in _rounds(loop, evaluator):
            key = _decided(inner.evaluate(loop.results[0]))
            groups.setdefault(text_of(key), []).append(inner.evaluate(loop.results[1]))
    except _UndecidedError as error:
        return error.unknown
    if grouped:
        return {key: list(values) for key, values in groups.items()}
    if any(len(values) > 1 for values in groups.values()):
        raise EvaluationError("a for expression gives one key twice")
    return {key: values[0] for key, values in groups.items()}


def _loop(node: Node, evaluator: Evaluating) -> _Loop:
    intro, *rest = expressions_of(node)
    *names, items = expressions_of(intro)
    conditions = [expressions_of(each)[0] for each in rest if each.data == "for_cond"]
    return _Loop(
        names=tuple(plain_text(name) for name in names),
        items=evaluator.evaluate(items),
        condition=conditions[0] if conditions else None,
        results=tuple(each for each in rest if each.data != "for_cond"),
    )


def _rounds(loop: _Loop, evaluator: Evaluating) -> Iterator[Evaluating]:
    for key, value in pairs(_decided(loop.items)):
        inner = evaluator.binding(loop_names(loop.names, key, value))
        if loop.condition is None or bool_of(_decided(inner.evaluate(loop.condition))):
            yield inner


def _decided(value: Value) -> Value:
    if is_marker(value):
        raise _UndecidedError(value)
    return value
