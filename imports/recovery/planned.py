"""What a stage is to have: its resources as synthesized, with references resolved as far as is known.

Pure: the stack's Terraform JSON and what is known by address in, values out.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Arguments = Mapping[str, Any]
Known = Callable[[str], Mapping[str, Any] | None]
"""The attributes of an address (`aws_vpc.main`, `data.aws_caller_identity.current`), or None."""

# `data.` and `ephemeral.` stand before the type, and only then.
_REFERENCE: Final = re.compile(
    r"(?<![\w.])((?:data\.|ephemeral\.)?aws_\w+\.[A-Za-z0-9_-]+)(?:\.(\w+))?"
)
_INTERPOLATION: Final = re.compile(r"(?<!\$)\$\{(.*?)\}", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One resource of the stack, as it was synthesized."""

    type: str
    name: str
    arguments: Arguments = field(repr=False)

    @property
    def address(self) -> str:
        """Its Terraform address."""
        return f"{self.type}.{self.name}"


def planned_resources(document: Mapping[str, Any]) -> dict[str, Planned]:
    """Every resource of a synthesized stack by address, sorted."""
    found = [
        Planned(type=type_, name=name, arguments=arguments)
        for type_, named in document.get("resource", {}).items()
        for name, arguments in named.items()
    ]
    return {each.address: each for each in sorted(found, key=lambda each: each.address)}


def references_in(value: Any) -> Iterator[str]:
    """The addresses that the expressions of a value refer to; `depends_on` holds them bare."""
    if isinstance(value, str):
        for expression in _INTERPOLATION.findall(value):
            yield from (found for found, _ in _REFERENCE.findall(expression))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key == "depends_on":
                yield from item
            elif key != "//":
                yield from references_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from references_in(item)


def dependencies(document: Mapping[str, Any], address: str) -> tuple[str, ...]:
    """All resources that one stands on, directly or not, sorted, as a state lists them."""
    elements = {
        **{each.address: each.arguments for each in planned_resources(document).values()},
        **{
            f"ephemeral.{type_}.{name}": arguments
            for type_, named in document.get("ephemeral", {}).items()
            for name, arguments in named.items()
        },
    }
    found: set[str] = set()
    ahead = [address]
    while ahead:
        for each in references_in(elements[ahead.pop()]):
            if each in elements and each not in found:
                found.add(each)
                ahead.append(each)
    return tuple(sorted(each for each in found - {address} if not each.startswith("ephemeral.")))


def text(value: Any, known: Known) -> str | None:
    """An argument as text, its plain references (`${aws_vpc.main.id}`) resolved; None if one is not known."""
    if value is None or isinstance(value, Mapping | list):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    missing = False

    def resolved(match: re.Match[str]) -> str:
        nonlocal missing
        plain = _REFERENCE.fullmatch(match[1])
        attributes = known(plain[1]) if plain else None
        found = attributes.get(plain[2]) if plain and attributes else None
        missing = missing or not isinstance(found, str | int)
        return str(found)

    result = _INTERPOLATION.sub(resolved, str(value))
    return None if missing else result.replace("$${", "${")


def standalone(value: Any, *, kept: frozenset[str], known: Known) -> Any:
    """A value that refers to `kept` addresses alone: what else is known stands in it by value.

    Raises KeyError, with the address, where something else is not known.
    """
    if isinstance(value, str):
        return _INTERPOLATION.sub(
            lambda match: "${" + _standalone(match[1], kept, known) + "}", value
        )
    if isinstance(value, Mapping):
        return {key: standalone(item, kept=kept, known=known) for key, item in value.items()}
    if isinstance(value, list):
        return [standalone(item, kept=kept, known=known) for item in value]
    return value


def _standalone(expression: str, kept: frozenset[str], known: Known) -> str:
    def literal(match: re.Match[str]) -> str:
        address, attribute = match[1], match[2]
        if address in kept:
            return match[0]
        found = (known(address) or {}).get(attribute)
        if found is None:
            raise KeyError(address)
        if isinstance(found, str):  # what it holds may be an expression of its own
            inner = _INTERPOLATION.fullmatch(found)
            if inner:
                return _standalone(inner[1], kept, known)
        return json.dumps(found)

    return _REFERENCE.sub(literal, expression)
