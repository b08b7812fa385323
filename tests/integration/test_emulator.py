"""The embedded AWS as a program."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.emulator import PROJECT, Emulator, running_emulator

pytestmark = pytest.mark.integration


@pytest.fixture
def heeding_ctrl_c() -> Iterator[None]:
    """Children hear SIGINT even where these tests run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeding_ctrl_c")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_says_when_it_is_ready_and_stops_when_told(how: signal.Signals) -> None:
    with running_emulator() as emulator:
        identity = emulator.client("sts").get_caller_identity()

        emulator.process.send_signal(how)

        assert identity["Account"] == "123456789012"
        assert emulator.process.wait(timeout=10) == 0


def test_a_taken_port_is_said_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        answer = subprocess.run(
            [sys.executable, "-m", "local.aws", "--port", str(port)],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert answer.returncode == 1
    assert answer.stdout == ""
    (line,) = answer.stderr.splitlines()
    assert f"port {port} on 127.0.0.1 cannot be used" in line


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("ecs", "get_task_protection", {"cluster": "any"}),
        ("efs", "describe_replication_configurations", {}),
        # These two read XML.
        ("rds", "describe_db_recommendations", {}),
        ("ec2", "describe_ipam_byoasn", {}),
    ],
)
def test_a_call_that_it_lacks_fails_at_once_and_says_so_in_its_clients_words(
    emulator: Emulator, service: str, operation: str, arguments: dict[str, str]
) -> None:
    client = emulator.client(service)

    with pytest.raises(client.exceptions.ClientError, match="the embedded AWS lacks this call"):
        getattr(client, operation)(**arguments)


def _subnet_group(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    emulator.client("rds").create_db_subnet_group(
        DBSubnetGroupName="taken", DBSubnetGroupDescription="one", SubnetIds=subnets
    )


def _address_set(emulator: Emulator) -> None:
    emulator.client("wafv2").create_ip_set(
        Name="taken", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=["10.0.0.0/8"]
    )


def _service(emulator: Emulator) -> None:
    ecs = emulator.client("ecs")
    ecs.create_cluster(clusterName="taken")
    ecs.register_task_definition(
        family="taken", containerDefinitions=[{"name": "a", "image": "b", "memory": 128}]
    )
    ecs.create_service(cluster="taken", serviceName="taken", taskDefinition="taken", desiredCount=0)


def _topic(emulator: Emulator) -> None:
    sns = emulator.client("sns")
    made = len([each for each in sns.list_topics()["Topics"] if "taken" in each["TopicArn"]])
    sns.create_topic(Name="taken", Tags=[{"Key": "made", "Value": str(made)}])


def test_what_an_instance_uses_is_not_deleted(emulator: Emulator) -> None:
    rds = emulator.client("rds")
    rds.create_db_parameter_group(
        DBParameterGroupName="used", DBParameterGroupFamily="postgres15", Description="d"
    )
    ec2 = emulator.client("ec2")
    subnets = [
        each["SubnetId"]
        for each in ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])[
            "Subnets"
        ]
    ]
    rds.create_db_subnet_group(
        DBSubnetGroupName="used", DBSubnetGroupDescription="d", SubnetIds=subnets
    )
    rds.create_db_instance(
        DBInstanceIdentifier="user",
        Engine="postgres",
        EngineVersion="15",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="master",
        MasterUserPassword="planted-password",
        DBParameterGroupName="used",
        DBSubnetGroupName="used",
    )
    refused = rds.exceptions.ClientError
    with pytest.raises(refused, match="InvalidDBParameterGroupState"):
        rds.delete_db_parameter_group(DBParameterGroupName="used")
    with pytest.raises(refused, match="InvalidDBSubnetGroupStateFault"):
        rds.delete_db_subnet_group(DBSubnetGroupName="used")
    assert rds.describe_db_instances(DBInstanceIdentifier="user")["DBInstances"]

    rds.delete_db_instance(DBInstanceIdentifier="user", SkipFinalSnapshot=True)
    rds.delete_db_parameter_group(DBParameterGroupName="used")
    rds.delete_db_subnet_group(DBSubnetGroupName="used")


def test_performance_insights_keep_their_days_and_never_change_their_key(
    emulator: Emulator,
) -> None:
    rds = emulator.client("rds")

    def changed(**to: Any) -> tuple[bool, int | None, bool]:
        made = rds.modify_db_instance(DBInstanceIdentifier="measured", **to)["DBInstance"]
        key = made.get("PerformanceInsightsKMSKeyId", "")
        days = made.get("PerformanceInsightsRetentionPeriod")
        return made["PerformanceInsightsEnabled"], days, key.endswith(":alias/aws/rds")

    rds.create_db_instance(
        DBInstanceIdentifier="measured",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        MasterUsername="people",
        MasterUserPassword="of-no-use-here",
        AllocatedStorage=20,
    )
    refused = rds.exceptions.ClientError

    assert changed() == (False, None, False)
    with pytest.raises(refused, match="EnablePerformanceInsights must be"):
        changed(PerformanceInsightsRetentionPeriod=7)
    assert changed(EnablePerformanceInsights=True) == (True, 7, True)
    assert changed(PerformanceInsightsRetentionPeriod=31) == (True, 31, True)
    with pytest.raises(refused, match="cannot change your Performance Insights KMS key"):
        changed(PerformanceInsightsKMSKeyId="arn:aws:kms:us-east-1:111122223333:key/other")
    # So the provider switches it off, with the days that it knows.
    off = {"EnablePerformanceInsights": False, "PerformanceInsightsRetentionPeriod": 31}
    assert changed(**off) == (False, None, False)
    with pytest.raises(refused, match="EnablePerformanceInsights must be"):
        changed(**off)
    rds.delete_db_instance(DBInstanceIdentifier="measured", SkipFinalSnapshot=True)


@pytest.mark.parametrize(
    ("create", "code"),
    [
        (_subnet_group, "DBSubnetGroupAlreadyExists"),
        (_address_set, "WAFDuplicateItemException"),
        (
            lambda emulator: emulator.client("scheduler").create_schedule_group(Name="taken"),
            "ConflictException",
        ),
        (_service, "InvalidParameterException"),
        (_topic, "InvalidParameter"),
    ],
    ids=["subnet group", "address set", "schedule group", "service", "topic with other tags"],
)
def test_a_name_is_given_once(
    emulator: Emulator, create: Callable[[Emulator], None], code: str
) -> None:
    create(emulator)

    with pytest.raises(ClientError) as refused:
        create(emulator)

    assert refused.value.response["Error"]["Code"] == code


def test_a_cluster_that_is_made_again_is_the_one_that_is_there(emulator: Emulator) -> None:
    ecs = emulator.client("ecs")
    ecs.create_cluster(clusterName="twice")
    ecs.put_cluster_capacity_providers(
        cluster="twice", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
    )

    again = ecs.create_cluster(clusterName="twice")["cluster"]

    assert again["capacityProviders"] == ["FARGATE"]
    (there,) = ecs.describe_clusters(clusters=["twice"])["clusters"]
    assert there["capacityProviders"] == ["FARGATE"]


def test_a_backup_plan_takes_other_rules(emulator: Emulator) -> None:
    backup = emulator.client("backup")
    rule = {"RuleName": "daily", "TargetBackupVaultName": "vault"}
    plan = {"BackupPlanName": "changed", "Rules": [rule]}
    made = backup.create_backup_plan(BackupPlan=plan)["BackupPlanId"]

    plan["Rules"] = [{**rule, "CompletionWindowMinutes": 1380}]
    backup.update_backup_plan(BackupPlanId=made, BackupPlan=plan)

    (kept,) = backup.get_backup_plan(BackupPlanId=made)["BackupPlan"]["Rules"]
    assert kept["CompletionWindowMinutes"] == 1380


def test_a_file_system_takes_another_throughput(emulator: Emulator) -> None:
    efs = emulator.client("efs")
    made = efs.create_file_system(CreationToken="quick", Encrypted=True)["FileSystemId"]

    efs.update_file_system(FileSystemId=made, ThroughputMode="elastic")

    (found,) = efs.describe_file_systems(FileSystemId=made)["FileSystems"]
    assert found["ThroughputMode"] == "elastic"
    efs.delete_file_system(FileSystemId=made)
