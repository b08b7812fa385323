"""Security groups and their rules."""

from typing import Final

from aws.client import Clients, ask_all, client_of
from aws.resources.call import Call, Row, filtered
from aws.resources.document import Document, DocumentReader, plain
from aws.resources.removal import Removal
from aws.resources.row import Member, ResourceType

_GROUPS: Final = Call("ec2", "DescribeSecurityGroups", "SecurityGroups", filtered("vpc-id"))
_RULES_CALL: Final = Call(
    "ec2", "DescribeSecurityGroupRules", "SecurityGroupRules", filtered("group-id")
)


def _default_group(clients: Clients, group: Row) -> Document | None:
    """None for no rules, and for AWS's own rules of a group that nothing uses."""
    interfaces = ask_all(
        clients,
        "ec2",
        "DescribeNetworkInterfaces",
        "NetworkInterfaces",
        Filters=[{"Name": "vpc-id", "Values": [group["VpcId"]]}],
    )
    rules = {
        "ingress": [plain(rule) for rule in group.get("IpPermissions", ())],
        "egress": [plain(rule) for rule in group.get("IpPermissionsEgress", ())],
    }
    used = [
        each["NetworkInterfaceId"]
        for each in interfaces
        if each.get("Attachment")
        and any(of["GroupId"] == group["GroupId"] for of in each.get("Groups", ()))
    ]
    if not any(rules.values()) or (not used and _are_of_aws(group)):
        return None
    return rules | ({"used_by": sorted(used)} if used else {})


def _are_of_aws(group: Row) -> bool:
    """Whether the rules are those of every new network: all from itself in, all out."""
    inside = [
        pair.get("GroupId")
        for rule in group.get("IpPermissions", ())
        for pair in (*rule.get("UserIdGroupPairs", ()), *rule.get("IpRanges", ()))
    ]
    outside = [
        source.get("CidrIp") or source.get("CidrIpv6")
        for rule in group.get("IpPermissionsEgress", ())
        for source in (*rule.get("IpRanges", ()), *rule.get("Ipv6Ranges", ()))
    ]
    return set(inside) <= {group["GroupId"]} and set(outside) <= {"0.0.0.0/0", "::/0"}


def _revoke_rules(clients: Clients, group: str) -> None:
    """Revoke a group's rules: groups that name each other cannot be deleted one after the other."""
    for row in _RULES_CALL.rows(clients, group):
        revoke = client_of(clients, "ec2")
        call = (
            revoke.revoke_security_group_egress
            if row["IsEgress"]
            else revoke.revoke_security_group_ingress
        )
        call(GroupId=group, SecurityGroupRuleIds=[row["SecurityGroupRuleId"]])


def _rule(direction: str, *, egress: bool) -> ResourceType:
    return ResourceType(
        type=f"aws_vpc_security_group_{direction}_rule",
        free=True,
        label=f"{direction} rule",
        key=(
            "security_group_id",
            "ip_protocol",
            "from_port?",
            "to_port?",
            "cidr_ipv4?",
            "referenced_security_group_id?",
        ),
        attributes={
            "id": "SecurityGroupRuleId",
            "security_group_id": "GroupId",
            "ip_protocol": "IpProtocol",
            "from_port": _port("FromPort"),
            "to_port": _port("ToPort"),
            "cidr_ipv4": "CidrIpv4",
            "referenced_security_group_id": "ReferencedGroupInfo.GroupId",
        },
        listing=_RULES_CALL,
        is_one=lambda row: row["IsEgress"] is egress,
        # A rule that is written within its group has no tags, and is the group's, not an object.
        is_somebodys=lambda row: bool(row.get("Tags")),
        identity=None if egress else ("description", "from_port", "ip_protocol", "tags", "to_port"),
    )


def _port(name: str) -> Member:
    return lambda row: None if row["IpProtocol"] == "-1" else row.get(name)


# In the order in which the deletion of one frees the next.
SECURITY_GROUPS: Final = (
    ResourceType(
        type="aws_security_group",
        free=True,
        cloudformation="AWS::EC2::SecurityGroup",
        label="security group",
        key=("vpc_id", "name"),
        refuses_double=True,
        attributes={"id": "GroupId", "name": "GroupName", "vpc_id": "VpcId"},
        alone=True,
        listing=_GROUPS,
        is_somebodys=lambda row: row["GroupName"] != "default",
        tags="Tags",
        removal=Removal(
            "ec2",
            "DeleteSecurityGroup",
            {"GroupId": "{0}"},
            first=_revoke_rules,
        ),
        identity=("description", "name", "tags"),
        merged=("egress", "ingress"),
    ),
    ResourceType(
        type="aws_default_security_group",
        free=True,
        key=("vpc_id",),
        attributes={"id": "GroupId", "name": "GroupName", "vpc_id": "VpcId"},
        is_part=True,
        listing=_GROUPS,
        # AWS makes it with the VPC, and without a tag.
        is_one=lambda row: row["GroupName"] == "default",
        overwrites=True,
        document=DocumentReader(
            held=_default_group,
            # The provider takes away all that is not configured.
            planned=lambda after: {
                "ingress": plain(after.get("ingress") or []),
                "egress": plain(after.get("egress") or []),
            },
        ),
        kept_in_state={"revoke_rules_on_delete": False},
    ),
    _rule("egress", egress=True),
    _rule("ingress", egress=False),
)
