"""What CloudFormation does to the rows of a stack: make, change, delete, import, look for drift.

It runs after the request was answered, as on AWS, so that a caller has to wait for a status. Longer than
others, because each of the five changes a stack's rows by the same few steps.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.cloudformation.calls import Aws, Made, Request
from local.cloudformation.rows import known_row
from local.cloudformation.stack import ChangeSet, EmulatedStack, Settings, StackRow, now
from local.cloudformation.template import Known, Template, TemplateError

# What GetAtt gives of an object, for the stack that imports it: the account tells it, whoever made it.
_ATTRIBUTES: dict[tuple[str, str], Mapping[str, Any]] = {}
_FAILURES = (ClientError, BotoCoreError, TemplateError, KeyError, ValueError, TypeError)


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Does the work on one stack; `exported` is what the account's stacks export."""

    aws: Aws
    stack: EmulatedStack
    exported: Mapping[str, str]

    def create(self) -> None:
        """Make every row; after a failure delete what was made."""
        self.stack.say("CREATE_IN_PROGRESS")
        try:
            for name in self._existing(self.stack.template):
                self._create_row(name)
            self._set_outputs()
        except _FAILURES as error:
            self.stack.say("ROLLBACK_IN_PROGRESS", reason=_said(error))
            self._delete_rows(list(self.stack.rows), keep=False)
            self.stack.say("ROLLBACK_COMPLETE", reason=_said(error))
            return
        self.stack.say("CREATE_COMPLETE")

    def update(self, template: Template, settings: Settings) -> None:
        """Bring the rows to another template; after a failure go back to the one before."""
        before = (self.stack.template, self.stack.settings)
        self.stack.say("UPDATE_IN_PROGRESS", reason="User Initiated")
        replaced: list[StackRow] = []
        try:
            self.stack.template, self.stack.settings = template, settings
            wanted = self._existing(template)
            for name in wanted:
                self._update_row(name, replaced)
            self._set_outputs()
        except _FAILURES as error:
            self.stack.say("UPDATE_ROLLBACK_IN_PROGRESS", reason=_said(error))
            self.stack.template, self.stack.settings = before
            self.stack.say("UPDATE_ROLLBACK_COMPLETE")
            return
        self.stack.say("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        gone = [name for name in self.stack.rows if name not in wanted]
        for row in replaced:
            self._remove(row, before[0].rows.get(row.logical_id, {}).get("UpdateReplacePolicy"))
        self._delete_rows(gone, keep=True, template=before[0])
        self.stack.updated = now()
        self.stack.say("UPDATE_COMPLETE")

    def delete(self, retained: Iterable[str]) -> None:
        """Delete every row that is not to be kept, those that others need last."""
        self.stack.say("DELETE_IN_PROGRESS", reason="User Initiated")
        failed = self._delete_rows(list(self.stack.rows), keep=True, retained=frozenset(retained))
        if failed:
            self.stack.say(
                "DELETE_FAILED",
                reason=f"The following resource(s) failed to delete: [{', '.join(failed)}].",
            )
            return
        self.stack.deleted = now()
        self.stack.say("DELETE_COMPLETE")

    def bring_in(self, change: ChangeSet) -> None:
        """Import the objects of a change set."""
        self.stack.say("IMPORT_IN_PROGRESS", reason="User Initiated")
        self.stack.template, self.stack.settings = change.template, change.settings
        try:
            for name in self._existing(change.template):
                if name in change.imported:
                    self._import_row(name, change.imported[name])
            self._set_outputs()
        except _FAILURES as error:
            for name in change.imported:
                self.stack.rows.pop(name, None)
            self.stack.say("IMPORT_ROLLBACK_COMPLETE", reason=_said(error))
            return
        self.stack.say("IMPORT_COMPLETE")

    def drifted(self) -> list[dict[str, Any]]:
        """Return what is known of each row's drift, in the words of DescribeStackResourceDrifts."""
        return [self._drift(row) for row in self.stack.rows.values()]

    def known(self) -> Known:
        """Return what the template is evaluated with."""
        stack = self.stack
        names: dict[str, Any] = {
            "AWS::AccountId": self.aws.account_id,
            "AWS::Region": self.aws.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack.name,
            "AWS::StackId": stack.arn,
            "AWS::NotificationARNs": stack.settings.topics,
            **self._parameters(),
            **{name: row.physical_id for name, row in stack.rows.items()},
        }
        zones = self.aws.call("ec2.describe_availability_zones", {})["AvailabilityZones"]
        return Known(
            names=names,
            attributes={name: row.attributes for name, row in stack.rows.items()},
            zones=tuple(sorted(zone["ZoneName"] for zone in zones)),
            exported=self.exported,
            resolve=self._dynamic,
        )

    def _parameters(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, declared in self.stack.template.parameters.items():
            value = self.stack.settings.parameters.get(name, declared.get("Default"))
            if declared.get("Type", "").startswith("AWS::SSM::Parameter::"):
                value = _parameter_of(self.aws, str(value))
            if declared.get("Type") in ("CommaDelimitedList", "List<String>"):
                value = str(value).split(",")
            values[name] = value
        return values

    def _dynamic(self, reference: str) -> str:
        """Return what {{resolve:…}} stands for."""
        service, _, rest = reference.strip("{}").removeprefix("resolve:").partition(":")
        if service == "ssm":
            return _parameter_of(self.aws, rest.partition(":")[0])
        # A secret's ARN has colons of its own, and then SecretString, a key, a label, a version.
        secret, _, asked = rest.partition(":SecretString:")
        value = self.aws.call("secretsmanager.get_secret_value", {"SecretId": secret or rest})[
            "SecretString"
        ]
        key = asked.partition(":")[0]
        return str(json.loads(value)[key]) if key else str(value)

    def _existing(self, template: Template) -> list[str]:
        known = self.known()
        return [name for name in template.order() if template.exists(name, known)]

    def _request(self, name: str, *, type_: str) -> Request:
        properties = self.stack.template.rows[name].get("Properties") or {}
        return Request(
            aws=self.aws,
            stack_name=self.stack.name,
            logical_id=name,
            properties=self.stack.template.value(properties, self.known()),
            tags=self._tags(name) if type_.startswith("AWS::") else {},
        )

    def _tags(self, name: str) -> dict[str, str]:
        return {
            **self.stack.settings.tags,
            "aws:cloudformation:stack-name": self.stack.name,
            "aws:cloudformation:stack-id": self.stack.arn,
            "aws:cloudformation:logical-id": name,
        }

    def _create_row(self, name: str) -> None:
        type_ = self.stack.template.rows[name]["Type"]
        kind = known_row(type_)
        request = self._request(name, type_=type_)
        row = self._row(name, type_, request)
        self.stack.say("CREATE_IN_PROGRESS", row=row)
        try:
            self._settle(row, kind.create(request))
        except _FAILURES as error:
            self.stack.rows.pop(name, None)
            self.stack.say("CREATE_FAILED", reason=_said(error), row=row)
            raise TemplateError(
                f"The following resource(s) failed to create: [{name}]. {_said(error)}"
            ) from None
        self.stack.say("CREATE_COMPLETE", row=row)

    def _row(self, name: str, type_: str, request: Request) -> StackRow:
        return StackRow(
            logical_id=name,
            type=type_,
            physical_id="",
            attributes={},
            properties=request.properties,
            needs=frozenset(self.stack.template.needs(name)),
            status="",
            changed=now(),
        )

    def _settle(self, row: StackRow, made: Made) -> None:
        row.physical_id, row.attributes = made.physical_id, made.attributes or row.attributes
        _ATTRIBUTES[row.type, row.physical_id] = row.attributes
        self.stack.rows[row.logical_id] = row

    def _update_row(self, name: str, replaced: list[StackRow]) -> None:
        before = self.stack.rows.get(name)
        if before is None:
            self._create_row(name)
            return
        type_ = self.stack.template.rows[name]["Type"]
        request = self._request(name, type_=type_)
        before.needs = frozenset(self.stack.template.needs(name))
        if dict(request.properties) == dict(before.properties):
            return
        kind = known_row(type_)
        self.stack.say("UPDATE_IN_PROGRESS", row=before)
        made = kind.update(request, before.physical_id, before.properties)
        if made is None:
            replaced.append(replace(before))
            made = kind.create(request)
        elif made.physical_id != before.physical_id:
            replaced.append(replace(before))
        before.properties = request.properties
        self._settle(before, made)
        self.stack.say("UPDATE_COMPLETE", row=before)

    def _import_row(self, name: str, identifiers: Mapping[str, str]) -> None:
        type_ = self.stack.template.rows[name]["Type"]
        request = self._request(name, type_=type_)
        row = self._row(name, type_, request)
        kind = known_row(type_)
        whole = "|".join(identifiers.values())
        is_whole = (type_, whole) in _ATTRIBUTES
        row.physical_id = whole if is_whole else next(iter(identifiers.values()))
        row.attributes = _ATTRIBUTES.get((type_, row.physical_id), {})
        if kind.read(request, row.physical_id) is None:
            raise TemplateError(
                f"Resource of type '{type_}' with identifier '{row.physical_id}' was not found."
            )
        self.stack.rows[name] = row
        self.stack.say("IMPORT_COMPLETE", row=row)

    def _delete_rows(
        self,
        names: list[str],
        *,
        keep: bool,
        template: Template | None = None,
        retained: frozenset[str] = frozenset(),
    ) -> list[str]:
        """Delete rows, and return the names of those that could not be.

        With `keep` each row's own DeletionPolicy decides; without, all go, as after a failed create.
        """
        policies = (template or self.stack.template).rows
        failed: list[str] = []
        left = list(names)
        while left:
            free = [
                name
                for name in left
                if not any(name in self.stack.rows[other].needs for other in left if other != name)
            ]
            for name in free or left:
                left.remove(name)
                row = self.stack.rows[name]
                waiting = [other for other in failed if name in self.stack.rows[other].needs]
                policy = policies.get(name, {}).get("DeletionPolicy", _usual(row)) if keep else None
                if name in retained:
                    policy = "Retain"
                if (waiting and policy != "Retain") or not self._remove(row, policy):
                    failed.append(name)
                else:
                    self.stack.rows.pop(name)
        return failed

    def _remove(self, row: StackRow, policy: str | None) -> bool:
        """Delete one object as its policy says; return whether that went well."""
        if policy in ("Retain", "RetainExceptOnCreate"):
            self.stack.say("DELETE_SKIPPED", row=row)
            return True
        kind = known_row(row.type)
        request = self._request_of(row)
        self.stack.say("DELETE_IN_PROGRESS", row=row)
        delete = kind.snapshot if policy == "Snapshot" and kind.snapshot else kind.delete
        try:
            delete(request, row.physical_id)
        except _FAILURES as error:
            if not _is_gone(error):
                self.stack.say("DELETE_FAILED", reason=_said(error), row=row)
                return False
        self.stack.say("DELETE_COMPLETE", row=row)
        return True

    def _request_of(self, row: StackRow) -> Request:
        return Request(
            aws=self.aws,
            stack_name=self.stack.name,
            logical_id=row.logical_id,
            properties=row.properties,
            tags={},
        )

    def _set_outputs(self) -> None:
        known = self.known()
        template = self.stack.template
        outputs = []
        for name, output in (template.document.get("Outputs") or {}).items():
            condition = output.get("Condition")
            if condition is not None and not template.holds(condition, known):
                continue
            exported = (output.get("Export") or {}).get("Name")
            outputs.append(
                {
                    "OutputKey": name,
                    "OutputValue": str(template.value(output["Value"], known)),
                    **({"ExportName": str(template.value(exported, known))} if exported else {}),
                }
            )
        self.stack.outputs = outputs

    def _drift(self, row: StackRow) -> dict[str, Any]:
        kind = known_row(row.type)
        request = self._request_of(row)
        found = kind.read(request, row.physical_id)
        told = {
            "StackId": self.stack.arn,
            "LogicalResourceId": row.logical_id,
            "PhysicalResourceId": row.physical_id,
            "ResourceType": row.type,
            "Timestamp": now(),
        }
        if found is None:
            return {**told, "StackResourceDriftStatus": "DELETED"}
        different = [
            {
                "PropertyPath": f"/{name}",
                "ExpectedValue": str(row.properties[name]),
                "ActualValue": str(value),
                "DifferenceType": "NOT_EQUAL",
            }
            for name, value in found.items()
            if name in row.properties and str(row.properties[name]) != str(value)
        ]
        if different:
            return {
                **told,
                "StackResourceDriftStatus": "MODIFIED",
                "PropertyDifferences": different,
            }
        return {**told, "StackResourceDriftStatus": "IN_SYNC" if found else "NOT_CHECKED"}


def _parameter_of(aws: Aws, name: str) -> str:
    """Return a parameter of Systems Manager's. Raises TemplateError."""
    try:
        found = aws.call("ssm.get_parameter", {"Name": name})
    except ClientError:
        raise TemplateError(
            f"Unable to fetch parameters [{name}] from parameter store for this account."
        ) from None
    return str(found["Parameter"]["Value"])


def _usual(row: StackRow) -> str:
    """Return the policy of a row that says none: a snapshot of a database that is in no cluster."""
    is_database = row.type in ("AWS::RDS::DBInstance", "AWS::RDS::DBCluster")
    return "Snapshot" if is_database and "DBClusterIdentifier" not in row.properties else "Delete"


_GONE = ("notfound", "nosuch", "doesnotexist", "nonexistent", "not found", "does not exist")


def _is_gone(error: Exception) -> bool:
    if not isinstance(error, ClientError):
        return False
    told = error.response["Error"]
    return any(word in f"{told.get('Code')} {told.get('Message')}".lower() for word in _GONE)


def _said(error: Exception) -> str:
    return str(error) if not isinstance(error, KeyError) else f"property {error} is missing"
