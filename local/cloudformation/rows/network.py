"""Rows of the network."""

from collections.abc import Mapping
from typing import Any, Final

from local.cloudformation.calls import Made, Request
from local.cloudformation.rows.row import Row, deleted_by, made_by, nothing, tagged


def _vpc(request: Request) -> Made:
    vpc = request.call("ec2.create_vpc", {**request.properties, **tagged(request, "vpc")})["Vpc"]
    vpc_id = vpc["VpcId"]
    for name in ("EnableDnsSupport", "EnableDnsHostnames"):
        if name in request.properties:
            wanted = {"VpcId": vpc_id, name: {"Value": request[name]}}
            request.call("ec2.modify_vpc_attribute", wanted)
    groups = request.call(
        "ec2.describe_security_groups",
        {
            "Filters": [
                {"Name": "vpc-id", "Values": [vpc_id]},
                {"Name": "group-name", "Values": ["default"]},
            ]
        },
    )["SecurityGroups"]
    return Made(
        physical_id=vpc_id,
        attributes={
            "VpcId": vpc_id,
            "CidrBlock": vpc["CidrBlock"],
            "DefaultSecurityGroup": groups[0]["GroupId"],
        },
    )


def _subnet(request: Request) -> Made:
    subnet = request.call("ec2.create_subnet", {**request.properties, **tagged(request, "subnet")})[
        "Subnet"
    ]
    if "MapPublicIpOnLaunch" in request.properties:
        request.call(
            "ec2.modify_subnet_attribute",
            {
                "SubnetId": subnet["SubnetId"],
                "MapPublicIpOnLaunch": {"Value": request["MapPublicIpOnLaunch"]},
            },
        )
    return Made(
        physical_id=subnet["SubnetId"],
        attributes={
            key: subnet[key] for key in ("SubnetId", "AvailabilityZone", "CidrBlock", "VpcId")
        },
    )


def _route(request: Request) -> Made:
    request.call("ec2.create_route", request.properties)
    return Made(physical_id=f"{request['RouteTableId']}|{request['DestinationCidrBlock']}")


def _delete_route(request: Request, physical_id: str) -> None:
    table_id, block = physical_id.split("|")
    request.call("ec2.delete_route", {"RouteTableId": table_id, "DestinationCidrBlock": block})


def _address(request: Request) -> Made:
    made = request.call("ec2.allocate_address", {"Domain": "vpc", **tagged(request, "elastic-ip")})
    return Made(
        physical_id=made["PublicIp"],
        attributes={"AllocationId": made["AllocationId"], "PublicIp": made["PublicIp"]},
    )


def _delete_address(request: Request, physical_id: str) -> None:
    found = request.call("ec2.describe_addresses", {"PublicIps": [physical_id]})["Addresses"]
    request.call("ec2.release_address", {"AllocationId": found[0]["AllocationId"]})


def _attachment(request: Request) -> Made:
    request.call("ec2.attach_internet_gateway", request.properties)
    return Made(physical_id=f"IGW|{request['VpcId']}")


def _detach(request: Request, _physical_id: str) -> None:
    request.call("ec2.detach_internet_gateway", request.properties)


def _group(request: Request) -> Made:
    made = request.call(
        "ec2.create_security_group",
        {
            "GroupName": request.get("GroupName") or request.generated_name(longest=255),
            "Description": request["GroupDescription"],
            "VpcId": request["VpcId"],
            **tagged(request, "security-group"),
        },
    )
    group_id = made["GroupId"]
    for rule in request.get("SecurityGroupIngress") or []:
        request.call(
            "ec2.authorize_security_group_ingress",
            {"GroupId": group_id, "IpPermissions": [_permission(rule, "Source")]},
        )
    outbound = request.get("SecurityGroupEgress") or []
    if outbound:
        # A new group lets everything out; the template says all that this one does.
        everywhere = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
        request.call(
            "ec2.revoke_security_group_egress",
            {"GroupId": group_id, "IpPermissions": [_permission(everywhere, "Destination")]},
        )
    for rule in outbound:
        request.call(
            "ec2.authorize_security_group_egress",
            {"GroupId": group_id, "IpPermissions": [_permission(rule, "Destination")]},
        )
    return Made(physical_id=group_id, attributes={"GroupId": group_id, "VpcId": request["VpcId"]})


def _read_group(request: Request, physical_id: str) -> Mapping[str, Any] | None:
    found = request.call(
        "ec2.describe_security_groups",
        {"Filters": [{"Name": "group-id", "Values": [physical_id]}]},
    )["SecurityGroups"]
    return {"GroupDescription": found[0]["Description"]} if found else None


def _permission(rule: Mapping[str, Any], side: str) -> dict[str, Any]:
    description = {"Description": rule["Description"]} if rule.get("Description") else {}
    permission: dict[str, Any] = {"IpProtocol": str(rule["IpProtocol"])}
    for port in ("FromPort", "ToPort"):
        if port in rule:
            permission[port] = int(rule[port])
    if "CidrIp" in rule:
        permission["IpRanges"] = [{"CidrIp": rule["CidrIp"], **description}]
    if "CidrIpv6" in rule:
        permission["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **description}]
    peer = rule.get(f"{side}SecurityGroupId")
    if peer:
        permission["UserIdGroupPairs"] = [{"GroupId": peer, **description}]
    return permission


def _rule(direction: str, side: str) -> Row:
    """Return the row of a rule that is by itself."""

    def create(request: Request) -> Made:
        permissions = [_permission(request.properties, side)]
        made = request.call(
            f"ec2.authorize_security_group_{direction}",
            {"GroupId": request["GroupId"], "IpPermissions": permissions},
        )
        rule_id = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return Made(physical_id=rule_id, attributes={"Id": rule_id})

    def delete(request: Request, physical_id: str) -> None:
        request.call(
            f"ec2.revoke_security_group_{direction}",
            {"GroupId": request["GroupId"], "SecurityGroupRuleIds": [physical_id]},
        )

    return Row(create=create, delete=delete, identifiers=("Id",))


ROWS: Final[Mapping[str, Row]] = {
    "AWS::EC2::VPC": Row(
        create=_vpc, delete=deleted_by("ec2.delete_vpc", "VpcId"), identifiers=("VpcId",)
    ),
    "AWS::EC2::Subnet": Row(
        create=_subnet,
        delete=deleted_by("ec2.delete_subnet", "SubnetId"),
        identifiers=("SubnetId",),
    ),
    "AWS::EC2::RouteTable": Row(
        create=made_by(
            "ec2.create_route_table",
            "RouteTable.RouteTableId",
            attributes={"RouteTableId": "RouteTable.RouteTableId"},
            tagged_as="route-table",
        ),
        delete=deleted_by("ec2.delete_route_table", "RouteTableId"),
        identifiers=("RouteTableId",),
    ),
    "AWS::EC2::SubnetRouteTableAssociation": Row(
        create=made_by(
            "ec2.associate_route_table", "AssociationId", attributes={"Id": "AssociationId"}
        ),
        delete=deleted_by("ec2.disassociate_route_table", "AssociationId"),
        identifiers=("Id",),
    ),
    "AWS::EC2::Route": Row(
        create=_route,
        delete=_delete_route,
        identifiers=("RouteTableId", "CidrBlock"),
    ),
    "AWS::EC2::EIP": Row(
        create=_address,
        delete=_delete_address,
        identifiers=("PublicIp", "AllocationId"),
    ),
    "AWS::EC2::NatGateway": Row(
        create=made_by(
            "ec2.create_nat_gateway",
            "NatGateway.NatGatewayId",
            attributes={"NatGatewayId": "NatGateway.NatGatewayId"},
            tagged_as="natgateway",
            fixed={"ConnectivityType": "public"},
        ),
        delete=deleted_by("ec2.delete_nat_gateway", "NatGatewayId"),
        identifiers=("NatGatewayId",),
    ),
    "AWS::EC2::InternetGateway": Row(
        create=made_by(
            "ec2.create_internet_gateway",
            "InternetGateway.InternetGatewayId",
            attributes={"InternetGatewayId": "InternetGateway.InternetGatewayId"},
            tagged_as="internet-gateway",
        ),
        delete=deleted_by("ec2.delete_internet_gateway", "InternetGatewayId"),
        identifiers=("InternetGatewayId",),
    ),
    "AWS::EC2::VPCGatewayAttachment": Row(
        create=_attachment, delete=_detach, identifiers=("AttachmentType", "VpcId")
    ),
    "AWS::EC2::SecurityGroup": Row(
        create=_group,
        delete=deleted_by("ec2.delete_security_group", "GroupId"),
        read=_read_group,
        identifiers=("Id",),
    ),
    "AWS::EC2::SecurityGroupIngress": _rule("ingress", "Source"),
    "AWS::EC2::SecurityGroupEgress": _rule("egress", "Destination"),
    "AWS::CDK::Metadata": Row(
        create=lambda request: Made(physical_id=request.generated_name()), delete=nothing
    ),
    "AWS::CloudFormation::WaitConditionHandle": Row(
        create=lambda request: Made(physical_id=f"https://wait/{request.generated_name()}"),
        delete=nothing,
    ),
}
