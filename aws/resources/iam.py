"""Roles and policies. One call tells all roles of an account; of a stage one asks role by role."""

import json
from collections.abc import Sequence
from typing import Final

from aws.client import Clients, ask_unless
from aws.resources.call import Call, Row
from aws.resources.document import Document, DocumentReader, planned_policy, policy_document
from aws.resources.row import Details, ResourceType

_ABSENT: Final = frozenset({"NoSuchEntity", "NoSuchEntityException"})


def _of_role(operation: str, result: str) -> Call:
    return Call("iam", operation, result, {"RoleName": "{}"}, absent=_ABSENT)


def _of_each_role(member: str) -> Details:
    """Ask for what belongs to one role: the answer knows its role already, and may be a name alone."""

    def flattened(_clients: Clients, rows: Sequence[Row], sought: str | None) -> Sequence[Row]:
        if sought is not None:
            return [{"PolicyName": row.get("value"), **row} for row in rows]
        return [
            {"RoleName": role["RoleName"], **each}
            for role in rows
            if _is_somebodys(role)
            for each in role.get(member, ())
        ]

    return flattened


def _is_somebodys(role: Row) -> bool:
    """AWS makes the roles of its services by itself."""
    return not str(role.get("Path", "")).startswith("/aws-service-role/")


def _inline_policy(clients: Clients, row: Row) -> Document | None:
    answer = ask_unless(
        clients,
        "iam",
        "GetRolePolicy",
        _ABSENT,
        RoleName=row["RoleName"],
        PolicyName=row["PolicyName"],
    )
    # botocore decodes this one by itself.
    return policy_document(json.dumps(answer["PolicyDocument"])) if answer else None


_ROLES: Final = Call(
    "iam", "GetAccountAuthorizationDetails", "RoleDetailList", {"Filter": ["Role"]}
)

IAM: Final = (
    ResourceType(
        type="aws_iam_policy",
        free=True,
        label="policy",
        key=("name",),
        refuses_double=True,
        attributes={"id": "Arn", "name": "PolicyName", "arn": "Arn"},
        import_id="{arn}",
        listing=Call("iam", "ListPolicies", "Policies", {"Scope": "Local"}),
        identity=("description", "name", "path", "policy", "tags"),
    ),
    ResourceType(
        type="aws_iam_role",
        free=True,
        arn="arn:aws:iam::111122223333:role/name",
        label="role",
        key=("name",),
        refuses_double=True,
        attributes={"id": "RoleName", "name": "RoleName", "arn": "Arn"},
        import_id="{name}",
        listing=_ROLES,
        named=_of_role("GetRole", "Role"),
        is_somebodys=_is_somebodys,
        identity=(
            "assume_role_policy",
            "description",
            "max_session_duration",
            "name",
            "path",
            "permissions_boundary",
            "tags",
        ),
    ),
    ResourceType(
        type="aws_iam_role_policy",
        free=True,
        key=("role", "name"),
        attributes={"role": "RoleName", "name": "PolicyName"},
        import_id="{role}:{name}",
        listing=_ROLES,
        named=_of_role("ListRolePolicies", "PolicyNames"),
        details=_of_each_role("RolePolicyList"),
        overwrites=True,
        document=DocumentReader(held=_inline_policy, planned=planned_policy),
    ),
    ResourceType(
        type="aws_iam_role_policy_attachment",
        free=True,
        label="attachment of a policy to a role",
        key=("role", "policy_arn"),
        attributes={"role": "RoleName", "policy_arn": "PolicyArn"},
        import_id="{role}/{policy_arn}",
        listing=_ROLES,
        named=_of_role("ListAttachedRolePolicies", "AttachedPolicies"),
        details=_of_each_role("AttachedManagedPolicies"),
        identity=("policy_arn", "role"),
    ),
)
