"""What a plan does, sorted as a person thinks, dangers first."""

import pytest

from modules.settings.stateful import STATEFUL
from ops.report.plan_report import Report, ReportedChange
from tests.ops.plans import a_plan, adoption_report, read_plan, report_on


def change(report: Report, address: str) -> ReportedChange:
    (found,) = [
        each for section in report.sections for each in section.changes if each.address == address
    ]
    return found


def test_an_ordinary_change_has_no_danger() -> None:
    report = report_on(read_plan("ordinary"))

    assert report.dangers == ()
    assert not report.asks_for_a_person
    assert {action: count for action, count in report.counts.items() if count} == {
        "replaced": 1,
        "changed": 12,
        "added": 18,
    }


def test_the_changes_stand_by_part() -> None:
    report = report_on(read_plan("ordinary"))

    assert [(section.name, len(section.changes)) for section in report.sections] == [
        ("Services", 5),
        ("Network", 3),
        ("Edge", 2),
        ("Monitoring", 13),
        ("Security", 8),
    ]


@pytest.mark.parametrize(
    ("type_", "part"),
    [
        ("aws_db_instance", "Data"),
        ("aws_ecr_repository", "Services"),
        ("aws_route_table", "Network"),
        ("aws_route53_record", "Edge"),
        ("aws_vpc", "Network"),
        ("aws_vpc_security_group_ingress_rule", "Security"),
        ("aws_secretsmanager_secret", "Secrets"),
        ("aws_lb_listener", "Edge"),
        ("aws_kinesis_stream", "Other"),
    ],
)
def test_a_type_belongs_to_one_part(type_: str, part: str) -> None:
    assert [section.name for section in report_on(a_plan(type_)).sections] == [part]


def test_a_database_that_would_be_replaced_is_a_danger_and_says_why() -> None:
    report = report_on(read_plan("risky"))

    database = change(report, "aws_db_instance.main")
    assert database.action == "replaced"
    assert database.danger == "It holds data and would be replaced: what is in it is lost."
    assert database.forcing == ("username",)
    assert report.asks_for_a_person


def test_a_registry_that_would_be_destroyed_is_a_danger() -> None:
    report = report_on(read_plan("risky"))

    assert {each.address for each in report.dangers} == {
        "aws_db_instance.main",
        "aws_ecr_repository.handshake",
    }


def test_a_task_definition_is_replaced_without_danger() -> None:
    assert change(report_on(read_plan("risky")), "aws_ecs_task_definition.handshake").danger is None


@pytest.mark.parametrize("type_", sorted(STATEFUL))
@pytest.mark.parametrize(
    "actions", [["delete"], ["delete", "create"], ["create", "delete"], ["forget"]], ids="-".join
)
def test_whatever_holds_data_is_a_danger_when_it_goes(type_: str, actions: list[str]) -> None:
    assert len(report_on(a_plan(type_, actions=actions)).dangers) == 1


def test_a_deposed_object_that_holds_data_is_a_danger_of_its_own() -> None:
    plan = a_plan("aws_s3_bucket", actions=["delete"])
    plan.document["resource_changes"][0]["deposed"] = "0badc0de"

    (danger,) = report_on(plan).dangers

    assert danger.address == "aws_s3_bucket.main (deposed 0badc0de)"


@pytest.mark.parametrize(
    ("attribute", "before", "after"),
    [
        ("deletion_protection", True, False),
        ("skip_final_snapshot", False, True),
        ("backup_retention_period", 14, 0),
        ("publicly_accessible", False, True),
    ],
)
def test_a_guard_that_goes_is_a_danger(attribute: str, before: object, after: object) -> None:
    plan = a_plan("aws_db_instance", before={attribute: before}, after={attribute: after})
    back = a_plan("aws_db_instance", before={attribute: after}, after={attribute: before})

    (danger,) = report_on(plan).dangers

    assert danger.danger == f"What guards it would go: {attribute}."
    assert report_on(back).dangers == ()


def test_the_adoption_imports_what_the_record_holds() -> None:
    report = adoption_report()

    assert report.counts["imported"] == 46
    assert {finding.kind for finding in report.findings} == {"clean", "state-only"}
    assert not report.asks_for_a_person


def test_a_plan_that_only_imports_is_said_to_change_nothing() -> None:
    assert adoption_report().reassurance.startswith("It adopts what exists as it is")
    assert "holds data" in report_on(read_plan("ordinary")).reassurance
    assert report_on(a_plan(actions=["no-op"])).reassurance == "Nothing would change."


def test_a_blocked_object_stands_first_and_asks_for_a_person() -> None:
    plan = read_plan("adoption")
    (bucket,) = [
        each
        for each in plan.document["resource_changes"]
        if each["address"] == "aws_s3_bucket.data"
    ]
    bucket["change"]["importing"]["id"] = "somebody-elses"

    report = adoption_report(plan)

    assert report.findings[0].address == "aws_s3_bucket.data"
    assert report.findings[0].kind == "blocked"
    assert report.asks_for_a_person
