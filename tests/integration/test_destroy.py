"""The end of a stage. Runs after the tests that read the deployments (pytest keeps the files' order)."""

from typing import Any

import pytest

from local.cdktf import CdktfError
from tests.integration.conftest import Deployment

pytestmark = pytest.mark.integration


def test_prod_refuses_to_be_destroyed(prod: Deployment) -> None:
    with pytest.raises(CdktfError, match=r"lifecycle\.prevent_destroy"):
        prod.cdktf.run("destroy", prod.stack, "--auto-approve")

    (cluster,) = prod.client("rds").describe_db_clusters()["DBClusters"]
    assert cluster["DBClusterIdentifier"] == "atomic-prod-rds-postgres"
    assert cluster["DeletionProtection"] is True


def test_a_destroyed_dev_leaves_nothing_behind(dev: Deployment) -> None:
    vpc = [{"Name": "vpc-id", "Values": [dev.outputs["VpcId"]]}]

    dev.cdktf.run("destroy", dev.stack, "--auto-approve")

    def named(items: list[dict[str, Any]], key: str) -> list[str]:
        return [item[key] for item in items if "atomic-dev" in item[key]]

    ec2 = dev.client("ec2")
    assert ec2.describe_vpcs(Filters=vpc)["Vpcs"] == []
    assert ec2.describe_subnets(Filters=vpc)["Subnets"] == []
    assert ec2.describe_security_groups(Filters=vpc)["SecurityGroups"] == []
    assert ec2.describe_nat_gateways(Filters=vpc)["NatGateways"] == []
    assert dev.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert dev.client("elbv2").describe_target_groups()["TargetGroups"] == []
    assert dev.client("rds").describe_db_instances()["DBInstances"] == []
    assert dev.client("efs").describe_file_systems()["FileSystems"] == []
    certificates = dev.client("acm").list_certificates()["CertificateSummaryList"]
    assert [item["DomainName"] for item in certificates] == ["app.example.com"]  # prod's
    assert dev.client("sns").list_topics()["Topics"] == []
    assert dev.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert dev.client("cloudwatch").list_dashboards()["DashboardEntries"] == []
    assert dev.client("logs").describe_log_groups()["logGroups"] == []
    assert (
        dev.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")[
            "ScalableTargets"
        ]
        == []
    )
    assert named(dev.client("s3").list_buckets()["Buckets"], "Name") == []
    assert named(dev.client("iam").list_roles(MaxItems=1000)["Roles"], "RoleName") == []
    assert named(dev.client("ecr").describe_repositories()["repositories"], "repositoryName") == []
    secrets = dev.client("secretsmanager").list_secrets(MaxResults=100, IncludePlannedDeletion=True)
    assert named(secrets["SecretList"], "Name") == []
    assert dev.client("ecs").list_clusters()["clusterArns"] == [
        "arn:aws:ecs:us-east-1:123456789012:cluster/atomic-prod-ecs-cluster"
    ]
