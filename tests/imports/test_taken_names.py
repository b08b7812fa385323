"""Names that a plan would give to new objects, and that objects in AWS have already."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from aws.client import Clients
from aws.resources import RESOURCES
from imports.taken_names import taken_names
from tests.imports.records import a_plan, planned

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def _load_balancer(clients: Clients) -> None:
    vpc = clients("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        clients("ec2").create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )["Subnet"]["SubnetId"]
        for n, zone in enumerate("ab")
    ]
    clients("elbv2").create_load_balancer(Name="live", Subnets=subnets)


def _target_group(clients: Clients) -> None:
    vpc = clients("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    clients("elbv2").create_target_group(Name="live", Protocol="HTTP", Port=80, VpcId=vpc)


MADE: dict[str, tuple[str, Callable[[Clients], Any]]] = {
    "aws_lb": ("name", _load_balancer),
    "aws_lb_target_group": ("name", _target_group),
    "aws_cloudwatch_log_group": (
        "name",
        lambda clients: clients("logs").create_log_group(logGroupName="live"),
    ),
    "aws_iam_role": (
        "name",
        lambda clients: clients("iam").create_role(RoleName="live", AssumeRolePolicyDocument=TRUST),
    ),
    "aws_secretsmanager_secret": (
        "name",
        lambda clients: clients("secretsmanager").create_secret(Name="live", SecretString="x"),
    ),
    "aws_s3_bucket": ("bucket", lambda clients: clients("s3").create_bucket(Bucket="live")),
    "aws_sns_topic": ("name", lambda clients: clients("sns").create_topic(Name="live")),
}


def taken(clients: Clients, *changes: dict[str, Any]) -> dict[str, str]:
    found = taken_names(a_plan(*changes), clients, stage="prod")
    return {each.address: each.why for each in found}


@pytest.mark.parametrize("type_", MADE)
def test_a_name_that_exists_is_named_before_the_deploy(clients: Clients, type_: str) -> None:
    argument, make = MADE[type_]
    change = planned(f"{type_}.main", "create", after={argument: "live"})
    assert taken(clients, change) == {}

    make(clients)

    why = taken(clients, change)[f"{type_}.main"]
    assert why.startswith("live exists in AWS and is not in the state (")
    assert "python -m ops recover --stage prod" in why


def test_a_deleted_secret_still_has_its_name(clients: Clients) -> None:
    clients("secretsmanager").create_secret(Name="live", SecretString="x")
    clients("secretsmanager").delete_secret(SecretId="live", RecoveryWindowInDays=30)
    change = planned("aws_secretsmanager_secret.main", "create", after={"name": "live"})

    why = taken(clients, change)["aws_secretsmanager_secret.main"]

    assert why.startswith("live was deleted, and AWS keeps it and its name")
    assert "`aws secretsmanager restore-secret --secret-id live` and run `python -m ops rec" in why


@pytest.mark.parametrize("name", ["liv", "live-2", None, ""])
def test_another_name_and_one_that_is_not_known_are_free(
    clients: Clients, name: str | None
) -> None:
    clients("s3").create_bucket(Bucket="live")

    assert taken(clients, planned("aws_s3_bucket.a", "create", after={"bucket": name})) == {}


@pytest.mark.parametrize("actions", [("no-op",), ("update",), ("delete", "create")])
def test_what_the_state_has_bears_its_own_name(clients: Clients, actions: tuple[str, ...]) -> None:
    clients("s3").create_bucket(Bucket="live")

    assert taken(clients, planned("aws_s3_bucket.a", *actions, after={"bucket": "live"})) == {}


def test_a_security_group_of_another_network_is_another_one(clients: Clients) -> None:
    ec2 = clients("ec2")
    mine, other = (ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"] for _ in range(2))
    ec2.create_security_group(GroupName="tasks", Description="-", VpcId=mine)

    def found(vpc: str) -> dict[str, str]:
        after = {"vpc_id": vpc, "name": "tasks"}
        return taken(clients, planned("aws_security_group.tasks", "create", after=after))

    assert found(other) == {}
    assert set(found(mine)) == {"aws_security_group.tasks"}


def test_a_service_of_somebodys_in_an_adopted_cluster_is_named(clients: Clients) -> None:
    ecs = clients("ecs")
    cluster = ecs.create_cluster(clusterName="live")["cluster"]["clusterArn"]
    image = {"name": "app", "image": "nginx", "memory": 64}
    ecs.register_task_definition(family="app", containerDefinitions=[image])
    change = planned(
        "aws_ecs_service.app", "create", after={"cluster": cluster, "name": "live-app"}
    )
    assert taken(clients, change) == {}

    ecs.create_service(cluster=cluster, serviceName="live-app", taskDefinition="app")

    assert set(taken(clients, change)) == {"aws_ecs_service.app"}


def test_a_name_in_the_owners_zone_is_named_unless_it_is_to_be_written_over(
    clients: Clients,
) -> None:
    route53 = clients("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="a")["HostedZone"]["Id"]
    record = {"Name": "app.example.com", "Type": "A", "TTL": 9}
    record["ResourceRecords"] = [{"Value": "192.0.2.1"}]
    route53.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]},
    )
    after = {"zone_id": zone.rpartition("/")[2], "name": "app.example.com", "type": "A"}

    def found(**beside: bool) -> dict[str, str]:
        change = planned("aws_route53_record.app", "create", after={**after, **beside})
        return taken(clients, change)

    assert found()["aws_route53_record.app"].startswith("app.example.com A exists in AWS")
    assert found(allow_overwrite=True) == {}


def test_whatever_is_refused_twice_can_be_looked_for_by_what_a_plan_says() -> None:
    rows = [each for each in RESOURCES.values() if each.refuses_double]

    assert [each.type for each in rows if each.listing is None] == []
    assert [
        part for each in rows for part in each.key if part.startswith("tags.") or "?" in part
    ] == []
