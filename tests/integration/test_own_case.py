"""A stage that is one's own on the embedded AWS: services left out, a job, a queue, a worker, a secret.

The tests go on one from the other, in the file's order.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cdktf import Cdktf
from local.emulator import PROJECT, running_emulator
from tests.integration.conftest import Deployment, write_stage
from tests.integration.test_deployed_day import ops

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

STACK = "atomic-own"
OUT = ("handshake", "oauth")
STAGE = """
extension = "extensions/queue.py"
domain_name = "own.example.com"
operator_email = "ops@example.com"
retain_data = false
time_zone = "Europe/Berlin"
network.nat = "single"
database = { login_roles = false, multi_az = false }

[services.handshake]
enabled = false

[services.oauth]
enabled = false

[secrets.stripe]
keys = ["KEY"]

[services.reports]
port = 8000
path = "/v1/reports"
priority = 70
secrets = { STRIPE_KEY = "stripe:KEY" }

[services.reports.jobs.nightly]
schedule = "cron(0 3 * * ? *)"
command = ["python", "-m", "nightly"]
timeout = "30m"

[services.worker]
build_context = "worker"
policies = ["read-work"]
environment = { WORK_QUEUE = "{work_queue}" }
health_command = ["pgrep", "worker"]
"""
SERVICES = {"supertokens", "hasura", "functions", "optaplanner", "app", "python-agent"}


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the stage's file, beside that of its extension."""
    root = tmp_path_factory.mktemp("checkout")
    (root / "extensions").mkdir()
    shutil.copy(PROJECT / "extensions" / "queue.py", root / "extensions")
    return write_stage(root / "stages", "own", STAGE)


@pytest.fixture(scope="module")
def own(stages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The stage, deployed in full."""
    with running_emulator() as emulator:
        cdktf = Cdktf(
            folder=tmp_path_factory.mktemp("own"),
            environment={**emulator.environment, "ATOMIC_STAGES_DIR": str(stages)},
        )
        log = cdktf.run("deploy", STACK, "--auto-approve")
        yield Deployment(cdktf=cdktf, stack=STACK, emulator=emulator, log=log)


def standing_services(own: Deployment) -> set[str]:
    cluster = f"{STACK}-ecs-cluster"
    arns = own.client("ecs").list_services(cluster=cluster, maxResults=100)["serviceArns"]
    return {arn.rpartition("/")[2].removeprefix(f"{STACK}-") for arn in arns}


def queue(own: Deployment, name: str) -> dict[str, str]:
    client = own.client("sqs")
    url = client.get_queue_url(QueueName=f"{STACK}-{name}")["QueueUrl"]
    found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {**found, "url": url}


def task(own: Deployment, family: str) -> dict[str, Any]:
    found: dict[str, Any] = own.client("ecs").describe_task_definition(
        taskDefinition=f"{STACK}-{family}"
    )["taskDefinition"]
    return found


def test_the_example_is_short() -> None:
    assert len((PROJECT / "extensions" / "queue.py").read_text().splitlines()) <= 40


def test_services_that_are_left_out_have_nothing_in_aws(own: Deployment) -> None:
    assert standing_services(own) == SERVICES | {"reports", "worker"}
    everything = {
        "roles": own.client("iam").list_roles(MaxItems=1000)["Roles"],
        "groups": own.client("ec2").describe_security_groups()["SecurityGroups"],
        "targets": own.client("elbv2").describe_target_groups()["TargetGroups"],
        "alarms": own.client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"],
        "logs": own.client("logs").describe_log_groups()["logGroups"],
        "registries": own.client("ecr").describe_repositories()["repositories"],
        "names": own.client("servicediscovery").list_services()["Services"],
    }
    for what, found in everything.items():
        assert found, what
        assert not [each for each in found if any(name in str(each) for name in OUT)], what


def test_the_queue_gives_what_failed_to_the_other_one(own: Deployment) -> None:
    redrive = json.loads(queue(own, "work")["RedrivePolicy"])

    assert redrive == {
        "deadLetterTargetArn": queue(own, "work-failed")["QueueArn"],
        "maxReceiveCount": 5,
    }


def test_the_worker_knows_its_queue_and_may_read_it(own: Deployment) -> None:
    container = task(own, "worker")["containerDefinitions"][0]
    policy = own.client("iam").get_role_policy(
        RoleName=f"{STACK}-worker-task-role", PolicyName="own"
    )["PolicyDocument"]

    work = queue(own, "work")
    assert {"name": "WORK_QUEUE", "value": work["url"]} in container["environment"]
    assert container["healthCheck"]["command"] == ["CMD", "pgrep", "worker"]
    (statement,) = policy["Statement"]
    assert statement["Resource"] == work["QueueArn"]
    assert "sqs:ReceiveMessage" in statement["Action"]


def test_scheduler_starts_the_job_in_the_clusters_network(own: Deployment) -> None:
    name = f"{STACK}-reports-nightly"

    schedule = own.client("scheduler").get_schedule(GroupName=name, Name=name)

    target = schedule["Target"]
    started = target["EcsParameters"]
    assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == (
        "cron(0 3 * * ? *)",
        "Europe/Berlin",
    )
    assert target["Arn"].endswith(f":cluster/{STACK}-ecs-cluster")
    assert target["RoleArn"].endswith(f":role/{name}-schedule-role")
    assert target["DeadLetterConfig"] == {"Arn": queue(own, "failed-jobs")["QueueArn"]}
    assert started["TaskDefinitionArn"] == task(own, "reports-nightly")["taskDefinitionArn"]
    assert len(started["NetworkConfiguration"]["awsvpcConfiguration"]["Subnets"]) == 2


def test_the_jobs_task_reads_the_stages_own_secret_and_has_a_timekeeper(own: Deployment) -> None:
    containers = {
        each["name"]: each for each in task(own, "reports-nightly")["containerDefinitions"]
    }

    assert [each["name"] for each in containers["reports"]["secrets"]] == ["STRIPE_KEY"]
    assert containers["reports"]["command"] == ["python", "-m", "nightly"]
    assert "sleep 1800 " in containers["timekeeper"]["command"][0]


def test_nothing_is_left_to_do(own: Deployment) -> None:
    plan = own.cdktf.terraform(STACK, "plan", "-detailed-exitcode", "-no-color")

    assert plan.returncode == 0, plan.stdout + plan.stderr


def test_the_embedded_aws_refuses_a_schedule_as_aws_does(own: Deployment) -> None:
    name = f"{STACK}-reports-nightly"
    client = own.client("scheduler")
    target = client.get_schedule(GroupName=name, Name=name)["Target"]

    with pytest.raises(ClientError, match="'25' is no hours"):
        client.create_schedule(
            Name="bad",
            ScheduleExpression="cron(0 25 * * ? *)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
        )


def test_jobs_are_listed_and_started(own: Deployment) -> None:
    listed = ops(own, "jobs", "list", "--stage", "own", "--json")
    assert listed.code == 0, listed.errors
    assert json.loads(listed.text) == {
        "failed_starts": 0,
        "jobs": [
            {
                "service": "reports",
                "job": "nightly",
                "schedule": "cron(0 3 * * ? *)",
                "time_zone": "Europe/Berlin",
                "timeout": "30m",
                "state": "ENABLED",
            }
        ],
    }

    started = ops(own, "jobs", "run", "reports", "nightly", "--stage", "own", "--json")

    assert started.code == 0, started.errors
    cluster, ecs = f"{STACK}-ecs-cluster", own.client("ecs")
    (found,) = ecs.describe_tasks(cluster=cluster, tasks=[json.loads(started.text)["task"]])[
        "tasks"
    ]
    assert found["taskDefinitionArn"] == task(own, "reports-nightly")["taskDefinitionArn"]


def test_a_start_that_scheduler_gave_up_asks_for_a_person(own: Deployment) -> None:
    client, url = own.client("sqs"), queue(own, "failed-jobs")["url"]
    client.send_message(QueueUrl=url, MessageBody="{}")

    listed = ops(own, "jobs", "list", "--stage", "own")

    client.purge_queue(QueueUrl=url)
    assert listed.code == 2
    assert (
        "starts that failed: 1; the messages of the queue atomic-own-failed-jobs say why"
        in listed.text
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("reports", "hourly"), "reports has no job 'hourly': it has nightly"),
        (("oauth", "nightly"), "oauth is left out of stage own"),
        (("reprots", "nightly"), "stage own has no service 'reprots'"),
    ],
)
def test_a_job_that_there_is_not_is_one_line(
    own: Deployment, arguments: tuple[str, str], said: str
) -> None:
    answer = ops(own, "jobs", "run", *arguments, "--stage", "own")

    assert answer.code == 1
    assert said in answer.errors
    assert len(answer.errors.strip().splitlines()) == 1


def test_the_gate_and_the_report_know_the_queue(own: Deployment, tmp_path: Path) -> None:
    """GIVEN a file that keeps its data and has no extension any more."""
    kept = (
        STAGE.replace('extension = "extensions/queue.py"\n', "")
        .replace("retain_data = false\n", "")
        .replace('policies = ["read-work"]\n', "")
        .replace('environment = { WORK_QUEUE = "{work_queue}" }\n', "")
    )
    stages = write_stage(tmp_path / "stages", "own", kept)
    environment = {**own.cdktf.process_environment(), "ATOMIC_STAGES_DIR": str(stages)}
    environment["CDKTF_OUTDIR"] = str(tmp_path / "cdktf.out")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ops", *arguments, "--stage", "own"],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    gate = run("gate")
    report = run("report", "--out", str(tmp_path / "r.html"), "--markdown", str(tmp_path / "r.md"))

    assert gate.returncode == 2, gate.stderr
    assert "aws_sqs_queue.work" in gate.stdout
    assert report.returncode == 2, report.stderr
    assert "aws_sqs_queue.work" in (tmp_path / "r.md").read_text()


def test_the_service_is_renamed_with_its_images_and_its_route(own: Deployment) -> None:
    elb, ecr = own.client("elbv2"), own.client("ecr")

    def rule() -> str:
        balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
        listeners = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
        (https,) = (each["ListenerArn"] for each in listeners if each["Port"] == 443)
        rules = elb.describe_rules(ListenerArn=https)["Rules"]
        return str(next(each["RuleArn"] for each in rules if each["Priority"] == "70"))

    before = rule()
    media_type = "application/vnd.docker.distribution.manifest.v2+json"
    config = {"mediaType": media_type, "config": {"digest": "d"}, "layers": []}
    manifest = json.dumps({"schemaVersion": 2, **config})
    ecr.put_image(repositoryName=f"{STACK}-reports", imageManifest=manifest, imageTag="latest")

    said = ops(own, "services", "rename", "reports", "insights", "--stage", "own")
    assert said.code == 0, said.errors
    own.cdktf.run("deploy", STACK, "--auto-approve")

    assert standing_services(own) == SERVICES | {"insights", "worker"}
    assert rule() == before
    image = task(own, "insights")["containerDefinitions"][0]["image"]
    assert image.endswith(f"/{STACK}-reports:latest")
    (kept,) = ecr.list_images(repositoryName=f"{STACK}-reports")["imageIds"]
    assert kept["imageTag"] == "latest"


def test_a_destroy_leaves_nothing_but_task_definitions(own: Deployment) -> None:
    own.cdktf.run("destroy", STACK, "--auto-approve")

    left = {
        "queues": own.client("sqs").list_queues().get("QueueUrls", []),
        "schedules": own.client("scheduler").list_schedules()["Schedules"],
        "groups": [
            each
            for each in own.client("scheduler").list_schedule_groups()["ScheduleGroups"]
            if each["Name"] != "default"
        ],
        "roles": [
            each
            for each in own.client("iam").list_roles(MaxItems=1000)["Roles"]
            if STACK in each["RoleName"]
        ],
        "alarms": own.client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"],
        "rules": own.client("events").list_rules()["Rules"],
        "logs": own.client("logs").describe_log_groups()["logGroups"],
        "registries": own.client("ecr").describe_repositories()["repositories"],
        "targets": own.client("elbv2").describe_target_groups()["TargetGroups"],
        "secrets": own.client("secretsmanager").list_secrets()["SecretList"],
        "buckets": own.client("s3").list_buckets()["Buckets"],
    }
    assert {what: found for what, found in left.items() if found} == {}
    assert own.client("ecs").list_task_definitions(status="ACTIVE")["taskDefinitionArns"]
