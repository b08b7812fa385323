"""Certificates: AWS lists them by domain name, which several may share."""

from collections.abc import Sequence
from typing import Final

from aws.client import Clients, ask
from aws.resources.call import Call, Row
from aws.resources.removal import Removal
from aws.resources.row import ResourceType


def _described(clients: Clients, rows: Sequence[Row], sought: str | None) -> Sequence[Row]:
    if sought is None:
        return rows
    found = []
    for row in rows:
        arn = row["CertificateArn"]
        certificate = ask(clients, "acm", "DescribeCertificate", CertificateArn=arn)["Certificate"]
        listed = ask(clients, "acm", "ListTagsForCertificate", CertificateArn=arn)
        found.append({**row, **certificate, "Tags": listed.get("Tags", ())})
    return found


ACM: Final = (
    ResourceType(
        type="aws_acm_certificate",
        free=True,
        key=("domain_name",),
        attributes={"id": "CertificateArn", "arn": "CertificateArn", "domain_name": "DomainName"},
        can_be_double=True,
        listing=Call("acm", "ListCertificates", "CertificateSummaryList"),
        details=_described,
        tags="Tags",
        in_use="InUseBy",
        tied_to=("aws_lb", "InUseBy"),
        removal=Removal("acm", "DeleteCertificate", {"CertificateArn": "{0}"}),
    ),
    ResourceType(
        type="aws_acm_certificate_validation",
        free=True,
        key=("certificate_arn",),
        attributes={},
        not_imported="it is no object in AWS, but a wait that is over",
        is_part=True,
    ),
)
