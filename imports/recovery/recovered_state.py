"""Writes the state of found objects: what Terraform would hold had it not been stopped. Pure.

AWS does not hold everything that a state holds. What it does not (whether a destroy skips the final
snapshot) is taken from the configuration, as a deploy would have written it.
"""

import datetime
import uuid
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from aws.resources import RESOURCES
from terraform.import_plan import ReadObject
from terraform.instances import attributes_of, each_instance
from terraform.plan import Plan
from terraform.stack import Resource, Stack
from terraform.state import Document
from terraform.state_surgery import restore_addresses


@dataclass(frozen=True, kw_only=True)
class SecretVersion:
    """The first version of a secret, without its value."""

    secret_arn: str
    version_id: str
    stages: tuple[str, ...]


def version_read(version: SecretVersion, planned: Resource, *, provider: str) -> ReadObject:
    """Return a secret's version as the state holds a write-only one: without a value."""
    return ReadObject(
        provider=provider,
        schema_version=0,
        attributes={
            "arn": version.secret_arn,
            "has_secret_string_wo": True,
            "id": f"{version.secret_arn}|{version.version_id}",
            "secret_binary": "",
            "secret_id": version.secret_arn,
            "secret_string": "",
            "secret_string_wo": None,
            "secret_string_wo_version": planned.attributes["secret_string_wo_version"],
            "version_id": version.version_id,
            "version_stages": sorted(version.stages),
        },
    )


def validation_read(certificate: str, issued: datetime.datetime, *, provider: str) -> ReadObject:
    """Return an issued certificate's validation: no object in AWS, but a wait that is over."""
    return ReadObject(
        provider=provider,
        schema_version=0,
        attributes={
            "certificate_arn": certificate,
            "id": f"{issued.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S} +0000 UTC",
            "timeouts": None,
            "validation_record_fqdns": None,
        },
    )


def scheduled_action_read(row: Mapping[str, Any], *, provider: str) -> ReadObject:
    """Return a scheduled action of Application Auto Scaling; AWS tells all that the state holds."""
    name, resource = row["ScheduledActionName"], row["ResourceId"]
    capacity = row["ScalableTargetAction"]
    return ReadObject(
        provider=provider,
        schema_version=0,
        attributes={
            "arn": row["ScheduledActionARN"],
            "end_time": _time(row.get("EndTime")),
            "id": f"{name}-{row['ServiceNamespace']}-{resource}",
            "name": name,
            "resource_id": resource,
            "scalable_dimension": row["ScalableDimension"],
            "scalable_target_action": [
                {
                    "max_capacity": str(capacity.get("MaxCapacity", "")),
                    "min_capacity": str(capacity.get("MinCapacity", "")),
                }
            ],
            "schedule": row["Schedule"],
            "service_namespace": row["ServiceNamespace"],
            "start_time": _time(row.get("StartTime")),
            "timezone": row.get("Timezone", "UTC"),
        },
    )


def _time(moment: datetime.datetime | None) -> str | None:
    return f"{moment.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else None


def with_objects(
    state: Document | None,
    objects: Mapping[str, ReadObject],
    stack: Stack,
    *,
    terraform_version: str,
) -> Document:
    """Return the next version of the state, with the objects at their addresses; else a first one."""
    before: Document = state or {
        "version": 4,
        "terraform_version": terraform_version,
        "serial": 0,
        "lineage": str(uuid.uuid4()),
        "outputs": {},
        "resources": [],
        "check_results": None,
    }
    arns = {
        *(str(each.attributes.get("arn")) for each in objects.values()),
        *(str(attributes_of(instance).get("arn")) for _, instance in each_instance(before)),
    }
    found = {
        **before,
        "resources": [
            _resource(
                stack.resources[address],
                {**each.attributes, **_as_configured(stack.resources[address], each, arns)},
                each,
                stack.dependencies(address),
            )
            for address, each in sorted(objects.items())
        ],
    }
    return restore_addresses(before, found, set(objects))


def with_outputs(state: Document, plan: Plan) -> Document:
    """Return the state with the outputs that a plan upon it knows, where it has none of that name."""
    known = {
        name: {key: output[key] for key in ("value", "type", "sensitive") if output.get(key)}
        for name, output in plan.outputs.items()
        if "value" in output
    }
    return {**state, "outputs": {**known, **(state.get("outputs") or {})}}


def _as_configured(planned: Resource, read: ReadObject, arns: Set[str]) -> dict[str, Any]:
    """Return what a deploy would have written where a reading gives nothing, or other words for it."""
    found = {
        name: planned.attributes.get(name, default)
        for name, default in RESOURCES[planned.type].kept_in_state.items()
        if name in planned.attributes or default is not None
    }
    if planned.type == "aws_ecs_service":
        # AWS names a revision by its ARN, and the provider reads it as `family:revision`.
        revision = read.attributes["task_definition"]
        for arn in arns:
            if arn.endswith(f":task-definition/{revision}"):
                found["task_definition"] = arn
    return found


def _resource(
    planned: Resource, attributes: Mapping[str, Any], each: ReadObject, depends_on: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "mode": "managed",
        "type": planned.type,
        "name": planned.name,
        "provider": each.provider,
        "instances": [
            {
                "schema_version": each.schema_version,
                "attributes": dict(attributes),
                "sensitive_attributes": [],
                "dependencies": list(depends_on),
            }
        ],
    }
