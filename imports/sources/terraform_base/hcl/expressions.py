"""Evaluates the expressions of the configuration language, on python-hcl2's parse tree.

What the names of an expression stand for is asked of `Names`; nothing here reads a file or knows
a resource. What Terraform would refuse raises EvaluationError, what cannot be told is an Unknown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from lark import Tree

from imports.sources.terraform_base.hcl.access import (
    attribute_of,
    element_of,
    pairs,
    splat,
    undecided,
)
from imports.sources.terraform_base.hcl.functions import call
from imports.sources.terraform_base.hcl.loops import for_list, for_map
from imports.sources.terraform_base.hcl.rendering import render, required
from imports.sources.terraform_base.hcl.syntax import (
    Expression,
    JsonExpression,
    Node,
    expressions_of,
    plain_text,
)
from imports.sources.terraform_base.hcl.templates import (
    Part,
    heredoc_parts,
    quoted_parts,
    text_parts,
)
from imports.sources.terraform_base.hcl.values import (
    Deferred,
    EvaluationError,
    Unknown,
    Value,
    bool_of,
    is_marker,
    number_of,
    text_of,
)

MAX_STEPS: Final = 1_000_000


class Names(Protocol):
    """What the names outside an expression stand for."""

    def named(self, root: str, path: tuple[str, ...]) -> tuple[Value, int]:
        """Return the value of `root` followed by attributes, and how many of `path` it took."""
        ...

    def attribute(self, address: str, name: str) -> Value:
        """Return an attribute of a resource instance."""
        ...

    def read_file(self, path: str) -> str | None:
        """Return the text of a file next to the configuration, or None without one."""
        ...


@dataclass
class Budget:
    """How many steps are left: a small folder can ask for an endless evaluation."""

    left: int = MAX_STEPS


@dataclass(frozen=True, kw_only=True)
class Evaluator:
    """Evaluates expressions with `names`, and with the `bound` names of loops and instances."""

    names: Names
    bound: Mapping[str, Value] = field(default_factory=dict, repr=False)
    budget: Budget = field(default_factory=Budget)

    def binding(self, values: Mapping[str, Value]) -> "Evaluator":
        """Return an evaluator that knows these names as well."""
        return replace(self, bound={**self.bound, **values})

    def evaluate(self, expression: Expression) -> Value:
        """Return the value of `expression`. Raises EvaluationError."""
        if isinstance(expression, JsonExpression):
            return self._json(expression.value)
        self.budget.left -= 1
        if self.budget.left < 0:
            raise EvaluationError("the configuration asks for too many steps")
        if expression.data in _TRAVERSALS:
            return self._traversal(expression)
        return _EVALUATE[str(expression.data)](self, expression)

    def settle(self, expression: Expression) -> Value:
        """Return the value of `expression`; an error is an Unknown with its reason."""
        try:
            return self.evaluate(expression)
        except EvaluationError as error:
            return Unknown(str(error))
        except RecursionError:
            return Unknown("the expression is nested too deeply")

    def template(self, parts: Sequence[Part]) -> Value:
        """Return the text of a template, or the value of one that is a sole interpolation."""
        if len(parts) == 1 and parts[0].kind == "value":
            return self.evaluate(required(parts[0]))
        return render(parts, self)

    def _json(self, value: object) -> Value:
        if isinstance(value, str):
            return self.template(text_parts(value)) if value else ""
        if isinstance(value, list):
            return [self._json(item) for item in value]
        if isinstance(value, dict):
            return {key: self._json(item) for key, item in value.items() if key != "//"}
        return value if isinstance(value, bool | int | float) else None

    def _term(self, node: Node) -> Value:
        return self.evaluate(expressions_of(node)[0])

    def _conditional(self, node: Node) -> Value:
        test, yes, no = expressions_of(node)
        condition = self.evaluate(test)
        if isinstance(condition, Unknown):
            return condition
        if is_marker(condition):
            return Deferred("?:", (condition, self.evaluate(yes), self.evaluate(no)))
        return self.evaluate(yes if bool_of(condition) else no)

    def _binary(self, node: Node) -> Value:
        left_node, term = expressions_of(node)
        operator_node, right_node = expressions_of(term)
        operator = str(operator_node.children[0]).split()[-1]
        left = self.evaluate(left_node)
        if operator in {"&&", "||"} and not is_marker(left) and bool_of(left) == (operator == "||"):
            return bool_of(left)
        return call(operator, (left, self.evaluate(right_node)))

    def _unary(self, node: Node) -> Value:
        operator = "!" if str(node.children[0]) == "!" else "negate"
        return call(operator, (self.evaluate(expressions_of(node)[0]),))

    def _identifier(self, node: Node) -> Value:
        name = plain_text(node)
        if name in self.bound:
            return self.bound[name]
        return self.names.named(name, ())[0]

    def _tuple(self, node: Node) -> Value:
        return [self.evaluate(item) for item in expressions_of(node)]

    def _object(self, node: Node) -> Value:
        result: dict[str, Value] = {}
        for element in expressions_of(node):
            key_node, value_node = expressions_of(element)
            key = self._key(key_node)
            if is_marker(key):
                return undecided(key)
            result[text_of(key)] = self.evaluate(value_node)
        return result

    def _key(self, node: Node) -> Value:
        (key,) = expressions_of(node)
        inner = expressions_of(key)
        bare = key.data == "keyword" or (
            len(key.children) == 1 and inner and inner[0].data in {"identifier", "literal_value"}
        )
        return plain_text(key) if bare else self.evaluate(key)

    def _call(self, node: Node) -> Value:
        names = [plain_text(n) for n in expressions_of(node) if n.data == "identifier"]
        name = "::".join(names)
        listed = [child for child in expressions_of(node) if child.data == "arguments"]
        nodes = expressions_of(listed[0]) if listed else []
        if name in {"try", "can"}:
            return self._try(nodes) if name == "try" else self._can(nodes)
        arguments = [self.evaluate(each) for each in nodes]
        if listed and any(child == "..." for child in listed[0].children):
            spread = arguments.pop()
            if is_marker(spread):
                return undecided(spread)
            arguments.extend(value for _, value in pairs(spread))
        if name in _FILES:
            return self._file(name, arguments)
        return call(name, arguments)

    def _try(self, nodes: Sequence[Node]) -> Value:
        for node in nodes:
            try:
                return self.evaluate(node)
            except EvaluationError:
                continue
        raise EvaluationError("try() had no argument that works")

    def _can(self, nodes: Sequence[Node]) -> Value:
        try:
            result = self.evaluate(nodes[0]) if nodes else None
        except EvaluationError:
            return False
        return result if isinstance(result, Unknown) else True

    def _file(self, name: str, arguments: Sequence[Value]) -> Value:
        path = arguments[0] if arguments else None
        if not isinstance(path, str):
            return Unknown(f"{name}() needs a path that is known before apply")
        text = self.names.read_file(path)
        if name == "fileexists":
            return text is not None
        if text is None:
            return Unknown(f"{name}() names a file that is not there or cannot be read")
        return text if name == "file" else self._file_template(text, arguments[1:])

    def _file_template(self, text: str, given: Sequence[Value]) -> Value:
        if len(given) != 1 or not isinstance(given[0], dict):
            return Unknown("templatefile() needs a map that is known before apply")
        return replace(self, bound=given[0]).template(text_parts(text)) if text else ""

    def _traversal(self, node: Node) -> Value:
        steps: list[Node] = []
        base = node
        while base.data in _TRAVERSALS or (base.data == "expr_term" and _wraps_traversal(base)):
            if base.data in _TRAVERSALS:
                base, step = expressions_of(base)
                steps.insert(0, step)
            else:
                base = expressions_of(base)[0]
        value, steps = self._root(base, steps)
        for step in steps:
            value = self._step(value, step)
        return value

    def _root(self, base: Node, steps: list[Node]) -> tuple[Value, list[Node]]:
        inner = expressions_of(base)
        if len(base.children) != 1 or inner[0].data != "identifier":
            return self.evaluate(base), steps
        name = plain_text(inner[0])
        if name in self.bound:
            return self.bound[name], steps
        path: list[str] = []
        for step in steps:
            if step.data != "get_attr":
                break
            path.append(plain_text(expressions_of(step)[0]))
        value, taken = self.names.named(name, tuple(path))
        return value, steps[taken:]

    def _step(self, value: Value, step: Node) -> Value:
        if step.data == "get_attr":
            return attribute_of(value, plain_text(expressions_of(step)[0]), self.names.attribute)
        if step.data == "braces_index":
            return element_of(value, self.evaluate(expressions_of(step)[0]))
        if step.data == "short_index":
            return element_of(value, number_of(str(step.children[-1])))
        inner = expressions_of(step)
        if step.data == "full_splat":
            return splat(value, lambda each: self._steps(each, inner))
        # `.*` takes attributes along; an index after them is one into the resulting list.
        along = next((i for i, each in enumerate(inner) if each.data != "get_attr"), len(inner))
        listed = splat(value, lambda each: self._steps(each, inner[:along]))
        return self._steps(listed, inner[along:])

    def _steps(self, value: Value, steps: Sequence[Node]) -> Value:
        for step in steps:
            value = self._step(value, step)
        return value


_FILES: Final = frozenset({"file", "fileexists", "templatefile"})
_TRAVERSALS: Final = frozenset(
    {"get_attr_expr_term", "index_expr_term", "attr_splat_expr_term", "full_splat_expr_term"}
)


def _wraps_traversal(node: Node) -> bool:
    # A pair of parentheses ends a splat, so what they hold is a value of its own.
    (child,) = node.children if len(node.children) == 1 else (None,)
    return isinstance(child, Tree) and child.data in _TRAVERSALS


def _literal(_: Evaluator, node: Node) -> Value:
    return {"true": True, "false": False, "null": None}[plain_text(node)]


def _number(_: Evaluator, node: Node) -> Value:
    return number_of(plain_text(node))


_EVALUATE: Final[dict[str, Callable[[Evaluator, Node], Value]]] = {
    "expr_term": Evaluator._term,
    "conditional": Evaluator._conditional,
    "binary_op": Evaluator._binary,
    "unary_op": Evaluator._unary,
    "identifier": Evaluator._identifier,
    "keyword": Evaluator._identifier,
    "literal_value": _literal,
    "int_lit": _number,
    "float_lit": _number,
    "string": lambda self, node: self.template(quoted_parts(node)),
    "template_string": lambda _, node: plain_text(node)[2:-2],
    "heredoc_template": lambda self, node: self.template(heredoc_parts(plain_text(node))),
    "heredoc_template_trim": lambda self, node: self.template(heredoc_parts(plain_text(node))),
    "tuple": Evaluator._tuple,
    "object": Evaluator._object,
    "for_tuple_expr": lambda self, node: for_list(node, self),
    "for_object_expr": lambda self, node: for_map(node, self),
    "function_call": Evaluator._call,
}
