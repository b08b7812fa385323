"""Renders the parts of a template: texts and values in order, `%{ if }` and `%{ for }` obeyed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, Self

from imports.sources.terraform_base.hcl.access import pairs, undecided
from imports.sources.terraform_base.hcl.syntax import Node
from imports.sources.terraform_base.hcl.templates import Part, join_parts
from imports.sources.terraform_base.hcl.values import EvaluationError, Value, bool_of, is_marker


class Evaluating(Protocol):
    """Evaluates the expressions within a template."""

    def evaluate(self, expression: Node) -> Value:
        """Return the value of an expression. Raises EvaluationError."""
        ...

    def binding(self, values: Mapping[str, Value]) -> Self:
        """Return an evaluator that knows these names as well."""
        ...


def render(parts: Sequence[Part], evaluator: Evaluating) -> Value:
    """Return the text of the parts. Raises EvaluationError when directives do not pair up."""
    values: list[Value] = []
    remaining = iter(parts)
    for part in remaining:
        match part.kind:
            case "text":
                values.append(part.text)
            case "value":
                values.append(evaluator.evaluate(required(part)))
            case "if":
                values.append(_choice(part, remaining, evaluator))
            case "for":
                values.append(_loop(part, remaining, evaluator))
            case _:
                raise EvaluationError("a text has a directive without its beginning")
    return join_parts(values)


def required(part: Part) -> Node:
    """Return the expression of a part that must have one."""
    if part.expression is None:
        raise EvaluationError("a text has a directive without an expression")
    return part.expression


def loop_names(names: Sequence[str], key: Value, value: Value) -> dict[str, Value]:
    """Return what `for value in` or `for key, value in` binds in one round."""
    return {names[0]: value} if len(names) == 1 else {names[0]: key, names[1]: value}


def _choice(part: Part, remaining: Iterator[Part], evaluator: Evaluating) -> Value:
    condition = evaluator.evaluate(required(part))
    yes: list[Part] = []
    no: list[Part] = []
    branch = yes
    for depth, each in _until_end(remaining, "if", "endif"):
        if each.kind == "else" and depth == 0:
            branch = no
        else:
            branch.append(each)
    if is_marker(condition):
        return undecided(condition)
    return render(yes if bool_of(condition) else no, evaluator)


def _loop(part: Part, remaining: Iterator[Part], evaluator: Evaluating) -> Value:
    items = evaluator.evaluate(required(part))
    body = [each for _, each in _until_end(remaining, "for", "endfor")]
    if is_marker(items):
        return undecided(items)
    return join_parts(
        [
            render(body, evaluator.binding(loop_names(part.names, key, value)))
            for key, value in pairs(items)
        ]
    )


def _until_end(remaining: Iterator[Part], start: str, end: str) -> Iterator[tuple[int, Part]]:
    depth = 0
    for part in remaining:
        if part.kind == end and depth == 0:
            return
        depth += (part.kind == start) - (part.kind == end)
        yield depth, part
    raise EvaluationError("a text has a directive without its end")
