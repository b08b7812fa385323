"""The dashboard's body: what it shows, and that it fits CloudWatch's grid."""

from itertools import combinations
from typing import Any

import pytest

from modules.monitoring import dashboard
from modules.monitoring.dashboard import Graph, dashboard_body

TARGETS = ("supertokens", "hasura", "functions", "handshake", "oauth", "optaplanner", "app")
CHARTED = ("supertokens", "hasura", "functions", "optaplanner", "app")
GRAPHS = [
    *dashboard.load_balancer_graphs(
        load_balancer_suffix="alb",
        target_group_suffixes={name: f"tg/{name}" for name in TARGETS},
        latency_of="app",
    ),
    *dashboard.service_graphs(cluster="cluster", services={name: f"P-{name}" for name in CHARTED}),
    *dashboard.database_graphs(
        dimensions={"DBInstanceIdentifier": "db"}, storage_metric="FreeStorageSpace"
    ),
]
ALARMS = [f"arn:{index}" for index in range(30)]
BODY = dashboard_body(region="eu-west-1", alarm_arns=ALARMS, graphs=GRAPHS)


def widget(title: str) -> dict[str, Any]:
    (found,) = (w for w in BODY["widgets"] if w["properties"]["title"] == title)
    properties: dict[str, Any] = found["properties"]
    return properties


def lines(title: str) -> list[list[str]]:
    return [[part for part in line if isinstance(part, str)] for line in widget(title)["metrics"]]


EDGE = ["LoadBalancer", "alb"]
DATABASE = ["DBInstanceIdentifier", "db"]
# title -> statistic, lines
SHOWN: dict[str, tuple[str, list[list[str]]]] = {
    "Load balancer 5xx": ("Sum", [["AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", *EDGE]]),
    "app latency p90": (
        "p90",
        [["AWS/ApplicationELB", "TargetResponseTime", *EDGE, "TargetGroup", "tg/app"]],
    ),
    "Unhealthy hosts": (
        "Maximum",
        [
            ["AWS/ApplicationELB", "UnHealthyHostCount", *EDGE, "TargetGroup", f"tg/{name}"]
            for name in TARGETS
        ],
    ),
    **{
        f"Service {label}": (
            "Average",
            [
                ["AWS/ECS", metric, "ClusterName", "cluster", "ServiceName", f"P-{name}"]
                for name in CHARTED
            ],
        )
        for label, metric in (("CPU %", "CPUUtilization"), ("memory %", "MemoryUtilization"))
    },
    **{
        f"Database {label}": ("Average", [["AWS/RDS", metric, *DATABASE]])
        for label, metric in (
            ("CPU %", "CPUUtilization"),
            ("free storage", "FreeStorageSpace"),
            ("free memory", "FreeableMemory"),
            ("connections", "DatabaseConnections"),
        )
    },
}


def test_it_shows_what_the_specification_lists() -> None:
    titles = [w["properties"]["title"] for w in BODY["widgets"]]

    assert titles == ["Key alarms", *SHOWN]


@pytest.mark.parametrize("title", SHOWN)
def test_a_graph_has_its_statistic_and_lines(title: str) -> None:
    statistic, expected = SHOWN[title]

    assert widget(title)["stat"] == statistic
    assert lines(title) == expected


def test_the_alarms_state_comes_first() -> None:
    first = BODY["widgets"][0]

    assert (first["type"], first["x"], first["y"]) == ("alarm", 0, 0)
    assert first["properties"]["alarms"] == ALARMS


def test_more_alarms_than_one_widget_takes_fill_several() -> None:
    arns = [f"arn:{index}" for index in range(201)]

    widgets = dashboard_body(region="r", alarm_arns=arns, graphs=GRAPHS)["widgets"]

    shown = [w["properties"]["alarms"] for w in widgets if w["type"] == "alarm"]
    assert [len(alarms) for alarms in shown] == [100, 100, 1]
    assert [arn for alarms in shown for arn in alarms] == arns


def test_every_graph_is_of_the_stages_region() -> None:
    regions = [w["properties"].get("region") for w in BODY["widgets"] if w["type"] == "metric"]

    assert regions == ["eu-west-1"] * len(SHOWN)


GRIDS = {
    "the platform's": GRAPHS,
    "odd widths": [
        Graph(title=str(width), statistic="Sum", lines=[], width=width)
        for width in (7, 9, 8, 1, 24, 23, 2, 12, 13)
    ],
}


@pytest.mark.parametrize("graphs", GRIDS.values(), ids=GRIDS)
def test_widgets_stay_in_the_grid(graphs: list[Graph]) -> None:
    widgets = dashboard_body(region="r", alarm_arns=[], graphs=graphs)["widgets"]

    assert len(widgets) == len(graphs) + 1
    assert [w for w in widgets if w["x"] < 0 or w["y"] < 0 or w["x"] + w["width"] > 24] == []


@pytest.mark.parametrize("alarms", [0, 30, 250])
@pytest.mark.parametrize("graphs", GRIDS.values(), ids=GRIDS)
def test_widgets_do_not_overlap(graphs: list[Graph], alarms: int) -> None:
    widgets = dashboard_body(region="r", alarm_arns=["arn"] * alarms, graphs=graphs)["widgets"]

    overlapping = [
        (a["properties"]["title"], b["properties"]["title"])
        for a, b in combinations(widgets, 2)
        if a["x"] < b["x"] + b["width"]
        and b["x"] < a["x"] + a["width"]
        and a["y"] < b["y"] + b["height"]
        and b["y"] < a["y"] + a["height"]
    ]
    assert overlapping == []


def test_a_stage_without_the_service_shows_no_latency_of_it() -> None:
    graphs = dashboard.load_balancer_graphs(
        load_balancer_suffix="alb",
        target_group_suffixes={"supertokens": "tg/supertokens"},
        latency_of="app",
    )

    assert [graph.title for graph in graphs] == ["Load balancer 5xx", "Unhealthy hosts"]
