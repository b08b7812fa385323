"""The network: AWS names none of its objects, so they are told apart by their place and their tag Name.

Longer than others, because AWS has the whole network in one service.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from aws.client import Clients, ask, ask_all
from aws.resources.call import Call, Row, filtered
from aws.resources.document import DocumentReader, some_of
from aws.resources.removal import Removal
from aws.resources.row import ResourceType


def _used(clients: Clients, vpcs: Sequence[Row], sought: str | None) -> Sequence[Row]:
    """Tell in which VPCs something works, where one is looked for."""
    if sought is None:
        return vpcs
    found = [
        row
        for service, operation, result in (
            ("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces"),
            ("elbv2", "DescribeLoadBalancers", "LoadBalancers"),
            ("elbv2", "DescribeTargetGroups", "TargetGroups"),
            ("rds", "DescribeDBSubnetGroups", "DBSubnetGroups"),
        )
        for row in ask_all(clients, service, operation, result)
    ]
    used = {row.get("VpcId") for row in found}
    return [{**row, "InUse": row["VpcId"] in used} for row in vpcs]


def _attached(_clients: Clients, gateways: Sequence[Row], sought: str | None) -> Sequence[Row]:
    """Take one that is not yet attached for one of the VPC that is looked for."""
    return [
        {**row, "VpcId": next((each["VpcId"] for each in row.get("Attachments", ())), sought)}
        for row in gateways
    ]


def _address_of(gateway: Row) -> object:
    """Return the address of a NAT gateway, where it has one above all."""
    addresses = gateway.get("NatGatewayAddresses", ())
    primary = [each for each in addresses if each.get("IsPrimary")] or addresses
    return primary[0].get("AllocationId") if len(primary) == 1 else None


def _associations(_clients: Clients, tables: Sequence[Row], _sought: str | None) -> Sequence[Row]:
    """Return the associations of subnets which the route tables list and which are in force."""
    return [
        dict(entry)
        for table in tables
        for entry in table.get("Associations", ())
        if entry.get("SubnetId")
        and entry.get("AssociationState", {}).get("State", "associated")
        in {"associated", "associating"}
    ]


def _disassociate(clients: Clients, table: str) -> None:
    answer = ask(clients, "ec2", "DescribeRouteTables", RouteTableIds=[table])
    for row in answer["RouteTables"][0]["Associations"]:
        ask(clients, "ec2", "DisassociateRouteTable", AssociationId=row["RouteTableAssociationId"])


def _detach(clients: Clients, gateway: str) -> None:
    answer = ask(clients, "ec2", "DescribeInternetGateways", InternetGatewayIds=[gateway])
    for row in answer["InternetGateways"][0]["Attachments"]:
        ask(clients, "ec2", "DetachInternetGateway", InternetGatewayId=gateway, VpcId=row["VpcId"])


def _with_options(clients: Clients, vpcs: Sequence[Row], _sought: str | None) -> Sequence[Row]:
    """Leave the VPCs whose DHCP options somebody made; AWS's own name its domain alone."""
    sets = ask_all(clients, "ec2", "DescribeDhcpOptions", "DhcpOptions")
    made = {each["DhcpOptionsId"] for each in sets if each.get("Tags") or not _are_defaults(each)}
    return [row for row in vpcs if row.get("DhcpOptionsId") in made]


def _are_defaults(options: Row) -> bool:
    domains = [
        value["Value"]
        for each in options["DhcpConfigurations"]
        if each["Key"] == "domain-name"
        for value in each["Values"]
    ]
    return all(name == "ec2.internal" or name.endswith(".compute.internal") for name in domains)


def _removal(
    operation: str, parameter: str, *, first: Callable[[Clients, str], None] | None = None
) -> Removal:
    return Removal(
        "ec2",
        operation,
        {parameter: "{0}"},
        first=first or (lambda _clients, _id: None),
    )


def _call(kind: str, parameters: Mapping[str, Any] | None = None) -> Call:
    return Call("ec2", f"Describe{kind}", kind, parameters or {})


# In the order in which the deletion of one frees the next.
EC2: Final = (
    ResourceType(
        type="aws_flow_log",
        key=("vpc_id", "tags.Name"),
        attributes={"id": "FlowLogId", "vpc_id": "ResourceId"},
        can_be_double=True,
        listing=_call("FlowLogs", filtered("resource-id")),
        tags="Tags",
        removal=Removal("ec2", "DeleteFlowLogs", {"FlowLogIds": ["{0}"]}),
    ),
    ResourceType(
        type="aws_nat_gateway",
        cloudformation="AWS::EC2::NatGateway",
        label="NAT gateway",
        key=("subnet_id", "tags.Name"),
        attributes={
            "id": "NatGatewayId",
            "subnet_id": "SubnetId",
            "vpc_id": "VpcId",
            "allocation_id": _address_of,
        },
        can_be_double=True,
        listing=_call("NatGateways", filtered("subnet-id")),
        status="State",
        ended=frozenset({"deleting", "deleted", "failed"}),
        tags="Tags",
        removal=_removal("DeleteNatGateway", "NatGatewayId"),
        identity=("connectivity_type", "tags"),
    ),
    ResourceType(
        type="aws_eip",
        cloudformation="AWS::EC2::EIP",
        label="elastic IP address",
        key=("tags.Name",),
        attributes={"id": "AllocationId", "allocation_id": "AllocationId", "public_ip": "PublicIp"},
        import_id="{allocation_id}",
        can_be_double=True,
        listing=_call("Addresses"),
        # One without an allocation id is of the network before VPCs, and cannot be imported.
        is_one=lambda row: bool(row.get("AllocationId")),
        tags="Tags",
        in_use="AssociationId",
        removal=_removal("ReleaseAddress", "AllocationId"),
        identity=("domain", "tags"),
    ),
    ResourceType(
        type="aws_route_table",
        free=True,
        cloudformation="AWS::EC2::RouteTable",
        interrupts={"route": "connections that go the way that changes"},
        label="route table",
        key=("vpc_id", "tags.Name"),
        attributes={"id": "RouteTableId", "vpc_id": "VpcId"},
        can_be_double=True,
        listing=_call("RouteTables", filtered("vpc-id")),
        # Each VPC has one of its own.
        is_somebodys=lambda row: not any(each.get("Main") for each in row["Associations"]),
        tags="Tags",
        in_use="Associations",
        removal=_removal("DeleteRouteTable", "RouteTableId", first=_disassociate),
        identity=("tags",),
        merged=("route",),
    ),
    ResourceType(
        type="aws_route_table_association",
        free=True,
        cloudformation="AWS::EC2::SubnetRouteTableAssociation",
        label="association of a subnet with a route table",
        key=("subnet_id", "route_table_id"),
        attributes={
            "id": "RouteTableAssociationId",
            "subnet_id": "SubnetId",
            "route_table_id": "RouteTableId",
        },
        import_id="{subnet_id}/{route_table_id}",
        identity=(),
        # The owner's subnets may each have a table of their own.
        tied=("route_table_id",),
        listing=_call("RouteTables", filtered("association.subnet-id")),
        details=_associations,
    ),
    ResourceType(
        type="aws_vpc_endpoint",
        free=True,
        label="VPC endpoint",
        key=("vpc_id", "service_name"),
        attributes={
            "id": "VpcEndpointId",
            "vpc_id": "VpcId",
            "service_name": "ServiceName",
        },
        can_be_double=True,
        listing=_call("VpcEndpoints", filtered("vpc-id")),
        status="State",
        tags="Tags",
        removal=Removal("ec2", "DeleteVpcEndpoints", {"VpcEndpointIds": ["{0}"]}),
    ),
    ResourceType(
        type="aws_internet_gateway",
        free=True,
        cloudformation="AWS::EC2::InternetGateway",
        label="internet gateway",
        key=("vpc_id", "tags.Name"),
        attributes={"id": "InternetGatewayId", "vpc_id": "VpcId"},
        can_be_double=True,
        # Without a filter: one that is not yet attached would not be seen.
        listing=_call("InternetGateways"),
        details=_attached,
        # That of the default VPC, which AWS makes, has none.
        is_somebodys=lambda row: bool(row.get("Tags")),
        tags="Tags",
        in_use="Attachments",
        removal=_removal("DeleteInternetGateway", "InternetGatewayId", first=_detach),
        identity=("tags",),
    ),
    ResourceType(
        type="aws_subnet",
        free=True,
        cloudformation="AWS::EC2::Subnet",
        label="subnet",
        key=("vpc_id", "cidr_block"),
        attributes={
            "id": "SubnetId",
            "vpc_id": "VpcId",
            "cidr_block": "CidrBlock",
            "availability_zone": "AvailabilityZone",
        },
        alone=True,
        listing=_call("Subnets", filtered("vpc-id")),
        is_somebodys=lambda row: not row["DefaultForAz"],
        tags="Tags",
        carries_data=True,
        removal=_removal("DeleteSubnet", "SubnetId"),
        identity=(
            "assign_ipv6_address_on_creation",
            "availability_zone",
            "cidr_block",
            "ipv6_cidr_block",
            "map_public_ip_on_launch",
            "tags",
        ),
    ),
    ResourceType(
        type="aws_vpc",
        free=True,
        cloudformation="AWS::EC2::VPC",
        label="VPC",
        key=("tags.Name",),
        attributes={"id": "VpcId", "cidr_block": "CidrBlock"},
        can_be_double=True,
        listing=_call("Vpcs"),
        details=_used,
        is_somebodys=lambda row: not row.get("IsDefault"),
        tags="Tags",
        in_use="InUse",
        carries_data=True,
        removal=_removal("DeleteVpc", "VpcId"),
        identity=(
            "assign_generated_ipv6_cidr_block",
            "cidr_block",
            "enable_dns_hostnames",
            "enable_dns_support",
            "enable_network_address_usage_metrics",
            "instance_tenancy",
            "tags",
        ),
    ),
    ResourceType(
        type="aws_vpc_dhcp_options_association",
        free=True,
        key=("vpc_id",),
        attributes={
            "id": lambda row: f"{row['DhcpOptionsId']}-{row['VpcId']}",
            "vpc_id": "VpcId",
            "dhcp_options_id": "DhcpOptionsId",
        },
        import_id="{vpc_id}",
        is_part=True,
        listing=_call("Vpcs", filtered("vpc-id")),
        details=_with_options,
        overwrites=True,
        document=DocumentReader(
            held=lambda _clients, vpc: {"dhcp_options_id": vpc["DhcpOptionsId"]},
            planned=lambda after: some_of(after, ["dhcp_options_id"]) or None,
        ),
    ),
    ResourceType(
        type="aws_vpc_dhcp_options",
        free=True,
        key=("tags.Name",),
        attributes={"id": "DhcpOptionsId"},
        can_be_double=True,
        listing=_call("DhcpOptions"),
        is_somebodys=lambda row: bool(row.get("Tags")),
        tags="Tags",
        removal=_removal("DeleteDhcpOptions", "DhcpOptionsId"),
    ),
)
