"""What every call of CloudFormation begins with: the account, the stack, the template, what goes with it."""

import threading
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote, urlparse

from moto.cloudformation.responses import CloudFormationResponse
from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.ssm.models import ssm_backends

from local.cloudformation.calls import Aws
from local.cloudformation.rows import row_of
from local.cloudformation.stack import EmulatedStack, Settings
from local.cloudformation.template import MAX_BODY_BYTES, Template, TemplateError
from local.cloudformation.work import Worker

# Our answers are in the shape of AWS's model already.
CloudFormationResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER = {}


class ValidationError(ServiceException):
    """A refusal."""

    code = "ValidationError"


class _MissingCapability(ServiceException):
    code = "InsufficientCapabilitiesException"
    message = "Requires capabilities : [CAPABILITY_NAMED_IAM]"


class Stacks:
    """All stacks of the emulator, by account and region."""

    def __init__(self) -> None:
        """Begin without any."""
        self.lock = threading.RLock()
        self._stacks: dict[tuple[str, str], list[EmulatedStack]] = {}

    def of(self, aws: Aws) -> list[EmulatedStack]:
        """Return the stacks of an account in a region, deleted ones too."""
        return self._stacks.setdefault((aws.account_id, aws.region), [])

    def find(self, aws: Aws, name: str) -> EmulatedStack:
        """Return a stack by its name or ARN; a deleted one by its ARN alone. Raises ValidationError."""
        for stack in self.of(aws):
            if stack.arn == name or (stack.name == name and not stack.deleted):
                return stack
        raise ValidationError(f"Stack with id {name} does not exist")

    def exports(self, aws: Aws) -> dict[str, tuple[EmulatedStack, str]]:
        """Return what stacks export: by name, the stack and the value."""
        return {
            output["ExportName"]: (stack, output["OutputValue"])
            for stack in self.of(aws)
            if not stack.deleted
            for output in stack.outputs
            if "ExportName" in output
        }

    def importers(self, aws: Aws, name: str) -> list[str]:
        """Return the names of the stacks that import an export."""
        return [each.name for each in self.of(aws) if not each.deleted and name in each.imports]


STACKS: Final = Stacks()


def aws_of(self: CloudFormationResponse) -> Aws:
    """Return the account and region of a request."""
    return Aws(
        endpoint=f"http://{self.headers['Host']}",
        region=self.region,
        account_id=self.current_account,
        access_key_id=self.get_access_key() or "test",
    )


def start(aws: Aws, stack: EmulatedStack, task: Callable[[Worker], None]) -> None:
    """Let a worker do its task once the request is answered; its status says that it has begun."""
    exported = {name: value for name, (_, value) in STACKS.exports(aws).items()}
    worker = Worker(aws=aws, stack=stack, exported=exported)
    threading.Thread(target=task, args=(worker,), daemon=True).start()


def template_of(self: CloudFormationResponse, stack: EmulatedStack | None) -> Template:
    """Return the template that the request carries or names. Raises ValidationError."""
    body, url = self._get_param("TemplateBody"), self._get_param("TemplateURL")
    if self._get_bool_param("UsePreviousTemplate", False) and stack:
        return Template(stack.template.body)
    if body and len(body.encode()) > MAX_BODY_BYTES:
        raise ValidationError(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member "
            f"must have length less than or equal to {MAX_BODY_BYTES}"
        )
    if url:
        body = _from_bucket(url, account_id=self.current_account)
    if not body:
        raise ValidationError("Either Template URL or Template Body must be specified.")
    try:
        template = Template(body)
        template.order()
    except TemplateError as error:
        raise ValidationError(str(error)) from None
    unknown = sorted({row["Type"] for row in template.rows.values() if row_of(row["Type"]) is None})
    if unknown:
        raise ValidationError(
            f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]"
        )
    return template


# While a request is answered, the emulator takes no other: what it needs to know, moto's memory tells.


def _from_bucket(url: str, *, account_id: str) -> str:
    place = urlparse(url)
    host = place.hostname or ""
    path = unquote(place.path).lstrip("/")
    bucket, _, key = (f"{host.split('.s3')[0]}/{path}" if ".s3" in host else path).partition("/")
    found = s3_backends[account_id]["aws"].buckets.get(bucket)
    if found is None or key not in found.keys:
        raise ValidationError("S3 error: The specified key does not exist.")
    return str(found.keys[key].value.decode())


def settings_of(
    self: CloudFormationResponse, template: Template, stack: EmulatedStack | None
) -> Settings:
    """Return what the request says besides the template. Raises what AWS refuses it with."""
    before = stack.settings if stack else None
    parameters: dict[str, str] = {}
    for given in self._get_param("Parameters") or []:
        name = given["ParameterKey"]
        if name not in template.parameters:
            raise ValidationError(f"Parameters: [{name}] do not exist in the template")
        if given.get("UsePreviousValue"):
            if before is None or name not in before.parameters:
                continue
            parameters[name] = before.parameters[name]
        else:
            parameters[name] = given.get("ParameterValue", "")
    missing = [
        name
        for name, declared in template.parameters.items()
        if name not in parameters and "Default" not in declared
    ]
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    capabilities = self._get_param("Capabilities") or []
    if template.needs_capability and not capabilities:
        raise _MissingCapability
    _check_parameters(self, template, parameters)
    role = self._get_param("RoleARN") or (before.role_arn if before else None)
    check_role(self, role)
    tags, topics = self._get_param("Tags"), self._get_param("NotificationARNs")
    return Settings(
        parameters=parameters,
        tags={tag["Key"]: tag["Value"] for tag in tags}
        if tags is not None
        else dict(before.tags if before else {}),
        capabilities=capabilities,
        role_arn=role,
        topics=topics if topics is not None else list(before.topics if before else ()),
        rollback=self._get_param("RollbackConfiguration"),
    )


def _check_parameters(
    self: CloudFormationResponse, template: Template, parameters: Mapping[str, str]
) -> None:
    for name, declared in template.parameters.items():
        if declared.get("Type", "").startswith("AWS::SSM::Parameter::"):
            named = parameters.get(name, declared.get("Default", ""))
            if not ssm_backends[self.current_account][self.region].get_parameters([named]):
                raise ValidationError(
                    f"Unable to fetch parameters [{named}] from parameter store for this account."
                )


def check_role(self: CloudFormationResponse, role: str | None) -> None:
    """Raise ValidationError for a service role that is gone."""
    if role is None:
        return
    roles = iam_backends[self.current_account]["aws"].roles.values()
    if all(each.arn != role for each in roles):
        raise ValidationError(f"Role {role} is invalid or cannot be assumed")


def stack_of(self: CloudFormationResponse) -> EmulatedStack:
    """Return the stack that the request names. Raises ValidationError."""
    return STACKS.find(aws_of(self), self._get_param("StackName"))


UPDATABLE: Final = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
)


def check_free(stack: EmulatedStack, doing: str) -> None:
    """Raise ValidationError for a stack that cannot be updated now."""
    if stack.status not in UPDATABLE:
        raise ValidationError(
            f"Stack:{stack.arn} is in {stack.status} state and can not be {doing}."
        )
