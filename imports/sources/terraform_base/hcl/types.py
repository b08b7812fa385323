"""The type a variable declares, and the conversion of a value to it."""

from dataclasses import dataclass, field, replace
from typing import Final

from lark import Tree

from imports.sources.terraform_base.hcl.expressions import Evaluator
from imports.sources.terraform_base.hcl.syntax import (
    Expression,
    JsonExpression,
    Node,
    expressions_of,
    parse_expression,
    plain_text,
)
from imports.sources.terraform_base.hcl.values import (
    EvaluationError,
    Value,
    bool_of,
    is_marker,
    number_of,
    set_of,
    text_of,
)


@dataclass(frozen=True, kw_only=True)
class Type:
    """A type constraint: `kind` is string, number, bool, any, list, set, map, object or tuple.

    `of` holds the element type, the types of a tuple's elements or of an object's attributes,
    whose names are in `names`. An optional attribute may have a default.
    """

    kind: str
    of: tuple["Type", ...] = ()
    names: tuple[str, ...] = ()
    optional: bool = False
    default: Node | None = field(default=None, repr=False)

    @property
    def is_primitive(self) -> bool:
        """Return whether a value for it is given as bare text on a command line."""
        return self.kind in {"string", "number", "bool"}


ANY: Final = Type(kind="any")
# "list" and "map" alone, and quoted names, are how Terraform 0.11 wrote them.
_NAMED: Final = {
    **{name: Type(kind=name) for name in ("string", "number", "bool")},
    **{name: Type(kind=name, of=(ANY,)) for name in ("list", "map", "set")},
}


def declared_type(expression: Expression | None) -> Type:
    """Return the type an expression names; `any` without one or for one that is not known."""
    if isinstance(expression, JsonExpression):
        try:
            expression = parse_expression(str(expression.value))
        except ValueError:
            return ANY
    return _type(expression) if expression is not None else ANY


def convert(value: Value, type_: Type, evaluator: Evaluator) -> Value:
    """Return `value` as Terraform converts it to the type. Raises EvaluationError."""
    if value is None or is_marker(value) or type_.kind == "any":
        return value
    match type_.kind:
        case "string":
            return text_of(value)
        case "number":
            return number_of(value)
        case "bool":
            return bool_of(value)
        case "list" | "set" | "tuple":
            return _converted_list(value, type_, evaluator)
        case _:
            return _converted_map(value, type_, evaluator)


def _converted_list(value: Value, type_: Type, evaluator: Evaluator) -> Value:
    if not isinstance(value, list):
        raise EvaluationError("a list is needed where there is something else")
    if type_.kind == "tuple":
        pairs = zip(value, type_.of, strict=False)
        return [convert(each, of, evaluator) for each, of in pairs]
    items = [convert(each, type_.of[0], evaluator) for each in value]
    return set_of(items) if type_.kind == "set" else items


def _converted_map(value: Value, type_: Type, evaluator: Evaluator) -> Value:
    if not isinstance(value, dict):
        raise EvaluationError("a map is needed where there is something else")
    if type_.kind == "map":
        return {key: convert(each, type_.of[0], evaluator) for key, each in value.items()}
    result: dict[str, Value] = {}
    for name, of in zip(type_.names, type_.of, strict=True):
        given = value.get(name)
        if given is None and of.default is not None:
            given = evaluator.evaluate(of.default)
        if name not in value and not of.optional:
            raise EvaluationError(f"the attribute {name} is missing")
        result[name] = convert(given, of, evaluator)
    return result


def _type(node: Node) -> Type:
    inner = expressions_of(node)
    if node.data == "expr_term" and inner:
        return _type(inner[0])
    if node.data in {"identifier", "string"}:
        return _NAMED.get(plain_text(node), ANY)
    if node.data != "function_call":
        return ANY
    arguments = [
        each for part in inner if part.data == "arguments" for each in expressions_of(part)
    ]
    return _built(plain_text(inner[0]), arguments) if arguments else ANY


def _built(name: str, arguments: list[Node]) -> Type:
    container = expressions_of(arguments[0])[:1]
    kind = str(container[0].data) if container else ""
    if name in {"list", "set", "map"}:
        return Type(kind=name, of=(_type(arguments[0]),))
    if name == kind == "tuple":
        return Type(kind=name, of=tuple(map(_type, expressions_of(container[0]))))
    if name == kind == "object":
        return _object(container[0])
    if name == "optional":
        default = arguments[1] if len(arguments) > 1 else None
        return replace(_type(arguments[0]), optional=True, default=default)
    return ANY


def _object(node: Node) -> Type:
    names, types = [], []
    for element in expressions_of(node):
        key, value = expressions_of(element)
        names.append(plain_text(expressions_of(key)[0] if _quoted(key) else key))
        types.append(_type(value))
    return Type(kind="object", of=tuple(types), names=tuple(names))


def _quoted(key: Node) -> bool:
    child = key.children[0]
    return isinstance(child, Tree) and any(child.find_data("string"))
