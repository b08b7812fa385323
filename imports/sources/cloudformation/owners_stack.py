"""An owner's stack as CloudFormation tells it: the deployed template, and each row with its object."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any, Final

from botocore.handlers import json_decode_template_body

from aws.client import Clients, action_name, ask, ask_all, ask_unless, asking, client_of
from common.errors import UserError, shorten
from common.progress import Progress
from common.templates import read_template
from common.text_files import decode_text

CDK_PATH: Final = "aws:cdk:path"
_DRIFT_POLLS: Final = 300
_POLL_SECONDS: Final = 1
_NOT_READ: Final = "not a CloudFormation template"
_NO_PARAMETER: Final = frozenset({"ParameterNotFound", "ParameterVersionNotFound"})
# What DescribeStacks says of a value whose parameter has NoEcho.
HIDDEN: Final = "****"


@dataclass(frozen=True, kw_only=True)
class OwnersRow:
    """One row of the stack. `physical_id` is empty where only a template was read.

    `drift` is CloudFormation's word on the object: IN_SYNC, MODIFIED, DELETED, NOT_CHECKED.
    """

    logical_id: str
    type: str
    physical_id: str = ""
    status: str = ""
    drift: str = "NOT_CHECKED"
    definition: Mapping[str, Any] = field(repr=False)

    @property
    def properties(self) -> Mapping[str, Any]:
        """What the template says of it, with its functions unevaluated."""
        found: Mapping[str, Any] = self.definition.get("Properties") or {}
        return found

    @property
    def path(self) -> str:
        """Where its construct was in the CDK app, without the stack's own name; empty where nobody says."""
        path = (self.definition.get("Metadata") or {}).get(CDK_PATH)
        return path.partition("/")[2] if isinstance(path, str) else ""


@dataclass(frozen=True, kw_only=True)
class OwnersStack:
    """A stack, read whole. `facts` is what DescribeStacks says; empty for a template in a file.

    `text` is the template as it was deployed, `template` what it says.
    """

    name: str
    rows: Mapping[str, OwnersRow]
    template: Mapping[str, Any] = field(repr=False)
    text: str = field(default="", repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    exported_to: tuple[str, ...] = ()
    policy: str = ""
    missing_parameter: str = ""
    missing_role: str = ""

    @property
    def arn(self) -> str:
        """The stack's ARN, by which alone it is deleted: a name may be another stack's tomorrow."""
        return str(self.facts.get("StackId", ""))

    @property
    def last_updated(self) -> str:
        """When it was changed last, in ISO 8601."""
        when = self.facts.get("LastUpdatedTime") or self.facts.get("CreationTime")
        return when.isoformat() if isinstance(when, datetime) else ""

    @property
    def template_sha256(self) -> str:
        """What tells whether it is still the same template."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_template_file(path: Path) -> OwnersStack:
    """Return what a template in a file holds. Raises UserError for what is no template."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}): name the template's file with --template"
        ) from None
    return parse_template(
        decode_text(content, source=str(path), wanted="a template"), source=str(path)
    )


def parse_template(text: str, *, source: str) -> OwnersStack:
    """Return what the text of a template holds. Raises UserError for what is no template."""
    document = _document(text, source)
    return OwnersStack(
        name=PurePath(source).stem, template=document, text=text, rows=_rows(document, source)
    )


def read_owners_stack(
    clients: Clients, name: str, *, progress: Progress, with_drift: bool = True
) -> OwnersStack:
    """Return a deployed stack, by its name or ARN. Raises UserError where AWS tells none."""
    progress("reading the stack")
    facts = ask(clients, "cloudformation", "DescribeStacks", StackName=name)["Stacks"][0]
    arn = str(facts["StackId"])
    text = deployed_text(clients, arn)
    document = _document(text, f"the template of {name}")
    told = ask_all(
        clients, "cloudformation", "ListStackResources", "StackResourceSummaries", StackName=arn
    )
    drifts = {}
    if with_drift and str(facts["StackStatus"]).endswith("_COMPLETE"):
        progress("asking CloudFormation what has drifted")
        drifts = _drifts(clients, arn)
    by_id = {each["LogicalResourceId"]: each for each in told}
    rows = {
        logical_id: OwnersRow(
            logical_id=logical_id,
            type=str(each["ResourceType"]),
            physical_id=str(each.get("PhysicalResourceId", "")),
            status=str(each["ResourceStatus"]),
            drift=drifts.get(logical_id, "NOT_CHECKED"),
            definition=_definition(document, logical_id, name),
        )
        for logical_id, each in by_id.items()
    }
    policy = ask(clients, "cloudformation", "GetStackPolicy", StackName=arn)
    return OwnersStack(
        name=str(facts["StackName"]),
        template=document,
        text=text,
        rows=rows,
        facts=facts,
        exported_to=_users_of_exports(clients, facts),
        policy=str(policy.get("StackPolicyBody") or ""),
        missing_parameter=_missing_parameter(clients, document, facts),
        missing_role=_missing_role(clients, facts),
    )


def deployed_text(clients: Clients, arn: str) -> str:
    """Return the template of a stack as it was deployed, to the byte. Raises UserError."""
    # botocore parses a template that is JSON, and with that its form is lost.
    client = client_of(clients, "cloudformation")
    client.meta.events.unregister(
        "after-call.cloudformation.GetTemplate", json_decode_template_body
    )
    with asking(action_name("cloudformation", "GetTemplate")):
        answer = client.get_template(StackName=arn, TemplateStage="Original")
    return str(answer["TemplateBody"])


def _definition(document: Mapping[str, Any], logical_id: str, name: str) -> Mapping[str, Any]:
    found = (document.get("Resources") or {}).get(logical_id)
    if found is None and document.get("Transform"):
        raise UserError(
            f"the stack {name} holds {logical_id}, which a macro of its template has made (Transform: "
            f"{shorten(document['Transform'])}): such a stack cannot be adopted, because its template "
            "cannot be edited; deploy it without macros first"
        )
    if found is None:
        raise UserError(
            f"the stack {name} holds {logical_id}, which its template does not: wait until nothing is "
            "being done to it, then run this again"
        )
    definition: Mapping[str, Any] = found
    return definition


def _rows(document: Mapping[str, Any], source: str) -> dict[str, OwnersRow]:
    resources = document.get("Resources")
    if not isinstance(resources, Mapping) or not resources:
        raise UserError(f"{source}: {_NOT_READ}: it has no Resources")
    rows = {}
    for logical_id, definition in resources.items():
        if str(logical_id).startswith("Fn::"):
            raise UserError(
                f"{source}: {shorten(logical_id)} is expanded by CloudFormation (Transform): name what `aws "
                "cloudformation get-template --template-stage Processed` prints"
            )
        if not isinstance(definition, Mapping) or not isinstance(definition.get("Type"), str):
            raise UserError(f"{source}: {_NOT_READ}: {shorten(logical_id)} has no Type")
        for part in ("Properties", "Metadata"):
            if not isinstance(definition.get(part) or {}, Mapping):
                raise UserError(
                    f"{source}: {_NOT_READ}: {part} of {shorten(logical_id)} is no mapping"
                )
        rows[logical_id] = OwnersRow(
            logical_id=logical_id, type=definition["Type"], definition=definition
        )
    return rows


def _document(text: str, source: str) -> Mapping[str, Any]:
    try:
        document = read_template(text)
    except ValueError as error:
        raise UserError(f"{source}: {_NOT_READ}: neither JSON nor YAML ({error})") from None
    if not isinstance(document, Mapping):
        raise UserError(f"{source}: {_NOT_READ}")
    if "TemplateBody" in document and "Resources" not in document:
        # All that `aws cloudformation get-template` prints: YAML is a text in it.
        body = document["TemplateBody"]
        return body if isinstance(body, Mapping) else _document(str(body), source)
    return document


def _drifts(clients: Clients, arn: str) -> dict[str, str]:
    """Let CloudFormation look at each object, and return what it says, by logical id."""
    detection = ask(clients, "cloudformation", "DetectStackDrift", StackName=arn)
    for _ in range(_DRIFT_POLLS):
        status = ask(
            clients,
            "cloudformation",
            "DescribeStackDriftDetectionStatus",
            StackDriftDetectionId=detection["StackDriftDetectionId"],
        )
        if status["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        time.sleep(_POLL_SECONDS)
    else:
        raise UserError(f"CloudFormation does not end its look for drift at {arn}: try again later")
    found = ask_all(
        clients,
        "cloudformation",
        "DescribeStackResourceDrifts",
        "StackResourceDrifts",
        StackName=arn,
    )
    return {each["LogicalResourceId"]: each["StackResourceDriftStatus"] for each in found}


def _users_of_exports(clients: Clients, facts: Mapping[str, Any]) -> tuple[str, ...]:
    names = [each["ExportName"] for each in facts.get("Outputs", ()) if each.get("ExportName")]
    users = [
        user
        for name in names
        for user in ask_all(
            clients,
            "cloudformation",
            "ListImports",
            "Imports",
            absent=frozenset({"ValidationError"}),
            ExportName=name,
        )
    ]
    return tuple(dict.fromkeys(users))


def _missing_parameter(
    clients: Clients, document: Mapping[str, Any], facts: Mapping[str, Any]
) -> str:
    """Return the parameter of Systems Manager's that an update would ask for in vain; empty for none."""
    given = {
        each["ParameterKey"]: each.get("ParameterValue") for each in facts.get("Parameters", ())
    }
    for key, declared in (document.get("Parameters") or {}).items():
        if not str(declared.get("Type", "")).startswith("AWS::SSM::Parameter::"):
            continue
        # An update keeps what the stack was deployed with: this name; ResolvedValue is what it holds.
        name = str(given.get(key) or declared.get("Default") or "")
        if not name or name == HIDDEN:
            continue
        if ask_unless(clients, "ssm", "GetParameter", _NO_PARAMETER, Name=name) is None:
            return name
    return ""


def _missing_role(clients: Clients, facts: Mapping[str, Any]) -> str:
    """Return the role that CloudFormation works with for this stack, where it is gone; else empty."""
    arn = str(facts.get("RoleARN", ""))
    if not arn:
        return ""
    found = ask_unless(
        clients,
        "iam",
        "GetRole",
        frozenset({"NoSuchEntity"}),
        RoleName=arn.rpartition("/")[2],
    )
    return arn if found is None else ""
