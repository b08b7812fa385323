"""Writes a drawing as SVG: self-contained, light or dark as the reader's screen is."""

import re
from xml.etree import ElementTree as ET

from ops.picture.drawing import (
    BADGE_PADDING,
    LABEL_SIZE,
    LINE_HEIGHT,
    LINE_SIZE,
    SIGN_WIDTH,
    TITLE_SIZE,
    Box,
    Drawing,
    Frame,
    Line,
    Text,
)
from ops.picture.svg_style import SIGNS, style
from ops.picture.text_width import fit, text_width

_NAMESPACE = "http://www.w3.org/2000/svg"
# What XML cannot hold at all, however it is escaped.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def svg(drawing: Drawing) -> str:
    """Write the SVG's text."""
    root = ET.Element(
        "svg",
        {
            "xmlns": _NAMESPACE,
            "viewBox": f"0 0 {_n(drawing.width)} {_n(drawing.height)}",
            "width": _n(drawing.width),
            "height": _n(drawing.height),
            "role": "img",
            "aria-labelledby": "title description",
        },
    )
    _text(ET.SubElement(root, "title", id="title"), drawing.title)
    _text(ET.SubElement(root, "desc", id="description"), drawing.description)
    ET.SubElement(root, "style").text = style()
    size = {"width": _n(drawing.width), "height": _n(drawing.height)}
    ET.SubElement(root, "rect", {"class": "page", **size})
    for frame in drawing.frames:
        _frame(root, frame)
    for line in drawing.lines:
        _line(root, line)
    for box in drawing.boxes:
        _box(root, box)
    for text in drawing.texts:
        _label(root, text)
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode") + "\n"


def _frame(root: ET.Element, frame: Frame) -> None:
    group = ET.SubElement(root, "g", {"class": f"frame {frame.kind}"})
    _rect(group, frame, radius=10)
    _put(group, frame.x + 14, frame.y + 20, fit(frame.label, 13, frame.width - 28, bold=True), "")


def _rect(parent: ET.Element, of: Frame | Box, *, radius: float) -> None:
    ET.SubElement(
        parent,
        "rect",
        x=_n(of.x),
        y=_n(of.y),
        width=_n(of.width),
        height=_n(of.height),
        rx=_n(radius),
    )


def _line(root: ET.Element, line: Line) -> None:
    classes = f"line {line.kind}{' dashed' if line.dashed else ''}"
    group = ET.SubElement(root, "g", {"class": classes})
    points = list(line.points)
    if line.arrow:
        (x, y), (before_x, before_y) = points[-1], points[-2]
        dx, dy = _sign(x - before_x), _sign(y - before_y)
        # The line ends inside the head, so that its square end does not stick out.
        points[-1] = (x - dx * 6, y - dy * 6)
        tip = [
            (x, y),
            (x - dx * 8 + dy * 4, y - dy * 8 + dx * 4),
            (x - dx * 8 - dy * 4, y - dy * 8 - dx * 4),
        ]
        ET.SubElement(group, "polygon", {"class": "head", "points": _points(tip)})
    ET.SubElement(group, "polyline", {"points": _points(points)})
    for x, y in line.dots:
        ET.SubElement(group, "circle", {"cx": _n(x), "cy": _n(y), "r": "3", "class": "head"})


def _box(root: ET.Element, box: Box) -> None:
    group = ET.SubElement(root, "g", {"class": f"box {box.kind}"})
    if box.hint:
        _text(ET.SubElement(group, "title"), box.hint)
    _rect(group, box, radius=7)
    if box.kind in {"users", "gateway", "balancer"}:
        _centred(group, box)
        return
    sign = SIGNS.get(box.kind)
    x = box.x + 12
    if sign:
        transform = f"translate({_n(x)} {_n(box.y + 9)})"
        ET.SubElement(group, "path", {"class": "sign", "d": sign, "transform": transform})
        x += SIGN_WIDTH
    room = box.right - 12 - x - _badges(group, box)
    _put(group, x, box.y + 22, fit(box.title, TITLE_SIZE, room, bold=True), "title")
    for index, line in enumerate(box.lines):
        cut = fit(line, LINE_SIZE, box.width - 24)
        y = box.y + 22 + (index + 1) * LINE_HEIGHT
        _put(group, box.x + 12, y, cut, "detail")


def _badges(group: ET.Element, box: Box) -> float:
    """Draw the badges from the right; the width that they take."""
    right = box.right - 10
    for badge in reversed(box.badges):
        width = text_width(badge, 10.5, bold=True) + 2 * BADGE_PADDING
        right -= width
        ET.SubElement(
            group,
            "rect",
            {
                "class": "badge",
                "x": _n(right),
                "y": _n(box.y + 8),
                "width": _n(width),
                "height": "18",
                "rx": "9",
            },
        )
        _put(group, right + width / 2, box.y + 21, badge, "badge-text", anchor="middle")
        right -= 5
    return box.right - 10 - right


def _centred(group: ET.Element, box: Box) -> None:
    words = box.title.split(" ", 1) if box.title else []
    rows = [(word, "title") for word in words] + [(line, "detail") for line in box.lines]
    if not words:
        rows = [(line, "title") for line in box.lines]
    sign = SIGNS.get(box.kind)
    total = len(rows) * 18 + (24 if sign else 0)
    y, centre = box.middle - total / 2, box.x + box.width / 2
    if sign:
        transform = f"translate({_n(centre - 8)} {_n(y)})"
        ET.SubElement(group, "path", {"class": "sign", "d": sign, "transform": transform})
        y += 24
    for text, kind in rows:
        size = TITLE_SIZE if kind == "title" else LINE_SIZE
        cut = fit(text, size, box.width - 8, bold=kind == "title")
        _put(group, centre, y + 13, cut, kind, anchor="middle")
        y += 18


def _label(root: ET.Element, text: Text) -> None:
    content = fit(text.text, LABEL_SIZE, 112) if text.kind == "path" else text.text
    _put(root, text.x, text.y, content, f"text {text.kind}", anchor=text.anchor)


def _put(
    parent: ET.Element, x: float, y: float, content: str, kind: str, *, anchor: str = "start"
) -> None:
    attributes = {"x": _n(x), "y": _n(y)}
    if kind:
        attributes["class"] = kind
    if anchor != "start":
        attributes["text-anchor"] = anchor
    _text(ET.SubElement(parent, "text", attributes), content)


def _text(element: ET.Element, content: str) -> None:
    element.text = _UNWRITABLE.sub("\ufffd", content)


def _points(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _n(value: float) -> str:
    return f"{round(value, 1):g}"
