"""How wide text gets, reckoned with the widest font that a browser is likely to take (DejaVu Sans)."""

# In hundredths of the font's size, from the space on. DejaVu Sans' own advance widths.
_WIDTHS = [
    int(width)
    for width in """
    32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64
    64 64 34 34 84 84 84 53 100 68 69 70 77 63 58 77 75 29 29 66 56 86 75 79
    60 79 69 63 61 73 68 99 69 61 69 39 34 39 84 50 50 61 63 55 63 62 35 63
    63 28 28 58 28 97 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 64 84
    """.split()  # noqa: SIM905  # shorter than the list
]
_BOLD = 1.13
_OTHER = {"·": 32, "…": 100}


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Measure one line in pixels, for a font of `size` pixels."""
    hundredths = sum(
        _WIDTHS[ord(char) - 32] if " " <= char <= "~" else _OTHER.get(char, 100) for char in text
    )
    return hundredths / 100 * size * (_BOLD if bold else 1)


def fit(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """Cut the text with an ellipsis where it is wider than `width` pixels."""
    if text_width(text, size, bold=bold) <= width:
        return text
    while text and text_width(text + "…", size, bold=bold) > width:
        text = text[:-1]
    return text.rstrip(" ·,") + "…"
