"""Where everything of an architecture picture goes. Pure: facts in, shapes out.

From left to right: users, what is public, the services as rows, a channel of vertical lanes, the stores. Each
thing that is reached from the services has a lane of its own, so that lines meet at right angles alone.
"""

from ops.picture import grid
from ops.picture.architecture import Architecture, Node
from ops.picture.drawing import Box, Drawing, Line, Text
from ops.picture.lanes import Lane, columns_of, lanes, ports_of
from ops.picture.layout_areas import frame_shapes, outside_shapes, zone_shapes


def layout(facts: Architecture) -> Drawing:
    """Lay the picture out."""
    rows_top = grid.TOP + 3 * grid.HEAD
    services = [
        grid.card_box(
            node,
            x=grid.SERVICE_X,
            y=rows_top + index * grid.ROW_PITCH,
            width=grid.SERVICE_WIDTH,
            height=grid.ROW_HEIGHT,
        )
        for index, node in enumerate(facts.services)
    ]
    stores = _stores(facts, services, rows_top)
    rows_bottom = max([rows_top + grid.ROW_PITCH, *(box.bottom for box in (*services, *stores))])
    workloads = rows_bottom + 2 * grid.GAP
    vpc_bottom = (
        workloads + grid.GAP + len(facts.zones) * (grid.ZONE_HEIGHT + grid.GAP) + 2 * grid.GAP
    )
    heights = grid.Heights(workloads=workloads, vpc=vpc_bottom)

    balancer = _balancer(facts, services, rows_top)
    centre = balancer.middle if balancer else rows_top + grid.ROW_PITCH / 2
    gateway = _gateway(facts, centre)
    users = _users(facts, centre)
    zones, zone_lines = zone_shapes(facts, heights, gateway)
    outside, outside_frames, bottom = outside_shapes(facts, vpc_bottom + 2 * grid.GAP)
    cards = [*(node.card for node in facts.services), *facts.stores]
    targets = {
        card.key: box for card, box in zip(cards, [*services, *stores], strict=True) if card.key
    }
    below = {card.key: box for card, box in outside if card.key}
    found = lanes(facts, targets, below)
    lane_lines, lane_texts = _lane_shapes(found, vpc_bottom)
    way_in, way_texts = _way_in(facts, users, gateway, balancer, services)
    return Drawing(
        width=grid.WIDTH,
        height=bottom + grid.LEGEND_HEIGHT + grid.GAP,
        title=f"Architecture of {facts.title}",
        description=_description(facts),
        frames=(*frame_shapes(facts, heights, services, rows_top), *outside_frames),
        lines=(*zone_lines, *lane_lines, *way_in),
        boxes=tuple(
            each
            for each in (users, gateway, balancer, *services, *stores, *zones)
            if each is not None
        )
        + tuple(box for _, box in outside),
        texts=(*_headings(facts, bottom), *way_texts, *lane_texts),
    )


def _stores(facts: Architecture, services: list[Box], top: float) -> list[Box]:
    """Place them at the height of those that use them, in that order, without touching each other."""
    rows = {node.card.key: box for node, box in zip(facts.services, services, strict=True)}
    users = {
        index: [
            rows[each.source]
            for each in facts.reaches
            if each.target == store.key and each.source in rows
        ]
        for index, store in enumerate(facts.stores)
    }
    wanted = {
        index: sum(box.middle for box in boxes) / len(boxes) if boxes else top
        for index, boxes in users.items()
    }
    placed: dict[int, Box] = {}
    lowest = top
    for index in sorted(wanted, key=lambda each: wanted[each]):
        store = facts.stores[index]
        height = grid.card_height(len(store.lines))
        y = max(lowest, wanted[index] - height / 2)
        # A line that arrives may not run on in one that leaves a service at the same height; a single user's
        # own line goes straight on.
        alone = users[index][0] if len(users[index]) == 1 else None
        taken = [port for box in services if box is not alone for port in ports_of(box)]
        while any(abs(y + height / 2 - port) < 6 for port in taken):
            y += 1
        placed[index] = grid.card_box(
            Node(card=store), x=grid.STORE_X, y=y, width=grid.STORE_WIDTH, height=height
        )
        lowest = placed[index].bottom + 2 * grid.GAP
    return [placed[index] for index in range(len(facts.stores))]


def _balancer(facts: Architecture, services: list[Box], top: float) -> Box | None:
    node = facts.load_balancer
    if node is None:
        return None
    routed = [box for box, each in zip(services, facts.services, strict=True) if each.path]
    bottom = max([top + 120, *(box.bottom for box in routed)])
    return grid.card_box(
        node, x=grid.BALANCER_X, y=top, width=grid.BALANCER_WIDTH, height=bottom - top
    )


def _gateway(facts: Architecture, centre: float) -> Box | None:
    if not facts.gateway:
        return None
    return Box(
        x=grid.GATEWAY_X,
        y=centre - 34,
        width=84,
        height=68,
        title="",
        lines=("Internet", "gateway"),
        kind="gateway",
        hint="Internet gateway",
    )


def _users(facts: Architecture, centre: float) -> Box | None:
    if facts.load_balancer is None:
        return None
    return Box(
        x=grid.MARGIN,
        y=centre - 34,
        width=92,
        height=68,
        title="",
        lines=("Users",),
        kind="users",
        hint="Users",
    )


def _way_in(
    facts: Architecture,
    users: Box | None,
    gateway: Box | None,
    balancer: Box | None,
    services: list[Box],
) -> tuple[list[Line], list[Text]]:
    lines, texts = [], []
    if users and gateway and balancer:
        for left, right in ((users, gateway), (gateway, balancer)):
            points = ((left.right, left.middle), (right.x, left.middle))
            lines.append(Line(points=points, kind="edge"))
    for node, box in zip(facts.services, services, strict=True):
        if balancer and node.path:
            points = ((balancer.right, box.middle), (box.x, box.middle))
            lines.append(Line(points=points, kind="edge"))
            texts.append(Text(x=grid.SPLIT_X + 14, y=box.middle - 6, text=node.path, kind="path"))
    return lines, texts


def _lane_shapes(found: list[Lane], vpc_bottom: float) -> tuple[list[Line], list[Text]]:
    lines, texts = [], []
    out_of_vpc = vpc_bottom + grid.GAP
    columns = columns_of(found, out_of_vpc)
    # Right of the lanes there is room for a port, and for the arrow's head.
    step = min(
        18.0, (grid.STORE_X - 52 - grid.CHANNEL_X - grid.GAP) / (max(columns, default=0) + 1)
    )
    for lane, column in zip(found, columns, strict=True):
        x = grid.CHANNEL_X + grid.GAP + 4 + (column + 0.6) * step
        shapes, label = lane.shapes(x, out_of_vpc=out_of_vpc)
        lines += shapes
        texts += label
    return lines, texts


def _headings(facts: Architecture, bottom: float) -> list[Text]:
    words = f"{len(facts.services)} services, {facts.resource_count} resources in all"
    legend = (
        "An arrow points to what is reached, the number is its port. Solid: a security group allows it. "
        "Dashed: a role's policy allows it. Dotted: the way out to the internet."
    )
    return [
        Text(x=grid.MARGIN, y=38, text=facts.title, kind="heading"),
        Text(x=grid.MARGIN, y=62, text=words, kind="subtitle"),
        Text(x=grid.MARGIN, y=bottom + grid.LEGEND_HEIGHT, text=legend, kind="legend"),
    ]


def _description(facts: Architecture) -> str:
    cards = (*(node.card for node in facts.services), *facts.stores)
    names = {card.key: card.title for card in cards}
    sentences = [f"{card.title}: {', '.join(card.lines)}" for card in cards]
    sentences += [
        f"{names[each.source]} reaches {names[each.target]}"
        for each in facts.reaches
        if each.source in names and each.target in names
    ]
    return ". ".join(sentences)
