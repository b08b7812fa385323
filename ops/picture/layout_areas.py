"""The areas of an architecture picture: the VPC's parts, the zones below, and what is outside."""

from ops.picture.architecture import Architecture, Node
from ops.picture.cards import Card
from ops.picture.drawing import Box, Frame, Line
from ops.picture.grid import (
    BALANCER_X,
    CHANNEL_X,
    GAP,
    HEAD,
    MARGIN,
    PUBLIC_X,
    RIGHT,
    SERVICE_WIDTH,
    SERVICE_X,
    TOP,
    VPC_X,
    ZONE_HEIGHT,
    Heights,
    card_box,
    card_height,
    split,
)


def frame_shapes(
    facts: Architecture, heights: Heights, services: list[Box], rows_top: float
) -> list[Frame]:
    """Frame the VPC, its public and private subnets, the cluster."""
    public_end = split(facts)
    inner_top = TOP + HEAD
    inner_height = heights.vpc - GAP - inner_top
    frames = [
        Frame(
            x=VPC_X,
            y=TOP,
            width=RIGHT - VPC_X,
            height=heights.vpc - TOP,
            label=f"VPC {facts.vpc_block}",
            kind="vpc",
        ),
        Frame(
            x=PUBLIC_X,
            y=inner_top,
            width=public_end - GAP / 2 - PUBLIC_X + 4,
            height=inner_height,
            label="Public subnets",
            kind="public",
        ),
        Frame(
            x=public_end + 8,
            y=inner_top,
            width=RIGHT - GAP - public_end - 8,
            height=inner_height,
            label="Private subnets",
            kind="private",
        ),
    ]
    if services:
        frames.append(
            Frame(
                x=SERVICE_X - GAP,
                y=rows_top - HEAD,
                width=SERVICE_WIDTH + 2 * GAP,
                height=services[-1].bottom - rows_top + HEAD + GAP,
                label="ECS on Fargate",
                kind="cluster",
            )
        )
    return frames


def zone_shapes(
    facts: Architecture, heights: Heights, gateway: Box | None
) -> tuple[list[Box], list[Line]]:
    """Draw a row for each zone: its public subnet, its private one, and the way out."""
    boxes: list[Box] = []
    lines: list[Line] = []
    public_end = split(facts)
    top = heights.workloads + GAP
    middles: dict[int, float] = {}
    for index, zone in enumerate(facts.zones):
        y = top + index * (ZONE_HEIGHT + GAP)
        middles[index] = y + ZONE_HEIGHT / 2
        subnet_end = CHANNEL_X if facts.tasks_in_public else public_end - GAP
        private_x = public_end + 24
        private_end = RIGHT - 2 * GAP if facts.tasks_in_public else CHANNEL_X
        for x, width, block, badges in (
            (
                BALANCER_X,
                subnet_end - BALANCER_X,
                zone.public_block,
                ("NAT",) if zone.nat else (),
            ),
            (private_x, private_end - private_x, zone.private_block, ()),
        ):
            if block:
                boxes.append(
                    Box(
                        x=x,
                        y=y,
                        width=width,
                        height=ZONE_HEIGHT,
                        title=zone.name,
                        lines=(block,),
                        badges=badges,
                        kind="zone",
                        hint=f"{zone.name}: {block}",
                    )
                )
    for index, zone in enumerate(facts.zones):
        if zone.leaves_through is not None and zone.private_block:
            private, nat = middles[index], middles[zone.leaves_through]
            start, end = (public_end + 24, private), (public_end - GAP, nat)
            middle = () if private == nat else ((public_end, private), (public_end, nat))
            lines.append(Line(points=(start, *middle, end), kind="out"))
        if gateway and zone.public_block and (zone.nat or facts.tasks_in_public):
            centre = gateway.x + gateway.width / 2
            points = (
                (BALANCER_X, middles[index]),
                (centre, middles[index]),
                (centre, gateway.bottom),
            )
            lines.append(Line(points=points, kind="out"))
    return boxes, lines


def outside_shapes(
    facts: Architecture, top: float
) -> tuple[list[tuple[Card, Box]], list[Frame], float]:
    """Lay out groups of cards in columns below the VPC."""
    groups = facts.outside
    if not groups:
        return [], [], top
    width = (RIGHT - MARGIN - (len(groups) - 1) * GAP) / len(groups)
    boxes: list[tuple[Card, Box]] = []
    bottoms = []
    for column, cards in enumerate(groups.values()):
        x, y = MARGIN + column * (width + GAP), top + HEAD
        for card in cards:
            height = card_height(len(card.lines))
            boxes.append(
                (card, card_box(Node(card=card), x=x + 12, y=y, width=width - 24, height=height))
            )
            y += height + 10
        bottoms.append(y)
    bottom = max(bottoms) + 2
    frames = [
        Frame(
            x=MARGIN + column * (width + GAP),
            y=top,
            width=width,
            height=bottom - top,
            label=label,
            kind="outside",
        )
        for column, label in enumerate(groups)
    ]
    return boxes, frames, bottom
