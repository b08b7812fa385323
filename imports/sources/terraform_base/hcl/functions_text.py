"""Terraform's text, number and encoding functions, on plain values.

Each takes and returns plain values; what Terraform would refuse raises EvaluationError or one of
the exceptions that `functions.call` turns into it.
"""

import base64
import hashlib
import json
import math
import re
import urllib.parse
from collections.abc import Callable
from typing import Final

from imports.sources.terraform_base.hcl.values import (
    EvaluationError,
    Value,
    bool_of,
    number_of,
    text_of,
)

MAX_TEXT: Final = 1_000_000
_ESCAPED_IN_JSON: Final = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}
_VERB: Final = re.compile(
    r"%(?:\[([0-9]{1,2})\])?([-+ 0#]*)([0-9]{0,3})(?:\.([0-9]{1,2}))?(.)", re.S
)


def json_text(value: Value) -> str:
    """Return what jsonencode gives: compact, keys sorted, with <, > and & escaped."""
    text = json.dumps(
        _for_json(value), separators=(",", ":"), sort_keys=True, ensure_ascii=False, allow_nan=False
    )
    return escape_json(text)


def escape_json(text: str) -> str:
    """Return JSON text with the characters escaped that Go's encoder escapes."""
    for char, escaped in _ESCAPED_IN_JSON.items():
        text = text.replace(char, escaped)
    return text


def _for_json(value: Value) -> object:
    if isinstance(value, list):
        return [_for_json(item) for item in value]
    if isinstance(value, dict):
        return {key: _for_json(item) for key, item in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise EvaluationError("a value known after apply cannot be encoded yet")


def items_of(value: Value) -> list[Value]:
    """Return the elements of a list or set. Raises EvaluationError for anything else."""
    if isinstance(value, list):
        return value
    raise EvaluationError("a list is needed where there is something else")


def whole_of(value: Value) -> int:
    """Return a whole number. Raises EvaluationError for anything else."""
    number = number_of(value)
    if isinstance(number, float) and not number.is_integer():
        raise EvaluationError("a whole number is needed")
    return int(number)


def _number(value: float) -> Value:
    return int(value) if float(value).is_integer() else value


def format_text(pattern: Value, *values: Value) -> str:
    """Return Terraform's format(): the verbs v, s, q, d, f, t, x and %%."""
    position = 0

    def write(match: re.Match[str]) -> str:
        nonlocal position
        chosen, flags, width, precision, verb = match.groups()
        if verb == "%":
            return "%"
        position = int(chosen) if chosen else position + 1
        if not 1 <= position <= len(values):
            raise EvaluationError("format() has fewer values than verbs")
        return _format_one(values[position - 1], flags, width, precision, verb)

    return _VERB.sub(write, text_of(pattern))


def _format_one(value: Value, flags: str, width: str, precision: str | None, verb: str) -> str:
    after = f".{precision}" if precision else ""
    match verb:
        case "v" if value is None or isinstance(value, list | dict):
            return json_text(value)
        case "v" | "s":
            return f"%{flags.replace('#', '')}{width}{after}s" % text_of(value)
        case "q":
            return json.dumps(text_of(value), ensure_ascii=False)
        case "d" | "x" | "X" | "o":
            return f"%{flags}{width}{verb}" % whole_of(value)
        case "f" | "e" | "g":
            return f"%{flags}{width}{after}{verb}" % float(number_of(value))
        case "t":
            return text_of(bool_of(value))
        case _:
            raise EvaluationError("format() has a verb that is not known")


def _format_list(pattern: Value, *values: Value) -> Value:
    lengths = {len(value) for value in values if isinstance(value, list)}
    if len(lengths) > 1:
        raise EvaluationError("formatlist() has lists of different lengths")
    count = lengths.pop() if lengths else 1
    return [
        format_text(pattern, *(v[i] if isinstance(v, list) else v for v in values))
        for i in range(count)
    ]


def _replace(text: Value, old: Value, new: Value) -> Value:
    subject, pattern, other = text_of(text), text_of(old), text_of(new)
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        return _simple_pattern(pattern[1:-1], subject).sub(
            re.sub(r"\$\{?(\d)\}?", r"\\\1", other.replace("\\", "\\\\")), subject
        )
    if len(subject) * (len(other) + 1) > MAX_TEXT:
        raise EvaluationError("replace() would make too long a text")
    return subject.replace(pattern, other)


def _simple_pattern(pattern: str, subject: str) -> re.Pattern[str]:
    # Python's engine can take for ever where Terraform's cannot: nothing nested, nothing long.
    quantifiers = len(re.findall(r"[*+{]", pattern))
    if (
        len(subject) > 500
        or len(pattern) > 100
        or quantifiers > 2
        or re.search(r"\)[*+{]", pattern)
    ):
        raise EvaluationError("a regular expression this involved is not evaluated here")
    return re.compile(pattern)


def _regex(pattern: Value, text: Value) -> Value:
    found = _simple_pattern(text_of(pattern), text_of(text)).search(text_of(text))
    if found is None:
        raise EvaluationError("regex() found no match")
    if found.groupdict():
        return dict(found.groupdict())
    return list(found.groups()) if found.groups() else found.group()


def _substr(text: Value, offset: Value, length: Value) -> Value:
    subject, start, count = text_of(text), whole_of(offset), whole_of(length)
    start = max(len(subject) + start, 0) if start < 0 else start
    return subject[start:] if count < 0 else subject[start : start + count]


def _indent(spaces: Value, text: Value) -> Value:
    count = min(whole_of(spaces), 1000)
    return text_of(text).replace("\n", "\n" + " " * count)


def _power(base: Value, exponent: Value) -> Value:
    if abs(number_of(base)) > 1e6 or abs(number_of(exponent)) > 64:
        raise EvaluationError("pow() would make too large a number")
    return _number(float(number_of(base)) ** float(number_of(exponent)))


def _parse_int(text: Value, base: Value) -> Value:
    if len(text_of(text)) > 100:
        raise EvaluationError("parseint() was given too long a number")
    return int(text_of(text), whole_of(base))


def _digest(name: str) -> Callable[[Value], Value]:
    return lambda text: hashlib.new(name, text_of(text).encode(), usedforsecurity=False).hexdigest()


def _base64_sha256(text: Value) -> Value:
    return base64.b64encode(hashlib.sha256(text_of(text).encode()).digest()).decode()


TEXT_FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "abs": lambda number: abs(number_of(number)),
    "base64decode": lambda text: base64.b64decode(text_of(text), validate=True).decode(),
    "base64encode": lambda text: base64.b64encode(text_of(text).encode()).decode(),
    "base64sha256": _base64_sha256,
    "ceil": lambda number: math.ceil(number_of(number)),
    "chomp": lambda text: text_of(text).rstrip("\r\n"),
    "endswith": lambda text, end: text_of(text).endswith(text_of(end)),
    "floor": lambda number: math.floor(number_of(number)),
    "format": format_text,
    "formatlist": _format_list,
    "indent": _indent,
    "join": lambda separator, *lists: text_of(separator).join(
        text_of(item) for items in lists for item in items_of(items)
    ),
    "jsondecode": lambda text: json.loads(text_of(text)),
    "jsonencode": json_text,
    "lower": lambda text: text_of(text).lower(),
    "max": lambda *numbers: max(number_of(number) for number in numbers),
    "md5": _digest("md5"),
    "min": lambda *numbers: min(number_of(number) for number in numbers),
    "parseint": _parse_int,
    "pow": _power,
    "regex": _regex,
    "replace": _replace,
    "sha1": _digest("sha1"),
    "sha256": _digest("sha256"),
    "sha512": _digest("sha512"),
    "signum": lambda number: (number_of(number) > 0) - (number_of(number) < 0),
    "split": lambda separator, text: list(
        text_of(text).split(text_of(separator)) if text_of(separator) else text_of(text)
    ),
    "startswith": lambda text, start: text_of(text).startswith(text_of(start)),
    "strcontains": lambda text, part: text_of(part) in text_of(text),
    "strrev": lambda text: text_of(text)[::-1],
    "substr": _substr,
    "title": lambda text: re.sub(r"\b[a-z]", lambda m: m.group().upper(), text_of(text)),
    "tobool": lambda value: None if value is None else bool_of(value),
    "tonumber": lambda value: None if value is None else number_of(value),
    "tostring": lambda value: None if value is None else text_of(value),
    "trim": lambda text, chars: text_of(text).strip(text_of(chars)),
    "trimprefix": lambda text, start: text_of(text).removeprefix(text_of(start)),
    "trimspace": lambda text: text_of(text).strip(),
    "trimsuffix": lambda text, end: text_of(text).removesuffix(text_of(end)),
    "upper": lambda text: text_of(text).upper(),
    "urlencode": lambda text: urllib.parse.quote_plus(text_of(text)),
}
