"""The embedded AWS refuses what AWS refuses, and says why in the service's own error."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from local.emulator import REGION, Emulator, running_emulator
from tests.integration.strict_requests import REFUSED, TAKEN, Asked, Refused, task

pytestmark = pytest.mark.integration

UNCHECKED = Config(parameter_validation=False, retries={"max_attempts": 0})


@dataclass(frozen=True, kw_only=True)
class Ground:
    """An account with what the requests stand on."""

    client: Callable[[str], Any]
    url: str
    vpc: str
    subnets: tuple[str, str, str]  # zones a, a and b
    group: str
    foreign_group: str


def unchecked_client(emulator: Emulator, service: str) -> Any:
    """A client that sends what it is given."""
    return boto3.client(  # type: ignore[call-overload]  # the name is a variable
        service,
        endpoint_url=emulator.url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=UNCHECKED,
    )


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """An embedded AWS where certificates stay pending."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_ACM_VALIDATION_WAIT", "3600")
        patch.delenv("ATOMIC_AWS_LENIENT", raising=False)
        with running_emulator() as emulator:
            yield prepared(emulator)


def prepared(emulator: Emulator) -> Ground:
    ec2 = emulator.client("ec2")
    vpc, foreign = (
        ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"] for block in ("10.1.0.0/16", "10.2.0.0/16")
    )
    # A load balancer that the internet reaches is refused where nothing leads there.
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = tuple(
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.1.{number}.0/24", AvailabilityZone=f"{REGION}{zone}"
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("aab")
    )
    groups = [
        ec2.create_security_group(GroupName="app", Description="app", VpcId=where)["GroupId"]
        for where in (vpc, foreign)
    ]
    emulator.client("s3").create_bucket(Bucket="atomic-data")
    emulator.client("logs").create_log_group(logGroupName="/atomic/app")
    emulator.client("sns").create_topic(Name="atomic")
    emulator.client("ecs").create_cluster(clusterName="atomic")
    return Ground(
        client=cache(partial(unchecked_client, emulator)),
        url=emulator.url,
        vpc=vpc,
        subnets=(subnets[0], subnets[1], subnets[2]),
        group=groups[0],
        foreign_group=groups[1],
    )


def refusal(client: Any, method: str, **params: Any) -> str:
    """The code and the message that a call is refused with."""
    with pytest.raises(ClientError) as error:
        getattr(client, method)(**params)
    answer = error.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    return f"{answer['Error']['Code']}: {answer['Error']['Message']}"


@pytest.mark.parametrize("request_", REFUSED, ids=str)
def test_what_aws_refuses_is_refused_with_the_reason(ground: Ground, request_: Refused) -> None:
    client = ground.client(request_.service)
    operation = client.meta.method_to_api_mapping[request_.method]

    said = refusal(client, request_.method, **request_.params)

    assert f": {operation}: " in said
    assert request_.said in said


@pytest.mark.parametrize("request_", TAKEN, ids=str)
def test_what_aws_takes_is_taken(ground: Ground, request_: Asked) -> None:
    getattr(ground.client(request_.service), request_.method)(**request_.params)


@pytest.mark.parametrize(
    ("service", "method", "params", "code"),
    [
        ("ec2", "allocate_address", {"Domain": "cloud"}, "InvalidParameterValue"),
        ("ecs", "create_cluster", {"clusterName": "a b"}, "InvalidParameterException"),
        ("efs", "create_file_system", {"CreationToken": ""}, "BadRequest"),
        ("elbv2", "create_target_group", {"Name": "a-"}, "ValidationError"),
        (
            "iam",
            "create_policy",
            {"PolicyName": "a", "PolicyDocument": "{"},
            "MalformedPolicyDocument",
        ),
        ("s3", "create_bucket", {"Bucket": "A_B"}, "InvalidArgument"),
    ],
)
def test_a_refusal_has_the_services_own_code(
    ground: Ground, service: str, method: str, params: dict[str, Any], code: str
) -> None:
    assert refusal(ground.client(service), method, **params).startswith(f"{code}: ")


@pytest.mark.parametrize(
    ("service", "headers", "body", "said"),
    [
        (
            "ecs",
            {
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.CreateCluster",
            },
            '{"clusterNme": "app"}',
            "clusterNme: is not a member",
        ),
        (
            "ecs",
            {
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.CreateCluster",
            },
            '{"clusterName": ',
            "the request cannot be read",
        ),
        (
            "ec2",
            {"Content-Type": "application/x-www-form-urlencoded"},
            "Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0%2F16&CidrBlok=a",
            "CidrBlok: is not a member",
        ),
        (
            "iam",
            {"Content-Type": "application/x-www-form-urlencoded"},
            "Action=GetRole&Version=2010-05-08&RoleName=a&Role.Name=b",
            "Role.Name: is not a member",
        ),
    ],
)
def test_what_the_model_does_not_know_is_refused(
    ground: Ground, service: str, headers: dict[str, str], body: str, said: str
) -> None:
    signed = (
        f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, Signature=0"
    )
    sent = urllib.request.Request(  # noqa: S310  # our own loopback address
        ground.url,
        data=body.encode(),
        headers={"Authorization": signed, **headers},
        method="POST",
    )

    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(sent)  # noqa: S310

    with error.value as answer:
        assert answer.code == 400
        assert said in answer.read().decode()


def test_a_load_balancer_has_one_subnet_in_each_of_two_zones(ground: Ground) -> None:
    elb = ground.client("elbv2")
    first, beside, second = ground.subnets

    assert "at least two zones, not us-east-1a" in refusal(
        elb, "create_load_balancer", Name="one", Subnets=[first]
    )
    assert "one in each zone" in refusal(
        elb, "create_load_balancer", Name="one", Subnets=[first, beside, second]
    )
    assert elb.create_load_balancer(Name="two", Subnets=[first, second])["LoadBalancers"]


def test_a_database_has_subnets_in_two_zones(ground: Ground) -> None:
    rds = ground.client("rds")
    first, beside, second = ground.subnets
    group = {"DBSubnetGroupName": "app", "DBSubnetGroupDescription": "app"}

    assert "at least two zones, not us-east-1a" in refusal(
        rds, "create_db_subnet_group", **group, SubnetIds=[first, beside]
    )
    assert rds.create_db_subnet_group(**group, SubnetIds=[first, beside, second])


def test_a_listener_takes_only_a_certificate_that_is_issued(ground: Ground) -> None:
    elb, acm = ground.client("elbv2"), ground.client("acm")
    balancer = elb.create_load_balancer(Name="tls", Subnets=[ground.subnets[0], ground.subnets[2]])[
        "LoadBalancers"
    ][0]
    pending = acm.request_certificate(DomainName="app.example.com")
    certificate, key = certificate_and_key()
    issued = acm.import_certificate(Certificate=certificate, PrivateKey=key)
    listener = {
        "LoadBalancerArn": balancer["LoadBalancerArn"],
        "Protocol": "HTTPS",
        "Port": 443,
        "DefaultActions": [
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
        ],
    }

    assert "that is ISSUED, not PENDING_VALIDATION" in refusal(
        elb,
        "create_listener",
        **listener,
        Certificates=[{"CertificateArn": pending["CertificateArn"]}],
    )
    assert elb.create_listener(
        **listener, Certificates=[{"CertificateArn": issued["CertificateArn"]}]
    )


def certificate_and_key() -> tuple[bytes, bytes]:
    """A certificate that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app.example.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now,
        not_valid_after=now + timedelta(days=1),
    )
    certificate = builder.sign(key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_a_service_runs_only_what_can_start(ground: Ground) -> None:
    ecs, secrets = ground.client("ecs"), ground.client("secretsmanager")
    image = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/runs:latest"
    secret = secrets.create_secret(Name="runs")["ARN"]
    container = {"name": "app", "image": image, "secrets": [{"name": "S", "valueFrom": secret}]}
    ecs.register_task_definition(
        **task(
            family="runs",
            containerDefinitions=[container],
            executionRoleArn="arn:aws:iam::1:role/a",
        )
    )
    service = {
        "cluster": "atomic",
        "serviceName": "runs",
        "taskDefinition": "runs",
        "desiredCount": 1,
    }

    before = refusal(ecs, "create_service", **service)
    ground.client("ecr").create_repository(repositoryName="runs")
    secrets.put_secret_value(SecretId=secret, SecretString="x")
    after = ecs.create_service(**service)

    assert "there is no repository runs" in before
    assert f"{secret} has no value" in before
    assert after["service"]["serviceName"] == "runs"


def test_a_security_group_knows_the_groups_of_its_own_vpc(ground: Ground) -> None:
    ec2 = ground.client("ec2")

    def permission(source: str) -> list[dict[str, Any]]:
        return [
            {
                "IpProtocol": "tcp",
                "FromPort": 80,
                "ToPort": 80,
                "UserIdGroupPairs": [{"GroupId": source}],
            }
        ]

    assert f"allowed: a group in {ground.vpc}" in refusal(
        ec2,
        "authorize_security_group_ingress",
        GroupId=ground.group,
        IpPermissions=permission(ground.foreign_group),
    )
    assert ec2.authorize_security_group_ingress(
        GroupId=ground.group, IpPermissions=permission(ground.group)
    )


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_a_security_group_is_deleted_once_no_rule_of_another_one_names_it(
    ground: Ground, direction: str
) -> None:
    ec2 = ground.client("ec2")
    named, other = (
        ec2.create_security_group(
            GroupName=f"{name}-{direction}", Description=name, VpcId=ground.vpc
        )["GroupId"]
        for name in ("named", "other")
    )
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 80,
        "ToPort": 80,
        "UserIdGroupPairs": [{"GroupId": named}],
    }
    for group in (named, other):
        getattr(ec2, f"authorize_security_group_{direction}")(GroupId=group, IpPermissions=[rule])

    said = refusal(ec2, "delete_security_group", GroupId=named)
    getattr(ec2, f"revoke_security_group_{direction}")(GroupId=other, IpPermissions=[rule])

    assert said.startswith("DependencyViolation: ")
    assert f"a rule of {other} names it" in said
    assert ec2.delete_security_group(GroupId=named)


def test_a_security_group_has_sixty_rules(ground: Ground) -> None:
    ec2 = ground.client("ec2")
    group = ec2.create_security_group(GroupName="full", Description="full", VpcId=ground.vpc)[
        "GroupId"
    ]

    def permission(first: int, count: int) -> list[dict[str, Any]]:
        ranges = [{"CidrIp": f"10.0.{first + number}.0/24"} for number in range(count)]
        return [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": ranges}]

    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permission(0, 60))

    assert "RulesPerSecurityGroupLimitExceeded" in refusal(
        ec2, "authorize_security_group_ingress", GroupId=group, IpPermissions=permission(60, 1)
    )


def test_the_lenient_switch_takes_what_aws_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATOMIC_AWS_LENIENT", "1")
    with running_emulator() as emulator:
        client = unchecked_client(emulator, "logs")

        client.create_log_group(logGroupName="app")
        client.put_retention_policy(logGroupName="app", retentionInDays=31)
