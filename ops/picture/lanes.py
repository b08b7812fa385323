"""The lanes between services and what they reach: one vertical line for each target."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ops.picture.architecture import Architecture
from ops.picture.drawing import Box, Line, Point, Text
from ops.picture.keys import Key
from ops.picture.reach import Reach

_PORTS = 7
_BESIDE = 9.0


@dataclass(frozen=True, kw_only=True)
class Lane:
    """Everything that reaches one target. `where` says at which side of the lanes the target stands."""

    target: Box
    kind: str
    dashed: bool
    starts: tuple[Point, ...]
    end: Point
    where: Literal["left", "right", "below"]
    label: str

    def extent(self, out_of_vpc: float) -> tuple[float, float]:
        """The heights between which the lane runs."""
        turn = out_of_vpc if self.where == "below" else self.end[1]
        heights = [turn, *(y for _, y in self.starts)]
        return min(heights), max(heights)

    def shapes(self, x: float, *, out_of_vpc: float) -> tuple[list[Line], list[Text]]:
        """The lane at `x`: what leads to it, the lane itself, and the way on with the arrow head."""
        turn = out_of_vpc if self.where == "below" else self.end[1]
        top, bottom = self.extent(out_of_vpc)
        on: tuple[Point, ...] = ((x, turn), self.end)
        if self.where == "below":
            on = ((x, turn), (self.end[0], turn), self.end)
            if (
                self.end[1] > self.target.y
            ):  # others stand above it: past them, and in from the side
                beside = self.end[0] + _BESIDE
                on = ((x, turn), (beside, turn), (beside, self.end[1]), self.end)
        # What joins between the lane's ends gets a dot; the ends are bends.
        heights = sorted({y for _, y in self.starts} | {turn})
        dots = tuple((x, y) for y in heights[1:-1])
        parts = [*((start, (x, start[1])) for start in self.starts), ((x, top), (x, bottom))]
        lines = [
            Line(points=part, kind=self.kind, dashed=self.dashed, arrow=False)
            for part in parts
            if part[0] != part[1]
        ]
        lines.append(Line(points=on, kind=self.kind, dashed=self.dashed, dots=dots))
        texts = []
        if self.label and self.where == "right":
            texts.append(
                Text(
                    x=self.end[0] - 8, y=self.end[1] - 6, text=self.label, kind="port", anchor="end"
                )
            )
        return lines, texts


def columns_of(found: list[Lane], out_of_vpc: float) -> list[int]:
    """The column of each lane: lanes to services share one where they do not meet, a store's is its own."""
    columns: list[int] = []
    taken: list[list[tuple[float, float]]] = []
    for lane in found:
        top, bottom = lane.extent(out_of_vpc)
        column = len(taken)
        if lane.where == "left":
            column = next(
                (
                    index
                    for index, held in enumerate(taken)
                    if all(bottom + 10 < low or high + 10 < top for low, high in held)
                ),
                column,
            )
        if column == len(taken):
            taken.append([])
        taken[column].append((top, bottom))
        columns.append(column)
    return columns


def ports_of(box: Box) -> list[float]:
    """The heights at a service's right edge where lines may leave or arrive."""
    return [round(box.y + box.height * (slot + 1) / (_PORTS + 1), 1) for slot in range(_PORTS)]


def lanes(facts: Architecture, targets: Mapping[Key, Box], below: Mapping[Key, Box]) -> list[Lane]:
    """The lanes from left to right: services first, then stores from the top, then what is below."""
    services = {node.card.key for node in facts.services if node.card.key}
    reached: dict[Key, list[Reach]] = {}
    for each in facts.reaches:
        if each.source in services and (each.target in targets or each.target in below):
            reached.setdefault(each.target, []).append(each)
    order = sorted(reached, key=lambda key: _rank(key, services, targets, below))
    slots = _slots(order, reached, targets, services)
    found = []
    for target in order:
        sources = reached[target]
        starts = tuple(
            sorted((targets[each.source].right, slots[each.source, target]) for each in sources)
        )
        box = targets.get(target) or below[target]
        where: Literal["left", "right", "below"]
        if target in services:
            where, end = "left", (box.right, slots[target, target])
        elif target in targets:
            where, end = "right", (box.x, box.middle)
        else:
            first = all(box.y <= other.y for other in below.values() if other.x == box.x)
            where, end = "below", (box.right - 36, box.y) if first else (box.right, box.middle)
        found.append(
            Lane(
                target=box,
                kind=f"lane-{box.kind}",
                dashed=all(each.ports is None for each in sources),
                starts=starts,
                end=end,
                where=where,
                label=", ".join(sorted({each.ports for each in sources if each.ports})),
            )
        )
    return found


def _rank(
    key: Key, services: set[Key], targets: Mapping[Key, Box], below: Mapping[Key, Box]
) -> tuple[int, float]:
    if key in services:
        return 0, -targets[key].y
    return (1, -targets[key].y) if key in targets else (2, below[key].y)


def _slots(
    order: list[Key],
    reached: Mapping[Key, list[Reach]],
    targets: Mapping[Key, Box],
    services: set[Key],
) -> dict[tuple[Key, Key], float]:
    """The height of each line at its service's right edge: spread evenly, arrivals at the top."""
    ends: dict[Key, list[Key]] = {}
    for target in order:
        if target in services:
            ends.setdefault(target, []).insert(0, target)
    for target in order:
        for each in reached[target]:
            ends.setdefault(each.source, []).append(target)
    found = {}
    for service, lines in ends.items():
        heights = ports_of(targets[service])
        step = _PORTS / len(lines)
        for index, target in enumerate(lines):
            found[service, target] = heights[min(_PORTS - 1, int((index + 0.5) * step))]
    return found
