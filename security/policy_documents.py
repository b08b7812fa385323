"""The policy documents of a synthesized stage: they stand as JSON in strings of its Terraform JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from common.policy_statements import statements_of
from terraform.stack import Stack

Statement = Mapping[str, Any]
Kind = Literal["identity", "trust", "resource"]

# The arguments that hold a document. Terraform has no others among the types in use.
_ARGUMENTS = ("policy", "assume_role_policy")
# What its name says, and no document of IAM's.
_OTHER_POLICIES = frozenset({"aws_ecr_lifecycle_policy"})
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


def policy_documents(stack: Stack) -> list[Policy]:
    """Return every policy document of a stack."""
    return [
        Policy(
            address=address,
            kind=_kind(address, argument),
            resource=resource.attributes,
            statements=_statements(resource.attributes[argument]),
        )
        for address, resource in sorted(stack.resources.items())
        for argument in _ARGUMENTS
        if isinstance(resource.attributes.get(argument), str)
        and resource.type not in _OTHER_POLICIES
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
    found = statements_of(document)
    return None if found is None else tuple(found)
