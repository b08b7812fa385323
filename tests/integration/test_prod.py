"""A prod of another kind than dev on the emulator: what its stage file asks for is what stands."""

import json

import pytest

from tests.integration.conftest import Deployment

pytestmark = pytest.mark.integration

CLUSTER = "acme-ecs-cluster"


def test_three_zones_have_a_public_and_a_private_subnet_each(prod: Deployment) -> None:
    vpc = [{"Name": "vpc-id", "Values": [prod.outputs["VpcId"]]}]

    subnets = prod.client("ec2").describe_subnets(Filters=vpc)["Subnets"]

    assert sorted(subnet["CidrBlock"] for subnet in subnets) == [
        f"10.42.{index}.0/24" for index in range(6)
    ]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 3


def test_without_nat_tasks_have_public_addresses(prod: Deployment) -> None:
    vpc = [{"Name": "vpc-id", "Values": [prod.outputs["VpcId"]]}]
    ec2 = prod.client("ec2")

    (service,) = prod.client("ecs").describe_services(cluster=CLUSTER, services=["acme-app"])[
        "services"
    ]

    configuration = service["networkConfiguration"]["awsvpcConfiguration"]
    public = [
        subnet["SubnetId"]
        for subnet in ec2.describe_subnets(Filters=vpc)["Subnets"]
        if {"Key": "Tier", "Value": "Public"} in subnet["Tags"]
    ]
    assert ec2.describe_nat_gateways(Filters=vpc)["NatGateways"] == []
    assert configuration["assignPublicIp"] == "ENABLED"
    assert sorted(configuration["subnets"]) == sorted(public)


def test_the_database_is_aurora_with_the_same_secrets(prod: Deployment) -> None:
    (cluster,) = prod.client("rds").describe_db_clusters()["DBClusters"]
    secrets = prod.client("secretsmanager")

    text = secrets.get_secret_value(SecretId="acme-hasura-db-conn-string")["SecretString"]

    assert cluster["Engine"] == "aurora-postgresql"
    assert cluster["ServerlessV2ScalingConfiguration"]["MaxCapacity"] == 4
    assert f"@{prod.outputs['DbInstanceEndpoint']}:5432/atomicdb" in text


def test_the_listener_has_the_given_certificate(prod: Deployment) -> None:
    elb = prod.client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["acme-alb"])["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]

    (https,) = [listener for listener in listeners if listener["Port"] == 443]

    assert https["Certificates"][0]["CertificateArn"] == prod.outputs["CertificateArn"]


def test_functions_get_the_kafka_brokers(prod: Deployment) -> None:
    definition = prod.client("ecs").describe_task_definition(taskDefinition="acme-functions")

    container = definition["taskDefinition"]["containerDefinitions"][0]
    secrets = {item["name"]: item["valueFrom"] for item in container["secrets"]}
    assert secrets["KAFKA_BOOTSTRAP_SERVERS"] == prod.outputs["MskBootstrapBrokersArn"]


def test_a_ninth_service_stands_with_all_that_belongs_to_it(prod: Deployment) -> None:
    ecs, scaling = prod.client("ecs"), prod.client("application-autoscaling")
    groups = prod.client("elbv2").describe_target_groups(Names=["acme-reports"])["TargetGroups"]
    (service,) = ecs.describe_services(cluster=CLUSTER, services=["acme-reports"])["services"]
    target = f"service/{CLUSTER}/acme-reports"

    alarms = prod.client("cloudwatch").describe_alarms(AlarmNamePrefix="acme-reports")
    targets = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[target])
    roles = prod.client("iam").list_roles(MaxItems=1000)["Roles"]
    logs = prod.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/ecs/{CLUSTER}/reports")

    assert service["loadBalancers"][0]["targetGroupArn"] == groups[0]["TargetGroupArn"]
    assert sorted(alarm["AlarmName"] for alarm in alarms["MetricAlarms"]) == [
        "acme-reports-cpu",
        "acme-reports-latency",
        "acme-reports-no-task",
        "acme-reports-target-5xx",
        "acme-reports-unhealthy-hosts",
    ]
    assert targets["ScalableTargets"][0]["MaxCapacity"] == 2
    assert {role["RoleName"] for role in roles if role["RoleName"].startswith("acme-reports")} == {
        "acme-reports-execution-role",
        "acme-reports-task-role",
    }
    assert len(logs["logGroups"]) == 1


def test_the_application_key_of_hasura_is_one_of_its_own(prod: Deployment) -> None:
    secrets = prod.client("secretsmanager")

    value = json.loads(secrets.get_secret_value(SecretId="acme-hasura-jwt-secret")["SecretString"])

    assert value["type"] == "HS256"
    assert len(value["key"]) == 64


def test_the_web_firewall_stands_before_the_load_balancer(prod: Deployment) -> None:
    (balancer,) = prod.client("elbv2").describe_load_balancers(Names=["acme-alb"])["LoadBalancers"]

    answer = prod.client("wafv2").get_web_acl_for_resource(ResourceArn=balancer["LoadBalancerArn"])

    assert answer["WebACL"]["Name"] == "acme-web-firewall"
    assert len(answer["WebACL"]["Rules"]) == 4


def test_requests_and_connections_are_logged_to_the_logs_bucket(prod: Deployment) -> None:
    elb, ec2 = prod.client("elbv2"), prod.client("ec2")
    (balancer,) = elb.describe_load_balancers(Names=["acme-alb"])["LoadBalancers"]
    vpc = [{"Name": "resource-id", "Values": [prod.outputs["VpcId"]]}]

    attributes = {
        each["Key"]: each["Value"]
        for each in elb.describe_load_balancer_attributes(
            LoadBalancerArn=balancer["LoadBalancerArn"]
        )["Attributes"]
    }
    (flow_log,) = ec2.describe_flow_logs(Filters=vpc)["FlowLogs"]

    bucket = "acme-logs-123456789012-us-east-1"
    assert attributes["access_logs.s3.enabled"] == "true"
    assert attributes["access_logs.s3.bucket"] == bucket
    assert flow_log["LogDestination"] == f"arn:aws:s3:::{bucket}/connections/"


def test_one_key_of_its_own_encrypts_the_stage(prod: Deployment) -> None:
    kms = prod.client("kms")
    key = kms.describe_key(KeyId="alias/acme")["KeyMetadata"]["Arn"]

    (cluster,) = prod.client("rds").describe_db_clusters()["DBClusters"]
    vault = prod.client("backup").describe_backup_vault(BackupVaultName="acme-backups")
    secret = prod.client("secretsmanager").describe_secret(SecretId="acme-hasura-admin-secret")

    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    assert [cluster["KmsKeyId"], vault["EncryptionKeyArn"], secret["KmsKeyId"]] == [key] * 3


def test_database_and_file_system_are_backed_up(prod: Deployment) -> None:
    backup = prod.client("backup")
    (plan,) = [
        plan
        for plan in backup.list_backup_plans()["BackupPlansList"]
        if plan["BackupPlanName"] == "acme-daily"
    ]

    rules = backup.get_backup_plan(BackupPlanId=plan["BackupPlanId"])["BackupPlan"]["Rules"]

    assert [(rule["TargetBackupVaultName"], rule["Lifecycle"]) for rule in rules] == [
        ("acme-backups", {"DeleteAfterDays": 35})
    ]


def test_a_second_diff_is_empty(prod: Deployment) -> None:
    assert "No changes." in prod.cdktf.run("diff", prod.stack)
