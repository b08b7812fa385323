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


def test_a_second_diff_is_empty(prod: Deployment) -> None:
    assert "No changes." in prod.cdktf.run("diff", prod.stack)
