"""What a killed and repeated deploy has left behind: objects with the stage's tags beside the stage's own.

Only types that hold no data and that AWS gives no unique name can be left behind so.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any, Final

from imports.live_aws import Clients, ask, client_of
from imports.progress import Progress
from ops.errors import OpsError
from ops.live import rows, tags_of
from ops.matching import Orphan

_POLL_SECONDS: Final = 5
_LONGEST_WAIT_SECONDS: Final = 10 * 60


@dataclass(frozen=True, kw_only=True)
class _Removal:
    """How a type is deleted. `first` is what has to go before it."""

    service: str
    operation: str
    parameter: str
    command: str
    first: Callable[[Clients, str], None] = lambda _clients, _id: None


def with_contents(
    clients: Clients,
    orphans: Iterable[Orphan],
    *,
    default_tags: Mapping[str, str],
    kept: Set[str],
) -> tuple[Orphan, ...]:
    """The orphans and, in those that are VPCs, what has the stage's tags; in order of deletion.

    `kept` are the ids of what the state holds.
    """
    found = set(orphans)
    for orphan in orphans:
        if orphan.type == "aws_vpc" and not orphan.in_use:
            found |= {
                Orphan(type=type_, import_id=row[id_], address=orphan.address)
                for type_, operation, result, id_, filter_ in _WITHIN
                for row in rows(
                    clients,
                    "ec2",
                    operation,
                    result,
                    Filters=[{"Name": filter_, "Values": [orphan.import_id]}],
                )
                if default_tags.items() <= tags_of(row).items()
                and row[id_] not in kept
                and row.get("State") not in {"deleting", "deleted"}
            }
    order = list(_REMOVALS)
    return tuple(
        sorted(found, key=lambda each: (order.index(each.type), each.address, each.import_id))
    )


def command(orphan: Orphan) -> str:
    """The AWS command that deletes it."""
    removal = _REMOVALS[orphan.type]
    return f"aws {removal.command} {orphan.import_id}"


def delete(clients: Clients, orphans: Iterable[Orphan], *, progress: Progress) -> None:
    """Delete those that are not in use, in the order of `with_contents`.

    Raises AdoptionError where AWS refuses, and leaves what comes after.
    """
    for orphan in orphans:
        if orphan.in_use:
            continue
        progress(f"deleting {orphan.type} {orphan.import_id}")
        removal = _REMOVALS[orphan.type]
        removal.first(clients, orphan.import_id)
        ask(
            clients,
            removal.service,
            removal.operation,
            **{removal.parameter: orphan.import_id},
        )
        if orphan.type == "aws_nat_gateway":
            _await_deleted(clients, orphan.import_id)


def _await_deleted(clients: Clients, gateway: str) -> None:
    """Its address and its subnet are free only then."""
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while time.monotonic() < deadline:
        answer = ask(clients, "ec2", "DescribeNatGateways", NatGatewayIds=[gateway])
        if all(row["State"] == "deleted" for row in answer["NatGateways"]):
            return
        time.sleep(_POLL_SECONDS)
    raise OpsError(f"{gateway} is not deleted after 10 minutes: run the same command again")


def _disassociate(clients: Clients, table: str) -> None:
    answer = ask(clients, "ec2", "DescribeRouteTables", RouteTableIds=[table])
    for row in answer["RouteTables"][0]["Associations"]:
        ask(clients, "ec2", "DisassociateRouteTable", AssociationId=row["RouteTableAssociationId"])


def _detach(clients: Clients, gateway: str) -> None:
    answer = ask(clients, "ec2", "DescribeInternetGateways", InternetGatewayIds=[gateway])
    for row in answer["InternetGateways"][0]["Attachments"]:
        ask(
            clients,
            "ec2",
            "DetachInternetGateway",
            InternetGatewayId=gateway,
            VpcId=row["VpcId"],
        )


def _revoke_rules(clients: Clients, group: str) -> None:
    """Groups that name each other could not be deleted one after the other."""
    by_group: list[dict[str, Any]] = [{"Name": "group-id", "Values": [group]}]
    for row in rows(
        clients, "ec2", "DescribeSecurityGroupRules", "SecurityGroupRules", Filters=by_group
    ):
        revoke = client_of(clients, "ec2")
        call = (
            revoke.revoke_security_group_egress
            if row["IsEgress"]
            else revoke.revoke_security_group_ingress
        )
        call(GroupId=group, SecurityGroupRuleIds=[row["SecurityGroupRuleId"]])


_WITHIN: Final = (
    ("aws_nat_gateway", "DescribeNatGateways", "NatGateways", "NatGatewayId", "vpc-id"),
    ("aws_route_table", "DescribeRouteTables", "RouteTables", "RouteTableId", "vpc-id"),
    (
        "aws_internet_gateway",
        "DescribeInternetGateways",
        "InternetGateways",
        "InternetGatewayId",
        "attachment.vpc-id",
    ),
    ("aws_subnet", "DescribeSubnets", "Subnets", "SubnetId", "vpc-id"),
    ("aws_security_group", "DescribeSecurityGroups", "SecurityGroups", "GroupId", "vpc-id"),
)

# In the order in which one sets the next free.
_REMOVALS: Final[Mapping[str, _Removal]] = {
    "aws_acm_certificate": _Removal(
        service="acm",
        operation="DeleteCertificate",
        parameter="CertificateArn",
        command="acm delete-certificate --certificate-arn",
    ),
    "aws_efs_access_point": _Removal(
        service="efs",
        operation="DeleteAccessPoint",
        parameter="AccessPointId",
        command="efs delete-access-point --access-point-id",
    ),
    "aws_nat_gateway": _Removal(
        service="ec2",
        operation="DeleteNatGateway",
        parameter="NatGatewayId",
        command="ec2 delete-nat-gateway --nat-gateway-id",
    ),
    "aws_eip": _Removal(
        service="ec2",
        operation="ReleaseAddress",
        parameter="AllocationId",
        command="ec2 release-address --allocation-id",
    ),
    "aws_route_table": _Removal(
        service="ec2",
        operation="DeleteRouteTable",
        parameter="RouteTableId",
        command="ec2 delete-route-table --route-table-id",
        first=_disassociate,
    ),
    "aws_internet_gateway": _Removal(
        service="ec2",
        operation="DeleteInternetGateway",
        parameter="InternetGatewayId",
        command="ec2 delete-internet-gateway --internet-gateway-id",
        first=_detach,
    ),
    "aws_subnet": _Removal(
        service="ec2",
        operation="DeleteSubnet",
        parameter="SubnetId",
        command="ec2 delete-subnet --subnet-id",
    ),
    "aws_security_group": _Removal(
        service="ec2",
        operation="DeleteSecurityGroup",
        parameter="GroupId",
        command="ec2 delete-security-group --group-id",
        first=_revoke_rules,
    ),
    "aws_vpc": _Removal(
        service="ec2",
        operation="DeleteVpc",
        parameter="VpcId",
        command="ec2 delete-vpc --vpc-id",
    ),
}
