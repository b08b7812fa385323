"""The bill of a stack, against hand calculations from the same prices."""

from typing import Any

import pytest

from modules.settings.schedule import days_of
from ops.cost.bill import Line, merged, monthly
from ops.cost.prices import PRICES, read_prices
from ops.cost.pricing import bill
from ops.cost.running import spot_share, weekly_share
from terraform.stack import Resource
from tests.conftest import Synthesize

HOURS = 730
FALLBACK = [
    {"capacity_provider": "FARGATE", "base": 1, "weight": 1},
    {"capacity_provider": "FARGATE_SPOT", "base": 0, "weight": 4},
]


def usd(*resources: Resource) -> float:
    return bill(resources, read_prices()).monthly_usd


def resource(type_: str, **attributes: Any) -> Resource:
    return Resource(type=type_, name="main", attributes=attributes)


def service(
    *,
    tasks: int = 1,
    strategy: list[dict[str, Any]] | None = None,
    architecture: str = "X86_64",
    public: bool = False,
) -> list[Resource]:
    return [
        resource(
            "aws_ecs_service",
            task_definition="${aws_ecs_task_definition.main.arn}",
            desired_count=tasks,
            capacity_provider_strategy=strategy or FALLBACK[:1],
            network_configuration={"assign_public_ip": public},
        ),
        resource(
            "aws_ecs_task_definition",
            cpu="1024",
            memory="2048",
            runtime_platform={"cpu_architecture": architecture},
        ),
    ]


def test_a_task_costs_its_vcpu_and_its_memory() -> None:
    assert usd(*service()) == pytest.approx(HOURS * (0.04048 + 2 * 0.004445))


def test_a_task_on_graviton_costs_the_arm_price() -> None:
    assert usd(*service(architecture="ARM64")) == pytest.approx(HOURS * (0.03238 + 2 * 0.00356))


def test_a_task_in_a_public_subnet_costs_its_address_too() -> None:
    assert usd(*service(public=True)) - usd(*service()) == pytest.approx(HOURS * 0.005)


@pytest.mark.parametrize(
    ("strategy", "tasks", "on_spot"),
    [
        (FALLBACK, 1, 0),
        (FALLBACK, 6, 4),
        (FALLBACK[:1], 6, 0),
        ([{"capacity_provider": "FARGATE_SPOT", "weight": 1}], 2, 2),
        ([], 2, 0),
    ],
)
def test_tasks_beyond_the_base_run_on_spot_by_weight(
    strategy: list[dict[str, Any]], tasks: int, on_spot: float
) -> None:
    assert spot_share(strategy, tasks) == on_spot


def test_spot_tasks_cost_a_third() -> None:
    spot = usd(*service(strategy=[{"capacity_provider": "FARGATE_SPOT", "weight": 1}]))

    assert spot == pytest.approx(usd(*service()) * 0.33)


def test_most_tasks_are_those_that_the_service_scales_to() -> None:
    target = resource(
        "aws_appautoscaling_target",
        resource_id="service/${aws_ecs_cluster.main.name}/${aws_ecs_service.main.name}",
        min_capacity=1,
        max_capacity=3,
    )
    resources = [*service(), target]

    least = bill(resources, read_prices()).monthly_usd
    most = bill(resources, read_prices(), tasks="most").monthly_usd

    assert most == pytest.approx(3 * least)


@pytest.mark.parametrize(
    ("days", "meant"),
    [
        ("MON-FRI", {"MON", "TUE", "WED", "THU", "FRI"}),
        ("SAT,SUN", {"SAT", "SUN"}),
        ("FRI-MON", {"FRI", "SAT", "SUN", "MON"}),
        ("MON-SUN", {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}),
        ("WED", {"WED"}),
    ],
)
def test_days_of_a_cron_expression(days: str, meant: set[str]) -> None:
    assert days_of(days) == meant


def test_half_of_each_working_day_is_five_fourteenths_of_a_week() -> None:
    share = weekly_share("cron(0 7 ? * MON-FRI *)", "cron(0 19 ? * MON-FRI *)")

    assert share == pytest.approx(5 / 14)


def test_a_night_stop_pays_for_tasks_and_database_by_day_only() -> None:
    night = [
        Resource(
            type="aws_scheduler_schedule",
            name=f"database_{verb}",
            attributes={"schedule_expression": f"cron(0 {hour} ? * MON-FRI *)"},
        )
        for verb, hour in (("start", 7), ("stop", 19))
    ]
    database = resource("aws_db_instance", instance_class="db.t3.small", allocated_storage=20)

    assert usd(*service(), *night) == pytest.approx(usd(*service()) * 5 / 14)
    assert usd(database, *night) == pytest.approx(HOURS * 0.036 * 5 / 14 + 20 * 0.115)


def test_multi_az_doubles_the_instance_and_its_storage() -> None:
    one = {"instance_class": "db.t3.small", "allocated_storage": 20}

    alone = usd(resource("aws_db_instance", **one, multi_az=False))
    both = usd(resource("aws_db_instance", **one, multi_az=True))

    assert alone == pytest.approx(HOURS * 0.036 + 20 * 0.115)
    assert both == pytest.approx(2 * alone)


def test_aurora_costs_its_least_capacity_for_each_instance() -> None:
    cluster = resource(
        "aws_rds_cluster",
        serverlessv2_scaling_configuration={"min_capacity": 0.5, "max_capacity": 4},
    )
    instance = resource("aws_rds_cluster_instance")

    assert usd(cluster, instance, instance) == pytest.approx(2 * HOURS * 0.5 * 0.12)


def test_a_load_balancer_costs_its_hours_one_capacity_unit_and_an_address_in_each_zone() -> None:
    balancer = resource("aws_lb", internal=False, subnets=["a", "b"])

    assert usd(balancer) == pytest.approx(HOURS * (0.0225 + 0.008 + 2 * 0.005))


def test_a_size_without_a_price_is_named() -> None:
    huge = resource("aws_db_instance", instance_class="db.r9.huge", allocated_storage=20)

    assert bill([huge], read_prices()).unpriced == ("database class db.r9.huge",)


def test_a_type_that_nobody_has_looked_up_is_named() -> None:
    assert bill([resource("aws_new_thing")], read_prices()).unpriced == ("aws_new_thing",)


def test_a_web_firewall_costs_itself_and_its_rules() -> None:
    firewall = resource("aws_wafv2_web_acl", rule=[{}, {}, {}, {}])

    assert bill([firewall], read_prices()).monthly_usd == 9


@pytest.mark.parametrize(
    "stage", ["dev", "staging", "prod", "aurora", "route53", "frugal", "thrifty"]
)
def test_every_type_of_our_stages_is_priced_or_known_to_be_free(
    stack: Synthesize, stage: str
) -> None:
    assert bill(stack(stage).read.of(), read_prices()).unpriced == ()


def test_what_is_billed_by_use_is_named_with_its_price(stack: Synthesize) -> None:
    usage = bill(stack("dev").read.of(), read_prices()).usage

    found = {each.what: each.unit_usd for each in usage}
    assert found["logs taken in"] == 0.50
    assert found["CPU above the share of a db.t class"] == 0.075


def test_the_bill_of_dev_by_hand(stack: Synthesize) -> None:
    tasks = 2.75 * 0.04048 + 8 * 0.004445
    one_nat = 0.045 + 0.005
    balancer = 0.0225 + 0.008 + 2 * 0.005
    names_inside = 0.50 + 0.10
    fixed = names_inside + 20 * 0.115 + 18 * 0.40 + 30 * 0.10 + 3

    by_hand = HOURS * (tasks + one_nat + balancer + 0.018) + fixed

    assert usd(*stack("dev").read.of()) == pytest.approx(by_hand, rel=0.005)


@pytest.mark.parametrize("size", [None, "x", [], float("inf")])
def test_a_size_that_is_none_is_told_as_unpriced(size: object) -> None:
    database = resource("aws_db_instance", instance_class="db.t4g.micro", allocated_storage=size)

    found = bill([database], read_prices())

    assert found.unpriced == ("aws_db_instance.main, whose size is not known",)


def test_equal_lines_become_one() -> None:
    alarm = monthly("monitoring", "alarms", 1, "alarm", 0.10)

    assert merged([alarm, alarm]) == [
        Line(
            group="monitoring",
            what="alarms",
            quantity=2,
            unit="alarm-month",
            unit_usd=0.10,
            monthly_usd=0.20,
        )
    ]


def test_each_table_of_prices_names_its_source() -> None:
    headers = [line for line in PRICES.read_text().splitlines() if line.startswith("[")]

    assert [
        line
        for line in headers
        if "https://aws.amazon.com/" not in line
        and "instance_hour" not in line
        and line != "[[legacy_base]]"
    ] == []
