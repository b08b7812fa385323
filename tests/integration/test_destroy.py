"""The end of a stage. Runs after the tests that read the deployments (pytest keeps the files' order)."""

import pytest

from local.cdktf import CdktfError
from tests.integration.conftest import Deployment

pytestmark = pytest.mark.integration


def test_prod_refuses_to_be_destroyed(prod: Deployment) -> None:
    with pytest.raises(CdktfError, match=r"lifecycle\.prevent_destroy"):
        prod.cdktf.run("destroy", prod.stack, "--auto-approve")

    (cluster,) = prod.client("rds").describe_db_clusters()["DBClusters"]
    assert cluster["DBClusterIdentifier"] == "acme-rds-postgres"
    assert cluster["DeletionProtection"] is True


def test_a_destroyed_dev_leaves_nothing_behind(dev: Deployment) -> None:
    vpc = [{"Name": "vpc-id", "Values": [dev.outputs["VpcId"]]}]

    dev.cdktf.run("destroy", dev.stack, "--auto-approve")

    ec2 = dev.client("ec2")
    assert ec2.describe_vpcs(Filters=vpc)["Vpcs"] == []
    assert ec2.describe_subnets(Filters=vpc)["Subnets"] == []
    assert ec2.describe_security_groups(Filters=vpc)["SecurityGroups"] == []
    gateways = ec2.describe_nat_gateways(Filters=vpc)["NatGateways"]
    assert {gateway["State"] for gateway in gateways} == {"deleted"}  # AWS lists it for an hour
    # Prod's are all that is left; its prefix is another one.
    scaling, ecs = dev.client("application-autoscaling"), dev.client("ecs")
    left = {
        "flow logs": ec2.describe_flow_logs()["FlowLogs"],
        "load balancers": dev.client("elbv2").describe_load_balancers()["LoadBalancers"],
        "target groups": dev.client("elbv2").describe_target_groups()["TargetGroups"],
        "databases": dev.client("rds").describe_db_instances()["DBInstances"],
        "file systems": dev.client("efs").describe_file_systems()["FileSystems"],
        "certificates": dev.client("acm").list_certificates()["CertificateSummaryList"],
        "topics": dev.client("sns").list_topics()["Topics"],
        "alarms": dev.client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"],
        "dashboards": dev.client("cloudwatch").list_dashboards()["DashboardEntries"],
        "log groups": dev.client("logs").describe_log_groups()["logGroups"],
        "scaling": scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"],
        "buckets": dev.client("s3").list_buckets()["Buckets"],
        "roles": dev.client("iam").list_roles(MaxItems=1000)["Roles"],
        "registries": dev.client("ecr").describe_repositories()["repositories"],
        "clusters": [
            cluster
            for cluster in ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])[
                "clusters"
            ]
            if cluster["status"] == "ACTIVE"  # a deleted one is remembered for a while
        ],
        "secrets": dev.client("secretsmanager").list_secrets(
            MaxResults=100, IncludePlannedDeletion=True
        )["SecretList"],
    }
    assert all(left.values())
    of_dev = {
        what: [
            str(item) for item in items if "atomic-dev" in str(item) or "dev.example" in str(item)
        ]
        for what, items in left.items()
    }
    assert {what: items for what, items in of_dev.items() if items} == {}
