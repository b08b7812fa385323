"""The stack as a whole: outputs, phases, state, tags, names, and a ninth service."""

import re

import pytest

from common.version import VERSION
from tests.conftest import Synthesize
from tests.stages import SHIPPED, VARIANTS

ALL = [*SHIPPED, *VARIANTS]
SECRETS = {
    "DbSecretArn": "rds_master_credentials",
    "HasuraAdminSecretArn": "hasura_admin_secret",
    "HasuraJwtSecretArn": "hasura_jwt_secret",
    "InternalApiTokenArn": "api_token_secret",
    "SupertokensApiKeyArn": "supertokens_api_key",
    "SupertokensDbConnStringArn": "supertokens_db_conn_string",
    "HasuraDbConnStringArn": "hasura_db_conn_string",
    "OptaplannerDbConnStringArn": "optaplanner_db_conn_string",
    "OpenAiApiKeyArn": "openai_api_key",
    "NotionApiTokenArn": "notion_api_token",
    "DeepgramApiKeyArn": "deepgram_api_key",
    "NotionNotesDbIdArn": "notion_notes_db_id",
    "NotionResearchProjectsDbIdArn": "notion_research_projects_db_id",
    "NotionResearchTasksDbIdArn": "notion_research_tasks_db_id",
    "MskBootstrapBrokersArn": "msk_bootstrap_brokers",
    "SupertokensDbRoleArn": "supertokens_db_role",
    "HasuraDbRoleArn": "hasura_db_role",
    "OptaplannerDbRoleArn": "optaplanner_db_role",
}
REPOSITORIES = {
    "EcrRepositoryApp": "app",
    "EcrRepositoryFunctions": "functions",
    "EcrRepositoryHandshake": "handshake",
    "EcrRepositoryOauth": "oauth",
    "EcrRepositoryOptaplanner": "optaplanner",
    "EcrRepositoryPythonAgent": "python_agent",
}
RECORD = "${{one(aws_acm_certificate.main.domain_validation_options).resource_record_{}}}"
FOUNDATION = {
    "InfrastructureVersion": VERSION,
    "VpcId": "${aws_vpc.main.id}",
    "ClusterName": "${aws_ecs_cluster.main.name}",
    "DataBucketName": "${aws_s3_bucket.data.bucket}",
    "DbInstanceEndpoint": "${aws_db_instance.main.address}",
    "CertificateArn": "${aws_acm_certificate.main.arn}",
    **{
        f"CertificateValidationRecord{part}": RECORD.format(part.lower())
        for part in ("Name", "Type", "Value")
    },
    **{name: f"${{aws_secretsmanager_secret.{row}.arn}}" for name, row in SECRETS.items()},
    **{name: f"${{aws_ecr_repository.{row}.repository_url}}" for name, row in REPOSITORIES.items()},
}
DASHBOARD = (
    "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1"
    "#dashboards:name=atomic-dev-SystemHealthOverview"
)
APPLICATION = {
    "AlbDnsName": "${aws_lb.main.dns_name}",
    "ApplicationHttpsEndpoint": "https://dev.example.com",
    "AlarmTopicArn": "${aws_sns_topic.alarms.arn}",
    "SystemHealthDashboardUrl": DASHBOARD,
    "LanceDbFileSystemId": "${aws_efs_file_system.lancedb.id}",
    "LanceDbAccessPointId": "${aws_efs_access_point.lancedb.id}",
}


def test_a_stage_puts_out_what_the_specification_lists(stack: Synthesize) -> None:
    assert stack("dev").outputs == FOUNDATION | APPLICATION


def test_the_foundation_puts_out_what_it_holds(stack: Synthesize) -> None:
    assert stack("foundation").outputs == FOUNDATION


def test_auroras_endpoint_is_the_clusters(stack: Synthesize) -> None:
    endpoint = stack("aurora").outputs["DbInstanceEndpoint"]

    assert endpoint == "${aws_rds_cluster.main.endpoint}"


def test_both_engines_put_out_the_same_names(stack: Synthesize) -> None:
    assert stack("aurora").outputs.keys() == stack("dev").outputs.keys()


# What the services stand on.
FOUNDATION_TYPES = {
    # network
    "aws_vpc",
    "aws_vpc_endpoint",
    "aws_subnet",
    "aws_internet_gateway",
    "aws_eip",
    "aws_nat_gateway",
    "aws_default_security_group",
    "aws_flow_log",
    "aws_route_table",
    "aws_route_table_association",
    # security groups
    "aws_security_group",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    # registries, bucket, roles, cluster
    "aws_ecr_lifecycle_policy",
    "aws_ecr_repository",
    "aws_s3_bucket",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_logging",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_iam_role",
    "aws_ecs_cluster",
    "aws_ecs_cluster_capacity_providers",
    # secrets, database
    "aws_secretsmanager_secret",
    "aws_secretsmanager_secret_version",
    "aws_db_instance",
    "aws_db_subnet_group",
    "aws_db_parameter_group",
    "aws_iam_role_policy_attachment",
    "aws_cloudwatch_log_group",
    # the task that runs SQL before there is a service
    "aws_iam_role_policy",
    "aws_ecs_task_definition",
    # with manual DNS, for a person to validate
    "aws_acm_certificate",
}


def test_the_foundation_is_what_the_services_stand_on_and_no_more(stack: Synthesize) -> None:
    assert set(stack("foundation").json["resource"]) == FOUNDATION_TYPES


def test_the_full_phase_changes_no_address_of_the_foundation(stack: Synthesize) -> None:
    foundation = set(stack("foundation").addresses())

    missing = foundation - set(stack("prod").addresses())

    assert missing == set()


def test_the_foundation_has_the_roles_of_all_services(stack: Synthesize) -> None:
    assert stack("foundation").names("aws_iam_role") == stack("dev").names("aws_iam_role")


@pytest.mark.parametrize("stage", ["dev", "staging", "prod", "aurora"])
def test_state_is_a_local_file_of_the_stack(stack: Synthesize, stage: str) -> None:
    backend = stack(stage).json["terraform"]["backend"]

    assert backend == {"local": {"path": f"/state/terraform.atomic-{stage}.tfstate"}}


def test_a_state_section_is_an_s3_backend_that_locks(stack: Synthesize) -> None:
    backend = stack("frugal").json["terraform"]["backend"]

    assert backend == {
        "s3": {
            "bucket": "acme-state",
            "key": "platform/frugal.tfstate",
            "region": "us-east-1",
            "encrypt": True,
            "use_lockfile": True,
        }
    }


@pytest.mark.parametrize("stage", ALL)
def test_every_resource_gets_the_stages_tags(stack: Synthesize, stage: str) -> None:
    for provider in stack(stage).json["provider"]["aws"]:
        assert provider["default_tags"] == [
            {"tags": {"Project": "atomic-calendar", "Stage": stage, "ManagedBy": "cdktf"}}
        ]


@pytest.mark.parametrize("stage", ALL)
def test_no_resource_is_named_with_a_hash(stack: Synthesize, stage: str) -> None:
    hashed = [name for name in stack(stage).addresses() if re.search(r"[0-9A-F]{8}$", name)]

    assert hashed == []


@pytest.mark.parametrize("stage", ALL)
def test_names_begin_with_the_prefix(stack: Synthesize, stage: str) -> None:
    prefix = "acme" if stage == "frugal" else f"atomic-{stage}"
    types = ("aws_ecr_repository", "aws_iam_role", "aws_secretsmanager_secret", "aws_ecs_cluster")

    names = [
        stack(stage).resource(type_, name)["name"]
        for type_ in types
        for name in stack(stage).names(type_)
    ]

    assert names
    assert [name for name in names if not name.startswith(f"{prefix}-")] == []


def test_the_provider_is_pinned(stack: Synthesize) -> None:
    required = stack("dev").json["terraform"]["required_providers"]

    assert required == {"aws": {"source": "aws", "version": "5.100.0"}}


# A ninth service, which is one table in a stage file: all that comes with it.
NINTH = {
    "aws_appautoscaling_policy.reports_cpu",
    "aws_appautoscaling_policy.reports_memory",
    "aws_appautoscaling_target.reports",
    "aws_cloudwatch_log_group.reports",
    "aws_cloudwatch_metric_alarm.reports_cpu",
    "aws_cloudwatch_metric_alarm.reports_latency",
    "aws_cloudwatch_metric_alarm.reports_no_task",
    "aws_cloudwatch_metric_alarm.reports_target_5xx",
    "aws_cloudwatch_metric_alarm.reports_unhealthy_hosts",
    "aws_ecr_lifecycle_policy.reports",
    "aws_ecr_repository.reports",
    "aws_ecs_service.reports",
    "aws_ecs_task_definition.reports",
    "aws_iam_role.reports_execution",
    "aws_iam_role.reports_task",
    "aws_iam_role_policy.reports_execution",
    "aws_iam_role_policy.reports_task",
    "aws_lb_listener_rule.reports",
    "aws_lb_target_group.reports",
    "aws_security_group.reports",
    "aws_service_discovery_service.reports",
    "aws_vpc_security_group_egress_rule.reports_to_anywhere",
    "aws_vpc_security_group_egress_rule.reports_to_anywhere_587",
    "aws_vpc_security_group_ingress_rule.reports_from_load_balancer",
}


def test_a_ninth_service_brings_all_that_it_needs(stack: Synthesize) -> None:
    found = {name for name in stack("frugal").addresses() if "reports" in name}

    assert found == NINTH
    assert "EcrRepositoryReports" in stack("frugal").outputs


def test_a_ninth_service_is_routed_by_its_row(stack: Synthesize) -> None:
    rule = stack("frugal").resource("aws_lb_listener_rule", "reports")
    group = stack("frugal").resource("aws_lb_target_group", "reports")

    assert rule["priority"] == 70
    assert rule["condition"] == [{"path_pattern": {"values": ["/v1/reports", "/v1/reports/*"]}}]
    assert (group["name"], group["port"]) == ("acme-reports", 9000)


def test_a_ninth_service_scales_by_its_row(stack: Synthesize) -> None:
    target = stack("frugal").resource("aws_appautoscaling_target", "reports")

    assert (target["min_capacity"], target["max_capacity"]) == (1, 2)


def test_a_ninth_services_alarms_roll_its_deployments_back(stack: Synthesize) -> None:
    alarms = stack("frugal").resource("aws_ecs_service", "reports")["alarms"]

    assert alarms["alarm_names"] == [
        f"${{aws_cloudwatch_metric_alarm.reports_{kind}.alarm_name}}"
        for kind in ("unhealthy_hosts", "target_5xx", "latency", "cpu")
    ]
