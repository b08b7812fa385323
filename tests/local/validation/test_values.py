"""What CloudWatch, SNS and RDS take: a request's parameters in, lines out."""

from typing import Any

import pytest

from local.validation import databases, monitoring


def test_logs_are_kept_for_a_number_of_days_that_cloudwatch_knows() -> None:
    assert monitoring.retention({"retentionInDays": 30}) == []
    assert monitoring.retention({"retentionInDays": 31})


def test_a_subscriber_by_e_mail_has_an_address() -> None:
    assert monitoring.subscription({"Protocol": "email", "Endpoint": "ops@example.com"}) == []
    assert monitoring.subscription({"Protocol": "email", "Endpoint": "ops"})
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


def test_an_alarm_says_when_it_goes_off() -> None:
    assert monitoring.alarm({"AlarmName": "cpu", "EvaluationPeriods": 1}) == [
        "ComparisonOperator: is required"
    ]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"BackupRetentionPeriod": 36}, "0 to 35 days"),
        ({"StorageType": "gp3", "AllocatedStorage": 10}, "20 to 65536 GiB"),
        ({"MasterUserPassword": "short"}, "8 to 128"),
        ({"MasterUserPassword": "with/slash"}, "8 to 128"),
        ({"DBName": "1app"}, "no digit first"),
        ({"MasterUsername": "rdsadmin"}, "RDS's own"),
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
