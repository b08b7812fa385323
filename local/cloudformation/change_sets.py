"""Change sets, of which an import is the way back for what a stack has let go of."""

from collections.abc import Mapping
from typing import Any

from moto.cloudformation.responses import CloudFormationResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult

from local.cloudformation.calls import Aws
from local.cloudformation.requests import (
    STACKS,
    ValidationError,
    aws_of,
    check_free,
    settings_of,
    stack_of,
    start,
    template_of,
)
from local.cloudformation.rows import row_of
from local.cloudformation.stack import ChangeSet, EmulatedStack, Settings, new_arn, now
from local.cloudformation.template import Template
from local.cloudformation.work import Worker
from local.moto_patches.patching import adds


@adds(CloudFormationResponse)
def _create_change_set(self: CloudFormationResponse) -> ActionResult:
    aws, kind = aws_of(self), self._get_param("ChangeSetType") or "UPDATE"
    name = self._get_param("ChangeSetName")
    with STACKS.lock:
        stack = _stack_to_change(self, aws, kind)
        template = template_of(self, stack)
        imported = {
            each["LogicalResourceId"]: each["ResourceIdentifier"]
            for each in self._get_param("ResourcesToImport") or []
        }
        if kind == "IMPORT":
            _check_import(stack, template, imported)
        changes = _changes(stack, template, imported)
        change = ChangeSet(
            name=name,
            arn=new_arn("changeSet", name, region=aws.region, account_id=aws.account_id),
            type=kind,
            template=template,
            settings=settings_of(self, template, stack if stack.rows else None),
            imported=imported,
            changes=changes,
            status="CREATE_COMPLETE" if changes else "FAILED",
            reason="" if changes else "The submitted information didn't contain changes.",
            created=now(),
        )
        stack.change_sets[name] = change
    return ActionResult({"Id": change.arn, "StackId": stack.arn})


def _stack_to_change(self: CloudFormationResponse, aws: Aws, kind: str) -> EmulatedStack:
    try:
        stack = stack_of(self)
    except ValidationError:
        if kind == "UPDATE":
            raise
        name = self._get_param("StackName")
        template = template_of(self, None)
        stack = EmulatedStack(
            name=name,
            arn=new_arn("stack", name, region=aws.region, account_id=aws.account_id),
            template=template,
            settings=Settings(parameters={}, tags={}, capabilities=[]),
            status="REVIEW_IN_PROGRESS",
            created=now(),
        )
        STACKS.of(aws).append(stack)
    return stack


def _check_import(
    stack: EmulatedStack, template: Template, imported: Mapping[str, Mapping[str, str]]
) -> None:
    """Refuse what AWS refuses of an import.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import.html
    """
    if not imported:
        raise ValidationError("ResourcesToImport must be specified for a change set of type IMPORT")
    for name, identifiers in imported.items():
        row = template.rows.get(name)
        if row is None:
            raise ValidationError(f"Resource [{name}] to import is not in the template")
        kind = row_of(row["Type"])
        if kind is None or not kind.identifiers:
            raise ValidationError(f"ResourceTypes [{row['Type']}] are not supported for Import")
        if set(identifiers) - set(kind.identifiers):
            raise ValidationError(
                f"Invalid resource identifier of {name}: expected {', '.join(kind.identifiers)}"
            )
        if "DeletionPolicy" not in row:
            raise ValidationError(
                f"Resources [{name}] to import must have a DeletionPolicy attribute in the template"
            )
    extra = template.rows.keys() - stack.rows.keys() - imported.keys()
    if extra:
        raise ValidationError(
            "As part of the import operation, you cannot modify or add [resources]: "
            f"{', '.join(sorted(extra))}"
        )


def _changes(
    stack: EmulatedStack, template: Template, imported: Mapping[str, object]
) -> list[dict[str, Any]]:
    changes: list[tuple[str, str, str, str | None]] = []
    for name, row in template.rows.items():
        before = stack.template.rows.get(name) if name in stack.rows else None
        action = "Import" if name in imported else "Add" if before is None else "Modify"
        if before is None or before != row:
            known = stack.rows.get(name)
            changes.append((action, name, row["Type"], known.physical_id if known else None))
    changes += [
        ("Remove", name, row.type, row.physical_id)
        for name, row in stack.rows.items()
        if name not in template.rows
    ]
    return [
        {
            "Type": "Resource",
            "ResourceChange": {
                "Action": action,
                "LogicalResourceId": name,
                "ResourceType": type_,
                "PhysicalResourceId": physical_id,
                "Scope": [],
                "Details": [],
            },
        }
        for action, name, type_, physical_id in changes
    ]


def change_set_of(self: CloudFormationResponse) -> tuple[EmulatedStack, ChangeSet]:
    """Return the change set that the request names, and its stack. Raises ChangeSetNotFound."""
    named = self._get_param("ChangeSetName")
    for stack in STACKS.of(aws_of(self)):
        for change in stack.change_sets.values():
            if named in (change.arn, change.name):
                return stack, change
    raise _NoSuchChangeSet(f"ChangeSet [{named}] does not exist")


@adds(CloudFormationResponse)
def _describe_change_set(self: CloudFormationResponse) -> ActionResult:
    stack, change = change_set_of(self)
    return ActionResult(
        {
            "ChangeSetName": change.name,
            "ChangeSetId": change.arn,
            "StackId": stack.arn,
            "StackName": stack.name,
            "ChangeSetType": change.type,
            "CreationTime": change.created,
            "Status": change.status,
            "StatusReason": change.reason,
            "ExecutionStatus": "AVAILABLE" if change.status == "CREATE_COMPLETE" else "UNAVAILABLE",
            "Changes": change.changes,
            "Capabilities": change.settings.capabilities,
        }
    )


@adds(CloudFormationResponse)
def _execute_change_set(self: CloudFormationResponse) -> ActionResult:
    aws, (stack, change) = aws_of(self), change_set_of(self)
    if change.status != "CREATE_COMPLETE":
        raise ValidationError(
            f"ChangeSet [{change.arn}] cannot be executed in its current status of "
            f"[{change.status}]"
        )
    stack.change_sets.pop(change.name)
    if change.type == "IMPORT":
        stack.status = "IMPORT_IN_PROGRESS"
        start(aws, stack, lambda worker: worker.bring_in(change))
    elif change.type == "CREATE":
        stack.template, stack.settings = change.template, change.settings
        stack.status = "CREATE_IN_PROGRESS"
        start(aws, stack, Worker.create)
    else:
        check_free(stack, "updated")
        stack.status = "UPDATE_IN_PROGRESS"
        start(aws, stack, lambda worker: worker.update(change.template, change.settings))
    return EmptyResult()


@adds(CloudFormationResponse)
def _delete_change_set(self: CloudFormationResponse) -> ActionResult:
    stack, change = change_set_of(self)
    stack.change_sets.pop(change.name)
    return EmptyResult()


class _NoSuchChangeSet(ServiceException):
    code = "ChangeSetNotFound"
