"""Reads back what exists in an account, as a person would want it summed up."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Counted = tuple[str, int, str]
"""What there is, how many of it, and which."""


def what_exists(client: Callable[[str], Any], *, outputs: Mapping[str, str]) -> Iterator[Counted]:
    """Sum up a deployed stage; `client` makes boto3 clients, `outputs` are the stack's."""
    ec2, elb, ecs = client("ec2"), client("elbv2"), client("ecs")
    vpc = [{"Name": "vpc-id", "Values": [outputs["VpcId"]]}]
    yield _row("subnets", ec2.describe_subnets(Filters=vpc)["Subnets"], "CidrBlock")
    yield _row("NAT gateways", ec2.describe_nat_gateways(Filters=vpc)["NatGateways"], "State")
    groups = [
        group
        for group in ec2.describe_security_groups(Filters=vpc)["SecurityGroups"]
        if group["GroupName"] != "default"
    ]
    yield _row("security groups", groups, "GroupName")

    balancers = elb.describe_load_balancers()["LoadBalancers"]
    yield _row("load balancers", balancers, "LoadBalancerName")
    for balancer in balancers:
        listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        yield _row("listeners", listeners, "Port")
        for listener in listeners:
            if listener["Protocol"] == "HTTPS":
                rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
                paths = sorted(_path(rule) for rule in rules if rule["Conditions"])
                yield "routes", len(rules) - 1, ", ".join(paths)  # beside the default rule

    cluster = outputs["ClusterName"]
    arns = ecs.list_services(cluster=cluster, maxResults=100)["serviceArns"]
    services = []
    for start in range(0, len(arns), 10):  # DescribeServices takes ten at a time
        services += ecs.describe_services(cluster=cluster, services=arns[start : start + 10])[
            "services"
        ]
    yield _row("services", services, "serviceName")
    targets = client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")
    yield _row("services that scale", targets["ScalableTargets"], "ResourceId")

    instances = client("rds").describe_db_instances()["DBInstances"]
    yield _row("databases", instances, "DBInstanceIdentifier")
    secrets = client("secretsmanager").list_secrets(MaxResults=100)["SecretList"]
    yield _row("secrets", secrets, "Name")
    registries = client("ecr").describe_repositories()["repositories"]
    yield _row("registries", registries, "repositoryName")
    yield _row("buckets", client("s3").list_buckets()["Buckets"], "Name")
    access_points = client("efs").describe_access_points()["AccessPoints"]
    yield _row("file system access points", access_points, "AccessPointId")
    cloudwatch = client("cloudwatch")
    alarms = [
        alarm
        for alarm in cloudwatch.describe_alarms(MaxRecords=100)["MetricAlarms"]
        if not alarm["AlarmName"].startswith("TargetTracking-")  # scaling makes its own
    ]
    yield "alarms", len(alarms), "all on the dashboard"
    dashboards = cloudwatch.list_dashboards()["DashboardEntries"]
    yield _row("dashboards", dashboards, "DashboardName")
    logs = client("logs").describe_log_groups()["logGroups"]
    yield _row("log groups", logs, "logGroupName")


def _row(what: str, found: list[dict[str, Any]], key: str) -> Counted:
    return what, len(found), ", ".join(sorted(str(item[key]) for item in found))


def _path(rule: dict[str, Any]) -> str:
    (condition,) = rule["Conditions"]
    values: list[str] = condition["PathPatternConfig"]["Values"]
    return min(values, key=len)
