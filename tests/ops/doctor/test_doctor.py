"""What the doctor says of facts, without AWS. What an emulator cannot show is proven here."""

import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.main import get_command

from common.errors import UserError
from modules.settings.stage_settings import NightStop
from ops.__main__ import app
from ops.cost.running import is_stopped_now
from ops.doctor import account, account_wide, contents, edge, quotas, running, state, tools
from ops.doctor.checks import run
from ops.doctor.finding import Finding, fine
from ops.facts.alarms import AlarmFacts
from ops.facts.database import DatabaseFacts
from ops.facts.services import Deployment, ServiceFacts, Targets
from ops.secrets.secret_values import SecretState
from ops.verdicts.drift import Drift, Drifted
from tests.stages import stage_settings

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DEV = {"stage": "dev", "stack": "atomic-dev"}
CERTIFICATE = edge.CertificateFacts(
    domain="dev.example.com",
    arn="arn:of-it",
    status="ISSUED",
    ends=NOW + timedelta(days=200),
    record="_x.dev.example.com. CNAME _y.acm-validations.aws.",
)
DATABASE = DatabaseFacts(
    name="atomic-dev-rds-postgres",
    status="available",
    version="15.13",
    allocated_gib=20,
    free_gib=15.0,
    pending=(),
)
NO_TARGETS = Targets(healthy=0, unhealthy=0, reasons=())
SERVICE = ServiceFacts(
    name="hasura",
    stands=True,
    desired=1,
    running=1,
    deployment=Deployment(state="COMPLETED", reason="", since=NOW),
    targets=Targets(healthy=1, unhealthy=0, reasons=()),
)
DNS = edge.DnsFacts(
    domain="dev.example.com",
    mode="manual",
    balancer="alb.elb.amazonaws.com",
    zone="dev.example.com",
    domain_addresses=frozenset({"192.0.2.1"}),
    balancer_addresses=frozenset({"192.0.2.1", "192.0.2.2"}),
)
STATE = state.StateFacts(
    place="s3://acme/dev",
    bucket="acme",
    bucket_found=True,
    versioned=True,
    resources=208,
    account="111111111111",
)
ACCOUNT = account.AccountFacts(
    account="111111111111",
    caller="arn:aws:iam::111111111111:user/o",
    stage_region="us-east-1",
    shell_region="us-east-1",
    endpoint=None,
)
TOOLS = tools.ToolFacts(
    found={"python": (3, 11, 7), "terraform": (1, 11, 4), "cdktf": (0, 21, 0)},
    pinned={"cdktf": (0, 21, 0)},
)
IMAGE = contents.ImageFacts(
    service="app", registry="atomic-dev-app", tag="latest", has_registry=True, has_image=True
)


DRIFT = Drift(
    address="aws_cloudwatch_log_group.app",
    what="cloudwatch log group app",
    kind="changed",
    attribute="retention_in_days",
    expected="30",
    found="1",
)


def judged_certificate(facts: edge.CertificateFacts) -> list[Finding]:
    return edge.judge_certificate(facts, stack="atomic-dev", now=NOW)


def judged_database(facts: DatabaseFacts) -> list[Finding]:
    return running.judge_database(facts, least_free_gib=10, stopped_now=False, stack="atomic-dev")


def judged_state(facts: state.StateFacts) -> list[Finding]:
    return state.judge_state(facts, account="111111111111", **DEV)


def judged_services(facts: ServiceFacts) -> list[Finding]:
    return [
        *running.judge_services([facts], emulator=None, **DEV),
        *running.judge_targets([facts], stage="dev"),
    ]


@pytest.mark.parametrize(
    "findings",
    [
        tools.judge_tools(TOOLS),
        account.judge_account(ACCOUNT),
        account.judge_permissions(account.PermissionFacts(caller="root", decisions=None)),
        judged_certificate(CERTIFICATE),
        judged_database(DATABASE),
        judged_services(SERVICE),
        judged_services(
            replace(
                SERVICE, desired=0, running=0, targets=Targets(healthy=0, unhealthy=0, reasons=())
            )
        ),
        edge.judge_dns(DNS, stack="atomic-dev"),
        judged_state(STATE),
        contents.judge_images([IMAGE], source_known=False, **DEV),
        contents.judge_subscriptions(
            {"ops@example.com": True}, operator="ops@example.com", stack="atomic-dev"
        ),
    ],
    ids=lambda findings: findings[0].name,
)
def test_what_is_well_is_fine_and_asks_for_nothing(findings: list[Finding]) -> None:
    assert {each.state for each in findings} == {"fine"}
    assert {each.remedy for each in findings} == {""}


SHARED = account_wide.AccountWideFacts(
    opted_in={"RDS": True, "EFS": True},
    backed_up=("RDS", "EFS"),
    measured=True,
    metrics_kept=None,
    monitors=("arn:aws:ce::123456789012:anomalymonitor/m",),
    watched={"CloudTrail": True, "GuardDuty": False, "AWS Config": None},
)


def test_what_belongs_to_the_account_is_named() -> None:
    finding, _ = account_wide.judge_account_wide(SHARED)

    assert finding.state == "fine"
    assert "RDSOSMetrics (kept for ever)" in finding.what
    assert "monitor of unusual costs arn:aws:ce::123456789012:anomalymonitor/m" in finding.what


def test_what_watches_over_the_account_is_a_note_and_asks_for_nothing() -> None:
    _, finding = account_wide.judge_account_wide(SHARED)

    assert (finding.state, finding.remedy) == ("fine", "")
    assert finding.what == (
        "in this region, for the account to decide: CloudTrail on, GuardDuty off, AWS Config unknown (these "
        "credentials may not ask)"
    )


@pytest.mark.parametrize("stage", ["dev", "prod", "staging"])
def test_a_new_accounts_vcpus_suffice_for_a_rolling_deployment(stage: str) -> None:
    """Six, AWS's first quota: all services at once at rest, or the greatest of them scaled out."""
    assert 4 < quotas.most_vcpus(stage_settings(stage)) <= 6


def test_a_deployment_doubles_the_tasks_but_of_a_single_writer() -> None:
    settings = stage_settings("dev")
    app = settings.services["app"].model_copy(update={"cpu_units": 1024, "max_tasks": 1})
    alone = settings.model_copy(update={"services": {"app": app}})
    writer = app.model_copy(update={"single_writer": True})

    assert quotas.most_vcpus(alone) == 2
    assert quotas.most_vcpus(settings.model_copy(update={"services": {"app": writer}})) == 1


FAULTS: list[tuple[list[Finding], str, str]] = [
    (
        tools.judge_tools(replace(TOOLS, found={**TOOLS.found, "terraform": (1, 10, 0)})),
        "tool terraform",
        "make setup",
    ),
    (tools.judge_tools(replace(TOOLS, found={"cdktf": None})), "tool cdktf", "make setup"),
    (tools.judge_tools(replace(TOOLS, found={"cdktf": (0, 20, 1)})), "tool cdktf", "make setup"),
    (
        account.judge_account(replace(ACCOUNT, shell_region="eu-west-1"))[1:],
        "region",
        "export AWS_REGION=us-east-1",
    ),
    (
        account.judge_permissions(
            account.PermissionFacts(
                caller="arn:x",
                decisions={"ec2:CreateVpc": "implicitDeny", "sns:CreateTopic": "allowed"},
            )
        ),
        "permissions",
        "allow these actions",
    ),
    (
        quotas.judge_quotas(
            [quotas.QuotaFacts(what="VPCs", code=("vpc", "L-1"), limit=5, used=5, needed=1)]
        ),
        "quota VPCs",
        "--service-code vpc --quota-code L-1 --desired-value 6",
    ),
    (
        account_wide.judge_account_wide(replace(SHARED, opted_in={"RDS": False, "EFS": True}))[2:],
        "backup opt-in",
        "--resource-type-opt-in-preference RDS=true",
    ),
    (
        judged_certificate(replace(CERTIFICATE, status="PENDING_VALIDATION")),
        "certificate",
        "set the record _x.dev.example.com. CNAME",
    ),
    (
        judged_certificate(replace(CERTIFICATE, ends=NOW + timedelta(days=20))),
        "certificate",
        "while this record exists: _x.dev.example.com.",
    ),
    (
        judged_certificate(replace(CERTIFICATE, status="VALIDATION_TIMED_OUT")),
        "certificate",
        "delete-certificate --certificate-arn arn:of-it && cdktf deploy atomic-dev",
    ),
    (
        judged_certificate(replace(CERTIFICATE, status="EXPIRED")),
        "certificate",
        "set certificate_arn",
    ),
    (
        edge.judge_dns(replace(DNS, domain_addresses=frozenset()), stack="atomic-dev"),
        "dns",
        "as CNAME (or ALIAS) of alb.elb.amazonaws.com",
    ),
    (
        edge.judge_dns(replace(DNS, balancer=None), stack="atomic-dev"),
        "load balancer",
        "cdktf deploy atomic-dev",
    ),
    (
        contents.judge_subscriptions(
            {"ops@example.com": False}, operator="ops@example.com", stack="atomic-dev"
        ),
        "alarm mail",
        "follow the link in the mail",
    ),
    (
        judged_services(
            replace(SERVICE, deployment=Deployment(state="FAILED", reason="no", since=NOW))
        )[:1],
        "service hasura",
        "python -m ops logs hasura --stage dev",
    ),
    (
        judged_services(replace(SERVICE, task_definition="hasura:6", newest="hasura:7"))[:1],
        "service hasura",
        "python -m ops logs hasura --stage dev",
    ),
    (
        judged_services(
            replace(SERVICE, targets=Targets(healthy=0, unhealthy=1, reasons=("code 502",)))
        )[1:],
        "targets hasura",
        "check health_path and port",
    ),
    (
        judged_database(replace(DATABASE, status="storage-full")),
        "database",
        "raise database.allocated_storage_gib",
    ),
    (
        judged_database(replace(DATABASE, free_gib=9.5)),
        "database storage",
        "raise database.allocated_storage_gib",
    ),
    (
        judged_database(replace(DATABASE, pending=("DBInstanceClass",))),
        "database changes",
        "aws rds reboot-db-instance",
    ),
    (
        judged_state(replace(STATE, account="222222222222"))[:1],
        "state account",
        "export AWS_PROFILE",
    ),
    (
        [
            each
            for each in judged_state(replace(STATE, locked=("held by ann", "rm lock")))
            if each.name == "state lock"
        ],
        "state lock",
        "rm lock",
    ),
    (
        judged_state(replace(STATE, resources=0, doubt="the state file is empty")),
        "state",
        "python -m ops recover --stage dev --dry-run",
    ),
    (
        judged_state(replace(STATE, doubt="an apply was interrupted")),
        "state",
        "python -m ops recover --stage dev --dry-run",
    ),
    (
        state.judge_drift(Drifted(rows=(DRIFT,), pending=0), **DEV),
        "drift",
        "python -m ops drift --stage dev",
    ),
    (state.judge_drift(Drifted(rows=(), pending=2), **DEV), "pending", "cdktf diff atomic-dev"),
    (running.judge_alarms([], **DEV), "alarms", "cdktf deploy atomic-dev"),
    (
        contents.judge_images([replace(IMAGE, has_image=False)], source_known=True, **DEV),
        "image app",
        "python -m ops images build app --stage dev --tag latest && "
        "python -m ops images push app --stage dev --tag latest",
    ),
    (
        contents.judge_images(
            [replace(IMAGE, has_image=False), replace(IMAGE, service="oauth", has_image=False)],
            source_known=False,
            **DEV,
        ),
        "images",
        "images build app oauth --stage dev --tag latest --source ../YOUR-APPLICATION",
    ),
    (
        contents.judge_images(
            [replace(IMAGE, service="nginx:1.28", has_image=False, is_copy=True)],
            source_known=True,
            **DEV,
        ),
        "copies of images",
        "python -m ops images mirror --stage dev",
    ),
    (
        contents.judge_images(
            [replace(IMAGE, service=name, has_registry=False) for name in ("app", "oauth")],
            source_known=True,
            **DEV,
        ),
        "registries",
        "cdktf deploy atomic-dev",
    ),
    (
        running.judge_services(
            [replace(SERVICE, name=name, running=0) for name in ("app", "oauth")],
            emulator=None,
            **DEV,
        ),
        "services",
        "python -m ops logs app --stage dev",
    ),
    (
        running.judge_services(
            [replace(SERVICE, name=name, stands=False) for name in ("app", "oauth")],
            emulator=None,
            **DEV,
        ),
        "services",
        "cdktf deploy atomic-dev",
    ),
    (
        contents.judge_secrets(
            [
                SecretState(
                    name="app-secrets",
                    origin="operator",
                    state="placeholder",
                    since=None,
                    readers=("app",),
                    mended_by="person",
                )
            ],
            stage="dev",
        ),
        "secret app-secrets",
        "python -m ops secrets set app-secrets --stage dev",
    ),
]


@pytest.mark.parametrize(
    ("findings", "name", "remedy"),
    FAULTS,
    ids=[f"{name}-{i}" for i, (_, name, _) in enumerate(FAULTS)],
)
def test_a_fault_is_named_with_its_remedy(findings: list[Finding], name: str, remedy: str) -> None:
    (finding,) = findings

    assert (finding.name, finding.state) == (name, "attention")
    assert remedy in finding.remedy


@pytest.mark.parametrize(
    "line",
    sorted(
        {
            line
            for findings, _, _ in FAULTS
            for finding in findings
            for line in re.findall(r"python -m ops [^&;,()]+", finding.remedy)
        }
    ),
)
def test_a_remedy_is_a_command_line_that_the_tools_take(line: str) -> None:
    group: Any = get_command(app)
    words = shlex.split(line.removeprefix("python -m ops").removesuffix(" lists them"))
    while hasattr(group, "commands"):
        name = words.pop(0)
        group = group.commands[name]

    with group.make_context(name, words) as context:
        assert context.params["stage"] == "dev"


def test_on_an_emulator_it_is_said_once_that_no_container_runs() -> None:
    idle = [replace(SERVICE, name=name, running=0, targets=NO_TARGETS) for name in ("app", "oauth")]

    (finding,) = [
        *running.judge_services(idle, emulator="http://127.0.0.1:5000", **DEV),
        *running.judge_targets(idle, stage="dev"),
    ]

    assert finding.state == "unknown"
    assert "2 exist, and no container runs on the emulator http://127.0.0.1:5000" in finding.what
    assert "logs" not in finding.remedy


def test_services_that_run_too_few_tasks_are_told_with_their_counts_and_the_reason() -> None:
    idle = [
        replace(SERVICE, name="app", desired=2, running=1),
        replace(SERVICE, name="oauth", running=0, last_event="CannotPullContainerError"),
    ]

    (finding,) = running.judge_services(idle, emulator=None, **DEV)

    assert finding.what == (
        "2 run too few tasks: app 1 of 2, oauth 0 of 1; CannotPullContainerError"
    )


def test_a_firing_alarm_is_told_with_its_reason() -> None:
    alarm = AlarmFacts(name="atomic-dev-app-cpu", state="ALARM", reason="92 % > 85", since=None)

    (finding,) = running.judge_alarms([alarm, replace(alarm, state="OK")], **DEV)

    assert finding.what == "92 % > 85"


def test_a_check_that_is_refused_is_one_finding_and_the_next_goes_on() -> None:
    def refused() -> list[Finding]:
        raise UserError("AWS refused rds:DescribeDBInstances (AccessDenied): allow this action")

    checks = {"database": refused, "dns": lambda: [fine("dns", "well")]}

    first, second = run(checks, lambda _step: None)

    assert (first.name, first.state, first.remedy) == ("database", "unknown", "allow this action")
    assert "rds:DescribeDBInstances" in first.what
    assert second == fine("dns", "well")


def test_an_answer_of_an_unforeseen_form_is_one_finding_too() -> None:
    def broken() -> list[Finding]:
        raise KeyError("planted")

    (finding,) = run({"dns": broken}, lambda _step: None)

    assert (finding.state, "KeyError" in finding.what) == ("unknown", True)


def test_an_emulators_names_are_not_looked_up() -> None:
    facts = replace(DNS, domain_addresses=None, balancer_addresses=None)

    (finding,) = edge.judge_dns(facts, stack="atomic-dev")

    assert finding.what.startswith("not looked up")


def test_a_database_that_is_stopped_for_the_night_is_fine() -> None:
    stopped = replace(DATABASE, status="stopped")

    (at_night,) = running.judge_database(
        stopped, least_free_gib=10, stopped_now=True, stack="atomic-dev"
    )
    (by_day,) = judged_database(stopped)

    assert (at_night.state, by_day.state) == ("fine", "attention")


@pytest.mark.parametrize(
    ("now", "stopped"),
    [
        ("2026-06-01T06:44+02:00", True),  # a Monday
        ("2026-06-01T06:45+02:00", False),
        ("2026-06-01T17:59+00:00", False),
        ("2026-06-01T18:00+00:00", True),
        ("2026-06-06T12:00+02:00", True),  # a Saturday
    ],
)
def test_the_night_is_told_by_the_stages_own_clock(now: str, stopped: bool) -> None:
    moment = datetime.fromisoformat(now)

    assert is_stopped_now(NightStop(), "Europe/Berlin", moment) is stopped
    assert is_stopped_now(None, "Europe/Berlin", moment) is False
