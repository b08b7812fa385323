"""Cloud Map: the names of services inside a VPC."""

from collections.abc import Sequence
from typing import Final

from aws.client import Clients, ask
from aws.resources.call import Call, Row, member
from aws.resources.row import ResourceType, of


def _in_their_vpcs(clients: Clients, rows: Sequence[Row], _sought: str | None) -> Sequence[Row]:
    """Tell the VPC of each namespace, which its hosted zone alone knows."""
    zones = [member(row, "Properties.DnsProperties.HostedZoneId") for row in rows]
    found = [ask(clients, "route53", "GetHostedZone", Id=zone).get("VPCs", ()) for zone in zones]
    return [
        {**row, "Vpc": vpcs[0]["VPCId"] if vpcs else None}
        for row, vpcs in zip(rows, found, strict=True)
    ]


_NAMESPACE: Final = ResourceType(
    type="aws_service_discovery_private_dns_namespace",
    key=("name", "vpc"),
    refuses_double=True,
    attributes={"id": "Id", "arn": "Arn", "name": "Name", "vpc": "Vpc"},
    import_id=lambda found: f"{found['id']}:{found.get('vpc', '')}",
    listing=Call("servicediscovery", "ListNamespaces", "Namespaces"),
    is_one=lambda row: row["Type"] == "DNS_PRIVATE",
    details=_in_their_vpcs,
)
_SERVICE: Final = ResourceType(
    type="aws_service_discovery_service",
    free=True,
    key=("namespace_id", "name"),
    refuses_double=True,
    attributes={"id": "Id", "arn": "Arn", "name": "Name", "namespace_id": "NamespaceId"},
    alone=True,
    listing=Call(
        "servicediscovery",
        "ListServices",
        "Services",
        {"Filters": [{"Name": "NAMESPACE_ID", "Values": ["{}"]}]},
    ),
    owners=of(_NAMESPACE, "id"),
    details=lambda _clients, rows, namespace: [{**row, "NamespaceId": namespace} for row in rows],
    kept_in_state={"force_destroy": None},
)

# In the order in which the deletion of one frees the next.
SERVICEDISCOVERY: Final = (
    ResourceType(
        type="aws_service_discovery_instance",
        key=("service_id", "instance_id"),
        attributes={"id": "Id", "service_id": "ServiceId", "instance_id": "Id"},
        import_id="{service_id}/{instance_id}",
        listing=Call("servicediscovery", "ListInstances", "Instances", {"ServiceId": "{}"}),
        owners=of(_SERVICE, "id"),
        # Others are tasks, which ECS registers.
        is_somebodys=lambda row: "AWS_INSTANCE_CNAME" in row["Attributes"],
        overwrites=True,
        unread="it is of a name, which is new: one of its name is refused",
    ),
    _SERVICE,
    _NAMESPACE,
)
