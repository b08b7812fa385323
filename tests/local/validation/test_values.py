"""What CloudWatch, SNS and RDS take: a request's parameters in, lines out."""

from typing import Any

import pytest

from local.validation import clocks, databases, monitoring, names, network


def test_logs_are_kept_for_a_number_of_days_that_cloudwatch_knows() -> None:
    assert monitoring.retention({"retentionInDays": 30}) == []
    assert monitoring.retention({"retentionInDays": 31})


def test_a_subscriber_by_e_mail_has_an_address() -> None:
    assert monitoring.subscription({"Protocol": "email", "Endpoint": "ops@example.com"}) == []
    assert monitoring.subscription({"Protocol": "email", "Endpoint": "ops"})
    assert monitoring.subscription({"Protocol": "email", "Endpoint": "jörg@example.com"})
    assert monitoring.subscription({"Protocol": "email", "Endpoint": "ops@münchen.example"})
    assert monitoring.subscription({"Protocol": "pigeon", "Endpoint": "ops@example.com"})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Period": 45}, "Period = 45"),
        ({"EvaluationPeriods": 300}, "at most 86400 seconds, not 90000"),
        ({"ExtendedStatistic": "p90"}, "exactly one of Statistic and ExtendedStatistic"),
        ({"DatapointsToAlarm": 4}, "at most EvaluationPeriods, 3"),
    ],
)
def test_an_alarm_that_cloudwatch_cannot_watch_is_refused(
    changes: dict[str, Any], said: str
) -> None:
    whole = {
        "ComparisonOperator": "GreaterThanThreshold",
        "MetricName": "CPUUtilization",
        "Statistic": "Average",
        "Period": 300,
        "EvaluationPeriods": 3,
    }

    assert monitoring.alarm(whole) == []
    (line,) = monitoring.alarm(whole | changes)
    assert said in line


def test_an_alarm_on_an_expression_returns_one_value() -> None:
    base = {"ComparisonOperator": "LessThanThreshold", "EvaluationPeriods": 2}
    metric = {"Id": "m", "MetricStat": {}, "ReturnData": False}
    expression = {"Id": "e", "Expression": "IF(DAY(m)<6, m)", "ReturnData": True}

    assert monitoring.alarm(base | {"Metrics": [metric, expression]}) == []
    assert monitoring.alarm(base | {"Metrics": [metric, expression | {"ReturnData": False}]})
    assert monitoring.alarm(base | {"Metrics": [expression]})
    (line,) = monitoring.alarm(base | {"EvaluateLowSampleCountPercentile": "never"})
    assert "evaluate or ignore" in line


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ('{"source": ["aws.rds"]}', True),
        ('{"source": ["aws.rds"], "detail": {"state": [{"prefix": "F"}]}}', True),
        ('{"source": "aws.rds"}', False),
        ('{"detail": {}}', False),
        ("{", False),
    ],
)
def test_an_event_rules_pattern_has_lists_that_match(pattern: str, *, taken: bool) -> None:
    assert (monitoring.event_rule({"EventPattern": pattern}) == []) is taken


def test_a_target_uses_the_paths_that_it_has() -> None:
    transformer = {"InputTemplate": '"<a> is <b>"', "InputPathsMap": {"a": "$.detail.a"}}

    (line,) = monitoring.event_targets({"Targets": [{"InputTransformer": transformer}]})
    assert line == "InputTemplate: <b> is not in InputPathsMap"


def test_aws_backup_takes_an_hour_to_begin() -> None:
    assert monitoring.backup_rules({"BackupPlan": {"Rules": [{"StartWindowMinutes": 60}]}}) == []
    assert monitoring.backup_rules({"BackupPlan": {"Rules": [{"StartWindowMinutes": 30}]}})


@pytest.mark.parametrize(
    ("backup", "maintenance", "taken"),
    [
        ("03:00-03:30", "sun:01:30-sun:02:30", True),
        ("23:45-00:15", "sun:01:30-sun:02:30", True),
        ("02:00-03:00", "sun:01:30-sun:02:30", False),
        ("23:45-02:00", "sun:01:30-sun:02:30", False),
        ("03:00-03:10", "sun:01:30-sun:02:30", False),
        ("03:00-03:30", "sun:01:30-sun:01:40", False),
        ("3-4", "sun:05:30-sun:06:30", False),
    ],
)
def test_a_databases_windows_are_apart(backup: str, maintenance: str, *, taken: bool) -> None:
    params = {"PreferredBackupWindow": backup, "PreferredMaintenanceWindow": maintenance}

    assert (databases.windows(params) == []) is taken


def test_an_alarm_says_when_it_goes_off() -> None:
    assert monitoring.alarm({"AlarmName": "cpu", "EvaluationPeriods": 1}) == [
        "ComparisonOperator: is required"
    ]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"BackupRetentionPeriod": 36}, "0 to 35 days"),
        ({"PerformanceInsightsRetentionPeriod": 30}, "7, 731, or 1 to 23 times 31 days"),
        ({"StorageType": "gp3", "AllocatedStorage": 10}, "20 to 65536 GiB"),
        ({"MasterUserPassword": "short"}, "8 to 128"),
        ({"MasterUserPassword": "with/slash"}, "8 to 128"),
        ({"DBName": "1app"}, "no digit first"),
        ({"MasterUsername": "rdsadmin"}, 'as they do "rdsadmin"'),
        ({"MasterUsername": "user", "Engine": "postgres"}, 'as they do "user"'),
        ({"MasterUsername": "pg_admin", "Engine": "aurora-postgresql"}, 'begin with "pg_"'),
        ({"DBName": "db"}, 'as they do "db"'),
        ({"DatabaseName": "database"}, 'as they do "database"'),
    ],
)
def test_a_database_that_rds_does_not_make_is_refused(params: dict[str, Any], said: str) -> None:
    (line,) = databases.created(params)

    assert said in line


def test_a_password_that_is_refused_is_not_repeated() -> None:
    (line,) = databases.sizes({"MasterUserPassword": "hunter2"})

    assert "hunter2" not in line


def test_a_password_of_printable_characters_is_taken() -> None:
    assert databases.sizes({"MasterUserPassword": "aB3'!#$%~"}) == []


def test_another_engine_has_words_of_its_own() -> None:
    assert databases.created({"MasterUsername": "admin", "Engine": "mysql"}) == []


def test_a_budget_is_told_to_plain_addresses() -> None:
    def told(address: str) -> list[str]:
        subscriber = {"SubscriptionType": "EMAIL", "Address": address}
        return monitoring.budget_subscribers(
            {"NotificationsWithSubscribers": [{"Subscribers": [subscriber]}]}
        )

    assert told("ops+aws@example.com") == []
    assert told("jörg@example.com")


@pytest.mark.parametrize("block", ["10.0.0.0/16", "10.0.0.1/16", "100.64.0.0/16", None])
def test_a_vpc_of_addresses_that_hosts_can_have_is_made(block: str | None) -> None:
    assert network.vpc({"CidrBlock": block}) == []


@pytest.mark.parametrize("block", ["169.254.0.0/16", "127.0.0.0/16", "224.0.0.0/20", "10.0.0.0/8"])
def test_a_vpc_of_addresses_that_no_host_can_have_is_refused(block: str) -> None:
    (line,) = network.vpc({"CidrBlock": block})

    assert line.startswith(f"CidrBlock = {block!r}: allowed: ")


@pytest.mark.parametrize("name", ["sthree-state", "10.0.0.1", "a..b", "Upper", "ab"])
def test_a_bucket_has_no_name_that_s3_keeps(name: str) -> None:
    assert names.bucket({"Bucket": name})


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 7 ? * MON-FRI *)",
        "cron(0 7 ? * 2-6 *)",
        "cron(0/5 7 1 * ? *)",
        "cron(0 7 ? * MON#1 *)",
        "cron(0 7 ? * L *)",
        "rate(5 minutes)",
        "at(2026-05-01T07:00:00)",
    ],
)
def test_an_expression_of_a_schedule_is_taken(expression: str) -> None:
    assert clocks.schedule({"ScheduleExpression": expression}) == []
    assert clocks.scheduled_action({"Schedule": expression, "Timezone": "Europe/Berlin"}) == []


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("cron(0 7 ? * MON-WED-FRI *)", "day"),
        ("cron(0 7 * * MON *)", "a ? for one of"),
        ("cron(0 7 * * *)", "six fields"),
        ("every day", "six fields"),
    ],
)
def test_an_expression_that_is_no_schedule_is_refused(expression: str, said: str) -> None:
    for found in (
        clocks.schedule({"ScheduleExpression": expression}),
        clocks.scheduled_action({"Schedule": expression}),
    ):
        (line,) = found
        assert said in line


@pytest.mark.parametrize("zone", ["Factory", "localtime", "Mars/Olympus"])
def test_a_zone_that_no_clock_of_aws_knows_is_refused(zone: str) -> None:
    assert clocks.schedule({"ScheduleExpressionTimezone": zone})
    assert clocks.scheduled_action({"Timezone": zone})


@pytest.mark.parametrize(("most", "taken"), [(109, False), (110, True), (100, True)])
def test_storage_may_grow_by_a_tenth_at_least_or_not_at_all(most: int, *, taken: bool) -> None:
    found = databases.sizes({"AllocatedStorage": 100, "MaxAllocatedStorage": most})

    assert (found == []) is taken


@pytest.mark.parametrize(("version", "lines"), [("12", 0), ("13.4", 1), ("15", 1)])
def test_an_old_class_is_for_old_versions_alone(version: str, lines: int) -> None:
    asked = {"Engine": "postgres", "EngineVersion": version, "DBInstanceClass": "db.t2.micro"}

    assert len(databases.created(asked)) == lines
