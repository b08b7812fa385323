"""No picture overlaps, whatever the number of services, zones and stores."""

import itertools
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.picture.architecture import Architecture, Node, Zone
from ops.picture.cards import GROUPS, Card
from ops.picture.drawing import LABEL_SIZE, LINE_SIZE, Box, Drawing, Frame
from ops.picture.layout import layout
from ops.picture.reach import Reach
from ops.picture.svg import svg
from ops.picture.text_width import fit, text_width
from tests.examples import examples

DATABASE = Card(title="PostgreSQL 15", lines=("a", "b", "c"), kind="database", key=("db", "main"))
FILES = Card(title="EFS lancedb", lines=("encrypted",), kind="files", key=("efs", "main"))
BUCKET = Card(title="S3", lines=("encrypted",), kind="bucket", key=("s3", "data"))
SHAPES = [
    *itertools.product((0, 1, 8, 9, 20), (2,), (True,), (False,)),
    *itertools.product((8,), (1, 2, 3), (True, False), (True, False)),
]


def node(index: int) -> Node:
    card = Card(
        title=f"service-{index}",
        lines=("0.25 vCPU · 512 MiB · 1 to 4 tasks", "port 80 · 2 secrets · traced"),
        kind="service",
        key=("service", str(index)),
    )
    return Node(card=card, badges=("Spot", "ARM"), path=f"/v1/{index}" if index % 8 < 7 else None)


def facts(
    services: int, zones: int, nat: bool = True, in_public: bool = False, name: str = "atomic-prod"
) -> Architecture:
    reaches = [
        Reach(source=("service", str(index)), target=target, ports=ports)
        for index in range(services)
        for target, ports in (
            (("db", "main"), "5432"),
            (("efs", "main"), "2049"),
            (("s3", "data"), None),
            (("service", str(max(0, index - 1))), "80"),
        )
        if (index % 3 == 0 or target[0] == "service") and target != ("service", str(index))
    ]
    return Architecture(
        title=name,
        vpc_block="10.0.0.0/16",
        zones=tuple(
            Zone(
                name=f"zone {index + 1}",
                public_block=f"10.0.{index}.0/24",
                private_block=f"10.0.{index + zones}.0/24",
                nat=nat and index == 0,
                leaves_through=0 if nat else None,
            )
            for index in range(zones)
        ),
        gateway=True,
        tasks_in_public=in_public,
        load_balancer=Node(card=Card(title="Application load balancer", kind="balancer")),
        services=tuple(map(node, range(services))),
        stores=(DATABASE, FILES),
        reaches=tuple(reaches),
        outside={group: (BUCKET,) if "Data" in group else (Card(title=group),) for group in GROUPS},
        resource_count=210,
    )


def test_a_second_bucket_is_reached_past_the_first() -> None:
    second = replace(BUCKET, key=("s3", "more"))
    with_two = replace(
        facts(8, 2),
        outside={"Data": (BUCKET, second)},
        reaches=(
            Reach(source=("service", "0"), target=("s3", "data"), ports=None),
            Reach(source=("service", "1"), target=("s3", "more"), ports=None),
        ),
    )

    drawing = layout(with_two)

    ends = [line.points[-1] for line in drawing.lines if line.kind == "lane-bucket" and line.arrow]
    above, below = [box for box in drawing.boxes if box.kind == "bucket"]
    assert ends == [(above.right - 36, above.y), (below.right, below.middle)]
    assert crossed(drawing) == []


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.right
        and other.x < one.right
        and one.y < other.bottom
        and other.y < one.bottom
    )


def crossed(drawing: Drawing) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Boxes that a line goes through, other than by an end at their edge."""
    found = []
    for line in drawing.lines:
        for (x, y), (to_x, to_y) in itertools.pairwise(line.points):
            left, right, top, bottom = min(x, to_x), max(x, to_x), min(y, to_y), max(y, to_y)
            found += [
                (box.title, (x, y, to_x, to_y))
                for box in drawing.boxes
                if left < box.right and right > box.x and top < box.bottom and bottom > box.y
            ]
    return found


@pytest.mark.parametrize(("services", "zones", "nat", "in_public"), SHAPES)
def test_no_two_boxes_overlap(services: int, zones: int, nat: bool, in_public: bool) -> None:
    boxes = layout(facts(services, zones, nat, in_public)).boxes

    assert [pair for pair in itertools.combinations(boxes, 2) if overlap(*pair)] == []


@pytest.mark.parametrize(("services", "zones", "nat", "in_public"), SHAPES)
def test_no_line_goes_through_a_box(services: int, zones: int, nat: bool, in_public: bool) -> None:
    assert crossed(layout(facts(services, zones, nat, in_public))) == []


@pytest.mark.parametrize(("services", "zones", "nat", "in_public"), SHAPES)
def test_every_line_is_of_right_angles(
    services: int, zones: int, nat: bool, in_public: bool
) -> None:
    for line in layout(facts(services, zones, nat, in_public)).lines:
        for (x, y), (to_x, to_y) in itertools.pairwise(line.points):
            assert x == to_x or y == pytest.approx(to_y)


def running_on_one_another(drawing: Drawing) -> list[tuple[object, object]]:
    """Pairs of lane segments that lie upon each other for a stretch."""
    runs = [
        (along, fixed, min(ends), max(ends))
        for line in drawing.lines
        if line.kind.startswith("lane-")
        for (x, y), (to_x, to_y) in itertools.pairwise(line.points)
        for fixed, ends, along in [(x, (y, to_y), "down") if x == to_x else (y, (x, to_x), "over")]
    ]
    return [
        (one, other)
        for one, other in itertools.combinations(runs, 2)
        if one[:2] == other[:2] and one[2] < other[3] and other[2] < one[3]
    ]


@pytest.mark.parametrize(("services", "zones", "nat", "in_public"), SHAPES)
def test_no_two_lanes_run_on_one_another(
    services: int, zones: int, nat: bool, in_public: bool
) -> None:
    assert running_on_one_another(layout(facts(services, zones, nat, in_public))) == []


def test_a_store_gives_way_to_a_line_that_leaves_at_its_height() -> None:
    wanted = {("db", "main"): (0, 2), ("efs", "main"): (1,)}
    reaches = tuple(
        Reach(source=("service", str(index)), target=target, ports="1")
        for target, indices in wanted.items()
        for index in indices
    )

    drawing = layout(replace(facts(3, 2), reaches=reaches, stores=(DATABASE, FILES)))

    (middle,) = [box.middle for box in drawing.boxes if box.title == "service-1"]
    (database,) = [box.middle for box in drawing.boxes if box.kind == "database"]
    assert abs(database - middle) >= 6
    assert running_on_one_another(drawing) == []


@pytest.mark.parametrize(("services", "zones", "nat", "in_public"), SHAPES)
def test_everything_is_on_the_page(services: int, zones: int, nat: bool, in_public: bool) -> None:
    drawing = layout(facts(services, zones, nat, in_public))

    assert drawing.width == 1280
    shapes: list[Box | Frame] = [*drawing.boxes, *drawing.frames]
    for each in shapes:
        assert each.x >= 0
        assert each.x + each.width <= drawing.width
        assert each.y + each.height <= drawing.height


def test_a_ninth_service_moves_none_of_the_eight() -> None:
    def services(count: int) -> dict[str, tuple[float, float]]:
        boxes = layout(facts(count, 2)).boxes
        return {box.title: (box.x, box.y) for box in boxes if box.kind == "service"}

    eight, nine = services(8), services(9)

    assert len(nine) == 9
    assert {title: nine[title] for title in eight} == eight


def test_each_service_that_is_routed_has_an_arrow_from_the_load_balancer() -> None:
    drawing = layout(facts(9, 2))
    (balancer,) = [box for box in drawing.boxes if box.kind == "balancer"]

    ends = {line.points[-1] for line in drawing.lines if line.points[0][0] == balancer.right}

    routed = [box for box in drawing.boxes if box.kind == "service" and box.title != "service-7"]
    assert ends == {(box.x, box.middle) for box in routed}


def test_the_text_of_a_card_is_as_narrow_as_its_card() -> None:
    long = "encrypted with a key of our own and kept in three regions of the world"

    assert text_width(fit(long, LINE_SIZE, 200), LINE_SIZE) <= 200
    assert fit(long, LINE_SIZE, 200).endswith("…")
    assert fit("short", LABEL_SIZE, 200) == "short"


def test_a_long_name_is_cut_where_its_badges_begin() -> None:
    long = replace(node(0), card=replace(node(0).card, title="a-service-of-a-very-long-name" * 2))

    text = svg(layout(replace(facts(1, 1), services=(long,))))

    (title,) = re.findall(r'class="title">(a-service[^<]*)<', text)
    assert title.endswith("…")
    assert text_width(title, 14.5, bold=True) < 276 - 36 - 80


@given(st.text(max_size=40))
@examples(60)
def test_any_name_is_written_as_text_and_nothing_else(name: str) -> None:
    root = ET.fromstring(svg(layout(facts(1, 1, name=name))))  # noqa: S314  # our own

    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {
        *("svg", "title", "desc", "style", "rect", "g", "text", "polyline", "polygon", "circle"),
        "path",
    }


def test_markup_in_a_name_stays_text() -> None:
    text = svg(layout(facts(1, 1, name="<script>alert('&\"')</script>")))

    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_a_picture_asks_for_nothing_outside_of_itself() -> None:
    text = svg(layout(facts(8, 2)))

    assert re.findall(r"(?:href|src|url\(|@import|<script|<foreignObject)", text) == []
    assert set(re.findall(r"https?://[^\"\s<]+", text)) == {"http://www.w3.org/2000/svg"}


def test_each_colour_has_a_dark_one() -> None:
    text = svg(layout(facts(8, 2)))
    light, _, dark = text.partition("@media (prefers-color-scheme: dark)")

    selectors = re.compile(r"^([^@\n]+?) \{ (fill|stroke):", re.M)
    no_fill = {(".sign", "fill"), (".line polyline", "fill")}
    assert set(selectors.findall(light)) - no_fill == set(selectors.findall(dark))
