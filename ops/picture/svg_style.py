"""The colours and signs of the architecture picture."""

from collections.abc import Mapping

_FONTS = "Roboto, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"

_SHAPES = f"""
text {{ font-family: {_FONTS}; font-size: 12px; }}
.frame text {{ font-size: 13px; font-weight: 700; }}
.frame rect {{ stroke-width: 1.2; }}
.cluster rect, .outside rect {{ stroke-dasharray: 4 4; }}
.box rect {{ stroke-width: 1.2; }}
.box .title {{ font-size: 14.5px; font-weight: 700; }}
.badge-text {{ font-size: 10.5px; font-weight: 700; }}
.line polyline {{ fill: none; stroke-width: 1.6; stroke-linecap: square; }}
.dashed polyline {{ stroke-dasharray: 5 4; stroke-linecap: butt; }}
.out polyline {{ stroke-dasharray: 2 3; stroke-linecap: butt; }}
.sign {{ fill: none; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }}
.heading {{ font-size: 24px; font-weight: 700; }}
.subtitle {{ font-size: 13.5px; }}
.port {{ font-weight: 700; }}
"""

# (selector, property): light, dark. Written out, because CSS variables are not known to every renderer.
_COLOURS: tuple[tuple[str, str, str, str], ...] = (
    (".page", "fill", "#ffffff", "#0d1117"),
    ("text", "fill", "#1f2933", "#e6edf3"),
    (".detail, .subtitle, .legend", "fill", "#4a5764", "#a9b4c0"),
    (".frame.vpc rect", "fill", "#f7f9fc", "#11161d"),
    (".frame.vpc rect", "stroke", "#8c9bab", "#56626f"),
    (".frame.public rect", "fill", "#eef7ee", "#12211a"),
    (".frame.public rect", "stroke", "#7fb08a", "#3d6b4b"),
    (".frame.public text", "fill", "#2b6a3b", "#8fd0a0"),
    (".frame.private rect", "fill", "#eef3fb", "#121c2b"),
    (".frame.private rect", "stroke", "#86a5d0", "#3f5f8f"),
    (".frame.private text", "fill", "#2a568f", "#9dc1f5"),
    (".frame.cluster rect", "fill", "none", "none"),
    (".frame.cluster rect", "stroke", "#b0773a", "#a3713d"),
    (".frame.cluster text", "fill", "#8a5216", "#e3b077"),
    (".frame.outside rect", "fill", "none", "none"),
    (".frame.outside rect", "stroke", "#aab5c0", "#465260"),
    (".box rect", "fill", "#ffffff", "#1a212b"),
    (".box rect", "stroke", "#aab5c0", "#4a5766"),
    (".box.service rect", "stroke", "#cf8a3f", "#a3713d"),
    (".box.database rect", "stroke", "#4a78c0", "#5b86c9"),
    (".box.files rect", "stroke", "#3f9160", "#4f9a6d"),
    (".box.bucket rect", "stroke", "#3f9160", "#4f9a6d"),
    (".box.balancer rect", "stroke", "#7d58b8", "#9273cf"),
    (".box .badge", "fill", "#e8edf3", "#2c3744"),
    (".box .badge", "stroke", "none", "none"),
    (".box.service .badge", "fill", "#fbe9d3", "#4a3419"),
    (".sign", "stroke", "#5b6876", "#a9b4c0"),
    (".service .sign", "stroke", "#b0692a", "#e3a868"),
    (".database .sign", "stroke", "#3a66ad", "#8db5f5"),
    (".files .sign, .bucket .sign", "stroke", "#2f7d4e", "#7cc799"),
    (".balancer .sign", "stroke", "#6b46a6", "#b79bec"),
    (".line polyline", "stroke", "#6b7884", "#8d99a6"),
    (".line .head", "fill", "#6b7884", "#8d99a6"),
    (".edge polyline", "stroke", "#6b46a6", "#a98be0"),
    (".edge .head", "fill", "#6b46a6", "#a98be0"),
    (".lane-service polyline", "stroke", "#b0692a", "#d99a58"),
    (".lane-service .head", "fill", "#b0692a", "#d99a58"),
    (".lane-database polyline", "stroke", "#3a66ad", "#7aa7ee"),
    (".lane-database .head", "fill", "#3a66ad", "#7aa7ee"),
    (".lane-files polyline, .lane-bucket polyline", "stroke", "#2f7d4e", "#6cbd8b"),
    (".lane-files .head, .lane-bucket .head", "fill", "#2f7d4e", "#6cbd8b"),
)

# Outlines in a square of 16.
SIGNS: Mapping[str, str] = {
    "service": "M8 1 L14.5 4.5 V11.5 L8 15 L1.5 11.5 V4.5 Z M1.5 4.5 L8 8 L14.5 4.5 M8 8 V15",
    "database": (
        "M2 3.5 A6 2.5 0 0 1 14 3.5 A6 2.5 0 0 1 2 3.5 V12.5 A6 2.5 0 0 0 14 12.5 V3.5 "
        "M2 8 A6 2.5 0 0 0 14 8"
    ),
    "files": "M1.5 13.5 V3 H6 L8 5 H14.5 V13.5 Z",
    "bucket": "M2 3 H14 L12.5 14 H3.5 Z M2.6 7 H13.4",
    "balancer": "M1 8 H6 M6 8 L13 3 M6 8 H14 M6 8 L13 13",
    "users": "M8 8 A3.2 3.2 0 1 1 8.01 8 M2 15 A6 5.5 0 0 1 14 15",
    "gateway": "M8 1 A7 7 0 1 1 7.99 1 M1 8 H15 M8 1 A4 7 0 0 1 8 15 M8 1 A4 7 0 0 0 8 15",
    "edge": "M8 1 A7 7 0 1 1 7.99 1 M1 8 H15 M8 1 A4 7 0 0 1 8 15 M8 1 A4 7 0 0 0 8 15",
    "key": "M5 11.5 A3.5 3.5 0 1 1 5.01 11.5 M7.5 5.6 L14.5 2 M11.5 3.5 L13 6",
    "bell": "M2 12 H14 L12.5 10 V6.5 A4.5 4.5 0 0 0 3.5 6.5 V10 Z M6.5 14.5 H9.5",
    "data": "M2 2.5 H14 V6.5 H2 Z M2 9.5 H14 V13.5 H2 Z M4.5 4.5 H5 M4.5 11.5 H5",
    "store": "M2 2.5 H14 V6.5 H2 Z M2 9.5 H14 V13.5 H2 Z M4.5 4.5 H5 M4.5 11.5 H5",
}


def style() -> str:
    """Return the style sheet: light, and dark for those who prefer it."""
    light = "\n".join(f"{what} {{ {name}: {value}; }}" for what, name, value, _ in _COLOURS)
    dark = "\n".join(f"{what} {{ {name}: {value}; }}" for what, name, _, value in _COLOURS)
    return f"{_SHAPES}{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"
