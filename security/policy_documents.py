"""The policy documents of a synthesized stage: they stand as JSON in strings of its Terraform JSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Statement = Mapping[str, Any]
Kind = Literal["identity", "trust", "resource"]

# The arguments that hold a document. Terraform has no others among the types in use.
_ARGUMENTS = ("policy", "assume_role_policy")
_IDENTITY_TYPES = (
    "aws_iam_policy",
    "aws_iam_role_policy",
    "aws_iam_user_policy",
    "aws_iam_group_policy",
)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One document. `statements` is None when it is no JSON that can be read before a plan."""

    address: str
    kind: Kind
    resource: Mapping[str, Any]
    statements: tuple[Statement, ...] | None

    @property
    def allows(self) -> tuple[Statement, ...]:
        """The statements that allow something."""
        return tuple(each for each in self.statements or () if each.get("Effect") == "Allow")


def resources(stack: Mapping[str, Any], *types: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The resources of a stack by address; those of the named types, or all."""
    for type_, named in sorted(stack.get("resource", {}).items()):
        if not types or type_ in types:
            for name, resource in sorted(named.items()):
                yield f"{type_}.{name}", resource


def policy_documents(stack: Mapping[str, Any]) -> list[Policy]:
    """Every policy document of a stack."""
    return [
        Policy(
            address=address,
            kind=_kind(address, argument),
            resource=resource,
            statements=_statements(resource[argument]),
        )
        for address, resource in resources(stack)
        for argument in _ARGUMENTS
        if isinstance(resource.get(argument), str)
    ]


def as_list(value: object) -> list[str]:
    """IAM takes one text for a list of one."""
    return [value] if isinstance(value, str) else list(value) if isinstance(value, list) else []


def _kind(address: str, argument: str) -> Kind:
    if argument == "assume_role_policy":
        return "trust"
    return "identity" if address.partition(".")[0] in _IDENTITY_TYPES else "resource"


def _statements(text: str) -> tuple[Statement, ...] | None:
    try:
        document = json.loads(text)
    except ValueError:
        return None
    found = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(found, dict):
        return (found,)
    return tuple(found) if isinstance(found, list) else None
