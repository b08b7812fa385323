"""How what a killed deploy has left behind is deleted, in the order in which one sets the next free."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aws.client import Clients, ask, client_of
from imports.recovery.live import rows


@dataclass(frozen=True, kw_only=True)
class Removal:
    """How a type is deleted. `first` is what has to go before it.

    The parts of the import id make `parameters` and complete `command`. `by_hand` is why it is left to a
    person.
    """

    service: str
    operation: str
    parameters: Callable[..., Mapping[str, object]]
    command: str
    first: Callable[[Clients, str], None] = lambda _clients, _id: None
    by_hand: str = ""


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


REMOVALS: Final[Mapping[str, Removal]] = {
    "aws_backup_selection": Removal(
        service="backup",
        operation="DeleteBackupSelection",
        parameters=lambda plan, id_: {"BackupPlanId": plan, "SelectionId": id_},
        command="backup delete-backup-selection --backup-plan-id {} --selection-id {}",
    ),
    "aws_backup_plan": Removal(
        service="backup",
        operation="DeleteBackupPlan",
        parameters=lambda id_: {"BackupPlanId": id_},
        command="backup delete-backup-plan --backup-plan-id {}",
    ),
    "aws_flow_log": Removal(
        service="ec2",
        operation="DeleteFlowLogs",
        parameters=lambda id_: {"FlowLogIds": [id_]},
        command="ec2 delete-flow-logs --flow-log-ids {}",
    ),
    "aws_kms_key": Removal(
        service="kms",
        operation="ScheduleKeyDeletion",
        parameters=lambda id_: {"KeyId": id_},
        command="kms schedule-key-deletion --key-id {}",
        by_hand="what it has encrypted is lost with it",
    ),
    "aws_acm_certificate": Removal(
        service="acm",
        operation="DeleteCertificate",
        parameters=lambda id_: {"CertificateArn": id_},
        command="acm delete-certificate --certificate-arn {}",
    ),
    "aws_efs_access_point": Removal(
        service="efs",
        operation="DeleteAccessPoint",
        parameters=lambda id_: {"AccessPointId": id_},
        command="efs delete-access-point --access-point-id {}",
    ),
    "aws_nat_gateway": Removal(
        service="ec2",
        operation="DeleteNatGateway",
        parameters=lambda id_: {"NatGatewayId": id_},
        command="ec2 delete-nat-gateway --nat-gateway-id {}",
    ),
    "aws_eip": Removal(
        service="ec2",
        operation="ReleaseAddress",
        parameters=lambda id_: {"AllocationId": id_},
        command="ec2 release-address --allocation-id {}",
    ),
    "aws_route_table": Removal(
        service="ec2",
        operation="DeleteRouteTable",
        parameters=lambda id_: {"RouteTableId": id_},
        command="ec2 delete-route-table --route-table-id {}",
        first=_disassociate,
    ),
    "aws_internet_gateway": Removal(
        service="ec2",
        operation="DeleteInternetGateway",
        parameters=lambda id_: {"InternetGatewayId": id_},
        command="ec2 delete-internet-gateway --internet-gateway-id {}",
        first=_detach,
    ),
    "aws_subnet": Removal(
        service="ec2",
        operation="DeleteSubnet",
        parameters=lambda id_: {"SubnetId": id_},
        command="ec2 delete-subnet --subnet-id {}",
    ),
    "aws_security_group": Removal(
        service="ec2",
        operation="DeleteSecurityGroup",
        parameters=lambda id_: {"GroupId": id_},
        command="ec2 delete-security-group --group-id {}",
        first=_revoke_rules,
    ),
    "aws_vpc": Removal(
        service="ec2",
        operation="DeleteVpc",
        parameters=lambda id_: {"VpcId": id_},
        command="ec2 delete-vpc --vpc-id {}",
    ),
}
