"""Rows of IAM and Lambda."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from local.cloudformation.calls import Made, Request
from local.cloudformation.rows.row import Row, deleted_by


def _role(request: Request) -> Made:
    name = request.get("RoleName") or request.generated_name()
    made = request.call(
        "iam.create_role",
        {
            **request.properties,
            "RoleName": name,
            "AssumeRolePolicyDocument": json.dumps(request["AssumeRolePolicyDocument"]),
            "Tags": request.tag_list(),
        },
    )["Role"]
    for arn in request.get("ManagedPolicyArns") or []:
        request.call("iam.attach_role_policy", {"RoleName": name, "PolicyArn": arn})
    for policy in request.get("Policies") or []:
        _put_policy(request, name, policy["PolicyName"], policy["PolicyDocument"])
    return Made(physical_id=name, attributes={"Arn": made["Arn"], "RoleId": made["RoleId"]})


def _delete_role(request: Request, physical_id: str) -> None:
    role = {"RoleName": physical_id}
    for attached in request.call("iam.list_attached_role_policies", role)["AttachedPolicies"]:
        request.call("iam.detach_role_policy", {**role, "PolicyArn": attached["PolicyArn"]})
    # Policies that other rows have put are theirs to delete: a role that still has one is refused.
    for policy in request.get("Policies") or []:
        request.call("iam.delete_role_policy", {**role, "PolicyName": policy["PolicyName"]})
    request.call("iam.delete_role", role)


def _put_policy(request: Request, role: str, name: str, document: Any) -> None:
    request.call(
        "iam.put_role_policy",
        {"RoleName": role, "PolicyName": name, "PolicyDocument": json.dumps(document)},
    )


def _policy(request: Request) -> Made:
    for role in request.get("Roles") or []:
        _put_policy(request, role, request["PolicyName"], request["PolicyDocument"])
    return Made(physical_id=request.generated_name(longest=40))


def _update_policy(request: Request, physical_id: str, before: Mapping[str, Any]) -> Made | None:
    if before.get("PolicyName") != request["PolicyName"] or before.get("Roles") != request["Roles"]:
        return None
    for role in request["Roles"]:
        _put_policy(request, role, request["PolicyName"], request["PolicyDocument"])
    return Made(physical_id=physical_id)


def _delete_policy(request: Request, _physical_id: str) -> None:
    for role in request.get("Roles") or []:
        try:
            request.call(
                "iam.delete_role_policy",
                {"RoleName": role, "PolicyName": request["PolicyName"]},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchEntity":
                raise


def _managed_policy(request: Request) -> Made:
    made = request.call(
        "iam.create_policy",
        {
            "PolicyName": request.get("ManagedPolicyName") or request.generated_name(longest=128),
            "PolicyDocument": json.dumps(request["PolicyDocument"]),
            "Path": request.get("Path", "/"),
        },
    )
    arn = made["Policy"]["Arn"]
    for role in request.get("Roles") or []:
        request.call("iam.attach_role_policy", {"RoleName": role, "PolicyArn": arn})
    return Made(physical_id=arn, attributes={"PolicyArn": arn})


def _delete_managed_policy(request: Request, physical_id: str) -> None:
    for role in request.get("Roles") or []:
        request.call("iam.detach_role_policy", {"RoleName": role, "PolicyArn": physical_id})
    request.call("iam.delete_policy", {"PolicyArn": physical_id})


def _function(request: Request) -> Made:
    name = request.get("FunctionName") or request.generated_name()
    made = request.call(
        "lambda.create_function",
        {
            **request.properties,
            "FunctionName": name,
            # The asset's archive is not here: what a handler does is done by rows/custom.py.
            "Code": {"ZipFile": _ARCHIVE},
            "Tags": {tag["Key"]: tag["Value"] for tag in request.tag_list()},
        },
    )
    return Made(physical_id=name, attributes={"Arn": made["FunctionArn"]})


def _archive() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("index.js", "exports.handler = async () => {};")
    return written.getvalue()


_ARCHIVE: Final = _archive()

ROWS: Final[Mapping[str, Row]] = {
    "AWS::IAM::Role": Row(create=_role, delete=_delete_role, identifiers=("RoleName",)),
    "AWS::IAM::Policy": Row(create=_policy, delete=_delete_policy, update=_update_policy),
    "AWS::IAM::ManagedPolicy": Row(
        create=_managed_policy, delete=_delete_managed_policy, identifiers=("PolicyArn",)
    ),
    "AWS::Lambda::Function": Row(
        create=_function,
        delete=deleted_by("lambda.delete_function", "FunctionName"),
        identifiers=("FunctionName",),
    ),
}
