"""The database's logs and the measuring of its operating system."""

import json

import pytest

from tests.conftest import Synthesize

ROLE = "${aws_iam_role.database_monitoring.arn}"


def test_the_instance_sends_its_logs(stack: Synthesize) -> None:
    instance = stack("dev").resource("aws_db_instance", "main")

    assert instance["enabled_cloudwatch_logs_exports"] == ["postgresql", "upgrade"]


def test_auroras_cluster_sends_its_log(stack: Synthesize) -> None:
    cluster = stack("aurora").resource("aws_rds_cluster", "main")

    assert cluster["enabled_cloudwatch_logs_exports"] == ["postgresql"]


@pytest.mark.parametrize(
    ("stage", "log", "name"),
    [
        ("dev", "postgresql", "/aws/rds/instance/atomic-dev-rds-postgres/postgresql"),
        ("dev", "upgrade", "/aws/rds/instance/atomic-dev-rds-postgres/upgrade"),
        ("aurora", "postgresql", "/aws/rds/cluster/atomic-aurora-rds-postgres/postgresql"),
    ],
)
def test_a_log_group_is_there_before_the_database_writes_to_it(
    stack: Synthesize, stage: str, log: str, name: str
) -> None:
    database = "aws_rds_cluster" if stage == "aurora" else "aws_db_instance"

    log_group = stack(stage).resource("aws_cloudwatch_log_group", f"database_{log}")

    assert (log_group["name"], log_group["retention_in_days"]) == (name, 30)
    depends_on = stack(stage).resource(database, "main")["depends_on"]
    assert f"aws_cloudwatch_log_group.database_{log}" in depends_on


def test_the_instance_is_measured_every_minute(stack: Synthesize) -> None:
    instance = stack("dev").resource("aws_db_instance", "main")

    assert (instance["monitoring_interval"], instance["monitoring_role_arn"]) == (60, ROLE)


@pytest.mark.parametrize("index", [0, 1])
def test_each_aurora_instance_is_measured(stack: Synthesize, index: int) -> None:
    instance = stack("aurora").resource("aws_rds_cluster_instance", f"main_{index}")

    assert (instance["monitoring_interval"], instance["monitoring_role_arn"]) == (60, ROLE)


INSIGHTS = ("enabled", "retention_period", "kms_key_id")


@pytest.mark.parametrize(
    ("stage", "days", "key"),
    [
        ("dev", 7, None),
        ("prod", 7, None),
        ("fortified", 7, "${aws_kms_key.main.arn}"),
        ("adopted", None, None),
    ],
)
def test_rds_tells_its_load_for_the_days_that_are_free_and_an_owner_keeps_days_and_key(
    stack: Synthesize, stage: str, days: int | None, key: str | None
) -> None:
    instance = stack(stage).resource("aws_db_instance", "main")

    found = [instance.get(f"performance_insights_{each}") for each in INSIGHTS]
    assert found == [True, days, key]


@pytest.mark.parametrize("index", [0, 1])
def test_aurora_needs_no_more_capacity_to_tell_its_load(stack: Synthesize, index: int) -> None:
    instance = stack("aurora").resource("aws_rds_cluster_instance", f"main_{index}")

    assert "performance_insights_enabled" not in instance


def test_only_rds_of_this_account_takes_on_the_measuring_role(stack: Synthesize) -> None:
    role = stack("dev").resource("aws_iam_role", "database_monitoring")
    (statement,) = json.loads(role["assume_role_policy"])["Statement"]

    assert statement["Principal"] == {"Service": "monitoring.rds.amazonaws.com"}
    account = "${data.aws_caller_identity.current.account_id}"
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": account}}


def test_a_database_that_is_not_measured_needs_no_role(stack: Synthesize) -> None:
    instance = stack("bare").resource("aws_db_instance", "main")

    assert instance["monitoring_interval"] == 0
    assert "monitoring_role_arn" not in instance
    assert "database_monitoring" not in stack("bare").names("aws_iam_role")


def test_schema_changes_and_slow_statements_are_logged_and_no_others(stack: Synthesize) -> None:
    group = stack("dev").resource("aws_db_parameter_group", "main")

    values = {each["name"]: each["value"] for each in group["parameter"]}
    assert values["log_statement"] == "ddl"
    assert values["log_min_duration_statement"] == "1000"


@pytest.mark.parametrize(
    ("stage", "type_"), [("dev", "aws_db_instance"), ("aurora", "aws_rds_cluster")]
)
def test_people_may_log_in_with_their_aws_identity(
    stack: Synthesize, stage: str, type_: str
) -> None:
    assert stack(stage).resource(type_, "main")["iam_database_authentication_enabled"] is True
