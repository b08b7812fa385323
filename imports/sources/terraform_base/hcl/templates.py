"""Text templates: quoted texts, heredocs and the texts of JSON files, cut into parts and joined.

Escapes, `${...}`, `$${`, `%{ if }` and `%{ for }` with their `~` markers are Terraform's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from lark import Token, Tree

from imports.sources.terraform_base.hcl.syntax import Node, parse_expression, plain_text
from imports.sources.terraform_base.hcl.values import (
    Deferred,
    EvaluationError,
    Reference,
    Template,
    Unknown,
    Value,
    is_marker,
    text_of,
)

MAX_TEXT: Final = 1_000_000
_PLAIN: Final = re.compile(r"[^$%]+")

Kind = Literal["text", "value", "if", "else", "endif", "for", "endfor"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a template: a literal text, an interpolation or a directive."""

    kind: Kind
    text: str = field(default="", repr=False)
    expression: Node | None = field(default=None, repr=False)
    names: tuple[str, ...] = ()
    trim_before: bool = False
    trim_after: bool = False


def quoted_parts(node: Node) -> list[Part]:
    """Return the parts of a quoted text, from python-hcl2's tree."""
    parts = [child for child in node.children if isinstance(child, Tree)]
    return _trimmed([_quoted_part(part.children[0]) for part in parts])


def heredoc_parts(source: str) -> list[Part]:
    """Return the parts of a heredoc, markers included in `source`; `<<-` takes the indent away."""
    opening, _, rest = source.partition("\n")
    body = rest.rstrip("\n").rpartition("\n")[0]
    # The line break before the closing marker belongs to the value.
    body = f"{body}\n" if "\n" in rest.rstrip("\n") else ""
    parts = text_parts(body)
    return _dedented(parts) if opening.startswith("<<-") else parts


def text_parts(text: str) -> list[Part]:
    """Return the parts of an unquoted template. Raises EvaluationError when it is malformed."""
    parts: list[Part] = []
    literal: list[str] = []
    position = 0
    while position < len(text):
        if text.startswith(("$${", "%%{"), position):
            literal.append(text[position + 1 : position + 3])
            position += 3
        elif text.startswith(("${", "%{"), position):
            end = _closing_brace(text, position + 2)
            parts += _lines("".join(literal))
            literal = []
            parts.append(_sourced_part(text[position], text[position + 2 : end]))
            position = end + 1
        else:
            plain = _PLAIN.match(text, position)
            literal.append(plain.group() if plain else text[position])
            position = plain.end() if plain else position + 1
    return _trimmed([*parts, *_lines("".join(literal))])


def _lines(literal: str) -> list[Part]:
    # Each line is a text of its own: "~" reaches to the end of a line and no further.
    return [Part(kind="text", text=line) for line in literal.splitlines(keepends=True)]


def join_parts(values: Sequence[Value]) -> Value:
    """Return the text made of `values`: a str, a Template, or the first Unknown among them."""
    merged: list[str | Reference | Deferred] = []
    for value in values:
        if isinstance(value, Unknown):
            return value
        pieces = value.parts if isinstance(value, Template) else (value,)
        for piece in pieces:
            if isinstance(piece, Reference | Deferred):
                merged.append(piece)
            elif merged and isinstance(merged[-1], str):
                merged[-1] += text_of(piece)
            else:
                merged.append(text_of(piece))
    if sum(len(piece) for piece in merged if isinstance(piece, str)) > MAX_TEXT:
        raise EvaluationError("a text becomes too long")
    if not any(map(is_marker, merged)):
        return "".join(text_of(piece) for piece in merged)
    return Template(tuple(piece for piece in merged if piece != ""))


def unescape(text: str) -> str:
    """Return a quoted literal with its backslash escapes resolved."""
    return _ESCAPE.sub(_unescaped, text)


_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.S)
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def _unescaped(match: re.Match[str]) -> str:
    code = match.group(1)
    if code[0] in "uU" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
    return _ESCAPED.get(code, match.group())


def _quoted_part(child: Node | Token) -> Part:
    if isinstance(child, Token):
        escaped = child.type in {"ESCAPED_INTERPOLATION", "ESCAPED_DIRECTIVE"}
        return Part(kind="text", text=unescape(child[1:] if escaped else str(child)))
    trees = [each for each in child.children if isinstance(each, Tree)]
    if child.data == "interpolation":
        return Part(kind="value", expression=trees[0])
    kind = _DIRECTIVES[str(child.data)]
    tokens = [str(each) for each in child.children if isinstance(each, Token)]
    return Part(
        kind=kind,
        expression=trees[-1] if kind in {"if", "for"} else None,
        names=tuple(plain_text(each) for each in trees[:-1]),
        trim_before=tokens[1] == "~",
        trim_after=tokens[-2] == "~",
    )


_DIRECTIVES: Final[dict[str, Kind]] = {
    "template_if_start": "if",
    "template_else": "else",
    "template_endif": "endif",
    "template_for_start": "for",
    "template_endfor": "endfor",
}
_FOR: Final = re.compile(r"for\s+([\w-]+)(?:\s*,\s*([\w-]+))?\s+in\s(.+)", re.S)


def _sourced_part(sign: str, source: str) -> Part:
    before, after = source.startswith("~"), source.endswith("~")
    inner = source.removeprefix("~").removesuffix("~").strip()
    trims = Part(kind="text", trim_before=before, trim_after=after)
    if sign == "$":
        return replace(trims, kind="value", expression=_parsed(inner))
    if inner in {"else", "endif", "endfor"}:
        return replace(trims, kind=_DIRECTIVES[f"template_{inner}"])
    loop = _FOR.fullmatch(inner)
    if loop:
        names = tuple(name for name in loop.groups()[:2] if name)
        return replace(trims, kind="for", names=names, expression=_parsed(loop.group(3)))
    if re.match(r"if\b", inner):
        return replace(trims, kind="if", expression=_parsed(inner[2:]))
    raise EvaluationError("a text has a directive that is not known")


def _parsed(source: str) -> Node:
    try:
        return parse_expression(f"({source.strip()})")
    except ValueError:
        raise EvaluationError("a text has an interpolation that is no expression") from None


def _closing_brace(text: str, start: int) -> int:
    # Braces and quotes within the interpolation nest, and so do interpolations within those.
    opened: list[str] = ["{"]
    position = start
    while position < len(text):
        char = text[position]
        if opened[-1] == '"':
            if char == "\\":
                position += 1
            elif char == '"':
                opened.pop()
            elif text.startswith(("${", "%{"), position):
                opened.append("{")
                position += 1
        elif char in '"{':
            opened.append(char)
        elif char == "}":
            opened.pop()
            if not opened:
                return position
        position += 1
    raise EvaluationError("a text has an interpolation that does not end")


def _trimmed(parts: Sequence[Part]) -> list[Part]:
    result = list(parts)
    for position, part in enumerate(parts):
        if part.trim_before and position and result[position - 1].kind == "text":
            before = result[position - 1]
            result[position - 1] = replace(before, text=before.text.rstrip())
        if part.trim_after and position + 1 < len(result) and result[position + 1].kind == "text":
            after = result[position + 1]
            result[position + 1] = replace(after, text=after.text.lstrip())
    return [part for part in result if part.kind != "text" or part.text]


def _dedented(parts: Sequence[Part]) -> list[Part]:
    begins = [_begins_line(parts, position) for position in range(len(parts))]
    margins = [
        len(part.text) - len(part.text.lstrip(" \t"))
        for part, begin in zip(parts, begins, strict=True)
        if begin
    ]
    margin = min(margins, default=0)
    return [
        replace(part, text=part.text[margin:]) if begin else part
        for part, begin in zip(parts, begins, strict=True)
    ]


def _begins_line(parts: Sequence[Part], position: int) -> bool:
    # A line whose beginning a "~" took away has no indent of its own, nor has a blank one.
    if position and not (
        parts[position - 1].kind == "text" and parts[position - 1].text[-1] == "\n"
    ):
        return False
    part = parts[position]
    return part.kind != "text" or not (part.text.isspace() and part.text[-1] == "\n")
