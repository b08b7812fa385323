"""The dev stage on the emulator, deployed by cdktf and read back with boto3."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from modules.settings.secrets import PLACEHOLDER, SECRETS
from modules.settings.services import SERVICES
from tests.integration.conftest import Deployment

pytestmark = pytest.mark.integration

ROUTES = {
    "/v1/auth": ("10", "supertokens", 8000),
    "/v1/graphql": ("20", "hasura", 8080),
    "/v1/functions": ("30", "functions", 8000),
    "/v1/chat": ("35", "functions", 8000),
    "/v1/handshake": ("40", "handshake", 8000),
    "/v1/oauth": ("50", "oauth", 8000),
    "/v1/optaplanner": ("60", "optaplanner", 8000),
    "/*": ("100", "app", 3000),
}

_ROWS = {row.name: row for row in SERVICES}


def _services(dev: Deployment) -> dict[str, dict[str, Any]]:
    ecs = dev.client("ecs")
    names = [f"atomic-dev-{row}" for row in [*{r[1] for r in ROUTES.values()}, "python-agent"]]
    found = ecs.describe_services(cluster="atomic-dev-ecs-cluster", services=names)["services"]
    return {service["serviceName"].removeprefix("atomic-dev-"): service for service in found}


def _secret(dev: Deployment, name: str) -> str:
    secrets = dev.client("secretsmanager")
    value: str = secrets.get_secret_value(SecretId=f"atomic-dev-{name}")["SecretString"]
    return value


def test_eight_services_run_on_fargate_1_4_in_private_subnets(dev: Deployment) -> None:
    services = _services(dev)

    assert len(services) == 8
    for service in services.values():
        assert service["platformVersion"] == "1.4.0"
        assert service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == (
            "DISABLED"
        )


def test_services_that_may_use_spot_fall_back_on_demand(dev: Deployment) -> None:
    strategy = _services(dev)["app"]["capacityProviderStrategy"]

    assert {
        item["capacityProvider"]: (item.get("base", 0), item["weight"]) for item in strategy
    } == {
        "FARGATE": (1, 1),
        "FARGATE_SPOT": (0, 4),
    }


def test_a_failed_deployment_rolls_back(dev: Deployment) -> None:
    configuration = _services(dev)["hasura"]["deploymentConfiguration"]

    assert configuration["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert configuration["alarms"]["rollback"] is True
    assert set(configuration["alarms"]["alarmNames"]) == {
        "atomic-dev-hasura-cpu",
        "atomic-dev-hasura-latency",
        "atomic-dev-hasura-target-5xx",
        "atomic-dev-hasura-unhealthy-hosts",
    }


def test_the_load_balancer_routes_each_path_to_its_service(dev: Deployment) -> None:
    elb = dev.client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["atomic-dev-alb"])["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    (https,) = [listener for listener in listeners if listener["Port"] == 443]
    groups = {
        group["TargetGroupArn"]: group for group in elb.describe_target_groups()["TargetGroups"]
    }

    found = {}
    for rule in elb.describe_rules(ListenerArn=https["ListenerArn"])["Rules"]:
        if rule["Conditions"]:
            values = rule["Conditions"][0]["PathPatternConfig"]["Values"]
            group = groups[rule["Actions"][0]["TargetGroupArn"]]
            service = group["TargetGroupName"].removeprefix("atomic-dev-")
            path = min(values, key=len)
            found[path] = (rule["Priority"], service, group["Port"])
            assert set(values) == ({path} if path == "/*" else {path, f"{path}/*"})

    assert found == ROUTES


def test_each_service_that_listens_registers_its_tasks_under_its_name(dev: Deployment) -> None:
    discovery = dev.client("servicediscovery")
    namespaces = {each["Name"]: each["Type"] for each in discovery.list_namespaces()["Namespaces"]}
    names = {each["Arn"]: each["Name"] for each in discovery.list_services()["Services"]}

    found = {
        name: [names[each["registryArn"]] for each in service["serviceRegistries"]]
        for name, service in _services(dev).items()
    }

    assert namespaces["atomic-dev.internal"] == "DNS_PRIVATE"
    routed = {service for _, service, _ in ROUTES.values()}
    assert found == {name: [name] for name in routed} | {"python-agent": []}
    # Prod's names are beside them.
    assert set(names.values()) >= {*routed, "graphql-engine"}


def test_hasura_is_found_by_its_name_in_the_applications_compose_file(dev: Deployment) -> None:
    discovery = dev.client("servicediscovery")
    aliases = [
        discovery.list_instances(ServiceId=each["Id"])["Instances"][0]["Attributes"]
        for each in discovery.list_services()["Services"]
        if each["Name"] == "graphql-engine"
    ]

    # Prod's is beside it.
    assert {"AWS_INSTANCE_CNAME": "hasura.atomic-dev.internal"} in aliases


def test_the_vpc_lets_tasks_find_a_name_without_its_namespace(dev: Deployment) -> None:
    ec2 = dev.client("ec2")
    (vpc,) = ec2.describe_vpcs(VpcIds=[dev.outputs["VpcId"]])["Vpcs"]
    (options,) = ec2.describe_dhcp_options(DhcpOptionsIds=[vpc["DhcpOptionsId"]])["DhcpOptions"]

    found = {
        each["Key"]: [value["Value"] for value in each["Values"]]
        for each in options["DhcpConfigurations"]
    }

    assert found == {
        "domain-name": ["atomic-dev.internal"],
        "domain-name-servers": ["AmazonProvidedDNS"],
    }


def _documented() -> set[tuple[str, str, int]]:
    """The connections between services, and from the load balancer to them, of docs/security.md."""
    page = Path(__file__).parents[2] / "docs" / "security.md"
    known = {*_ROWS, "alb"}
    found = set()
    for line in page.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[2].isdecimal():
            sources, targets = (
                cell.partition(":")[0].replace("load balancer", "alb").split(", ")
                for cell in cells[:2]
            )
            found |= {
                (source, target, int(cells[2]))
                for source in sources
                for target in targets
                if source in known and target in _ROWS
            }
    return found


def test_what_is_open_between_services_is_what_the_documentation_says(dev: Deployment) -> None:
    """Read back from EC2: who is let in, and who may go out, on which port."""
    ec2 = dev.client("ec2")
    groups = {
        group["GroupId"]: group["GroupName"].removeprefix("atomic-dev-").removesuffix("-sg")
        for group in ec2.describe_security_groups()["SecurityGroups"]
        if group["VpcId"] == dev.outputs["VpcId"]
    }
    rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
    between = [
        (groups[rule["GroupId"]], groups[other], rule["FromPort"], rule["IsEgress"])
        for rule in rules
        if (other := rule.get("ReferencedGroupInfo", {}).get("GroupId")) in groups
        and {groups[rule["GroupId"]], groups[other]} <= {*_ROWS, "alb"}
    ]

    let_in = {(other, own, port) for own, other, port, egress in between if not egress}
    let_out = {(own, other, port) for own, other, port, egress in between if egress}

    assert let_in == _documented()
    # The load balancer's way out is the whole VPC's addresses.
    assert let_out == {each for each in _documented() if each[0] != "alb"}
    assert let_out == {
        (caller, called, _ROWS[called].port) for caller in _ROWS for called in _ROWS[caller].calls
    }


def test_plain_http_is_redirected(dev: Deployment) -> None:
    elb = dev.client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["atomic-dev-alb"])["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]

    (http,) = [listener for listener in listeners if listener["Port"] == 80]

    assert http["DefaultActions"][0]["RedirectConfig"]["StatusCode"] == "HTTP_301"
    assert http["DefaultActions"][0]["RedirectConfig"]["Protocol"] == "HTTPS"


def test_thirty_alarms_one_for_each_service_and_one_for_the_files_tell_the_operator(
    dev: Deployment,
) -> None:
    cloudwatch = dev.client("cloudwatch")
    topic = dev.outputs["AlarmTopicArn"]

    mine = cloudwatch.describe_alarms(AlarmNamePrefix="atomic-dev-", MaxRecords=100)["MetricAlarms"]

    assert {tuple(alarm["AlarmActions"]) for alarm in mine} == {(topic,)}
    silence = [alarm["AlarmName"] for alarm in mine if alarm["TreatMissingData"] == "breaching"]
    assert (len(mine), len(silence)) == (39, 8)
    assert all(name.endswith("-no-task") for name in silence)


def test_what_aws_tells_of_by_itself_reaches_the_operator(dev: Deployment) -> None:
    events = dev.client("events")

    rules = events.list_rules(NamePrefix="atomic-dev-")["Rules"]

    assert {rule["Name"] for rule in rules} == {
        "atomic-dev-certificate-expires",
        "atomic-dev-database-event",
        "atomic-dev-deployment-failed",
        "atomic-dev-task-not-placed",
    }
    for rule in rules:
        (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        assert target["Arn"] == dev.outputs["AlarmTopicArn"]


def test_the_operator_is_subscribed(dev: Deployment) -> None:
    sns = dev.client("sns")

    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=dev.outputs["AlarmTopicArn"])[
        "Subscriptions"
    ]

    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "ops@example.com")


def test_the_dashboard_shows_the_alarms(dev: Deployment) -> None:
    cloudwatch = dev.client("cloudwatch")

    body = cloudwatch.get_dashboard(DashboardName="atomic-dev-SystemHealthOverview")

    widgets = json.loads(body["DashboardBody"])["widgets"]
    assert len(widgets[0]["properties"]["alarms"]) == 39


def test_only_two_services_scale(dev: Deployment) -> None:
    scaling = dev.client("application-autoscaling")

    targets = [
        target
        for target in scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
        if "atomic-dev" in target["ResourceId"]
    ]
    policies = [
        policy
        for policy in scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
        if "atomic-dev" in policy["ResourceId"]
    ]

    assert {
        target["ResourceId"].rpartition("-")[2]: (target["MinCapacity"], target["MaxCapacity"])
        for target in targets
    } == {"app": (1, 3), "functions": (1, 4)}
    assert sorted(policy["PolicyName"] for policy in policies) == [
        "app-cpu",
        "app-memory",
        "functions-cpu",
        "functions-memory",
    ]


def test_every_secret_has_a_current_value(dev: Deployment) -> None:
    assert all(_secret(dev, row.name) for row in SECRETS)


def test_the_operators_secrets_hold_a_placeholder(dev: Deployment) -> None:
    assert _secret(dev, "openai-api-key") == PLACEHOLDER


def test_the_connection_strings_hold_the_stored_password(dev: Deployment) -> None:
    master = json.loads(_secret(dev, "rds-master-credentials"))
    host = dev.outputs["DbInstanceEndpoint"]

    verified = "sslmode=verify-full&sslrootcert=/mnt/database_authorities/rds.pem"

    assert master["username"] == "postgresadmin"
    assert _secret(dev, "hasura-db-conn-string") == (
        f"postgres://postgresadmin:{master['password']}@{host}:5432/atomicdb?{verified}"
    )
    assert _secret(dev, "supertokens-db-conn-string") == (
        f"postgresql://postgresadmin:{master['password']}@{host}:5432/atomicdb?{verified}"
    )
    assert _secret(dev, "optaplanner-db-conn-string") == (
        f"jdbc:postgresql://{host}:5432/atomicdb?{verified}"
    )


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("hasura-admin-secret", r"[A-Za-z0-9]{32}"),
        ("api-token-secret", r"[A-Za-z0-9]{40}"),
        ("supertokens-api-key", r"[A-Za-z0-9]{40}"),
        ("hasura-jwt-secret", r'\{"issuer":"supertokens","key":"[A-Za-z0-9]{64}","type":"HS256"\}'),
    ],
)
def test_a_generated_secret_has_its_form(dev: Deployment, name: str, form: str) -> None:
    assert re.fullmatch(form, _secret(dev, name))


def test_the_database_is_encrypted_private_and_speaks_tls_only(dev: Deployment) -> None:
    rds = dev.client("rds")

    (instance,) = rds.describe_db_instances(DBInstanceIdentifier="atomic-dev-rds-postgres")[
        "DBInstances"
    ]
    parameters = rds.describe_db_parameters(DBParameterGroupName="atomic-dev-postgres")

    assert instance["StorageEncrypted"] is True
    assert instance["PubliclyAccessible"] is False
    assert instance["DBName"] == "atomicdb"
    assert instance["PerformanceInsightsEnabled"] is True
    assert instance["PerformanceInsightsRetentionPeriod"] == 7
    values = {row["ParameterName"]: row["ParameterValue"] for row in parameters["Parameters"]}
    assert values["rds.force_ssl"] == "1"


def test_the_access_point_is_owned_by_the_application(dev: Deployment) -> None:
    efs = dev.client("efs")

    (point,) = efs.describe_access_points(AccessPointId=dev.outputs["LanceDbAccessPointId"])[
        "AccessPoints"
    ]

    assert point["RootDirectory"]["Path"] == "/lancedb"
    assert point["PosixUser"]["Uid"] == 1000


def test_six_registries_scan_what_is_pushed(dev: Deployment) -> None:
    repositories = dev.client("ecr").describe_repositories()["repositories"]

    mine = {
        repository["repositoryName"]: repository["imageScanningConfiguration"]["scanOnPush"]
        for repository in repositories
        if repository["repositoryName"].startswith("atomic-dev-")
    }

    assert mine == {
        f"atomic-dev-{name}": True
        for name in ("app", "functions", "handshake", "oauth", "optaplanner", "python-agent")
    }


def test_a_second_diff_is_empty(dev: Deployment) -> None:
    assert "No changes." in dev.cdktf.run("diff", dev.stack)


def test_a_value_that_the_operator_sets_stays(dev: Deployment) -> None:
    secrets = dev.client("secretsmanager")
    for value in ("first-own-value", "second-own-value", "third-own-value"):
        secrets.put_secret_value(SecretId="atomic-dev-openai-api-key", SecretString=value)

    dev.cdktf.run("deploy", dev.stack, "--auto-approve")

    assert _secret(dev, "openai-api-key") == "third-own-value"


def test_the_first_version_of_a_secret_keeps_its_label(dev: Deployment) -> None:
    """GIVEN a version without a label, which Secrets Manager removes, THEN it would be written anew."""
    secrets = dev.client("secretsmanager")
    for value in ("one", "two", "three"):
        secrets.put_secret_value(SecretId="atomic-dev-notion-api-token", SecretString=value)

    versions = secrets.describe_secret(SecretId="atomic-dev-notion-api-token")

    assert ["ATOMIC_FIRST"] in versions["VersionIdsToStages"].values()
