"""Stages with every switch on: what they are on AWS, and that all comes back when they lose their states.

Two stages on one emulator, one of each database engine: the first without NAT gateways, the second with, and
that keeps its data. The tests follow on one another, in the order of the file.
"""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID

from local.cdktf import Cdktf
from local.emulator import running_emulator
from local.moto_patches.costs import FIRST_MONITOR
from modules.settings.rules.firewall import COUNTED
from modules.settings.stage_files import read_stage
from modules.settings.windows import windows
from tests.integration.conftest import assert_no_changes, write_stage
from tests.integration.recovery import NOTHING, RecoverableStage

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

EVERYTHING = """
domain_name = "{name}.example.com"
operator_email = "ops@example.com"
time_zone = "Europe/Berlin"
retain_data = {retain_data}

[night_stop]

[network]
nat = "{nat}"

[cost_alerts]
budget_usd = 250
anomaly_usd = 20
anomaly_monitor_arn = "{monitor}"

[chat]
slack_workspace_id = "T0AB12CD3"
slack_channel_id = "C0EF45GH6"
teams_tenant_id = "5f9c1b1e-0d2a-4f7b-9c3d-6a7e8f901234"
teams_team_id = "{team}"
teams_channel_id = "19%3aoperators%40thread.tacv2"

[security]
customer_managed_key = true
web_firewall = true
backups = true

[[services.app.schedule]]
at = "12:00"
days = "MON-FRI"
min_tasks = 2
max_tasks = 4

[database]
engine = "{engine}"
login_roles = false
"""
MONITOR = FIRST_MONITOR.format(account=DEFAULT_ACCOUNT_ID)
# The provider finds a channel by its team, and only where that has one in the account.
TEAMS = {
    "first": "0a1b2c3d-4e5f-4a6b-8c7d-9e0f12345678",
    "second": "1a1b2c3d-4e5f-4a6b-8c7d-9e0f12345678",
}
KINDS = {
    "first": ("postgres", "false", "none"),
    "second": ("aurora-serverless-v2", "true", "single"),
}

Stages = Mapping[str, RecoverableStage]


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    folder = tmp_path_factory.mktemp("stages")
    with running_emulator() as emulator:
        found = {}
        for name, (engine, keeps, nat) in KINDS.items():
            write_stage(
                folder,
                name,
                EVERYTHING.format(
                    name=name,
                    engine=engine,
                    retain_data=keeps,
                    monitor=MONITOR,
                    nat=nat,
                    team=TEAMS[name],
                ),
            )
            environment = {"ATOMIC_STAGES_DIR": str(folder), "ATOMIC_STAGE": name}
            cdktf = Cdktf(
                folder=tmp_path_factory.mktemp(name),
                environment={**emulator.environment, **environment},
            )
            found[name] = RecoverableStage(name=name, cdktf=cdktf, emulator=emulator)

        def deploy(stage: RecoverableStage) -> None:
            stage.cdktf.run("deploy", stage.stack, "--auto-approve")

        with ThreadPoolExecutor() as pool:
            list(pool.map(deploy, found.values()))
        yield found


def test_each_engine_has_the_windows_that_the_night_stop_leaves(stages: Stages) -> None:
    """How these are reckoned: tests/modules/settings/test_windows.py."""
    clients = stages["first"].emulator.client
    (instance,) = clients("rds").describe_db_instances(
        DBInstanceIdentifier="atomic-first-rds-postgres"
    )["DBInstances"]
    (cluster,) = clients("rds").describe_db_clusters(
        DBClusterIdentifier="atomic-second-rds-postgres"
    )["DBClusters"]
    (plan,) = (
        each
        for each in clients("backup").list_backup_plans()["BackupPlansList"]
        if each["BackupPlanName"] == "atomic-first-daily"
    )
    (rule,) = clients("backup").get_backup_plan(BackupPlanId=plan["BackupPlanId"])["BackupPlan"][
        "Rules"
    ]
    folder = Path(stages["first"].cdktf.environment["ATOMIC_STAGES_DIR"])

    own = windows(read_stage(folder, "first"))
    assert instance["PreferredBackupWindow"] == cluster["PreferredBackupWindow"] == own.backup
    assert instance["PreferredMaintenanceWindow"] == own.maintenance
    assert (rule["ScheduleExpression"], rule["ScheduleExpressionTimezone"]) == (
        own.aws_backup,
        "Europe/Berlin",
    )


@pytest.mark.parametrize("name", KINDS)
def test_the_load_balancer_closes_last_but_one_and_hasura_is_behind_its_proxy(
    stages: Stages, name: str
) -> None:
    client = stages[name].emulator.client
    (balancer,) = client("elbv2").describe_load_balancers(Names=[f"atomic-{name}-alb"])[
        "LoadBalancers"
    ]
    attributes = client("elbv2").describe_load_balancer_attributes(
        LoadBalancerArn=balancer["LoadBalancerArn"]
    )["Attributes"]
    task = client("ecs").describe_task_definition(taskDefinition=f"atomic-{name}-hasura")[
        "taskDefinition"
    ]
    (service,) = client("ecs").describe_services(
        cluster=f"atomic-{name}-ecs-cluster", services=[f"atomic-{name}-hasura"]
    )["services"]

    assert {"Key": "idle_timeout.timeout_seconds", "Value": "120"} in attributes
    assert [each["name"] for each in task["containerDefinitions"]][:2] == ["hasura", "strip-proxy"]
    assert [
        (each["containerName"], each["containerPort"]) for each in service["loadBalancers"]
    ] == [("strip-proxy", 8080)]


@pytest.mark.parametrize(
    ("name", "public", "own"), [("first", "ENABLED", 0), ("second", "DISABLED", 1)]
)
def test_without_nat_each_task_has_an_address_and_the_firewall_none_to_exempt(
    stages: Stages, name: str, public: str, own: int
) -> None:
    client = stages[name].emulator.client
    services = client("ecs").describe_services(
        cluster=f"atomic-{name}-ecs-cluster", services=[f"atomic-{name}-app"]
    )["services"]
    sets = [each["Name"] for each in client("wafv2").list_ip_sets(Scope="REGIONAL")["IPSets"]]

    assert [
        each["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] for each in services
    ] == [public]
    assert sets.count(f"atomic-{name}-own-addresses") == own


@pytest.mark.parametrize("name", KINDS)
def test_the_firewall_counts_what_judges_a_body(stages: Stages, name: str) -> None:
    client = stages[name].emulator.client("wafv2")
    (found,) = (
        each
        for each in client.list_web_acls(Scope="REGIONAL")["WebACLs"]
        if each["Name"] == f"atomic-{name}-web-firewall"
    )
    acl = client.get_web_acl(Scope="REGIONAL", Name=found["Name"], Id=found["Id"])["WebACL"]
    (common,) = (each for each in acl["Rules"] if each["Name"] == "common")
    group = common["Statement"]["ManagedRuleGroupStatement"]

    assert {
        each["Name"] for each in group["RuleActionOverrides"] if "Count" in each["ActionToUse"]
    } == set(COUNTED)


@pytest.mark.parametrize(
    ("name", "metric"), [("first", "FreeStorageSpace"), ("second", "VolumeBytesUsed")]
)
def test_the_alarms_know_the_engine_and_the_night(stages: Stages, name: str, metric: str) -> None:
    cloudwatch = stages[name].emulator.client("cloudwatch")
    found = {
        each["AlarmName"].removeprefix(f"atomic-{name}-"): each
        for each in cloudwatch.describe_alarms(AlarmNamePrefix=f"atomic-{name}-")["MetricAlarms"]
    }
    (formula,) = (each for each in found["app-no-task"]["Metrics"] if each.get("ReturnData"))

    assert found["database-free-storage"]["MetricName"] == metric
    assert found["app-latency"]["EvaluateLowSampleCountPercentile"] == "ignore"
    assert formula["Expression"].startswith("IF((w>=")


@pytest.mark.parametrize("name", KINDS)
def test_the_stages_own_key_encrypts_each_log_the_topic_and_the_database(
    stages: Stages, name: str
) -> None:
    client = stages[name].emulator.client
    (key,) = (
        each["TargetKeyId"]
        for each in client("kms").list_aliases()["Aliases"]
        if each["AliasName"] == f"alias/atomic-{name}"
    )
    logs = [
        each
        for prefix in (f"/aws/ecs/atomic-{name}-", f"aws-waf-logs-atomic-{name}", "/aws/rds/")
        for each in client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
        if f"atomic-{name}" in each["logGroupName"]
    ]
    (topic,) = (
        each["TopicArn"]
        for each in client("sns").list_topics()["Topics"]
        if each["TopicArn"].endswith(f":atomic-{name}-AlarmTopic")
    )
    attributes = client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]

    assert len(logs) > 9
    assert [
        each["logGroupName"] for each in logs if not each.get("kmsKeyId", "").endswith(key)
    ] == []
    assert attributes["KmsMasterKeyId"].endswith(key)


@pytest.mark.parametrize("name", KINDS)
def test_the_operator_is_told_of_events_and_registries_let_images_go(
    stages: Stages, name: str
) -> None:
    client = stages[name].emulator.client
    rules = client("events").list_rules(NamePrefix=f"atomic-{name}-")["Rules"]
    targets = {
        each["Name"]: client("events").list_targets_by_rule(Rule=each["Name"])["Targets"]
        for each in rules
    }
    policy = client("ecr").get_lifecycle_policy(repositoryName=f"atomic-{name}-app")

    assert sorted(each.removeprefix(f"atomic-{name}-") for each in targets) == [
        "backup-failed",
        "certificate-expires",
        "database-event",
        "deployment-failed",
        "task-not-placed",
    ]
    for found in targets.values():
        assert sorted(each["Arn"].rpartition(":")[2] for each in found) == [
            f"atomic-{name}-AlarmTopic",
            f"atomic-{name}-chat",
        ]
    assert len(json.loads(policy["lifecyclePolicyText"])["rules"]) == 2


def test_two_stages_share_the_accounts_monitor(stages: Stages) -> None:
    ce = stages["first"].emulator.client("ce")
    subscriptions = ce.get_anomaly_subscriptions()["AnomalySubscriptions"]

    assert [each["MonitorArn"] for each in ce.get_anomaly_monitors()["AnomalyMonitors"]] == [
        MONITOR
    ]
    assert [each["MonitorArnList"] for each in subscriptions] == [[MONITOR]] * 2


def test_a_state_holds_all_that_a_deploy_made(stages: Stages) -> None:
    first, second = stages.values()

    assert first.account(second.state()) == NOTHING


@pytest.mark.parametrize("name", KINDS)
def test_each_object_comes_back_at_its_address(stages: Stages, name: str) -> None:
    stage = stages[name]
    before = stage.ids()
    stage.state_file.unlink()
    stage.emulator.count_from_now()

    answer = stage.recover("--yes")

    assert answer.code == 0, answer.text + answer.errors
    assert stage.emulator.mutating_calls() == {}
    assert stage.ids() == before


@pytest.mark.parametrize("name", KINDS)
def test_the_next_deploy_has_nothing_to_do(stages: Stages, name: str) -> None:
    assert "no changes are needed" in stages[name].cdktf.run("diff", stages[name].stack)


def test_the_recovered_states_hold_all_that_stands(stages: Stages) -> None:
    first, second = stages.values()

    assert first.account(second.state()) == NOTHING


def test_a_log_that_a_retained_stage_has_left_is_taken_up_again(stages: Stages) -> None:
    """The firewall goes and comes back: its log group stayed, and the gate says what to do."""
    stage = stages["second"]
    file = Path(stage.cdktf.environment["ATOMIC_STAGES_DIR"], "second.toml")
    with_firewall = file.read_text()
    file.write_text(with_firewall.replace("web_firewall = true", "web_firewall = false"))
    stage.cdktf.run("deploy", stage.stack, "--auto-approve")
    logs = stage.emulator.client("logs")
    policies = [
        each["policyName"] for each in logs.describe_resource_policies()["resourcePolicies"]
    ]
    (left,) = logs.describe_log_groups(logGroupNamePrefix="aws-waf-logs-atomic-second")["logGroups"]
    file.write_text(with_firewall)

    gate = stage.ops("gate")
    recovered = stage.recover("--yes")
    stage.cdktf.run("deploy", stage.stack, "--auto-approve")

    assert "aws-waf-logs-atomic-second" not in policies
    assert gate.code == 2
    assert left["logGroupName"] in gate.text
    assert "ops recover" in gate.text
    assert recovered.code == 0, recovered.text + recovered.errors
    (now,) = logs.describe_log_groups(logGroupNamePrefix="aws-waf-logs-atomic-second")["logGroups"]
    assert now["creationTime"] == left["creationTime"]
    assert_no_changes(stage.cdktf, stage.stack)
