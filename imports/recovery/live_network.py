"""How the objects of the network are found: by their place and their tag Name, for AWS names none of them."""

from collections.abc import Mapping
from typing import Final

from aws.client import Clients
from imports.recovery.live import (
    CREATING,
    Finder,
    Live,
    Row,
    Texts,
    arguments,
    rows,
    state,
    tags_of,
)
from imports.sources.terraform_base.live_rows import KINDS, associations_in


def _vpcs(clients: Clients, _name: str) -> list[Live]:
    used = _used_vpcs(clients)
    return [
        Live(
            key=(tags_of(row).get("Name", ""),),
            import_id=row["VpcId"],
            attributes={"id": row["VpcId"]},
            tags=tags_of(row),
            in_use=row["VpcId"] in used,
        )
        for row in rows(clients, "ec2", "DescribeVpcs", "Vpcs")
    ]


def _used_vpcs(clients: Clients) -> set[str]:
    """The VPCs in which something works."""
    found: list[Row] = [
        *rows(clients, "ec2", "DescribeNetworkInterfaces", "NetworkInterfaces"),
        *rows(clients, "elbv2", "DescribeLoadBalancers", "LoadBalancers"),
        *rows(clients, "elbv2", "DescribeTargetGroups", "TargetGroups"),
        *rows(clients, "rds", "DescribeDBSubnetGroups", "DBSubnetGroups"),
    ]
    return {str(row["VpcId"]) for row in found if row.get("VpcId")}


def _subnets(clients: Clients, vpc: str) -> list[Live]:
    return [
        Live(
            key=(vpc, row["CidrBlock"]),
            import_id=row["SubnetId"],
            attributes={"id": row["SubnetId"]},
            tags=tags_of(row),
            alone=True,
        )
        for row in rows(clients, "ec2", "DescribeSubnets", "Subnets", Filters=_in(vpc))
    ]


def _internet_gateways(clients: Clients, vpc: str) -> list[Live]:
    """Those of the VPC, and those that were not yet attached to any."""
    return [
        Live(
            key=(vpc, tags_of(row).get("Name", "")),
            import_id=row["InternetGatewayId"],
            attributes={"id": row["InternetGatewayId"]},
            tags=tags_of(row),
            in_use=bool(row.get("Attachments")),
        )
        for row in rows(clients, "ec2", "DescribeInternetGateways", "InternetGateways")
        if all(each["VpcId"] == vpc for each in row.get("Attachments", ()))
    ]


def _addresses(clients: Clients, _name: str) -> list[Live]:
    return [
        Live(
            key=(tags_of(row).get("Name", ""),),
            import_id=row["AllocationId"],
            attributes={"id": row["AllocationId"], "allocation_id": row["AllocationId"]},
            tags=tags_of(row),
            in_use=bool(row.get("AssociationId")),
        )
        for row in rows(clients, "ec2", "DescribeAddresses", "Addresses")
        if row.get("AllocationId")
    ]


def _nat_gateways(clients: Clients, subnet: str) -> list[Live]:
    found = rows(
        clients,
        "ec2",
        "DescribeNatGateways",
        "NatGateways",
        Filters=[{"Name": "subnet-id", "Values": [subnet]}],
    )
    return [
        Live(
            key=(subnet, tags_of(row).get("Name", "")),
            import_id=row["NatGatewayId"],
            attributes={"id": row["NatGatewayId"]},
            tags=tags_of(row),
            unfinished=state(row, "State", busy=CREATING),
        )
        for row in found
        if KINDS["aws_nat_gateway"].gone(row) is None
    ]


def _route_tables(clients: Clients, vpc: str) -> list[Live]:
    return [
        Live(
            key=(vpc, tags_of(row).get("Name", "")),
            import_id=row["RouteTableId"],
            attributes={"id": row["RouteTableId"]},
            tags=tags_of(row),
            in_use=bool(row.get("Associations")),
        )
        for row in rows(clients, "ec2", "DescribeRouteTables", "RouteTables", Filters=_in(vpc))
    ]


def _associations(clients: Clients, subnet: str) -> list[Live]:
    of_subnet = [{"Name": "association.subnet-id", "Values": [subnet]}]
    tables = rows(clients, "ec2", "DescribeRouteTables", "RouteTables", Filters=of_subnet)
    return [
        Live(
            key=(row["SubnetId"], row["RouteTableId"]),
            import_id=row["ImportId"],
            attributes={"id": row["RouteTableAssociationId"]},
        )
        for row in associations_in(tables)
        if row["SubnetId"] == subnet
    ]


def _security_groups(clients: Clients, vpc: str) -> list[Live]:
    found = rows(clients, "ec2", "DescribeSecurityGroups", "SecurityGroups", Filters=_in(vpc))
    return [
        Live(
            key=(vpc, row["GroupName"]),
            import_id=row["GroupId"],
            attributes={"id": row["GroupId"], "name": row["GroupName"]},
            tags=tags_of(row),
            alone=True,
        )
        for row in found
    ]


def _default_security_groups(clients: Clients, vpc: str) -> list[Live]:
    """AWS makes it with the VPC, and without a tag."""
    return [
        Live(key=(vpc,), import_id=live.import_id, attributes=live.attributes)
        for live in _security_groups(clients, vpc)
        if live.key == (vpc, "default")
    ]


def _flow_logs(clients: Clients, vpc: str) -> list[Live]:
    of_vpc = [{"Name": "resource-id", "Values": [vpc]}]
    return [
        Live(
            key=(vpc, tags_of(row).get("Name", "")),
            import_id=row["FlowLogId"],
            attributes={"id": row["FlowLogId"]},
            tags=tags_of(row),
        )
        for row in rows(clients, "ec2", "DescribeFlowLogs", "FlowLogs", Filters=of_vpc)
    ]


def _rules(*, egress: bool) -> Finder:
    def key(text: Texts) -> tuple[str, ...]:
        protocol = text("ip_protocol")
        ports = ("", "") if protocol == "-1" else (text("from_port"), text("to_port"))
        source = text("cidr_ipv4?") or text("referenced_security_group_id?")
        return (text("security_group_id"), protocol, *ports, source)

    def listed(clients: Clients, group: str) -> list[Live]:
        found = rows(
            clients,
            "ec2",
            "DescribeSecurityGroupRules",
            "SecurityGroupRules",
            Filters=[{"Name": "group-id", "Values": [group]}],
        )
        return [
            Live(key=_traffic(row), import_id=row["SecurityGroupRuleId"])
            for row in found
            if row["IsEgress"] is egress and row["GroupId"] == group
        ]

    return Finder(key=key, list=listed)


def _traffic(row: Row) -> tuple[str, ...]:
    protocol = str(row["IpProtocol"])
    ports = (
        ("", "") if protocol == "-1" else (str(row.get("FromPort", "")), str(row.get("ToPort", "")))
    )
    source = row.get("CidrIpv4") or (row.get("ReferencedGroupInfo") or {}).get("GroupId") or ""
    return (row["GroupId"], protocol, *ports, str(source))


def _in(vpc: str) -> list[dict[str, object]]:
    return [{"Name": "vpc-id", "Values": [vpc]}]


NETWORK_FINDERS: Final[Mapping[str, Finder]] = {
    "aws_vpc": Finder(key=arguments("tags.Name"), list=_vpcs),
    "aws_default_security_group": Finder(key=arguments("vpc_id"), list=_default_security_groups),
    "aws_flow_log": Finder(key=arguments("vpc_id", "tags.Name"), list=_flow_logs),
    "aws_subnet": Finder(key=arguments("vpc_id", "cidr_block"), list=_subnets),
    "aws_internet_gateway": Finder(key=arguments("vpc_id", "tags.Name"), list=_internet_gateways),
    "aws_eip": Finder(key=arguments("tags.Name"), list=_addresses),
    "aws_nat_gateway": Finder(key=arguments("subnet_id", "tags.Name"), list=_nat_gateways),
    "aws_route_table": Finder(key=arguments("vpc_id", "tags.Name"), list=_route_tables),
    "aws_route_table_association": Finder(
        key=arguments("subnet_id", "route_table_id"), list=_associations
    ),
    "aws_security_group": Finder(key=arguments("vpc_id", "name"), list=_security_groups),
    "aws_vpc_security_group_egress_rule": _rules(egress=True),
    "aws_vpc_security_group_ingress_rule": _rules(egress=False),
}
