"""Two previews beside dev: what they cost, that they end by themselves, and that nothing of them is left."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.cdktf import Cdktf
from local.emulator import PROJECT, Emulator, running_emulator
from local.one_step import stage_in_one_step
from tests.answer import Answer
from tests.contract import json_keys

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

HOURS_OF_A_MONTH = 730


@dataclass(frozen=True, kw_only=True)
class Base:
    """Dev, which lends."""

    cdktf: Cdktf
    emulator: Emulator
    stages: Path

    def ops(self, *arguments: str) -> Answer:
        """`python -m ops ARGUMENTS`."""
        finished = subprocess.run(
            [sys.executable, "-m", "ops", *arguments],
            cwd=PROJECT,
            env={**self.cdktf.process_environment(), "CDKTF_OUTDIR": str(self.cdktf.outdir)},
            capture_output=True,
            text=True,
            check=False,
        )
        return Answer(code=finished.returncode, text=finished.stdout, errors=finished.stderr)

    def asked(self, *arguments: str) -> Any:
        """What a command answers to a program, with its keys looked at."""
        answer = self.ops(*arguments, "--json")
        assert answer.code == 0, answer.errors
        json_keys.check("ops", (*arguments, "--json"), answer.text)
        return json.loads(answer.text)

    def previews(self) -> list[dict[str, Any]]:
        """What `preview list` tells."""
        found: list[dict[str, Any]] = self.asked("preview", "list")["previews"]
        return found

    def names(self) -> dict[str, list[str]]:
        """Everything in the account that a preview has, by what it is."""
        client = self.emulator.client
        ecs, elbv2 = client("ecs"), client("elbv2")
        cluster = "atomic-dev-ecs-cluster"
        listeners = [
            each["ListenerArn"]
            for balancer in elbv2.describe_load_balancers()["LoadBalancers"]
            for each in elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])[
                "Listeners"
            ]
        ]
        return {
            "services": ecs.list_services(cluster=cluster, maxResults=100)["serviceArns"],
            "task definitions": [
                arn
                for status in ("ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS")
                for arn in ecs.list_task_definitions(status=status)["taskDefinitionArns"]
            ],
            "rules": [
                each["RuleArn"]
                for listener in listeners
                for each in elbv2.describe_rules(ListenerArn=listener)["Rules"]
            ],
            "target groups": [
                each["TargetGroupName"] for each in elbv2.describe_target_groups()["TargetGroups"]
            ],
            "secrets": [
                each["Name"]
                for each in client("secretsmanager").list_secrets(
                    MaxResults=100, IncludePlannedDeletion=True
                )["SecretList"]
            ],
            "roles": [
                each["RoleName"] for each in client("iam").list_roles(MaxItems=1000)["Roles"]
            ],
            "buckets": [each["Name"] for each in client("s3").list_buckets()["Buckets"]],
            "logs": [
                each["logGroupName"]
                for each in client("logs").describe_log_groups(limit=50)["logGroups"]
            ],
            "names": [
                each["Name"] for each in client("servicediscovery").list_services()["Services"]
            ],
            "states": sorted(path.name for path in self.cdktf.folder.glob("*.tfstate*")),
            "files": sorted(path.name for path in self.stages.iterdir()),
        }


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Base]:
    folder = tmp_path_factory.mktemp("lending")
    with running_emulator() as emulator:
        stages = stage_in_one_step(folder / "stages", more="\n[previews]\n")
        environment = {**emulator.environment, "ATOMIC_STAGES_DIR": str(stages)}
        cdktf = Cdktf(folder=folder, environment=environment)
        cdktf.run("deploy", "atomic-dev", "--auto-approve")
        yield Base(cdktf=cdktf, emulator=emulator, stages=stages)


@pytest.fixture(scope="module")
def before(base: Base) -> dict[str, list[str]]:
    """What there was before the first preview."""
    return base.names()


@pytest.fixture(scope="module")
def made(base: Base, before: dict[str, list[str]], tmp_path_factory: Any) -> list[dict[str, Any]]:
    """Two previews, and what `up` said of them."""
    assert not any("pv-" in name for found in before.values() for name in found)
    schema = tmp_path_factory.mktemp("schema")
    (schema / "0001-note.sql").write_text("CREATE TABLE note (id int);\n")
    return [
        base.asked("preview", "up", "feature/login", "--schema", str(schema)),
        base.asked("preview", "up", "feature/logout", "--name", "pr-12", "--copy"),
    ]


def test_each_has_an_address_and_an_end(base: Base, made: list[dict[str, Any]]) -> None:
    assert [each["address"] for each in made] == [
        "https://feature-login.previews.dev.example.com",
        "https://pr-12.previews.dev.example.com",
    ]
    listed = {each["name"]: each for each in base.previews()}
    assert listed["pr-12"]["branch"] == "feature/logout"
    assert not listed["pr-12"]["is_over"]
    for each in made:
        until = datetime.fromisoformat(each["expires_at"])
        left = until - datetime.now(until.tzinfo)
        assert timedelta(hours=71) < left <= timedelta(hours=72)


def test_the_load_balancer_leads_by_host_before_the_bases_own_rules(
    base: Base, made: list[dict[str, Any]]
) -> None:
    elbv2 = base.emulator.client("elbv2")
    groups = {
        each["TargetGroupArn"]: each["TargetGroupName"]
        for each in elbv2.describe_target_groups()["TargetGroups"]
    }
    (balancer,) = elbv2.describe_load_balancers()["LoadBalancers"]
    (listener,) = [
        each["ListenerArn"]
        for each in elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])[
            "Listeners"
        ]
        if each["Port"] == 443
    ]
    rules = sorted(
        (
            (int(each["Priority"]), each)
            for each in elbv2.describe_rules(ListenerArn=listener)["Rules"]
            if not each["IsDefault"]
        ),
        key=lambda pair: pair[0],
    )
    of_previews = [
        (priority, rule)
        for priority, rule in rules
        if any(each["Field"] == "host-header" for each in rule["Conditions"])
    ]

    assert len(of_previews) == 2 * 5  # four services, and the second route of functions
    assert of_previews == rules[: len(of_previews)]
    for each in made:
        host = each["address"].removeprefix("https://")
        own = [
            groups[rule["Actions"][0]["TargetGroupArn"]]
            for _, rule in of_previews
            if rule["Conditions"][-1].get("HostHeaderConfig", {}).get("Values") == [host]
            or rule["Conditions"][0].get("HostHeaderConfig", {}).get("Values") == [host]
        ]
        assert [name.rpartition("-")[2] for name in own] == [
            "supertokens",
            "hasura",
            "functions",
            "functions",
            "app",
        ]


def test_its_tasks_are_on_spot_in_the_groups_that_the_base_lends(
    base: Base, made: list[dict[str, Any]]
) -> None:
    assert made
    ecs, ec2 = base.emulator.client("ecs"), base.emulator.client("ec2")
    (service,) = ecs.describe_services(
        cluster="atomic-dev-ecs-cluster", services=["pv-pr-12-hasura"]
    )["services"]
    (group,) = service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["GroupName"]
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
    environment = {
        each["name"]: each["value"]
        for each in definition["taskDefinition"]["containerDefinitions"][0]["environment"]
    }

    assert [each["capacityProvider"] for each in service["capacityProviderStrategy"]] == [
        "FARGATE_SPOT"
    ]
    assert (service["desiredCount"], found) == (1, "atomic-dev-hasura-sg")
    assert environment["FUNCTIONS_BASE_URL"] == "http://functions.pv-pr-12.atomic-dev.internal:3000"


def test_it_logs_in_as_itself_to_a_database_of_its_own(
    base: Base, made: list[dict[str, Any]]
) -> None:
    assert made
    secrets = base.emulator.client("secretsmanager")

    def value(name: str) -> str:
        return str(secrets.get_secret_value(SecretId=name)["SecretString"])

    login = json.loads(value("pv-pr-12-database-login"))
    host = base.emulator.client("rds").describe_db_instances()["DBInstances"][0]["Endpoint"]

    assert login["username"] == "preview_pr_12"
    for string in ("hasura", "supertokens"):
        assert (
            f"://preview_pr_12:{login['password']}@{host['Address']}:5432/preview_pr_12?"
            in value(f"pv-pr-12-{string}-db-conn-string")
        )
    assert value("pv-pr-12-api-token-secret") != value("atomic-dev-api-token-secret")


def test_its_life_costs_less_than_a_fifth_of_a_month_of_dev(
    base: Base, made: list[dict[str, Any]]
) -> None:
    compared = base.asked("cost", "--compare", "dev", "preview-pr-12")
    dev, preview = (compared[each]["monthly_usd"] for each in ("dev", "preview-pr-12"))
    life = preview * 72 / HOURS_OF_A_MONTH

    assert 0 < life < dev / 5
    assert made[1]["usd"] == pytest.approx(life)


def test_a_second_up_lets_it_live_on_and_changes_no_password(
    base: Base, made: list[dict[str, Any]]
) -> None:
    secrets = base.emulator.client("secretsmanager")
    login = secrets.get_secret_value(SecretId="pv-pr-12-database-login")["SecretString"]
    (stage,) = base.stages.glob("preview-pr-12.toml")
    stage.unlink()  # as on another machine

    again = base.asked("preview", "up", "feature/logout", "--name", "pr-12", "--hours", "100")

    assert again["expires_at"] > made[1]["expires_at"]
    assert secrets.get_secret_value(SecretId="pv-pr-12-database-login")["SecretString"] == login
    assert len(base.previews()) == 2


def test_it_ends_when_its_time_is_over_and_another_goes_on(
    base: Base, made: list[dict[str, Any]]
) -> None:
    assert base.asked("preview", "expire")["ended"] == []
    after = datetime.fromisoformat(made[0]["expires_at"]) + timedelta(seconds=1)
    for path in base.stages.glob("preview-*.toml"):
        path.unlink()  # a scheduled workflow has none

    told = base.asked("preview", "expire", "--at", after.strftime("%Y-%m-%dT%H:%M:%SZ"))

    assert told == {"ended": ["feature-login"], "left": ["pr-12"], "unknown": []}
    assert [each["name"] for each in base.previews()] == ["pr-12"]


def test_nothing_of_it_is_left_and_the_base_is_untouched(
    base: Base, before: dict[str, list[str]], made: list[dict[str, Any]]
) -> None:
    assert made
    assert base.asked("preview", "down", "pr-12") == {"ended": ["pr-12"]}

    assert base.names() == before
    drift = base.ops("drift", "--stage", "dev")
    assert drift.code == 0, drift.text
    plan = base.cdktf.terraform("atomic-dev", "plan", "-detailed-exitcode", "-input=false")
    assert plan.returncode == 0, plan.stdout


def test_a_preview_that_is_not_there_is_one_line(base: Base) -> None:
    answer = base.ops("preview", "down", "pr-99")

    assert answer.code == 1
    assert "error: dev has no preview 'pr-99': there are: none" in answer.errors
