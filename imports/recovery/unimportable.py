"""What the provider cannot import: its state is written from what AWS says of it."""

import datetime
from collections.abc import Mapping
from typing import Any

from aws.client import Clients, ask, ask_all, within
from modules.base.partition import GLOBAL_REGION
from terraform.import_plan import ReadObject
from terraform.resolving import Known, text
from terraform.stack import Resource


def unimportable(
    clients: Clients, lost: Mapping[str, Resource], known: Known, *, provider: str
) -> dict[str, ReadObject]:
    """Return the lost resources (by address) that exist and cannot be imported.

    They are the validation of each issued certificate, unless its records are in a zone, where the deploy
    looks itself; and scheduled scaling.
    """
    found = {}
    for address, resource in lost.items():
        if resource.type == "aws_acm_certificate_validation":
            there = within(GLOBAL_REGION, clients) if "provider" in resource.attributes else clients
            read = _validation(there, resource, known, provider)
        elif resource.type == "aws_appautoscaling_scheduled_action":
            read = _scheduled_action(clients, resource, known, provider)
        else:
            continue
        if read:
            found[address] = read
    return found


def _validation(
    clients: Clients, resource: Resource, known: Known, provider: str
) -> ReadObject | None:
    arn = text(resource.attributes["certificate_arn"], known)
    if arn is None or resource.attributes.get("validation_record_fqdns"):
        return None
    certificate = ask(clients, "acm", "DescribeCertificate", CertificateArn=arn)["Certificate"]
    issued = certificate.get("IssuedAt")
    if certificate["Status"] != "ISSUED" or not issued:
        return None
    return validation_read(arn, issued, provider=provider)


def _scheduled_action(
    clients: Clients, resource: Resource, known: Known, provider: str
) -> ReadObject | None:
    name, target, dimension, namespace = (
        text(resource.attributes[argument], known)
        for argument in ("name", "resource_id", "scalable_dimension", "service_namespace")
    )
    if target is None or dimension is None or namespace is None:
        return None  # its target does not exist
    found = ask_all(
        clients,
        "application-autoscaling",
        "DescribeScheduledActions",
        "ScheduledActions",
        ServiceNamespace=namespace,
        ResourceId=target,
        ScalableDimension=dimension,
    )
    return next(
        (
            scheduled_action_read(row, provider=provider)
            for row in found
            if row["ScheduledActionName"] == name
        ),
        None,
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
