"""Counts what stands in an account, object by object, so that it can be held against a state.

Every type of the platform whose objects can be there twice or be left behind is listed, whoever made the
object. What AWS has at most once within another object (a bucket's policy, a cluster's capacity providers)
is not counted: it can be neither. A certificate's validation is no object at all.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Client = Callable[[str], Any]
Row = Mapping[str, Any]


@dataclass(frozen=True, order=True, kw_only=True)
class Thing:
    """One object: its Terraform type, and what names it in AWS."""

    type: str
    id: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What an account and a state do not have in common, each sorted."""

    orphans: tuple[Thing, ...]
    """In the account, in no state."""
    missing: tuple[Thing, ...]
    """In a state, not in the account."""


def census(client: Client) -> frozenset[Thing]:
    """Every object in the account that somebody made; `client` makes boto3 clients."""
    return frozenset(
        Thing(type=type_, id=id_) for type_, list_ids in _LISTS.items() for id_ in list_ids(client)
    )


def held_by(*states: Mapping[str, Any]) -> frozenset[Thing]:
    """What states (`terraform state pull`) hold of the counted types, named as in the census."""
    return frozenset(
        Thing(
            type=resource["type"], id=_IDENTITY.get(resource["type"], _id)(instance["attributes"])
        )
        for state in states
        for resource in state.get("resources", ())
        if resource["mode"] == "managed" and resource["type"] in _LISTS
        for instance in resource["instances"]
    )


def compare(counted: frozenset[Thing], held: frozenset[Thing]) -> Comparison:
    """Hold the account against the states."""
    return Comparison(orphans=tuple(sorted(counted - held)), missing=tuple(sorted(held - counted)))


def _id(attributes: Row) -> str:
    return str(attributes["id"])


def _arn(attributes: Row) -> str:
    return str(attributes["arn"])


# Where a state's `id` does not tell two objects apart.
_IDENTITY: Final[Mapping[str, Callable[[Row], str]]] = {
    "aws_appautoscaling_policy": _arn,
    "aws_cloudwatch_dashboard": lambda attributes: str(attributes["dashboard_name"]),
    "aws_db_instance": lambda attributes: str(attributes["identifier"]),
    "aws_ecs_task_definition": _arn,
    "aws_iam_role_policy_attachment": lambda attributes: (
        f"{attributes['role']}/{attributes['policy_arn']}"
    ),
    "aws_route53_record": lambda attributes: (
        f"{attributes['zone_id']}_{attributes['fqdn'].rstrip('.')}_{attributes['type']}"
    ),
}


def _rows(client: Client, service: str, operation: str, result: str, **arguments: Any) -> list[Row]:
    found = client(service)
    if not found.can_paginate(operation):
        return list(getattr(found, operation)(**arguments)[result])
    pages = found.get_paginator(operation).paginate(**arguments)
    return [row for page in pages for row in page[result]]


def _listed(
    service: str,
    operation: str,
    result: str,
    id_: str,
    *,
    where: Callable[[Row], bool] = lambda _: True,
    **arguments: Any,
) -> Callable[[Client], Iterator[str]]:
    def ids(client: Client) -> Iterator[str]:
        for row in _rows(client, service, operation, result, **arguments):
            if where(row):
                yield str(row[id_])

    return ids


# --- EC2 comes with a default VPC in each region, and each VPC with a table and a group of its own.


def _default_vpcs(client: Client) -> set[str]:
    rows = _rows(client, "ec2", "describe_vpcs", "Vpcs")
    return {row["VpcId"] for row in rows if row.get("IsDefault")}


def _internet_gateways(client: Client) -> Iterator[str]:
    defaults = _default_vpcs(client)
    for row in _rows(client, "ec2", "describe_internet_gateways", "InternetGateways"):
        if not {each["VpcId"] for each in row["Attachments"]} & defaults:
            yield row["InternetGatewayId"]


def _route_tables(client: Client) -> Iterator[str]:
    for row in _rows(client, "ec2", "describe_route_tables", "RouteTables"):
        if not any(each.get("Main") for each in row["Associations"]):
            yield row["RouteTableId"]


def _associations(client: Client) -> Iterator[str]:
    for table in _rows(client, "ec2", "describe_route_tables", "RouteTables"):
        for row in table["Associations"]:
            if not row.get("Main"):
                yield row["RouteTableAssociationId"]


def _rules(*, egress: bool) -> Callable[[Client], Iterator[str]]:
    def ids(client: Client) -> Iterator[str]:
        groups = set(_SECURITY_GROUPS(client))
        for row in _rows(client, "ec2", "describe_security_group_rules", "SecurityGroupRules"):
            # A rule that is written within its group has no tags, and is the group's, not an object.
            if row["IsEgress"] is egress and row["GroupId"] in groups and row.get("Tags"):
                yield row["SecurityGroupRuleId"]

    return ids


_SECURITY_GROUPS: Final = _listed(
    "ec2",
    "describe_security_groups",
    "SecurityGroups",
    "GroupId",
    where=lambda row: row["GroupName"] != "default",
)

# --- Load balancing, containers and files: lists within lists.


def _balancers(client: Client) -> Iterator[str]:
    for row in _rows(client, "elbv2", "describe_load_balancers", "LoadBalancers"):
        yield row["LoadBalancerArn"]


def _listeners(client: Client) -> Iterator[str]:
    for arn in _balancers(client):
        rows = _rows(client, "elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn)
        yield from (row["ListenerArn"] for row in rows)


def _listener_rules(client: Client) -> Iterator[str]:
    for arn in _listeners(client):
        for row in _rows(client, "elbv2", "describe_rules", "Rules", ListenerArn=arn):
            if not row["IsDefault"]:
                yield row["RuleArn"]


def _clusters(client: Client) -> Iterator[str]:
    arns = [str(arn) for arn in _rows(client, "ecs", "list_clusters", "clusterArns")]
    described = client("ecs").describe_clusters(clusters=arns)["clusters"] if arns else []
    return (row["clusterArn"] for row in described if row["status"] == "ACTIVE")


def _services(client: Client) -> Iterator[str]:
    for cluster in _clusters(client):
        arns = [
            str(arn)
            for arn in _rows(client, "ecs", "list_services", "serviceArns", cluster=cluster)
        ]
        for start in range(0, len(arns), 10):  # DescribeServices takes ten at a time
            described = client("ecs").describe_services(
                cluster=cluster, services=arns[start : start + 10]
            )
            yield from (
                row["serviceArn"] for row in described["services"] if row["status"] != "INACTIVE"
            )


def _task_definitions(client: Client) -> Iterator[str]:
    arns = _rows(client, "ecs", "list_task_definitions", "taskDefinitionArns", status="ACTIVE")
    return (str(arn) for arn in arns)


def _file_systems(client: Client) -> Iterator[str]:
    for row in _rows(client, "efs", "describe_file_systems", "FileSystems"):
        yield row["FileSystemId"]


def _mount_targets(client: Client) -> Iterator[str]:
    for id_ in _file_systems(client):
        rows = _rows(client, "efs", "describe_mount_targets", "MountTargets", FileSystemId=id_)
        yield from (row["MountTargetId"] for row in rows)


# --- Names and values: roles, secrets, records.


def _own_roles(client: Client) -> Iterator[str]:
    for row in _rows(client, "iam", "list_roles", "Roles"):
        if not row["Path"].startswith("/aws-service-role/"):  # AWS makes these by itself
            yield row["RoleName"]


def _role_policies(client: Client) -> Iterator[str]:
    for role in _own_roles(client):
        for name in _rows(client, "iam", "list_role_policies", "PolicyNames", RoleName=role):
            yield f"{role}:{name}"


def _attachments(client: Client) -> Iterator[str]:
    for role in _own_roles(client):
        rows = _rows(
            client, "iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role
        )
        yield from (f"{role}/{row['PolicyArn']}" for row in rows)


def _secret_versions(client: Client) -> Iterator[str]:
    for secret in _rows(client, "secretsmanager", "list_secrets", "SecretList"):
        rows = _rows(
            client,
            "secretsmanager",
            "list_secret_version_ids",
            "Versions",
            SecretId=secret["ARN"],
            IncludeDeprecated=True,
        )
        yield from (f"{secret['ARN']}|{row['VersionId']}" for row in rows)


def _records(client: Client) -> Iterator[str]:
    for zone in _rows(client, "route53", "list_hosted_zones", "HostedZones"):
        rows = _rows(
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


_LISTS: Final[Mapping[str, Callable[[Client], Iterator[str]]]] = {
    "aws_acm_certificate": _listed(
        "acm", "list_certificates", "CertificateSummaryList", "CertificateArn"
    ),
    "aws_appautoscaling_policy": _listed(
        "application-autoscaling",
        "describe_scaling_policies",
        "ScalingPolicies",
        "PolicyARN",
        ServiceNamespace="ecs",
    ),
    "aws_appautoscaling_target": _listed(
        "application-autoscaling",
        "describe_scalable_targets",
        "ScalableTargets",
        "ResourceId",
        ServiceNamespace="ecs",
    ),
    "aws_cloudwatch_dashboard": _listed(
        "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"
    ),
    "aws_cloudwatch_log_group": _listed("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "aws_cloudwatch_metric_alarm": _listed(
        "cloudwatch",
        "describe_alarms",
        "MetricAlarms",
        "AlarmName",
        where=lambda row: not row["AlarmName"].startswith("TargetTracking-"),  # scaling's own
    ),
    "aws_db_instance": _listed(
        "rds",
        "describe_db_instances",
        "DBInstances",
        "DBInstanceIdentifier",
        where=lambda row: not row.get("DBClusterIdentifier"),
    ),
    "aws_db_parameter_group": _listed(
        "rds",
        "describe_db_parameter_groups",
        "DBParameterGroups",
        "DBParameterGroupName",
        where=lambda row: not row["DBParameterGroupName"].startswith("default."),
    ),
    "aws_db_subnet_group": _listed(
        "rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"
    ),
    "aws_ecr_repository": _listed("ecr", "describe_repositories", "repositories", "repositoryName"),
    "aws_ecs_cluster": _clusters,
    "aws_ecs_service": _services,
    "aws_ecs_task_definition": _task_definitions,
    "aws_efs_access_point": _listed(
        "efs", "describe_access_points", "AccessPoints", "AccessPointId"
    ),
    "aws_efs_file_system": _file_systems,
    "aws_efs_mount_target": _mount_targets,
    "aws_eip": _listed("ec2", "describe_addresses", "Addresses", "AllocationId"),
    "aws_iam_role": _own_roles,
    "aws_iam_role_policy": _role_policies,
    "aws_iam_role_policy_attachment": _attachments,
    "aws_internet_gateway": _internet_gateways,
    "aws_lb": _balancers,
    "aws_lb_listener": _listeners,
    "aws_lb_listener_rule": _listener_rules,
    "aws_lb_target_group": _listed(
        "elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"
    ),
    "aws_nat_gateway": _listed(
        "ec2",
        "describe_nat_gateways",
        "NatGateways",
        "NatGatewayId",
        where=lambda row: row["State"] not in {"deleting", "deleted", "failed"},
    ),
    "aws_rds_cluster": _listed("rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
    "aws_rds_cluster_instance": _listed(
        "rds",
        "describe_db_instances",
        "DBInstances",
        "DBInstanceIdentifier",
        where=lambda row: bool(row.get("DBClusterIdentifier")),
    ),
    "aws_rds_cluster_parameter_group": _listed(
        "rds",
        "describe_db_cluster_parameter_groups",
        "DBClusterParameterGroups",
        "DBClusterParameterGroupName",
        where=lambda row: not row["DBClusterParameterGroupName"].startswith("default."),
    ),
    "aws_route53_record": _records,
    "aws_route_table": _route_tables,
    "aws_route_table_association": _associations,
    "aws_s3_bucket": _listed("s3", "list_buckets", "Buckets", "Name"),
    "aws_secretsmanager_secret": _listed("secretsmanager", "list_secrets", "SecretList", "ARN"),
    "aws_secretsmanager_secret_version": _secret_versions,
    "aws_security_group": _SECURITY_GROUPS,
    "aws_sns_topic": _listed("sns", "list_topics", "Topics", "TopicArn"),
    "aws_sns_topic_subscription": _listed(
        "sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"
    ),
    "aws_subnet": _listed(
        "ec2", "describe_subnets", "Subnets", "SubnetId", where=lambda row: not row["DefaultForAz"]
    ),
    "aws_vpc": _listed(
        "ec2", "describe_vpcs", "Vpcs", "VpcId", where=lambda row: not row.get("IsDefault")
    ),
    "aws_vpc_security_group_egress_rule": _rules(egress=True),
    "aws_vpc_security_group_ingress_rule": _rules(egress=False),
}
