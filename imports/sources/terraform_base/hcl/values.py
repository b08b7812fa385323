"""What an expression of the legacy configuration is worth: plain values, and what is not yet one.

A list is a list, a map or object a dict, a set a TerraformSet. Whatever exists only after apply
is a Reference, text or function results made with one are a Template or a Deferred, and what
cannot be told is an Unknown with its reason. No `repr` of these shows a literal value, since one
may have come from a tfvars file that holds passwords.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Reference:
    """An attribute of an object: `attribute` is a path such as `id` or `route[0].cidr_block`.

    An empty `attribute` means the object as a whole.
    """

    address: str
    attribute: str


@dataclass(frozen=True)
class Unknown:
    """A value that cannot be told; `reason` names what is missing and holds no value."""

    reason: str


@dataclass(frozen=True)
class Template:
    """A text whose `parts` are literal texts, references and deferred calls, in order."""

    parts: tuple["str | Reference | Deferred", ...] = field(repr=False)

    @property
    def references(self) -> tuple[Reference, ...]:
        """Return the references the text is made with."""
        return tuple(references_in(self))


@dataclass(frozen=True)
class Deferred:
    """A function or operator whose arguments hold references: computed once those are known."""

    function: str
    arguments: tuple["Value", ...] = field(repr=False, hash=False)

    @property
    def references(self) -> tuple[Reference, ...]:
        """Return the references among the arguments."""
        return tuple(references_in(self))


class TerraformSet(list["Value"]):
    """A set: each element once, in Terraform's order for texts. Compares as a list."""


Marker: TypeAlias = Reference | Unknown | Template | Deferred
Value: TypeAlias = (
    "bool | int | float | str | list[Value] | dict[str, Value] "
    "| Reference | Unknown | Template | Deferred | None"
)


class EvaluationError(Exception):
    """An expression Terraform would refuse; caught where an attribute's value is wanted."""


def is_marker(value: Value) -> bool:
    """Return whether `value` itself (not something in it) is not plain."""
    return isinstance(value, Reference | Unknown | Template | Deferred)


def markers_in(value: Value) -> Iterator[Marker]:
    """Yield every marker in `value`, those within templates and calls too."""
    if isinstance(value, Template):
        yield value
        for part in value.parts:
            yield from markers_in(part)
    elif isinstance(value, Deferred):
        yield value
        for argument in value.arguments:
            yield from markers_in(argument)
    elif isinstance(value, Reference | Unknown):
        yield value
    else:
        for child in children(value):
            yield from markers_in(child)


def references_in(value: Value) -> list[Reference]:
    """Return the references in `value`, in order, each once."""
    return list(dict.fromkeys(m for m in markers_in(value) if isinstance(m, Reference)))


def first_unknown(values: Iterable[Value], *, deep: bool = True) -> Unknown | None:
    """Return the first Unknown among `values`, or (when `deep`) anywhere within them."""
    for value in values:
        if isinstance(value, Unknown):
            return value
        if deep:
            for marker in markers_in(value):
                if isinstance(marker, Unknown):
                    return marker
    return None


def children(value: Value) -> Iterable[Value]:
    """Return the elements of a list or the values of a map, and nothing for anything else."""
    if isinstance(value, list):
        return value
    return value.values() if isinstance(value, dict) else ()


def same(left: Value, right: Value) -> bool:
    """Return whether Terraform's == holds: equal, and of one type (1 is neither "1" nor true)."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    return left == right


def number_text(number: int | float) -> str:
    """Return a number as Terraform writes it into a text."""
    if isinstance(number, float):
        return str(int(number)) if number.is_integer() else repr(number)
    return str(number)


def text_of(value: Value) -> str:
    """Return a plain scalar as text. Raises EvaluationError for null, lists, maps and markers."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, str):
        return value
    raise EvaluationError("a text is needed where there is a list, a map or null")


def number_of(value: Value) -> int | float:
    """Return a number, or the number a text spells. Raises EvaluationError for anything else."""
    if isinstance(value, bool):
        raise EvaluationError("a number is needed where there is true or false")
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and len(value) <= 100:
        try:
            number = float(value)
            if value.strip() == value and "_" not in value and abs(number) < 1e300:
                return int(value) if value.lstrip("+-").isdigit() else number
        except ValueError:
            pass
    raise EvaluationError("a number is needed where there is something else")


def bool_of(value: Value) -> bool:
    """Return true or false, also from a text. Raises EvaluationError for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in {"true", "false"}:
        return value == "true"
    raise EvaluationError("true or false is needed where there is something else")


def set_of(values: Iterable[Value]) -> TerraformSet:
    """Return the distinct `values`; texts are sorted, anything else keeps its order."""
    distinct: list[Value] = []
    for value in values:
        if not any(same(value, other) for other in distinct):
            distinct.append(value)
    texts = [value for value in distinct if isinstance(value, str)]
    return TerraformSet(sorted(texts) if len(texts) == len(distinct) else distinct)
