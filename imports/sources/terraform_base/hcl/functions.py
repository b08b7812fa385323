"""Calls a function or an operator of the configuration language on values.

What is not known yet stays visible: a call with references becomes a Deferred, a call with an
unknown value or of an unknown function an Unknown.
"""

import math
import operator
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from imports.sources.terraform_base.hcl.functions_collection import COLLECTION_FUNCTIONS, STRUCTURAL
from imports.sources.terraform_base.hcl.functions_text import TEXT_FUNCTIONS
from imports.sources.terraform_base.hcl.policy_document import POLICY_DOCUMENT, policy_document
from imports.sources.terraform_base.hcl.values import (
    Deferred,
    EvaluationError,
    Unknown,
    Value,
    bool_of,
    first_unknown,
    is_marker,
    markers_in,
    number_of,
    same,
)

_AT_APPLY: Final = frozenset({"timestamp", "uuid", "bcrypt", "plantimestamp"})


def _exactly(operate: Callable[[Decimal, Decimal], Decimal]) -> Callable[[Value, Value], Value]:
    # Terraform adds 0.1 and 0.2 to 0.3: its numbers are decimal as far as anybody can see.
    def function(left: Value, right: Value) -> Value:
        numbers = number_of(left), number_of(right)
        result = operate(*(Decimal(str(number)) for number in numbers))
        return int(result) if result == result.to_integral_value() else float(result)

    return function


def _divide(left: Value, right: Value) -> Value:
    result = number_of(left) / number_of(right)
    return int(result) if result.is_integer() and abs(result) < 2**53 else result


def _remainder(left: Value, right: Value) -> Value:
    result = math.fmod(number_of(left), number_of(right))
    return int(result) if result.is_integer() else result


def _choose(condition: Value, yes: Value, no: Value) -> Value:
    return yes if bool_of(condition) else no


OPERATORS: Final[dict[str, Callable[..., Value]]] = {
    "==": same,
    "!=": lambda left, right: not same(left, right),
    "<": lambda left, right: number_of(left) < number_of(right),
    ">": lambda left, right: number_of(left) > number_of(right),
    "<=": lambda left, right: number_of(left) <= number_of(right),
    ">=": lambda left, right: number_of(left) >= number_of(right),
    "+": _exactly(operator.add),
    "-": _exactly(operator.sub),
    "*": _exactly(operator.mul),
    "/": _divide,
    "%": _remainder,
    "&&": lambda left, right: bool_of(left) and bool_of(right),
    "||": lambda left, right: bool_of(left) or bool_of(right),
    "!": lambda value: not bool_of(value),
    "negate": lambda value: -number_of(value),
    "?:": _choose,
}
_CALLS: Final[dict[str, Callable[..., Value]]] = {
    **TEXT_FUNCTIONS,
    **COLLECTION_FUNCTIONS,
    **OPERATORS,
    POLICY_DOCUMENT: policy_document,
}
_MAX_BITS: Final = 1024
_MAX_LENGTH: Final = 1_000_000


def call(name: str, arguments: Sequence[Value]) -> Value:
    """Return the result of a call. Raises EvaluationError for what Terraform would refuse."""
    function = _CALLS.get(name)
    if function is None:
        when = "gives its value at apply only" if name in _AT_APPLY else "is not evaluated here"
        return Unknown(f"the function {name}() {when}")
    structural = name in STRUCTURAL
    unknown = first_unknown(arguments, deep=not structural)
    if unknown is not None:
        return unknown
    pending = any(map(is_marker if structural else _has_marker, arguments))
    # coalesce decides by itself how far its plain arguments reach.
    if pending and name != "coalesce":
        return Deferred(name, tuple(arguments))
    try:
        return _bounded(function(*arguments))
    except EvaluationError:
        raise
    except (ArithmeticError, IndexError, KeyError, LookupError, TypeError, ValueError):
        # The exception's own text may quote a value, so only the name is told.
        raise EvaluationError(f"{_shown(name)} was given what it does not take") from None


def _bounded(result: Value) -> Value:
    # A few lines of configuration can double a value until memory ends.
    too_long = isinstance(result, str | list | dict) and len(result) > _MAX_LENGTH
    if too_long or (isinstance(result, int) and result.bit_length() > _MAX_BITS):
        raise EvaluationError("a value becomes too large")
    return result


def _has_marker(value: Value) -> bool:
    return next(markers_in(value), None) is not None


def _shown(name: str) -> str:
    return f"{name}()" if name not in OPERATORS else f"the operator {name}"
