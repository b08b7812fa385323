"""The areas of an architecture picture: the VPC's parts, the zones below, and what is outside."""

from ops.picture import grid
from ops.picture.architecture import Architecture, Node
from ops.picture.cards import Card
from ops.picture.drawing import Box, Frame, Line


def frame_shapes(
    facts: Architecture, heights: grid.Heights, services: list[Box], rows_top: float
) -> list[Frame]:
    """Frame the VPC, its public and private subnets, the cluster."""
    public_end = grid.split(facts)
    inner_top = grid.TOP + grid.HEAD
    inner_height = heights.vpc - grid.GAP - inner_top
    frames = [
        Frame(
            x=grid.VPC_X,
            y=grid.TOP,
            width=grid.RIGHT - grid.VPC_X,
            height=heights.vpc - grid.TOP,
            label=f"VPC {facts.vpc_block}",
            kind="vpc",
        ),
        Frame(
            x=grid.PUBLIC_X,
            y=inner_top,
            width=public_end - grid.GAP / 2 - grid.PUBLIC_X + 4,
            height=inner_height,
            label="Public subnets",
            kind="public",
        ),
        Frame(
            x=public_end + 8,
            y=inner_top,
            width=grid.RIGHT - grid.GAP - public_end - 8,
            height=inner_height,
            label="Private subnets",
            kind="private",
        ),
    ]
    if services:
        frames.append(
            Frame(
                x=grid.SERVICE_X - grid.GAP,
                y=rows_top - grid.HEAD,
                width=grid.SERVICE_WIDTH + 2 * grid.GAP,
                height=services[-1].bottom - rows_top + grid.HEAD + grid.GAP,
                label="ECS on Fargate",
                kind="cluster",
            )
        )
    return frames


def zone_shapes(
    facts: Architecture, heights: grid.Heights, gateway: Box | None
) -> tuple[list[Box], list[Line]]:
    """Draw a row for each zone: its public subnet, its private one, and the way out."""
    boxes: list[Box] = []
    lines: list[Line] = []
    public_end = grid.split(facts)
    top = heights.workloads + grid.GAP
    middles: dict[int, float] = {}
    for index, zone in enumerate(facts.zones):
        y = top + index * (grid.ZONE_HEIGHT + grid.GAP)
        middles[index] = y + grid.ZONE_HEIGHT / 2
        subnet_end = grid.CHANNEL_X if facts.tasks_in_public else public_end - grid.GAP
        private_x = public_end + 24
        private_end = grid.RIGHT - 2 * grid.GAP if facts.tasks_in_public else grid.CHANNEL_X
        for x, width, block, badges in (
            (
                grid.BALANCER_X,
                subnet_end - grid.BALANCER_X,
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
                        height=grid.ZONE_HEIGHT,
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
            start, end = (public_end + 24, private), (public_end - grid.GAP, nat)
            middle = () if private == nat else ((public_end, private), (public_end, nat))
            lines.append(Line(points=(start, *middle, end), kind="out"))
        if gateway and zone.public_block and (zone.nat or facts.tasks_in_public):
            centre = gateway.x + gateway.width / 2
            points = (
                (grid.BALANCER_X, middles[index]),
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
    width = (grid.RIGHT - grid.MARGIN - (len(groups) - 1) * grid.GAP) / len(groups)
    boxes: list[tuple[Card, Box]] = []
    bottoms = []
    for column, cards in enumerate(groups.values()):
        x, y = grid.MARGIN + column * (width + grid.GAP), top + grid.HEAD
        for card in cards:
            height = grid.card_height(len(card.lines))
            boxes.append(
                (
                    card,
                    grid.card_box(Node(card=card), x=x + 12, y=y, width=width - 24, height=height),
                )
            )
            y += height + 10
        bottoms.append(y)
    bottom = max(bottoms) + 2
    frames = [
        Frame(
            x=grid.MARGIN + column * (width + grid.GAP),
            y=top,
            width=width,
            height=bottom - top,
            label=label,
            kind="outside",
        )
        for column, label in enumerate(groups)
    ]
    return boxes, frames, bottom
