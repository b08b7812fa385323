"""Parses the files of a legacy folder into blocks and attributes, both HCL and its JSON form.

python-hcl2's parse tree is kept for expressions: its dictionaries turn them back into text, which
would have to be parsed a second time.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NoReturn, TypeAlias, TypeGuard

import hcl2
from lark import Token, Tree
from lark.exceptions import LarkError, UnexpectedInput

from common.errors import UserError, shorten

MAX_CHARACTERS: Final = 1024 * 1024

Node: TypeAlias = Tree[Token]


@dataclass(frozen=True)
class JsonExpression:
    """An expression of a .tf.json file: plain JSON in which every text is a template."""

    value: Any = field(repr=False)


Expression: TypeAlias = Node | JsonExpression


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """One `name = expression`, and the line it stands on."""

    name: str
    expression: Expression = field(repr=False)
    line: int


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block with its labels, and where it stands. The file itself is one without labels."""

    type: str
    labels: tuple[str, ...]
    attributes: Mapping[str, Attribute] = field(repr=False)
    blocks: tuple["Block", ...] = field(repr=False)
    file: str
    line: int


def parse_hcl(text: str, *, file: str) -> Block:
    """Return the content of an HCL file. Raises UserError, with the line, if it is none."""
    _check_size(text, file)
    try:
        tree: Node = hcl2.parses_to_tree(text.replace("\r\n", "\n"))
        return _body(_child(tree, "body"), kind="", labels=(), file=file, line=1)
    except UnexpectedInput as error:
        _unparseable(file, getattr(error, "line", -1), getattr(error, "column", -1))
    except LarkError:
        _unparseable(file, -1, -1)
    except RecursionError:
        raise UserError(f"{shorten(file)} is nested too deeply to be read.") from None


@lru_cache(maxsize=1024)
def parse_expression(source: str) -> Node:
    """Return the tree of one expression. Raises ValueError when `source` is none."""
    if len(source) > MAX_CHARACTERS:
        raise ValueError("too long")
    try:
        tree: Node = hcl2.parses_to_tree(f"x = {source}")
        statements = [node for node in _child(tree, "body").children if _is(node, "attribute")]
    except (LarkError, RecursionError):
        raise ValueError("no expression") from None
    if len(statements) != 1:
        raise ValueError("no single expression")
    expression = statements[0].children[-1]
    if not isinstance(expression, Tree):
        raise ValueError("no expression")
    return expression


def parse_json(text: str, *, file: str) -> dict[str, Any]:
    """Return the object a JSON file holds. Raises UserError, with the line, if it is none."""
    _check_size(text, file)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        _unparseable(file, error.lineno, error.colno)
    except (RecursionError, ValueError):
        raise UserError(f"{shorten(file)} is JSON that cannot be read; check it.") from None
    if not isinstance(content, dict):
        raise UserError(f"{shorten(file)} must hold a JSON object; check it.")
    return content


def _body(node: Node, *, kind: str, labels: tuple[str, ...], file: str, line: int) -> Block:
    attributes: dict[str, Attribute] = {}
    blocks: list[Block] = []
    for child in node.children:
        if _is(child, "attribute"):
            attribute = _attribute(child)
            if attribute.name in attributes:
                raise UserError(
                    f"{shorten(file)}, line {attribute.line}: {shorten(attribute.name)} is set "
                    "twice in one block; keep one."
                )
            attributes[attribute.name] = attribute
        elif _is(child, "block"):
            blocks.append(_block(child, file))
    return Block(
        type=kind, labels=labels, attributes=attributes, blocks=tuple(blocks), file=file, line=line
    )


def _attribute(node: Node) -> Attribute:
    *_, expression = expressions_of(node)
    return Attribute(
        name=plain_text(node.children[0]),
        expression=expression,
        line=getattr(node.meta, "line", -1),
    )


def _block(node: Node, file: str) -> Block:
    heads = [
        plain_text(child)
        for child in node.children
        if isinstance(child, Tree) and child.data not in {"body", "new_line_or_comment"}
    ]
    return _body(
        _child(node, "body"),
        kind=heads[0],
        labels=tuple(heads[1:]),
        file=file,
        line=getattr(node.meta, "line", -1),
    )


def expressions_of(node: Node) -> list[Node]:
    """Return the child nodes of `node` without its comments and punctuation."""
    return [
        child
        for child in node.children
        if isinstance(child, Tree) and child.data != "new_line_or_comment"
    ]


def source_text(node: Node) -> str:
    """Return the tokens of a node written together: `aws.west`, `tags["Name"]`."""
    return "".join(str(token) for token in node.scan_values(_is_token))


def expression_text(expression: Expression) -> str:
    """Return an expression Terraform does not evaluate (a provider, an iterator) as text."""
    if isinstance(expression, JsonExpression):
        return expression.value if isinstance(expression.value, str) else ""
    return source_text(expression)


def plain_text(node: Node | Token) -> str:
    """Return an identifier, a keyword or a quoted label as text, without evaluating anything."""
    if isinstance(node, Token):
        return str(node)
    if node.data == "string":
        return "".join(str(token) for token in node.scan_values(_is_text))
    return source_text(node)


def _is_token(token: object) -> bool:
    return isinstance(token, Token) and token.type != "NL_OR_COMMENT"


def _is_text(token: object) -> bool:
    return isinstance(token, Token) and token.type != "DBLQUOTE"


def _is(node: object, name: str) -> TypeGuard[Node]:
    return isinstance(node, Tree) and node.data == name


def _child(node: Node, name: str) -> Node:
    return next(child for child in node.children if _is(child, name))


def _check_size(text: str, file: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise UserError(
            f"{shorten(file)} has {len(text)} characters; configuration files of at most "
            f"{MAX_CHARACTERS} are read. Check that it belongs here."
        )


def _unparseable(file: str, line: int, column: int) -> NoReturn:
    # The offending text is left out: in a tfvars file it may be part of a password.
    where = f", line {line}, column {column}" if line > 0 else ", at its end"
    raise UserError(
        f"{shorten(file)}{where}: this is not the syntax Terraform reads. `terraform fmt` in that "
        "folder shows what it expected."
    )
