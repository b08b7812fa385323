"""Night stop and scheduled scaling, in the variant `thrifty`; Aurora's in `aurora`."""

import json

from tests.conftest import Synthesize


def test_at_night_a_service_goes_to_zero(stack: Synthesize) -> None:
    action = stack("thrifty").resource("aws_appautoscaling_scheduled_action", "hasura_night_stop")

    assert action["schedule"] == "cron(0 20 ? * MON-FRI *)"
    assert action["timezone"] == "Europe/Berlin"
    assert action["scalable_target_action"] == {"min_capacity": "0", "max_capacity": "0"}


def test_in_the_morning_it_has_its_bounds_again(stack: Synthesize) -> None:
    action = stack("thrifty").resource("aws_appautoscaling_scheduled_action", "app_night_start")

    assert action["schedule"] == "cron(0 7 ? * MON-FRI *)"
    assert action["scalable_target_action"] == {"min_capacity": "1", "max_capacity": "3"}


def test_actions_of_one_service_are_set_one_after_the_other(stack: Synthesize) -> None:
    action = stack("thrifty").resource("aws_appautoscaling_scheduled_action", "app_schedule_0")

    assert action["depends_on"] == ["aws_appautoscaling_scheduled_action.app_night_start"]


def test_a_deploy_at_night_leaves_the_bounds_that_the_clock_has_set(stack: Synthesize) -> None:
    target = stack("thrifty").resource("aws_appautoscaling_target", "hasura")

    assert target["lifecycle"] == {"ignore_changes": ["min_capacity", "max_capacity"]}


def test_a_service_that_never_has_more_than_one_task_gets_no_scaling_policy(
    stack: Synthesize,
) -> None:
    assert "hasura_cpu" not in stack("thrifty").names("aws_appautoscaling_policy")


def test_without_a_clock_the_bounds_are_the_settings(stack: Synthesize) -> None:
    assert "lifecycle" not in stack("dev").resource("aws_appautoscaling_target", "app")


def test_the_database_stops_with_the_services(stack: Synthesize) -> None:
    schedule = stack("thrifty").resource("aws_scheduler_schedule", "database_stop")

    assert schedule["schedule_expression"] == "cron(0 20 ? * MON-FRI *)"
    assert schedule["target"]["arn"] == "arn:aws:scheduler:::aws-sdk:rds:stopDBInstance"
    assert json.loads(schedule["target"]["input"]) == {
        "DbInstanceIdentifier": "${aws_db_instance.main.identifier}"
    }


def test_the_database_starts_a_quarter_of_an_hour_before_them(stack: Synthesize) -> None:
    schedule = stack("thrifty").resource("aws_scheduler_schedule", "database_start")

    assert schedule["schedule_expression"] == "cron(45 6 ? * MON-FRI *)"
    assert schedule["schedule_expression_timezone"] == "Europe/Berlin"


def test_an_aurora_cluster_is_stopped_as_a_cluster(stack: Synthesize) -> None:
    schedule = stack("aurora").resource("aws_scheduler_schedule", "database_stop")

    assert schedule["target"]["arn"] == "arn:aws:scheduler:::aws-sdk:rds:stopDBCluster"
    assert json.loads(schedule["target"]["input"]) == {
        "DbClusterIdentifier": "${aws_rds_cluster.main.cluster_identifier}"
    }


def test_the_schedules_role_may_switch_this_database_and_nothing_else(stack: Synthesize) -> None:
    (statement,) = stack("thrifty").policy("aws_iam_role_policy", "database_switch")["Statement"]

    assert statement["Action"] == ["rds:StartDBInstance", "rds:StopDBInstance"]
    assert statement["Resource"] == ["${aws_db_instance.main.arn}"]
