"""What can be wrong with the deployed dev: each fault, planted for a while, and how it has to be named."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from modules.settings.secrets import PLACEHOLDER
from modules.settings.stage_settings import Dns, State
from ops.deployed import Deployed
from terraform.workspace import Workspace
from tests.integration.conftest import Deployment

CLUSTER = "atomic-dev-ecs-cluster"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that is wrong with a well stage, the finding that names it, and a part of the remedy."""

    finding: str
    remedy: str
    planted: Callable[[Deployment, Deployed], Any]
    deep: bool = False


@contextmanager
def _placeholder(dev: Deployment, well: Deployed) -> Iterator[Deployed]:
    secrets = dev.client("secretsmanager")
    secrets.put_secret_value(SecretId="atomic-dev-deepgram-api-key", SecretString=PLACEHOLDER)
    yield well
    secrets.put_secret_value(SecretId="atomic-dev-deepgram-api-key", SecretString="planted")


@contextmanager
def _no_image(dev: Deployment, well: Deployed) -> Iterator[Deployed]:
    dev.client("ecr").batch_delete_image(
        repositoryName="atomic-dev-app", imageIds=[{"imageTag": "latest"}]
    )
    yield well
    push(dev, "app")


@contextmanager
def _no_registry(dev: Deployment, well: Deployed) -> Iterator[Deployed]:
    dev.client("ecr").delete_repository(repositoryName="atomic-dev-oauth", force=True)
    yield well
    dev.client("ecr").create_repository(repositoryName="atomic-dev-oauth")
    push(dev, "oauth")


@contextmanager
def alarm_fires(dev: Deployment, well: Deployed) -> Iterator[Deployed]:
    set_state = dev.client("cloudwatch").set_alarm_state
    set_state(AlarmName="atomic-dev-app-cpu", StateValue="ALARM", StateReason="planted")
    yield well
    set_state(AlarmName="atomic-dev-app-cpu", StateValue="OK", StateReason="over")


@contextmanager
def _no_task(dev: Deployment, well: Deployed) -> Iterator[Deployed]:
    """Moto starts no task of a new service, and all that an old one is scaled to."""
    _create_again(dev, "python-agent")
    yield well
    scale(dev, "python-agent", 1)


@contextmanager
def _no_service(dev: Deployment, well: Deployed) -> Iterator[Deployed]:
    service = _service(dev, "python-agent")
    dev.client("ecs").delete_service(cluster=CLUSTER, service=service["serviceName"], force=True)
    yield well
    _create(dev, service)
    scale(dev, "python-agent", 1)


@contextmanager
def _no_target(dev: Deployment, well: Deployed) -> Iterator[Deployed]:
    elb = dev.client("elbv2")
    (group,) = elb.describe_target_groups(Names=["atomic-dev-oauth"])["TargetGroups"]
    target = {"TargetGroupArn": group["TargetGroupArn"], "Targets": [{"Id": "10.0.2.10"}]}
    elb.deregister_targets(**target)
    yield well
    elb.register_targets(**target)


@contextmanager
def _nobody_told(dev: Deployment, well: Deployed) -> Iterator[Deployed]:
    sns, topic = dev.client("sns"), dev.outputs["AlarmTopicArn"]
    (operator,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=operator["SubscriptionArn"])
    yield well
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")


@contextmanager
def _database_stopped(dev: Deployment, well: Deployed) -> Iterator[Deployed]:
    rds = dev.client("rds")
    rds.stop_db_instance(DBInstanceIdentifier="atomic-dev-rds-postgres")
    yield well
    rds.start_db_instance(DBInstanceIdentifier="atomic-dev-rds-postgres")


@contextmanager
def _addresses_used_up(dev: Deployment, well: Deployed) -> Iterator[Deployed]:
    """The account has no address left, and a NAT gateway is to be added to the one that is there."""
    ec2 = dev.client("ec2")
    free = 5 - len(ec2.describe_addresses()["Addresses"])
    taken = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(free)]
    network = well.settings.network.model_copy(update={"nat": "per-az"})
    yield replace(well, settings=well.settings.model_copy(update={"network": network}))
    for each in taken:
        ec2.release_address(AllocationId=each)


@contextmanager
def _logs_kept_for_a_day(dev: Deployment, well: Deployed) -> Iterator[Deployed]:
    logs, group = dev.client("logs"), well.names.log_group("app")
    logs.put_retention_policy(logGroupName=group, retentionInDays=1)
    yield well
    logs.put_retention_policy(logGroupName=group, retentionInDays=30)


@contextmanager
def _state_without_versions(dev: Deployment, well: Deployed) -> Iterator[Deployed]:
    s3 = dev.client("s3")
    s3.create_bucket(Bucket="doctors-state")
    s3.put_object(Bucket="doctors-state", Key="atomic-dev.tfstate", Body=dev.state_text.encode())
    state = State(bucket="doctors-state")
    yield replace(well, settings=well.settings.model_copy(update={"state": state}))
    s3.delete_object(Bucket="doctors-state", Key="atomic-dev.tfstate")
    s3.delete_bucket(Bucket="doctors-state")


@contextmanager
def _zone_without_record(dev: Deployment, well: Deployed) -> Iterator[Deployed]:
    route53 = dev.client("route53")
    zone = route53.create_hosted_zone(Name="dev.example.com", CallerReference="planted")
    yield _with_settings(well, dns=Dns(mode="route53"))
    route53.delete_hosted_zone(Id=zone["HostedZone"]["Id"])


FAULTS = [
    # First, because what is mended by hand below is not what Terraform wrote.
    Fault(
        finding="drift",
        remedy="python -m ops drift --stage dev",
        planted=_logs_kept_for_a_day,
        deep=True,
    ),
    Fault(
        finding="secret deepgram-api-key",
        remedy="python -m ops secrets set deepgram-api-key --stage dev",
        planted=_placeholder,
    ),
    Fault(
        finding="image app",
        remedy="python -m ops images push app --stage dev --tag latest",
        planted=_no_image,
    ),
    Fault(finding="registry oauth", remedy="cdktf deploy atomic-dev", planted=_no_registry),
    Fault(finding="alarm atomic-dev-app-cpu", remedy="ops open", planted=alarm_fires),
    Fault(
        finding="service python-agent",
        remedy="python -m ops logs python-agent --stage dev",
        planted=_no_task,
    ),
    Fault(finding="service python-agent", remedy="cdktf deploy atomic-dev", planted=_no_service),
    Fault(
        finding="targets oauth",
        remedy="python -m ops logs oauth --stage dev",
        planted=_no_target,
    ),
    Fault(finding="alarm mail", remedy="cdktf deploy atomic-dev", planted=_nobody_told),
    Fault(
        finding="database",
        remedy="aws rds start-db-instance --db-instance-identifier atomic-dev-rds-postgres",
        planted=_database_stopped,
    ),
    Fault(
        finding="quota Elastic IP addresses",
        remedy="--quota-code L-0263D0A3 --desired-value 6",
        planted=_addresses_used_up,
    ),
    Fault(
        finding="quota Fargate vCPUs",
        remedy="--service-code fargate --quota-code L-3032A538",
        planted=lambda _dev, well: _app_changed(well, max_tasks=40),
    ),
    Fault(
        finding="state versions",
        remedy="python -m ops state bootstrap --stage dev",
        planted=_state_without_versions,
    ),
    Fault(
        finding="state",
        remedy="python -m ops state bootstrap --stage dev, or correct [state]",
        planted=lambda _dev, well: _with_settings(well, state=State(bucket="nowhere-to-be-found")),
    ),
    Fault(
        finding="region",
        remedy="export AWS_REGION=us-east-1",
        planted=lambda _dev, well: with_environ(well, AWS_REGION="eu-west-1"),
    ),
    Fault(
        finding="tool terraform",
        remedy="make setup && . ./activate",
        planted=lambda _dev, well: with_environ(well, TERRAFORM_BINARY_NAME="no-terraform"),
    ),
    Fault(
        finding="certificate",
        remedy="correct certificate_arn in the stage file",
        planted=lambda _dev, well: _with_settings(
            well,
            certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/"
            "00000000-0000-0000-0000-000000000000",
        ),
    ),
    Fault(
        finding="hosted zone",
        remedy="aws route53 create-hosted-zone --name dev.example.com",
        planted=lambda _dev, well: _with_settings(well, dns=Dns(mode="route53")),
    ),
    Fault(finding="dns", remedy="cdktf deploy atomic-dev", planted=_zone_without_record),
    Fault(
        finding="dns",
        remedy="at your DNS provider set dev.example.com as CNAME (or ALIAS) of atomic-dev-alb-1",
        planted=lambda _dev, well: with_environ(well, AWS_ENDPOINT_URL=""),
    ),
]


def _with_settings(well: Deployed, **changed: Any) -> Deployed:
    return replace(well, settings=well.settings.model_copy(update=changed))


def _app_changed(well: Deployed, **changed: Any) -> Deployed:
    services = well.settings.services
    return _with_settings(
        well, services={**services, "app": services["app"].model_copy(update=changed)}
    )


def with_environ(well: Deployed, **changed: str) -> Deployed:
    environ = {**well.workspace.environ, **changed}
    return replace(well, workspace=Workspace(stage="dev", environ=environ))


def push(dev: Deployment, service: str) -> None:
    media_type = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": {"digest": f"sha256:{service}"},
        "layers": [],
    }
    dev.client("ecr").put_image(
        repositoryName=f"atomic-dev-{service}",
        imageManifest=json.dumps(manifest),
        imageTag="latest",
    )


def scale(dev: Deployment, service: str, tasks: int) -> None:
    dev.client("ecs").update_service(
        cluster=CLUSTER, service=f"atomic-dev-{service}", desiredCount=tasks
    )


def _service(dev: Deployment, service: str) -> Any:
    found = dev.client("ecs").describe_services(cluster=CLUSTER, services=[f"atomic-dev-{service}"])
    return found["services"][0]


def _create_again(dev: Deployment, service: str) -> None:
    before = _service(dev, service)
    dev.client("ecs").delete_service(cluster=CLUSTER, service=before["serviceName"], force=True)
    _create(dev, before)


def _create(dev: Deployment, service: dict[str, Any]) -> None:
    kept = (
        "taskDefinition",
        "capacityProviderStrategy",
        "platformVersion",
        "deploymentConfiguration",
        "networkConfiguration",
        "enableECSManagedTags",
        "tags",
    )
    dev.client("ecs").create_service(
        cluster=CLUSTER,
        serviceName=service["serviceName"],
        desiredCount=1,
        **{name: service[name] for name in kept if service.get(name)},
    )
