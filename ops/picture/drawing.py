"""The shapes of a picture, in pixels from the top left. A layout makes them, a writer writes them."""

from dataclasses import dataclass

TITLE_SIZE, LINE_SIZE, LABEL_SIZE = 14.5, 12.0, 12.0
TITLE_HEIGHT, LINE_HEIGHT = 20.0, 16.0
SIGN_WIDTH = 24.0
BADGE_PADDING = 6.0
Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Box:
    """A card: a title with a sign before it, lines below, badges at the right."""

    x: float
    y: float
    width: float
    height: float
    title: str
    kind: str
    lines: tuple[str, ...] = ()
    badges: tuple[str, ...] = ()
    hint: str = ""
    """Everything that the card says, uncut."""

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """The height of its centre."""
        return self.y + self.height / 2


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A labelled area that holds boxes."""

    x: float
    y: float
    width: float
    height: float
    label: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of right angles, with an arrow head at its end, and dots where it joins another."""

    points: tuple[Point, ...]
    kind: str
    arrow: bool = True
    dashed: bool = False
    dots: tuple[Point, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Text:
    """Text on its own; `y` is its baseline."""

    x: float
    y: float
    text: str
    kind: str = "label"
    anchor: str = "start"


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A whole picture, with the words for those who do not see it."""

    width: float
    height: float
    title: str
    description: str
    frames: tuple[Frame, ...]
    lines: tuple[Line, ...]
    boxes: tuple[Box, ...]
    texts: tuple[Text, ...]
