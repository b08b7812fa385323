"""The measures of an architecture picture, in pixels, and the boxes that cards become."""

from dataclasses import dataclass

from ops.picture.architecture import Architecture, Node
from ops.picture.drawing import LINE_HEIGHT, TITLE_HEIGHT, Box

WIDTH = 1280.0
MARGIN, GAP, HEAD = 24.0, 16.0, 30.0
TOP = 84.0
VPC_X, GATEWAY_X, PUBLIC_X, BALANCER_X = 140.0, 156.0, 256.0, 272.0
BALANCER_WIDTH, SPLIT_X, SERVICE_X, SERVICE_WIDTH = 168.0, 456.0, 594.0, 276.0
CHANNEL_X, STORE_X = SERVICE_X + SERVICE_WIDTH, 1004.0
RIGHT = WIDTH - MARGIN
STORE_WIDTH = RIGHT - 2 * GAP - STORE_X
ROW_PITCH, ROW_HEIGHT = 74.0, 62.0
ZONE_HEIGHT = 44.0
LEGEND_HEIGHT = 28.0


@dataclass(frozen=True, kw_only=True)
class Heights:
    """The lower ends that everything else hangs on."""

    workloads: float
    vpc: float


def card_height(lines: int) -> float:
    """Return the height of a card with so many lines below its title."""
    return 14 + TITLE_HEIGHT + lines * LINE_HEIGHT


def card_box(node: Node, *, x: float, y: float, width: float, height: float) -> Box:
    """Place a node's box."""
    card = node.card
    hint = "; ".join([card.title, *card.lines, *node.badges])
    return Box(
        x=x,
        y=y,
        width=width,
        height=height,
        title=card.title,
        lines=card.lines,
        kind=card.kind,
        badges=node.badges,
        hint=hint,
    )


def split(facts: Architecture) -> float:
    """Return where what is public ends."""
    return STORE_X - 24 if facts.tasks_in_public else SPLIT_X
