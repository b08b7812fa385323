"""The calls that make, change and delete stacks."""

from collections.abc import Iterable
from typing import Any

from moto.cloudformation.responses import CloudFormationResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult

from local.cloudformation.requests import (
    STACKS,
    ValidationError,
    aws_of,
    check_free,
    check_role,
    settings_of,
    stack_of,
    start,
    template_of,
)
from local.cloudformation.stack import EmulatedStack, new_arn, now
from local.cloudformation.work import Worker
from local.moto_patches.patching import adds


class _AlreadyExists(ServiceException):
    code = "AlreadyExistsException"


@adds(CloudFormationResponse)
def _create_stack(self: CloudFormationResponse) -> ActionResult:
    aws, name = aws_of(self), self._get_param("StackName")
    with STACKS.lock:
        if any(each.name == name and not each.deleted for each in STACKS.of(aws)):
            raise _AlreadyExists(f"Stack [{name}] already exists")
        template = template_of(self, None)
        stack = EmulatedStack(
            name=name,
            arn=new_arn("stack", name, region=aws.region, account_id=aws.account_id),
            template=template,
            settings=settings_of(self, template, None),
            status="CREATE_IN_PROGRESS",
            created=now(),
            is_protected=bool(self._get_bool_param("EnableTerminationProtection", False)),
            policy=self._get_param("StackPolicyBody"),
            imports=set(_imported(template.document)),
        )
        STACKS.of(aws).append(stack)
    start(aws, stack, Worker.create)
    return ActionResult({"StackId": stack.arn})


def _imported(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "Fn::ImportValue" and isinstance(item, str):
                yield item
            yield from _imported(item)
    elif isinstance(value, list):
        for item in value:
            yield from _imported(item)


@adds(CloudFormationResponse)
def _update_stack(self: CloudFormationResponse) -> ActionResult:
    aws, stack = aws_of(self), stack_of(self)
    with STACKS.lock:
        check_free(stack, "updated")
        template = template_of(self, stack)
        settings = settings_of(self, template, stack)
        before = stack.settings
        is_same = (template.document, settings.parameters, settings.tags) == (
            stack.template.document,
            before.parameters,
            before.tags,
        )
        # What a dynamic reference gives may have changed, so AWS takes the same template again.
        if is_same and not template.is_dynamic:
            raise ValidationError("No updates are to be performed.")
        stack.status = "UPDATE_IN_PROGRESS"
    start(aws, stack, lambda worker: worker.update(template, settings))
    return ActionResult({"StackId": stack.arn})


@adds(CloudFormationResponse)
def _delete_stack(self: CloudFormationResponse) -> ActionResult:
    aws = aws_of(self)
    retained = self._get_param("RetainResources") or []
    with STACKS.lock:
        try:
            stack = stack_of(self)
        except ValidationError:
            return EmptyResult()  # AWS takes the deletion of what is not there
        if stack.deleted or stack.status == "DELETE_IN_PROGRESS":
            return EmptyResult()
        if stack.is_protected:
            raise ValidationError(
                f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        if retained and stack.status != "DELETE_FAILED":
            raise ValidationError(
                f"Invalid operation on stack [{stack.arn}]. When you delete a stack, specify which "
                "resources to retain only if the stack is in the DELETE_FAILED state."
            )
        if stack.is_busy:
            raise ValidationError(
                f"Stack [{stack.name}] cannot be deleted while in status {stack.status}"
            )
        check_role(self, stack.settings.role_arn)
        for name, (exporter, _) in STACKS.exports(aws).items():
            users = STACKS.importers(aws, name)
            if exporter is stack and users:
                stack.say(
                    "DELETE_FAILED",
                    reason=f"Export {name} cannot be deleted as it is in use by {', '.join(users)}",
                )
                return EmptyResult()
        stack.status = "DELETE_IN_PROGRESS"
    start(aws, stack, lambda worker: worker.delete(retained))
    return EmptyResult()


@adds(CloudFormationResponse)
def _validate_template(self: CloudFormationResponse) -> ActionResult:
    template = template_of(self, None)
    return ActionResult({"Parameters": [{"ParameterKey": name} for name in template.parameters]})


@adds(CloudFormationResponse)
def _update_termination_protection(self: CloudFormationResponse) -> ActionResult:
    stack = stack_of(self)
    stack.is_protected = bool(self._get_bool_param("EnableTerminationProtection"))
    return ActionResult({"StackId": stack.arn})


@adds(CloudFormationResponse)
def _set_stack_policy(self: CloudFormationResponse) -> ActionResult:
    stack_of(self).policy = self._get_param("StackPolicyBody")
    return EmptyResult()
