"""Every counted type, and how its objects are listed, named as the state names them."""

from collections.abc import Mapping
from typing import Final

from dev.fault_injection.census_nested import NESTED_LISTS
from dev.fault_injection.census_rows import Lister, listed

LISTS: Final[Mapping[str, Lister]] = {
    **NESTED_LISTS,
    "aws_acm_certificate": listed(
        "acm", "list_certificates", "CertificateSummaryList", "CertificateArn"
    ),
    "aws_appautoscaling_policy": listed(
        "application-autoscaling",
        "describe_scaling_policies",
        "ScalingPolicies",
        "PolicyARN",
        ServiceNamespace="ecs",
    ),
    "aws_appautoscaling_target": listed(
        "application-autoscaling",
        "describe_scalable_targets",
        "ScalableTargets",
        "ResourceId",
        ServiceNamespace="ecs",
    ),
    "aws_appautoscaling_scheduled_action": listed(
        "application-autoscaling",
        "describe_scheduled_actions",
        "ScheduledActions",
        "ScheduledActionARN",
        ServiceNamespace="ecs",
    ),
    "aws_backup_vault": listed(
        "backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName"
    ),
    "aws_ce_anomaly_monitor": listed("ce", "get_anomaly_monitors", "AnomalyMonitors", "MonitorArn"),
    "aws_ce_anomaly_subscription": listed(
        "ce", "get_anomaly_subscriptions", "AnomalySubscriptions", "SubscriptionArn"
    ),
    "aws_cloudwatch_dashboard": listed(
        "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"
    ),
    "aws_cloudwatch_log_group": listed("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "aws_cloudwatch_metric_alarm": listed(
        "cloudwatch",
        "describe_alarms",
        "MetricAlarms",
        "AlarmName",
        where=lambda row: not row["AlarmName"].startswith("TargetTracking-"),  # scaling's own
    ),
    "aws_db_instance": listed(
        "rds",
        "describe_db_instances",
        "DBInstances",
        "DBInstanceIdentifier",
        where=lambda row: not row.get("DBClusterIdentifier"),
    ),
    "aws_db_parameter_group": listed(
        "rds",
        "describe_db_parameter_groups",
        "DBParameterGroups",
        "DBParameterGroupName",
        where=lambda row: not row["DBParameterGroupName"].startswith("default."),
    ),
    "aws_db_subnet_group": listed(
        "rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"
    ),
    "aws_ecr_repository": listed("ecr", "describe_repositories", "repositories", "repositoryName"),
    "aws_efs_access_point": listed(
        "efs", "describe_access_points", "AccessPoints", "AccessPointId"
    ),
    "aws_eip": listed("ec2", "describe_addresses", "Addresses", "AllocationId"),
    "aws_flow_log": listed("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    "aws_kms_alias": listed(
        "kms",
        "list_aliases",
        "Aliases",
        "AliasName",
        where=lambda row: not row["AliasName"].startswith("alias/aws/"),
    ),
    "aws_lb_target_group": listed(
        "elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"
    ),
    "aws_nat_gateway": listed(
        "ec2",
        "describe_nat_gateways",
        "NatGateways",
        "NatGatewayId",
        where=lambda row: row["State"] not in {"deleting", "deleted", "failed"},
    ),
    "aws_rds_cluster": listed("rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
    "aws_rds_cluster_instance": listed(
        "rds",
        "describe_db_instances",
        "DBInstances",
        "DBInstanceIdentifier",
        where=lambda row: bool(row.get("DBClusterIdentifier")),
    ),
    "aws_rds_cluster_parameter_group": listed(
        "rds",
        "describe_db_cluster_parameter_groups",
        "DBClusterParameterGroups",
        "DBClusterParameterGroupName",
        where=lambda row: not row["DBClusterParameterGroupName"].startswith("default."),
    ),
    "aws_s3_bucket": listed("s3", "list_buckets", "Buckets", "Name"),
    "aws_secretsmanager_secret": listed("secretsmanager", "list_secrets", "SecretList", "ARN"),
    "aws_sns_topic": listed("sns", "list_topics", "Topics", "TopicArn"),
    "aws_sns_topic_subscription": listed(
        "sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"
    ),
    "aws_subnet": listed(
        "ec2", "describe_subnets", "Subnets", "SubnetId", where=lambda row: not row["DefaultForAz"]
    ),
    "aws_vpc": listed(
        "ec2", "describe_vpcs", "Vpcs", "VpcId", where=lambda row: not row.get("IsDefault")
    ),
    "aws_wafv2_ip_set": listed(
        "wafv2", "list_ip_sets", "IPSets", "Id", Scope="REGIONAL", Limit=100
    ),
    "aws_wafv2_web_acl": listed(
        "wafv2", "list_web_acls", "WebACLs", "Id", Scope="REGIONAL", Limit=100
    ),
}
