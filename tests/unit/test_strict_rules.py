"""The rules beside AWS's models: a request's parameters in, lines out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto.core.utils import get_service_model

from local.strict import containers, names, network, policies
from local.strict.account import Subnet
from local.strict.tags import tag_mistakes

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:P-db-AbCdEf"
REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/P-app"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An account with what is given."""

    subnets: Mapping[str, Subnet] = field(default_factory=dict)
    vpc_of: Mapping[str, str] = field(default_factory=dict)
    certificates: Mapping[str, str] = field(default_factory=dict)
    repositories: frozenset[str] = frozenset()
    secrets: Mapping[str, str] = field(default_factory=dict)
    tasks: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def subnet(self, subnet_id: str) -> Subnet | None:
        return self.subnets.get(subnet_id)

    def vpc_of_group(self, group_id: str) -> str | None:
        return self.vpc_of.get(group_id)

    def certificate_status(self, arn: str) -> str | None:
        return self.certificates.get(arn)

    def has_repository(self, name: str) -> bool:
        return name in self.repositories

    def secret_text(self, name_or_arn: str) -> str | None:
        return self.secrets.get(name_or_arn)

    def containers(self, task_definition: str) -> Sequence[Mapping[str, Any]] | None:
        return self.tasks.get(task_definition)


def task(**changes: Any) -> dict[str, Any]:
    return {
        "family": "app",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "app", "image": "nginx"}],
    } | changes


@pytest.mark.parametrize(("cpu", "memory"), [("256", "512"), ("512", "4096"), (".25 vCPU", "1 GB")])
def test_a_size_of_fargate_is_taken(cpu: str, memory: str) -> None:
    assert containers.task_definition(task(cpu=cpu, memory=memory)) == []


def test_another_memory_than_fargate_has_for_the_cpu_is_refused() -> None:
    assert containers.task_definition(task(memory="4096")) == [
        "memory = '4096': allowed with FARGATE and cpu 256: one of 512, 1024, 2048"
    ]


def test_another_cpu_than_fargate_has_is_refused() -> None:
    (line,) = containers.task_definition(task(cpu="300"))

    assert (
        line == "cpu = '300': allowed with FARGATE: one of 256, 512, 1024, 2048, 4096, 8192, 16384"
    )


def test_a_task_off_fargate_has_any_size() -> None:
    assert containers.task_definition(task(requiresCompatibilities=["EC2"], cpu="300")) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"networkMode": "bridge"}, "networkMode = 'bridge'"),
        ({"containerDefinitions": [{"name": "a", "image": "x", "memory": 600}]}, "ask for 600 MiB"),
        ({"containerDefinitions": [{"name": "a", "image": "x"}] * 2}, "'a' is given twice"),
        ({"containerDefinitions": [{"name": "a", "image": "x", "essential": False}]}, "essential"),
        ({"containerDefinitions": [{"name": "a"}]}, "containerDefinitions[a].image: is required"),
        (
            {"containerDefinitions": [{"name": "a", "image": "x", "secrets": [{"name": "S"}]}]},
            "executionRoleArn: is required",
        ),
        (
            {
                "containerDefinitions": [
                    {
                        "name": "a",
                        "image": "x",
                        "portMappings": [{"containerPort": 80, "hostPort": 81}],
                    }
                ]
            },
            "hostPort 81 has to be the containerPort 80",
        ),
    ],
)
def test_a_task_definition_that_fargate_does_not_run_is_refused(
    changes: dict[str, Any], said: str
) -> None:
    (line,) = containers.task_definition(task(**changes))

    assert said in line


def run(account: Standing, **container: Any) -> list[str]:
    tasks = {"app:1": [{"name": "app", "image": "nginx"} | container]}
    standing = Standing(repositories=account.repositories, secrets=account.secrets, tasks=tasks)
    return containers.runnable({"taskDefinition": "app:1"}, standing)


def test_a_task_whose_repository_stands_may_run_whatever_its_tag() -> None:
    account = Standing(repositories=frozenset({"P-app"}))

    assert run(account, image=f"{REPOSITORY}:latest") == []
    assert run(account, image=f"{REPOSITORY}@sha256:{'0' * 64}") == []
    assert run(account, image=REPOSITORY) == []


def test_a_task_without_its_repository_may_not_run() -> None:
    (line,) = run(Standing(), image=f"{REPOSITORY}:latest")

    assert line.endswith("there is no repository P-app")


@pytest.mark.parametrize(
    ("secrets", "source", "said"),
    [
        ({}, SECRET, "does not exist"),
        ({SECRET: ""}, SECRET, "has no value"),
        (
            {SECRET: "plain"},
            f"{SECRET}:username::",
            "is no JSON, but its key username is asked for",
        ),
        ({SECRET: '{"a": 1}'}, f"{SECRET}:username::", "has no key username"),
    ],
)
def test_a_task_that_cannot_read_a_secret_may_not_run(
    secrets: dict[str, str], source: str, said: str
) -> None:
    (line,) = run(Standing(secrets=secrets), secrets=[{"name": "DB", "valueFrom": source}])

    assert line == f"container app: secret DB: {SECRET} {said}"


@pytest.mark.parametrize("source", [SECRET, f"{SECRET}:username::"])
def test_a_task_that_can_read_its_secrets_may_run(source: str) -> None:
    account = Standing(secrets={SECRET: '{"username": "a"}'})

    assert run(account, secrets=[{"name": "DB", "valueFrom": source}]) == []


@pytest.mark.parametrize("name", ["a", "acme-alb", "A1", "a" * 32])
def test_a_name_of_a_load_balancer_is_taken(name: str) -> None:
    assert names.load_balancer({"Name": name}) == []


@pytest.mark.parametrize("name", ["", "-a", "a-", "a_b", "internal-a", "a" * 33])
def test_another_name_of_a_load_balancer_is_refused(name: str) -> None:
    (line,) = names.load_balancer({"Name": name})

    assert line.startswith(f"Name = {name!r}: allowed: ")


@pytest.mark.parametrize("name", ["a-1", "Postgres", "a" * 63])
def test_a_name_of_a_database_is_taken(name: str) -> None:
    assert names.database({"DBInstanceIdentifier": name}) == []


@pytest.mark.parametrize("name", ["1a", "a--b", "a-", "a_b", "a" * 64])
def test_another_name_of_a_database_is_refused(name: str) -> None:
    (line,) = names.database({"DBInstanceIdentifier": name})

    assert line.startswith(f"DBInstanceIdentifier = {name!r}: allowed: ")


@pytest.mark.parametrize("name", ["abc", "a.b-c", "1" + "a" * 62])
def test_a_name_of_a_bucket_is_taken(name: str) -> None:
    assert names.bucket({"Bucket": name}) == []


@pytest.mark.parametrize(
    "name", ["ab", "Abc", "a_b", "-ab", "a..b", "10.0.0.1", "xn--abc", "a-s3alias", "a" * 64]
)
def test_another_name_of_a_bucket_is_refused(name: str) -> None:
    (line,) = names.bucket({"Bucket": name})

    assert line.startswith(f"Bucket = {name!r}: allowed: ")


def test_a_description_of_a_security_group_has_no_letters_beyond_ascii() -> None:
    assert names.security_group({"GroupName": "a", "Description": "für alle"})
    assert names.security_group({"GroupName": "a", "Description": "HTTP (all)"}) == []


def test_logs_are_kept_for_a_number_of_days_that_cloudwatch_knows() -> None:
    assert names.retention({"retentionInDays": 30}) == []
    assert names.retention({"retentionInDays": 31})


def test_a_subscriber_by_e_mail_has_an_address() -> None:
    assert names.subscription({"Protocol": "email", "Endpoint": "ops@example.com"}) == []
    assert names.subscription({"Protocol": "email", "Endpoint": "ops"})
    assert names.subscription({"Protocol": "pigeon", "Endpoint": "ops@example.com"})


def tagged(**tags: str) -> list[str]:
    shape = get_service_model("secretsmanager").operation_model("CreateSecret").input_shape
    assert shape is not None
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    return tag_mistakes(shape, {"Name": "a", "Tags": pairs})


def test_fifty_tags_are_taken_and_one_more_is_refused() -> None:
    fifty = {f"k{number}": "v" for number in range(50)}

    assert tagged(**fifty) == []
    assert tagged(**fifty, one_more="v") == ["Tags: allowed: at most 50 tags, not 51"]


@pytest.mark.parametrize(
    ("service", "operation", "params", "path"),
    [
        (
            "ec2",
            "CreateVpc",
            {"TagSpecifications": [{"Tags": [{"Key": "aws:x"}]}]},
            "TagSpecifications[0].Tags",
        ),
        ("ecs", "CreateCluster", {"tags": [{"key": "aws:x"}]}, "tags"),
        ("logs", "CreateLogGroup", {"tags": {"aws:x": ""}}, "tags"),
        ("s3", "PutBucketTagging", {"Tagging": {"TagSet": [{"Key": "aws:x"}]}}, "Tagging.TagSet"),
        ("application-autoscaling", "TagResource", {"Tags": {"aws:x": ""}}, "Tags"),
    ],
)
def test_tags_are_found_however_a_service_writes_them(
    service: str, operation: str, params: dict[str, Any], path: str
) -> None:
    shape = get_service_model(service).operation_model(operation).input_shape
    assert shape is not None

    assert tag_mistakes(shape, params) == [f"{path}: key 'aws:x': the prefix aws: is AWS's own"]


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"a" * 129: "v"}, "1 to 128 characters, not 129"),
        ({"": "v"}, "1 to 128 characters, not 0"),
        ({"a": "v" * 257}, "at most 256 characters, not 257"),
        ({"AWS:a": "v"}, "the prefix aws: is AWS's own"),
    ],
)
def test_a_tag_that_aws_does_not_take_is_refused(tags: dict[str, str], said: str) -> None:
    (line,) = tagged(**tags)

    assert said in line


ZONES = Standing(
    subnets={
        "s-a": Subnet(vpc_id="vpc-1", zone="us-east-1a"),
        "s-a2": Subnet(vpc_id="vpc-1", zone="us-east-1a"),
        "s-b": Subnet(vpc_id="vpc-1", zone="us-east-1b"),
    }
)


def test_a_load_balancer_and_a_database_need_two_zones() -> None:
    assert network.load_balancer_zones({"Subnets": ["s-a", "s-b"]}, ZONES) == []
    assert network.database_zones({"SubnetIds": ["s-a", "s-a2", "s-b"]}, ZONES) == []
    assert network.load_balancer_zones({"Subnets": ["s-a"]}, ZONES) == [
        "Subnets: allowed: subnets in at least two zones, not us-east-1a"
    ]
    assert network.database_zones({"SubnetIds": ["s-a", "s-a2"]}, ZONES)


def test_a_load_balancer_takes_one_subnet_of_a_zone() -> None:
    assert network.load_balancer_zones({"Subnets": ["s-a", "s-a2", "s-b"]}, ZONES)


@pytest.mark.parametrize(
    ("status", "taken"), [("ISSUED", True), ("PENDING_VALIDATION", False), ("", False)]
)
def test_a_listener_takes_only_a_certificate_that_is_issued(status: str, taken: bool) -> None:
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/a"
    account = Standing(certificates={arn: status} if status else {})
    params = {"Protocol": "HTTPS", "Certificates": [{"CertificateArn": arn}]}

    assert (network.listener(params, account) == []) is taken


def test_a_listener_by_https_needs_a_certificate() -> None:
    assert network.listener({"Protocol": "HTTPS"}, Standing())
    assert network.listener({"Protocol": "HTTP"}, Standing()) == []


def test_a_rule_names_a_group_of_its_own_vpc() -> None:
    account = Standing(vpc_of={"sg-1": "vpc-1", "sg-2": "vpc-1", "sg-3": "vpc-2"})

    def rule(source: str) -> list[str]:
        permission = {"UserIdGroupPairs": [{"GroupId": source}]}
        return network.sources({"GroupId": "sg-1", "IpPermissions": [permission]}, account)

    assert rule("sg-2") == []
    assert rule("sg-3") == ["IpPermissions: sg-3 is in vpc-2: allowed: a group in vpc-1, as sg-1"]


@pytest.mark.parametrize(
    ("first", "last", "taken"), [(80, 80, True), (81, 80, False), (0, 65536, False)]
)
def test_the_ports_of_a_rule_are_in_order(first: int, last: int, taken: bool) -> None:
    permission = {"IpProtocol": "tcp", "FromPort": first, "ToPort": last}

    assert (network.ports({"IpPermissions": [permission]}) == []) is taken


@pytest.mark.parametrize(
    "params",
    [
        {"HealthCheckPath": "health"},
        {"HealthCheckTimeoutSeconds": 30, "HealthCheckIntervalSeconds": 30},
        {"Matcher": {"HttpCode": "200-600"}},
        {"Name": "a", "Protocol": "HTTP", "VpcId": "vpc-1"},
    ],
)
def test_a_target_group_that_elb_does_not_take_is_refused(params: dict[str, Any]) -> None:
    assert len(network.target_group(params)) == 1


def test_a_listener_rule_has_five_values_at_most() -> None:
    def rule(count: int) -> list[str]:
        values = [f"/{number}/*" for number in range(count)]
        condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": values}}
        return network.listener_rule({"Conditions": [condition]})

    assert rule(5) == []
    assert rule(6) == ["Conditions: allowed: at most 5 values in a rule, not 6"]


def policy(**changes: Any) -> str:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | changes
    kept = {name: value for name, value in statement.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [kept]})


@pytest.mark.parametrize(
    "action", ["s3:GetObject", "s3:getobject", "s3:Get*", "*", ["ecs:RunTask", "ec2:*"]]
)
def test_an_action_that_aws_has_is_taken(action: object) -> None:
    assert policies.identity_policy(policy(Action=action)) == []


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("s3:GetObjekt", "the service s3 has no such action"),
        ("s4:GetObject", "AWS has no service s4"),
        ("s3:Gat*", "the service s3 has no such action"),
        ("GetObject", "allowed: SERVICE:ACTION"),
    ],
)
def test_an_action_that_aws_lacks_is_refused(action: str, said: str) -> None:
    (line,) = policies.identity_policy(policy(Action=action))

    assert line == f"Statement[0] action {action!r}: {said}"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Effect": "allow"}, "Effect = 'allow'"),
        ({"Resource": None}, "needs exactly one of Resource and NotResource"),
        ({"NotAction": "s3:GetObject"}, "needs exactly one of Action and NotAction"),
        ({"Principal": "*"}, "has Principal"),
        ({"Resources": "*"}, "has 'Resources'"),
        ({"Sid": "not valid"}, "Sid = 'not valid'"),
    ],
)
def test_a_statement_against_the_grammar_is_refused(changes: dict[str, Any], said: str) -> None:
    (line,) = policies.identity_policy(policy(**changes))

    assert said in line


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"Version": "2020-01-01", "Statement": []}'])
def test_what_is_no_policy_is_refused(text: str) -> None:
    assert policies.identity_policy(text)


def test_a_trust_policy_has_a_principal_and_no_resource() -> None:
    trust = {"Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}

    assert policies.trust_policy(policy(**trust, Resource=None)) == []
    assert policies.trust_policy(policy(**trust))
    assert policies.trust_policy(policy(Action="sts:AssumeRole", Resource=None))


def test_a_policy_on_a_resource_may_leave_the_resource_out() -> None:
    assert policies.resource_policy(policy(Principal="*")) == []
    assert policies.resource_policy(policy(Principal="*", Resource=None)) == []
