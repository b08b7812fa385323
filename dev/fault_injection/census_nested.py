"""Lists of objects that stand within others, or beside what AWS makes by itself."""

from collections.abc import Iterator, Mapping
from typing import Final

from dev.fault_injection.census_rows import Client, Lister, listed, rows_of

# --- EC2 comes with a default VPC in each region, and each VPC with a table and a group of its own.


def _default_vpcs(client: Client) -> set[str]:
    rows = rows_of(client, "ec2", "describe_vpcs", "Vpcs")
    return {row["VpcId"] for row in rows if row.get("IsDefault")}


def _internet_gateways(client: Client) -> Iterator[str]:
    defaults = _default_vpcs(client)
    for row in rows_of(client, "ec2", "describe_internet_gateways", "InternetGateways"):
        if not {each["VpcId"] for each in row["Attachments"]} & defaults:
            yield row["InternetGatewayId"]


def _route_tables(client: Client) -> Iterator[str]:
    for row in rows_of(client, "ec2", "describe_route_tables", "RouteTables"):
        if not any(each.get("Main") for each in row["Associations"]):
            yield row["RouteTableId"]


def _associations(client: Client) -> Iterator[str]:
    for table in rows_of(client, "ec2", "describe_route_tables", "RouteTables"):
        for row in table["Associations"]:
            if not row.get("Main"):
                yield row["RouteTableAssociationId"]


def _rules(*, egress: bool) -> Lister:
    def ids(client: Client) -> Iterator[str]:
        groups = set(_SECURITY_GROUPS(client))
        for row in rows_of(client, "ec2", "describe_security_group_rules", "SecurityGroupRules"):
            # A rule that is written within its group has no tags, and is the group's, not an object.
            if row["IsEgress"] is egress and row["GroupId"] in groups and row.get("Tags"):
                yield row["SecurityGroupRuleId"]

    return ids


_SECURITY_GROUPS: Final = listed(
    "ec2",
    "describe_security_groups",
    "SecurityGroups",
    "GroupId",
    where=lambda row: row["GroupName"] != "default",
)

# --- Load balancing, containers and files: lists within lists.


def _balancers(client: Client) -> Iterator[str]:
    for row in rows_of(client, "elbv2", "describe_load_balancers", "LoadBalancers"):
        yield row["LoadBalancerArn"]


def _listeners(client: Client) -> Iterator[str]:
    for arn in _balancers(client):
        rows = rows_of(client, "elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn)
        yield from (row["ListenerArn"] for row in rows)


def _listener_rules(client: Client) -> Iterator[str]:
    for arn in _listeners(client):
        for row in rows_of(client, "elbv2", "describe_rules", "Rules", ListenerArn=arn):
            if not row["IsDefault"]:
                yield row["RuleArn"]


def _clusters(client: Client) -> Iterator[str]:
    arns = [str(arn) for arn in rows_of(client, "ecs", "list_clusters", "clusterArns")]
    described = client("ecs").describe_clusters(clusters=arns)["clusters"] if arns else []
    return (row["clusterArn"] for row in described if row["status"] == "ACTIVE")


def _services(client: Client) -> Iterator[str]:
    for cluster in _clusters(client):
        arns = [
            str(arn)
            for arn in rows_of(client, "ecs", "list_services", "serviceArns", cluster=cluster)
        ]
        for start in range(0, len(arns), 10):  # DescribeServices takes ten at a time
            described = client("ecs").describe_services(
                cluster=cluster, services=arns[start : start + 10]
            )
            yield from (
                row["serviceArn"] for row in described["services"] if row["status"] != "INACTIVE"
            )


def _task_definitions(client: Client) -> Iterator[str]:
    arns = rows_of(client, "ecs", "list_task_definitions", "taskDefinitionArns", status="ACTIVE")
    return (str(arn) for arn in arns)


def _file_systems(client: Client) -> Iterator[str]:
    for row in rows_of(client, "efs", "describe_file_systems", "FileSystems"):
        yield row["FileSystemId"]


def _mount_targets(client: Client) -> Iterator[str]:
    for id_ in _file_systems(client):
        rows = rows_of(client, "efs", "describe_mount_targets", "MountTargets", FileSystemId=id_)
        yield from (row["MountTargetId"] for row in rows)


# --- Names and values: roles, secrets, records.


def _own_roles(client: Client) -> Iterator[str]:
    for row in rows_of(client, "iam", "list_roles", "Roles"):
        if not row["Path"].startswith("/aws-service-role/"):  # AWS makes these by itself
            yield row["RoleName"]


def _role_policies(client: Client) -> Iterator[str]:
    for role in _own_roles(client):
        for name in rows_of(client, "iam", "list_role_policies", "PolicyNames", RoleName=role):
            yield f"{role}:{name}"


def _attachments(client: Client) -> Iterator[str]:
    for role in _own_roles(client):
        rows = rows_of(
            client, "iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role
        )
        yield from (f"{role}/{row['PolicyArn']}" for row in rows)


def _secret_versions(client: Client) -> Iterator[str]:
    for secret in rows_of(client, "secretsmanager", "list_secrets", "SecretList"):
        rows = rows_of(
            client,
            "secretsmanager",
            "list_secret_version_ids",
            "Versions",
            SecretId=secret["ARN"],
            IncludeDeprecated=True,
        )
        yield from (f"{secret['ARN']}|{row['VersionId']}" for row in rows)


def _records(client: Client) -> Iterator[str]:
    for zone in rows_of(client, "route53", "list_hosted_zones", "HostedZones"):
        rows = rows_of(
            client,
            "route53",
            "list_resource_record_sets",
            "ResourceRecordSets",
            HostedZoneId=zone["Id"],
        )
        for row in rows:
            if row["Type"] not in {"NS", "SOA"}:  # a zone comes with these
                name = row["Name"].rstrip(".")
                yield f"{zone['Id'].rpartition('/')[2]}_{name}_{row['Type']}"


# --- Keys, backups, schedules, budgets.


def _keys(client: Client) -> Iterator[str]:
    aliases = rows_of(client, "kms", "list_aliases", "Aliases")
    of_aws = {
        row.get("TargetKeyId") for row in aliases if row["AliasName"].startswith("alias/aws/")
    }
    for row in rows_of(client, "kms", "list_keys", "Keys"):
        key = client("kms").describe_key(KeyId=row["KeyId"])["KeyMetadata"]
        if row["KeyId"] not in of_aws and key["KeyState"] != "PendingDeletion":
            yield row["KeyId"]


def _backup_plans(client: Client) -> Iterator[str]:
    for row in rows_of(client, "backup", "list_backup_plans", "BackupPlansList"):
        yield row["BackupPlanId"]


def _backup_selections(client: Client) -> Iterator[str]:
    for plan in _backup_plans(client):
        rows = rows_of(
            client, "backup", "list_backup_selections", "BackupSelectionsList", BackupPlanId=plan
        )
        yield from (row["SelectionId"] for row in rows)


def _schedules(client: Client) -> Iterator[str]:
    for row in rows_of(client, "scheduler", "list_schedules", "Schedules"):
        yield f"{row['GroupName']}/{row['Name']}"


def _budgets(client: Client) -> Iterator[str]:
    account = client("sts").get_caller_identity()["Account"]
    for row in rows_of(client, "budgets", "describe_budgets", "Budgets", AccountId=account):
        yield f"{account}:{row['BudgetName']}"


NESTED_LISTS: Final[Mapping[str, Lister]] = {
    "aws_backup_plan": _backup_plans,
    "aws_backup_selection": _backup_selections,
    "aws_budgets_budget": _budgets,
    "aws_ecs_cluster": _clusters,
    "aws_ecs_service": _services,
    "aws_ecs_task_definition": _task_definitions,
    "aws_efs_file_system": _file_systems,
    "aws_efs_mount_target": _mount_targets,
    "aws_iam_role": _own_roles,
    "aws_iam_role_policy": _role_policies,
    "aws_iam_role_policy_attachment": _attachments,
    "aws_internet_gateway": _internet_gateways,
    "aws_kms_key": _keys,
    "aws_lb": _balancers,
    "aws_lb_listener": _listeners,
    "aws_lb_listener_rule": _listener_rules,
    "aws_route53_record": _records,
    "aws_route_table": _route_tables,
    "aws_route_table_association": _associations,
    "aws_scheduler_schedule": _schedules,
    "aws_secretsmanager_secret_version": _secret_versions,
    "aws_security_group": _SECURITY_GROUPS,
    "aws_vpc_security_group_egress_rule": _rules(egress=True),
    "aws_vpc_security_group_ingress_rule": _rules(egress=False),
}
