"""A CloudFormation template: its rows, their order, and what its functions come to.

Pure: a template, parameters and what is known of the rows in, values out.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from common.errors import listed
from common.templates import SUBSTITUTED, read_template, references

Json = Any
MAX_BODY_BYTES: Final = 51_200
"""The most that a request may carry; a longer template comes from a bucket."""

_DYNAMIC: Final = re.compile(r"\{\{resolve:[^}]*\}\}")
_NOTHING: Final = object()


class TemplateError(Exception):
    """The template, or what it is given, cannot be taken; the text is AWS's kind of message."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a template is evaluated with.

    `names` gives what Ref of a parameter, a row or a pseudo parameter is; `attributes` what GetAtt of a row
    is; `resolve` a dynamic reference; `zones` the region's zones; `exported` what other stacks export.
    """

    names: Mapping[str, Json]
    attributes: Mapping[str, Mapping[str, Json]]
    zones: tuple[str, ...]
    exported: Mapping[str, str]
    resolve: Callable[[str], str]


class Template:
    """A parsed template."""

    def __init__(self, body: str) -> None:
        """Parse JSON or YAML. Raises TemplateError."""
        self.body = body
        self.document: dict[str, Any] = _parsed(body)
        self.rows: dict[str, dict[str, Any]] = self.document.get("Resources") or {}
        if not self.rows:
            raise TemplateError(
                "Template format error: At least one Resources member must be defined."
            )
        for name, row in self.rows.items():
            for key in ("DeletionPolicy", "UpdateReplacePolicy"):
                _check_policy(name, key, row.get(key))
        self._check_names()

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """The declared parameters."""
        return self.document.get("Parameters") or {}

    @property
    def needs_capability(self) -> bool:
        """Return whether it makes roles or policies, which a caller has to acknowledge."""
        return any(row.get("Type", "").startswith("AWS::IAM::") for row in self.rows.values())

    @property
    def is_dynamic(self) -> bool:
        """Return whether it takes values from elsewhere when it is deployed."""
        return "{{resolve:" in self.body

    def order(self) -> list[str]:
        """Return the rows, each after those that it needs. Raises TemplateError for a circle."""
        needs = {name: self.needs(name) for name in self.rows}
        try:
            return list(TopologicalSorter(needs).static_order())
        except CycleError as error:
            raise TemplateError(
                f"Circular dependency between resources: {listed(error.args[1])}"
            ) from None

    def needs(self, name: str) -> set[str]:
        """Return the rows that a row refers to or waits for."""
        row = self.rows[name]
        waits_for = row.get("DependsOn") or []
        named = {waits_for} if isinstance(waits_for, str) else set(waits_for)
        return (named | set(references(row))) & self.rows.keys() - {name}

    def exists(self, name: str, known: Known) -> bool:
        """Return whether a row's condition holds."""
        condition = self.rows[name].get("Condition")
        return condition is None or self.holds(condition, known)

    def holds(self, condition: str, known: Known) -> bool:
        """Return whether a named condition holds."""
        conditions = self.document.get("Conditions") or {}
        if condition not in conditions:
            raise TemplateError(f"Unresolved condition dependency {condition}")
        return bool(self.value(conditions[condition], known))

    def value(self, value: Json, known: Known) -> Json:
        """Return a value with its functions evaluated; what is AWS::NoValue is left out."""
        if isinstance(value, str):
            return _resolved(value, known)
        if isinstance(value, list):
            items = (self.value(item, known) for item in value)
            return [item for item in items if item is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function in ("Ref", "Condition") or function.startswith("Fn::"):
                return _resolved(self._function(function, argument, known), known)
        pairs = ((key, self.value(item, known)) for key, item in value.items())
        return {key: item for key, item in pairs if item is not _NOTHING}

    def _function(self, function: str, argument: Json, known: Known) -> Json:
        own: dict[str, Callable[[], Json]] = {
            "Ref": lambda: _NOTHING if argument == "AWS::NoValue" else _named(known, argument),
            "Condition": lambda: self.holds(argument, known),
            "Fn::GetAtt": lambda: _attribute(known, argument),
            "Fn::Sub": lambda: self._substituted(argument, known),
            "Fn::If": lambda: self._chosen(argument, known),
            "Fn::GetAZs": lambda: list(known.zones),
            "Fn::ImportValue": lambda: _imported(known, self.value(argument, known)),
            "Fn::FindInMap": lambda: _mapped(
                self.document.get("Mappings") or {}, self.value(argument, known)
            ),
        }
        if function in own:
            return own[function]()
        if function not in _FUNCTIONS:
            raise TemplateError(f"Template error: unknown function {function}")
        return _FUNCTIONS[function](self.value(argument, known))

    def _chosen(self, argument: Json, known: Known) -> Json:
        condition, then, otherwise = argument
        chosen = then if self.holds(condition, known) else otherwise
        # Nothing in the place of a value is not the empty value.
        return _NOTHING if chosen == {"Ref": "AWS::NoValue"} else self.value(chosen, known)

    def _substituted(self, argument: Json, known: Known) -> Json:
        text, own = (argument, {}) if isinstance(argument, str) else argument
        values = {key: self.value(item, known) for key, item in own.items()}

        def one(found: re.Match[str]) -> str:
            literal, name = found.groups()
            if literal:
                return f"${{{name}}}"
            if name in values:
                return str(values[name])
            return str(_attribute(known, name) if "." in name else _named(known, name))

        return self.value(SUBSTITUTED.sub(one, text), known)

    def _check_names(self) -> None:
        known = self.rows.keys() | self.parameters.keys()
        unknown = sorted(
            name
            for row in self.rows.values()
            for name in references(row)
            if name not in known and not name.startswith("AWS::")
        )
        if unknown:
            raise TemplateError(
                "Template format error: Unresolved resource dependencies "
                f"[{', '.join(dict.fromkeys(unknown))}] in the Resources block of the template"
            )


def _parsed(body: str) -> dict[str, Any]:
    try:
        document = read_template(body)
    except ValueError as error:
        raise TemplateError(f"Template format error: {error}") from None
    if not isinstance(document, dict):
        raise TemplateError("Template format error: unsupported structure.")
    return document


def _check_policy(name: str, key: str, policy: Json) -> None:
    allowed = ("Delete", "Retain", "Snapshot", "RetainExceptOnCreate")
    if policy is not None and policy not in allowed:
        raise TemplateError(
            f"Template error: {key} of {name} must be one of {', '.join(allowed)}: {policy}"
        )


def _resolved(value: Json, known: Known) -> Json:
    """Return a text with its dynamic references resolved, which a function may have put together."""
    if not isinstance(value, str):
        return value
    return _DYNAMIC.sub(lambda found: known.resolve(found[0]), value)


def _named(known: Known, name: str) -> Json:
    if name not in known.names:
        raise TemplateError(f"Template error: nothing is known of {name}")
    return known.names[name]


def _attribute(known: Known, argument: Json) -> Json:
    name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    attributes = known.attributes.get(name, {})
    if attribute not in attributes:
        raise TemplateError(f"Template error: resource {name} has no attribute {attribute}")
    return attributes[attribute]


def _imported(known: Known, name: str) -> str:
    if name not in known.exported:
        raise TemplateError(f"No export named {name} found.")
    return known.exported[name]


def _mapped(mappings: Mapping[str, Any], arguments: list[str]) -> Json:
    value: Json = mappings
    for key in arguments[:3]:
        if key not in value:
            raise TemplateError(f"Template error: mapping has no {key}")
        value = value[key]
    return value


def _select(arguments: list[Any]) -> Json:
    index, items = arguments
    if int(index) >= len(items):
        raise TemplateError("Template error: Fn::Select cannot select nonexistent value")
    return items[int(index)]


_FUNCTIONS: Final[Mapping[str, Callable[[Any], Json]]] = {
    "Fn::Join": lambda given: given[0].join(map(str, given[1])),
    "Fn::Select": _select,
    "Fn::Split": lambda given: given[1].split(given[0]),
    "Fn::Equals": lambda given: given[0] == given[1],
    "Fn::And": all,
    "Fn::Or": any,
    "Fn::Not": lambda given: not given[0],
    "Fn::Base64": lambda given: base64.b64encode(given.encode()).decode(),
}
