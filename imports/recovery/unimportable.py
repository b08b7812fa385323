"""What the provider cannot import: its state is written from what AWS says of it."""

from collections.abc import Mapping

from aws.client import Clients, ask, ask_all
from imports.recovery.recovered_state import scheduled_action_read, validation_read
from terraform.import_plan import ReadObject
from terraform.resolving import Known, text
from terraform.stack import Resource


def unimportable(
    clients: Clients, lost: Mapping[str, Resource], known: Known, *, provider: str
) -> dict[str, ReadObject]:
    """Those of the lost resources (by address) that stand and cannot be imported.

    They are the validation of each issued certificate, unless its records are in a zone, where the deploy
    looks itself; and scheduled scaling.
    """
    found = {}
    for address, resource in lost.items():
        if resource.type == "aws_acm_certificate_validation":
            read = _validation(clients, resource, known, provider)
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
        return None  # its target does not stand
    found = ask_all(
        clients,
        "application-autoscaling",
        "DescribeScheduledActions",
        ("ScheduledActions",),
        ServiceNamespace=namespace,
        ResourceId=target,
        ScalableDimension=dimension,
    )["ScheduledActions"]
    return next(
        (
            scheduled_action_read(row, provider=provider)
            for row in found
            if row["ScheduledActionName"] == name
        ),
        None,
    )
