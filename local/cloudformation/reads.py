"""The calls that tell of stacks."""

import hashlib
from typing import Any, Final

from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult

from local.cloudformation.change_sets import change_set_of
from local.cloudformation.requests import STACKS, ValidationError, aws_of, stack_of, start
from local.cloudformation.stack import EmulatedStack, now
from local.cloudformation.work import Worker
from local.moto_patches.patching import adds

_DRIFTABLE: Final = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
    "ROLLBACK_COMPLETE",
)


@adds(CloudFormationResponse)
def _describe_stacks(self: CloudFormationResponse) -> ActionResult:
    name = self._get_param("StackName")
    stacks = [stack_of(self)] if name else [s for s in STACKS.of(aws_of(self)) if not s.deleted]
    return ActionResult({"Stacks": [_described(stack) for stack in stacks]})


def _described(stack: EmulatedStack) -> dict[str, Any]:
    described: dict[str, Any] = {
        "StackId": stack.arn,
        "StackName": stack.name,
        "CreationTime": stack.created,
        "StackStatus": stack.status,
        "DisableRollback": False,
        "EnableTerminationProtection": stack.is_protected,
        "Parameters": [_parameter(stack, name) for name in stack.template.parameters],
        "Capabilities": stack.settings.capabilities,
        "Tags": [{"Key": key, "Value": value} for key, value in stack.settings.tags.items()],
        "Outputs": stack.outputs,
        "NotificationARNs": stack.settings.topics,
        "RollbackConfiguration": stack.settings.rollback or {},
        "DriftInformation": {"StackDriftStatus": stack.drift.get("status", "NOT_CHECKED")},
    }
    told = {
        "StackStatusReason": stack.reason,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
        "RoleARN": stack.settings.role_arn,
        "ParentId": stack.parent,
    }
    return described | {key: value for key, value in told.items() if value}


def _parameter(stack: EmulatedStack, name: str) -> dict[str, str]:
    declared = stack.template.parameters[name]
    value = stack.settings.parameters.get(name, str(declared.get("Default", "")))
    hidden = str(declared.get("NoEcho", False)).lower() == "true"
    return {"ParameterKey": name, "ParameterValue": "****" if hidden else value}


@adds(CloudFormationResponse)
def _list_stacks(self: CloudFormationResponse) -> ActionResult:
    wanted = self._get_param("StackStatusFilter")
    return ActionResult(
        {
            "StackSummaries": [
                {
                    key: value
                    for key, value in _described(stack).items()
                    if key
                    in ("StackId", "StackName", "CreationTime", "StackStatus", "DeletionTime")
                }
                for stack in STACKS.of(aws_of(self))
                if not wanted or stack.status in wanted
            ]
        }
    )


def _resource_rows(self: CloudFormationResponse) -> list[dict[str, Any]]:
    stack = stack_of(self)
    return [
        {
            "StackName": stack.name,
            "StackId": stack.arn,
            "LogicalResourceId": row.logical_id,
            "PhysicalResourceId": row.physical_id,
            "ResourceType": row.type,
            "Timestamp": row.changed,
            "LastUpdatedTimestamp": row.changed,
            "ResourceStatus": row.status,
            **({"ResourceStatusReason": row.reason} if row.reason else {}),
        }
        for row in stack.rows.values()
    ]


@adds(CloudFormationResponse)
def _describe_stack_resources(self: CloudFormationResponse) -> ActionResult:
    # AWS answers with a hundred rows at most, and has no next page.
    return ActionResult({"StackResources": _resource_rows(self)[:100]})


@adds(CloudFormationResponse)
def _describe_stack_resource(self: CloudFormationResponse) -> ActionResult:
    name = self._get_param("LogicalResourceId")
    for row in _resource_rows(self):
        if row["LogicalResourceId"] == name:
            return ActionResult({"StackResourceDetail": row})
    raise ValidationError(
        f"Resource {name} does not exist for stack {self._get_param('StackName')}"
    )


_PAGE: Final = 100


@adds(CloudFormationResponse)
def _list_stack_resources(self: CloudFormationResponse) -> ActionResult:
    rows, start = _resource_rows(self), int(self._get_param("NextToken") or 0)
    page = {"StackResourceSummaries": rows[start : start + _PAGE]}
    more = {"NextToken": str(start + _PAGE)} if len(rows) > start + _PAGE else {}
    return ActionResult({**page, **more})


@adds(CloudFormationResponse)
def _describe_stack_events(self: CloudFormationResponse) -> ActionResult:
    stack, start = stack_of(self), int(self._get_param("NextToken") or 0)
    events = [
        {
            "StackId": stack.arn,
            "StackName": stack.name,
            "EventId": event.id,
            "LogicalResourceId": event.logical_id,
            "PhysicalResourceId": event.physical_id,
            "ResourceType": event.type,
            "Timestamp": event.at,
            "ResourceStatus": event.status,
            "ResourceStatusReason": event.reason,
        }
        for event in stack.events
    ]
    more = {"NextToken": str(start + _PAGE)} if len(events) > start + _PAGE else {}
    return ActionResult({"StackEvents": events[start : start + _PAGE], **more})


@adds(CloudFormationResponse)
def _get_template(self: CloudFormationResponse) -> ActionResult:
    named = self._get_param("ChangeSetName")
    found = change_set_of(self)[1] if named else stack_of(self)
    return ActionResult(
        {"TemplateBody": found.template.body, "StagesAvailable": ["Original", "Processed"]}
    )


@adds(CloudFormationResponse)
def _get_stack_policy(self: CloudFormationResponse) -> ActionResult:
    policy = stack_of(self).policy
    return ActionResult({"StackPolicyBody": policy} if policy else {})


@adds(CloudFormationResponse)
def _list_exports(self: CloudFormationResponse) -> ActionResult:
    return ActionResult(
        {
            "Exports": [
                {"ExportingStackId": stack.arn, "Name": name, "Value": value}
                for name, (stack, value) in STACKS.exports(aws_of(self)).items()
            ]
        }
    )


@adds(CloudFormationResponse)
def _list_imports(self: CloudFormationResponse) -> ActionResult:
    name = self._get_param("ExportName")
    users = STACKS.importers(aws_of(self), name)
    if not users:
        raise ValidationError(f"Export '{name}' is not imported by any stack.")
    return ActionResult({"Imports": users})


@adds(CloudFormationResponse)
def _detect_stack_drift(self: CloudFormationResponse) -> ActionResult:
    stack = stack_of(self)
    if stack.status not in _DRIFTABLE:
        raise ValidationError(
            f"Drift detection cannot be performed on stack [{stack.arn}] while in status {stack.status}"
        )
    detection = hashlib.sha256(f"{stack.arn}{now()}".encode()).hexdigest()[:32]
    stack.drift = {"id": detection, "status": "NOT_CHECKED", "rows": None, "at": now()}
    start(aws_of(self), stack, _look_for_drift)
    return ActionResult({"StackDriftDetectionId": detection})


def _look_for_drift(worker: Worker) -> None:
    rows = worker.drifted()
    different = any(row["StackResourceDriftStatus"] in ("MODIFIED", "DELETED") for row in rows)
    worker.stack.drift.update(rows=rows, status="DRIFTED" if different else "IN_SYNC")


@adds(CloudFormationResponse)
def _describe_stack_drift_detection_status(self: CloudFormationResponse) -> ActionResult:
    detection = self._get_param("StackDriftDetectionId")
    for stack in STACKS.of(aws_of(self)):
        if stack.drift.get("id") == detection:
            break
    else:
        raise ValidationError(f"Drift detection {detection} does not exist")
    rows = stack.drift["rows"]
    different = [
        row for row in rows or () if row["StackResourceDriftStatus"] in ("MODIFIED", "DELETED")
    ]
    return ActionResult(
        {
            "StackId": stack.arn,
            "StackDriftDetectionId": detection,
            "StackDriftStatus": stack.drift["status"],
            "DetectionStatus": "DETECTION_IN_PROGRESS" if rows is None else "DETECTION_COMPLETE",
            "DriftedStackResourceCount": len(different),
            "Timestamp": stack.drift["at"],
        }
    )


@adds(CloudFormationResponse)
def _describe_stack_resource_drifts(self: CloudFormationResponse) -> ActionResult:
    wanted = self._get_param("StackResourceDriftStatusFilters")
    rows = stack_of(self).drift.get("rows") or []
    return ActionResult(
        {
            "StackResourceDrifts": [
                row for row in rows if not wanted or row["StackResourceDriftStatus"] in wanted
            ]
        }
    )
