"""Requests that AWS refuses, each with what the refusal says, and their neighbours that it takes."""

import json
from dataclasses import dataclass
from typing import Any

ROLE = "arn:aws:iam::123456789012:role/app"
TRUST = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"Service": "ec2.amazonaws.com"},
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request by boto3: service, method and parameters."""

    service: str
    method: str
    params: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.service}.{self.method}"


@dataclass(frozen=True, kw_only=True)
class Refused(Asked):
    """One that is refused, and a part of the message that says why."""

    said: str

    def __str__(self) -> str:
        return f"{self.service}.{self.method}: {self.said}"


def asked(service: str, method: str, **params: Any) -> Asked:
    return Asked(service=service, method=method, params=params)


def refused(service: str, method: str, said: str, **params: Any) -> Refused:
    return Refused(service=service, method=method, said=said, params=params)


def document(*statements: dict[str, Any], version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


def allow(action: str, **changes: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": "*"} | changes


def task(**changes: Any) -> dict[str, Any]:
    return {
        "family": "app",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "app", "image": "nginx"}],
    } | changes


def alarm(**changes: Any) -> dict[str, Any]:
    return {
        "AlarmName": "cpu",
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Statistic": "Average",
        "Period": 300,
        "EvaluationPeriods": 3,
        "Threshold": 85.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    } | changes


def target_group(**changes: Any) -> dict[str, Any]:
    return {
        "Name": "app",
        "Protocol": "HTTP",
        "Port": 80,
        "VpcId": "vpc-1",
        "TargetType": "ip",
    } | changes


def tags(count: int) -> list[dict[str, str]]:
    return [{"Key": f"key-{number}", "Value": "v"} for number in range(count)]


def database(**changes: Any) -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": "app",
        "Engine": "postgres",
        "DBInstanceClass": "db.t3.small",
        "AllocatedStorage": 20,
        "MasterUsername": "postgresadmin",
        "MasterUserPassword": "a-long-password",
    } | changes


def scheduled(**changes: Any) -> dict[str, Any]:
    return {
        "ServiceNamespace": "ecs",
        "ScheduledActionName": "app",
        "ResourceId": "service/atomic/app",
        "ScalableDimension": "ecs:service:DesiredCount",
        "Schedule": "cron(0 7 ? * MON-FRI *)",
        "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 1},
    } | changes


REFUSED = [
    # The models: query
    refused("cloudwatch", "put_metric_alarm", "AlarmName = ''", **alarm(AlarmName="")),
    refused("cloudwatch", "put_metric_alarm", "at most 255 characters, not 256", **alarm(AlarmName="a" * 256)),
    refused("cloudwatch", "put_metric_alarm", "ComparisonOperator = '>'", **alarm(ComparisonOperator=">")),
    refused("cloudwatch", "put_metric_alarm", "Statistic = 'Median'", **alarm(Statistic="Median")),
    refused("cloudwatch", "put_metric_alarm", "EvaluationPeriods = 0", **alarm(EvaluationPeriods=0)),
    refused("cloudwatch", "put_metric_alarm", "a value of type integer", **alarm(Period="often")),
    refused("cloudwatch", "put_metric_alarm", "at most 5 entries, not 6", **alarm(AlarmActions=["arn:aws:sns:us-east-1:1:a"] * 6)),
    refused("iam", "create_role", "AssumeRolePolicyDocument: is required", RoleName="app"),
    refused("iam", "create_role", "at most 64 characters, not 65", RoleName="a" * 65, AssumeRolePolicyDocument=document(TRUST)),
    refused("iam", "create_role", "RoleName = 'an app'", RoleName="an app", AssumeRolePolicyDocument=document(TRUST)),
    refused("iam", "create_role", "MaxSessionDuration = 60", RoleName="app", AssumeRolePolicyDocument=document(TRUST), MaxSessionDuration=60),
    refused("elbv2", "create_target_group", "Protocol = 'SPDY'", **target_group(Protocol="SPDY")),
    refused("elbv2", "create_target_group", "Port = 70000", **target_group(Port=70000)),
    refused("elbv2", "create_target_group", "TargetType = 'pod'", **target_group(TargetType="pod")),
    refused("elbv2", "create_target_group", "HealthCheckIntervalSeconds = 1", **target_group(HealthCheckIntervalSeconds=1)),
    # ec2
    refused("ec2", "create_vpc", "InstanceTenancy = 'shared'", CidrBlock="10.0.0.0/16", InstanceTenancy="shared"),
    refused("ec2", "create_subnet", "VpcId: is required", CidrBlock="10.0.0.0/24"),
    refused("ec2", "allocate_address", "Domain = 'cloud'", Domain="cloud"),
    # json
    refused("logs", "create_log_group", "logGroupName = 'app logs'", logGroupName="app logs"),
    refused("logs", "create_log_group", "at most 512 characters", logGroupName="a" * 513),
    refused("ecr", "create_repository", "repositoryName = 'App'", repositoryName="App"),
    refused("ecr", "create_repository", "imageTagMutability = 'NEVER'", repositoryName="app", imageTagMutability="NEVER"),
    refused("secretsmanager", "create_secret", "Name: is required", Description="nameless"),
    refused("secretsmanager", "create_secret", "at most 65536 characters", Name="big", SecretString="x" * 65537),
    refused("ecs", "register_task_definition", "networkMode = 'wifi'", **task(networkMode="wifi")),
    refused("ecs", "register_task_definition", "containerDefinitions: is required", family="app"),
    refused("application-autoscaling", "register_scalable_target", "ServiceNamespace = 'ecz'", ServiceNamespace="ecz", ResourceId="service/a/b", ScalableDimension="ecs:service:DesiredCount"),
    refused("acm", "request_certificate", "DomainName = 'no domain'", DomainName="no domain"),
    # rest-json and rest-xml
    refused("efs", "create_file_system", "PerformanceMode = 'fast'", CreationToken="a", PerformanceMode="fast"),
    refused("efs", "create_access_point", "RootDirectory.Path = 'data'", FileSystemId="fs-0123456789abcdef0", ClientToken="a", RootDirectory={"Path": "data"}),
    refused("s3", "put_bucket_versioning", "VersioningConfiguration.Status = 'On'", Bucket="app-data", VersioningConfiguration={"Status": "On"}),
    # Names
    refused("elbv2", "create_target_group", "no hyphen at either end", **target_group(Name="app-")),
    refused("elbv2", "create_target_group", "at most 32 letters", **target_group(Name="a" * 33)),
    refused("elbv2", "create_load_balancer", "does not begin with internal-", Name="internal-app", Subnets=[]),
    refused("rds", "create_db_instance", "DBInstanceIdentifier = '1app'", **database(DBInstanceIdentifier="1app")),
    refused("rds", "create_db_instance", "DBInstanceIdentifier = 'my--app'", **database(DBInstanceIdentifier="my--app")),
    refused("s3", "create_bucket", "Bucket = 'App_Data'", Bucket="App_Data"),
    refused("s3", "create_bucket", "no IP address", Bucket="10.0.0.1"),
    refused("secretsmanager", "create_secret", "Name = 'a secret'", Name="a secret", SecretString="x"),
    refused("ecs", "create_cluster", "clusterName = 'a cluster'", clusterName="a cluster"),
    refused("sns", "create_topic", "Name = 'a topic'", Name="a topic"),
    # Values
    refused("sns", "subscribe", "an e-mail address", TopicArn="arn:aws:sns:us-east-1:123456789012:a", Protocol="email", Endpoint="ops"),
    refused("logs", "put_retention_policy", "retentionInDays = 31", logGroupName="app", retentionInDays=31),
    refused("elbv2", "create_target_group", "HealthCheckPath = 'health'", **target_group(HealthCheckPath="health")),
    refused("cloudwatch", "put_metric_alarm", "Period = 45", **alarm(Period=45)),
    refused("rds", "create_db_instance", "MasterUserPassword = (hidden)", **database(MasterUserPassword="short")),
    refused("rds", "create_db_instance", "BackupRetentionPeriod = 36", **database(BackupRetentionPeriod=36)),
    refused("ecs", "register_task_definition", "memory = '4096'", **task(memory="4096")),
    refused("ecs", "register_task_definition", "cpu = '300'", **task(cpu="300")),
    refused("elbv2", "create_rule", "at most 5 values in a rule, not 6", ListenerArn="arn:aws:a", Priority=1, Actions=[], Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"] * 6}}]),
    # Tags
    refused("ec2", "create_vpc", "at most 50 tags, not 51", CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags(51)}]),
    refused("rds", "create_db_instance", "1 to 128 characters, not 129", **database(Tags=[{"Key": "k" * 129, "Value": ""}])),
    refused("rds", "create_db_instance", 'does not begin with "aws:"', **database(Tags=[{"Key": "aws:owner", "Value": ""}])),
    refused("s3", "put_bucket_tagging", "at most 256 characters, not 257", Bucket="app-data", Tagging={"TagSet": [{"Key": "k", "Value": "v" * 257}]}),
    refused("ecr", "create_repository", "allowed: a value of letters", repositoryName="app", tags=[{"Key": "Team", "Value": "R&D (platform), #1"}]),
    refused("iam", "create_role", "given twice, but for capitals", RoleName="app", AssumeRolePolicyDocument=document(TRUST), Tags=[{"Key": "Team", "Value": ""}, {"Key": "team", "Value": ""}]),
    # What AWS keeps for itself
    refused("rds", "create_db_instance", "MasterUsername = 'pg_admin'", **database(MasterUsername="pg_admin")),
    refused("rds", "create_db_instance", "MasterUsername = 'user'", **database(MasterUsername="user")),
    refused("rds", "create_db_instance", "DBName = 'db'", **database(DBName="db")),
    refused("ec2", "create_vpc", "CidrBlock = '169.254.0.0/16'", CidrBlock="169.254.0.0/16"),
    refused("s3", "create_bucket", "Bucket = 'sthree-app'", Bucket="sthree-app"),
    refused("sns", "subscribe", "ASCII letters", TopicArn="arn:aws:sns:us-east-1:123456789012:a", Protocol="email", Endpoint="jörg@example.com"),
    refused("application-autoscaling", "put_scheduled_action", "days of the week", **scheduled(Schedule="cron(0 7 ? * MON-WED-FRI *)")),
    refused("application-autoscaling", "put_scheduled_action", "Timezone = 'Factory'", **scheduled(Timezone="Factory")),
    refused("scheduler", "create_schedule", "ScheduleExpressionTimezone = 'localtime'", Name="app", ScheduleExpression="rate(1 day)", ScheduleExpressionTimezone="localtime", FlexibleTimeWindow={"Mode": "OFF"}, Target={"Arn": "arn:aws:sns:us-east-1:123456789012:a", "RoleArn": ROLE}),
    # Policies
    refused("s3", "put_bucket_policy", "the service s3 has no such action", Bucket="app-data", Policy=document(allow("s3:GetObjekt", Principal="*"))),
    refused("iam", "create_policy", "at most 6144 characters", PolicyName="app", PolicyDocument=document(allow("s3:*", Resource=f"arn:aws:s3:::{'a' * 6200}"))),
    refused("iam", "create_policy", "is no JSON", PolicyName="app", PolicyDocument="{"),
    refused("iam", "create_policy", "Version = '2020-01-01'", PolicyName="app", PolicyDocument=document(allow("s3:*"), version="2020-01-01")),
    refused("iam", "create_role", "needs exactly one of Principal and NotPrincipal", RoleName="app", AssumeRolePolicyDocument=document({"Effect": "Allow", "Action": "sts:AssumeRole"})),
    refused("s3", "put_bucket_policy", "Effect = 'Permit'", Bucket="app-data", Policy=document(allow("s3:*", Effect="Permit", Principal="*"))),
]  # fmt: skip

TAKEN = [
    asked("cloudwatch", "put_metric_alarm", **alarm(AlarmName="a" * 255)),
    asked("iam", "create_role", RoleName="a" * 64, AssumeRolePolicyDocument=document(TRUST), MaxSessionDuration=3600),
    asked("iam", "create_policy", PolicyName="reads", PolicyDocument=document(allow("s3:Get*"))),
    asked("iam", "create_policy", PolicyName="kafka", PolicyDocument=document(allow("kafka-cluster:AlterClusterPolicy"))),
    asked("ec2", "create_vpc", CidrBlock="100.64.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Team", "Value": "R&D (platform), #1"}]}]),
    asked("ec2", "create_vpc", CidrBlock="10.9.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags(50)}]),
    asked("logs", "create_log_group", logGroupName="/aws/ecs/app#1.2_3"),
    asked("logs", "put_retention_policy", logGroupName="/atomic/app", retentionInDays=30),
    asked("ecr", "create_repository", repositoryName="team/app_1", imageTagMutability="IMMUTABLE"),
    asked("secretsmanager", "create_secret", Name="team/app_1+=.@-x", SecretString="x" * 65536),
    asked("ecs", "create_cluster", clusterName="a_cluster-1"),
    asked("ecs", "register_task_definition", **task(cpu="512", memory="4096")),
    asked("efs", "create_file_system", CreationToken="a", PerformanceMode="generalPurpose"),
    asked("s3", "create_bucket", Bucket="app.data-1"),
    asked("s3", "put_bucket_versioning", Bucket="atomic-data", VersioningConfiguration={"Status": "Enabled"}),
    asked("s3", "put_bucket_tagging", Bucket="atomic-data", Tagging={"TagSet": [{"Key": "k" * 128, "Value": "v" * 256}]}),
    asked("rds", "create_db_instance", **database(DBInstanceIdentifier="a" * 63)),
    asked("sns", "create_topic", Name="a" * 256, Tags=tags(50)),
    asked("sns", "subscribe", TopicArn="arn:aws:sns:us-east-1:123456789012:atomic", Protocol="email", Endpoint="ops@example.com"),
    asked("acm", "request_certificate", DomainName="*.example.com"),
]  # fmt: skip
