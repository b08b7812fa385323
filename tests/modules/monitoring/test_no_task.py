"""A service without any task is told of, and a planned stop is not."""

import pytest

from modules.monitoring.alarms import MINUTE_OF_WEEK
from tests.conftest import Synthesize
from tests.stack import Stack

ALARM = "aws_cloudwatch_metric_alarm"


def told(stack: Stack, name: str, *, day: int, hour: int, minute: int, metric: int | None) -> bool:
    """Whether a sample breaches, as CloudWatch reads the alarm's expression; `None` is a missing one."""
    alarm = stack.resource(ALARM, name)
    queries = {query["id"]: query for query in alarm["metric_query"]}
    assert queries["w"]["expression"] == MINUTE_OF_WEEK
    condition, silent, otherwise = queries["e"]["expression"].removeprefix("IF(")[:-1].split(", ")
    assert otherwise == "m"
    w = (day - 1) * 1440 + hour * 60 + minute
    python = condition.replace("OR", "or").replace("AND", "and")
    value = float(silent) if eval(python, {"w": w}) else metric  # noqa: S307  # the alarm's own
    if value is None:
        return bool(alarm["treat_missing_data"] == "breaching")
    return bool(value < alarm["threshold"])


@pytest.mark.parametrize("stage", ["dev", "prod", "aurora", "frugal"])
def test_a_routed_service_is_told_of_by_its_healthy_targets(stack: Synthesize, stage: str) -> None:
    alarm = stack(stage).resource(ALARM, "app_no_task")
    metric = alarm["metric_query"][0]["metric"] if "metric_query" in alarm else alarm

    assert (metric["namespace"], metric["metric_name"]) == (
        "AWS/ApplicationELB",
        "HealthyHostCount",
    )
    assert metric["dimensions"]["TargetGroup"] == "${aws_lb_target_group.app.arn_suffix}"
    assert (alarm["comparison_operator"], alarm["threshold"]) == ("LessThanThreshold", 1)
    # A load balancer sends no count of a group without a target.
    assert alarm["treat_missing_data"] == "breaching"


def test_another_is_told_of_by_its_cpu(stack: Synthesize) -> None:
    alarm = stack("dev").resource(ALARM, "python_agent_no_task")

    assert (alarm["metric_name"], alarm["statistic"]) == ("CPUUtilization", "SampleCount")
    assert alarm["dimensions"]["ServiceName"] == "atomic-dev-python-agent"
    assert alarm["treat_missing_data"] == "breaching"


def test_it_rolls_no_deployment_back_and_waits_for_the_service(stack: Synthesize) -> None:
    service = stack("dev").resource("aws_ecs_service", "app")
    alarm = stack("dev").resource(ALARM, "app_no_task")

    assert not [name for name in service["alarms"]["alarm_names"] if "no_task" in name]
    assert alarm["depends_on"] == ["aws_ecs_service.app"]


# "thrifty" stops at 20:00 in Berlin, from Monday to Friday, and starts at 07:00.
@pytest.mark.parametrize(
    ("day", "hour", "minute"),
    [(2, 2, 0), (5, 23, 0), (6, 12, 0), (7, 23, 59), (1, 0, 0), (1, 18, 0), (1, 5, 59)],
)
def test_a_planned_stop_is_silent(stack: Synthesize, day: int, hour: int, minute: int) -> None:
    for name in ("app_no_task", "python_agent_no_task"):
        assert not told(stack("thrifty"), name, day=day, hour=hour, minute=minute, metric=None)


@pytest.mark.parametrize(("day", "hour", "minute"), [(1, 6, 15), (3, 12, 0), (5, 17, 59)])
def test_by_day_it_tells(stack: Synthesize, day: int, hour: int, minute: int) -> None:
    for name in ("app_no_task", "python_agent_no_task"):
        for metric in (None, 0):
            assert told(stack("thrifty"), name, day=day, hour=hour, minute=minute, metric=metric)
        assert not told(stack("thrifty"), name, day=day, hour=hour, minute=minute, metric=1)
