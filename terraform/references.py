"""References in Terraform's expressions: which resource a value means, and what of it.

The one parser of the project. It reads text and nested JSON, as a stack and a plan hold them: nested
functions and quotes, the escapes `$${` and `%%{`, `data.`, `ephemeral.` and `module.` before the type, and
indexes such as `["key"]`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_NAME: Final = r"[A-Za-z_][A-Za-z0-9_-]*"
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_PATTERN: Final = re.compile(
    rf"(?P<module>(?:module\.{_NAME}(?:\[(?:\d+|{_QUOTED})\])?\.)*)"
    rf"(?P<mode>data\.|ephemeral\.)?(?P<type>{_NAME})\.(?P<name>{_NAME})"
    rf"(?P<steps>(?:\.(?:{_NAME}|\d+|\*)|\[(?:\d+|\*|{_QUOTED})\])*)"
)
_STEP: Final = re.compile(rf"\.({_NAME}|\d+|\*)|\[(\d+|\*|{_QUOTED})\]")
_TOKEN: Final = re.compile(rf'\$\$\{{|%%\{{|\\.|[$%]\{{|["{{}}]|{_NAME}', re.DOTALL)
# Comments of cdktf: no part of what Terraform reads as an expression.
_COMMENT: Final = "//"

Step = str | int


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What an expression means: `module`, `data.` or `ephemeral.` (`mode`), type, name, then what of it.

    `index` is the count or for_each key behind the name, `attributes` the path behind that.
    """

    module: str = ""
    mode: str = ""
    type: str
    name: str
    index: Step | None = None
    attributes: tuple[Step, ...] = ()

    @property
    def address(self) -> str:
        """The resource's address, without an index."""
        return f"{self.module}{self.mode}{self.type}.{self.name}"


def references(value: object) -> Iterator[Reference]:
    """Everything that the expressions of a value refer to, at any depth, in order.

    `depends_on` holds its references bare.
    """
    if isinstance(value, str):
        yield from (found for _, _, found in _marks(value) if found)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key == "depends_on":
                yield from filter(None, map(parse, item))
            elif key != _COMMENT:
                yield from references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references(item)


def addresses(value: object) -> frozenset[str]:
    """Return the addresses of all that a value refers to."""
    return frozenset(found.address for found in references(value))


def parse(text: str) -> Reference | None:
    """Return the reference that is all of a bare expression, as `aws_vpc.main.id`; None for any other."""
    found = _PATTERN.fullmatch(text.strip())
    return _reference(found) if found and _is_resource(found) else None


def expression_in(value: object) -> str | None:
    """Return the expression in text that is nothing beside it: `x` in `${x}`."""
    if not isinstance(value, str):
        return None
    parts = list(pieces(value))
    return parts[0][1] if len(parts) == 1 and parts[0][0] else None


def sole(value: object) -> Reference | None:
    """Return the reference that is all of a value, as `${aws_vpc.main.id}`."""
    expression = expression_in(value)
    return None if expression is None else parse(expression)


def name_in(value: object) -> str:
    """Return the name in `${TYPE.NAME.ATTRIBUTE}`; an id that is written out stays as it is."""
    meant = sole(value)
    return meant.name if meant else str(value or "")


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the text in order: (True, what is in a `${}`), and (False, what is written out between)."""
    at = 0
    for start, end, found in _marks(text):
        if found is None:
            if before := text[at : start - 2]:
                yield False, before
            yield True, text[start:end]
            at = end + 1
    if rest := text[at:]:
        yield False, rest


def replaced(expression: str, by: Callable[[Reference], str | None]) -> str:
    """Rewrite the references of an expression (without its `${}`); None leaves one as it is."""
    parts, at = [], 0
    for start, end, found in _marks(expression, in_code=True):
        new = by(found) if found else None
        if new is not None:
            parts += [expression[at:start], new]
            at = end
    return "".join([*parts, expression[at:]])


def value_at(attributes: object, path: tuple[Step, ...]) -> Any:
    """Return what is at a path within attributes; None where nothing is, and for no path."""
    value: Any = attributes if path else None
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list | tuple) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _marks(text: str, *, in_code: bool = False) -> Iterator[tuple[int, int, Reference | None]]:
    """Yield where references are; and after those of a whole `${}`, where its expression is, with None."""
    if not in_code and "{" not in text:
        return
    inside = ["{"] if in_code else []  # what is open: code, or a quote within it
    start = at = 0
    while token := _TOKEN.search(text, at):
        at, what = token.end(), token[0]
        if inside and inside[-1] != '"':
            if what == '"' or what[-1] == "{":
                inside.append(what[-1])
            elif what == "}":
                opened = inside.pop()
                if not inside and opened == "${":
                    yield start, token.start(), None
            elif found := _PATTERN.match(text, token.start()):
                at = found.end()
                # In an expression, a module is asked for its outputs alone.
                if _is_resource(found) and not found["module"]:
                    yield found.start(), at, _reference(found)
        elif what in {"${", "%{"}:
            if not inside:
                start = at
            inside.append(what)
        elif what == '"' and inside:
            inside.pop()
        elif what[0] == "\\" and not inside:
            at = token.start() + 1  # it escapes within quotes alone


def _is_resource(found: re.Match[str]) -> bool:
    """Return whether it is no variable, local or the like: a type begins with its provider's name."""
    return bool(found["mode"]) or "_" in found["type"].strip("_")


def _reference(found: re.Match[str]) -> Reference:
    steps = [_step(dotted or indexed) for dotted, indexed in _STEP.findall(found["steps"])]
    is_indexed = found["steps"].startswith("[")
    return Reference(
        module=found["module"],
        mode=found["mode"] or "",
        type=found["type"],
        name=found["name"],
        index=steps[0] if is_indexed else None,
        attributes=tuple(steps[1:] if is_indexed else steps),
    )


def _step(text: str) -> Step:
    if text.isdecimal():
        return int(text)
    if text.startswith('"'):
        try:
            return str(json.loads(text))
        except ValueError:
            return text[1:-1]
    return text
