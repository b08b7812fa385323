"""Names of the domain."""

from typing import Final

from aws.client import Clients, ask
from aws.resources.call import Call
from aws.resources.document import Attributes
from aws.resources.row import ResourceType, text_of


def _zones(clients: Clients) -> list[str]:
    call = Call("route53", "ListHostedZones", "HostedZones")
    return [row["Id"].rpartition("/")[2] for row in call.rows(clients, None)]


def public_zone(clients: Clients, name: str) -> str | None:
    """Return the id of the public hosted zone of this name; a private one is seen within its VPC alone."""
    zones = ask(clients, "route53", "ListHostedZonesByName", DNSName=name)["HostedZones"]
    for zone in zones:
        if zone["Name"].rstrip(".") == name and not zone["Config"]["PrivateZone"]:
            return str(zone["Id"]).rpartition("/")[2]
    return None


def _record_id(attributes: Attributes) -> str:
    name = text_of(attributes["fqdn"]).rstrip(".")
    return f"{text_of(attributes['zone_id'])}_{name}_{text_of(attributes['type'])}"


ROUTE53: Final = (
    ResourceType(
        type="aws_route53_record",
        free=True,
        key=("zone_id", "name", "type"),
        refuses_double=True,
        attributes={
            "zone_id": "HostedZoneId",
            "name": lambda row: row["Name"].rstrip("."),
            "fqdn": lambda row: row["Name"].rstrip("."),
            "type": "Type",
        },
        import_id=_record_id,
        listing=Call(
            "route53", "ListResourceRecordSets", "ResourceRecordSets", {"HostedZoneId": "{}"}
        ),
        owners=_zones,
        # A zone comes with these.
        is_somebodys=lambda row: row["Type"] not in {"NS", "SOA"},
        kept_in_state={"allow_overwrite": None},
    ),
)
