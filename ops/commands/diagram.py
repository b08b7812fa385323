"""`diagram`: the architecture of a stage as SVG or PNG, drawn from its synthesized stack."""

from pathlib import Path
from typing import Annotated

import font_roboto
import resvg_py
import typer

from common.errors import UserError
from common.files import replace_file
from common.screen import Stage, progress_on_screen, say
from ops.picture.architecture import architecture
from ops.picture.layout import layout
from ops.picture.svg import svg
from synth.synthesized import synthesized_side_by_side
from terraform.workspace import this_workspace

# Twice the pixels, for screens that have them.
_PNG_ZOOM = 2


def diagram(
    stage: Stage = "prod",
    files: Annotated[
        list[Path] | None,
        typer.Option("--out", help="a file to write, .svg or .png; may be given more than once"),
    ] = None,
) -> None:
    """Draw a stage's architecture from its synthesized stack; AWS is not asked.

    Example: `python -m ops diagram --stage prod --out prod.svg --out prod.png`
    """
    paths = files or [Path(f"{stage}.svg")]
    for path in paths:
        if path.suffix not in {".svg", ".png"}:
            raise UserError(f"{path}: cannot be drawn: allowed: a name that ends in .svg or .png")
        if not path.parent.is_dir():
            raise UserError(f"{path}: there is no folder {path.parent}: make it, or name another")
    with progress_on_screen(as_json=False) as progress:
        progress(f"synthesizing {stage}")
        text = stage_svg(stage)
        for path in paths:
            progress(f"writing {path}")
            if path.suffix == ".svg":
                replace_file(path, text)
            else:
                path.write_bytes(png(text))
    for path in paths:
        say(str(path))


def stage_svg(stage: str) -> str:
    """Draw the picture of a stage as it is today."""
    settings = this_workspace(stage).settings()
    (stack,) = synthesized_side_by_side([settings])
    title = f"{settings.stack_name} in {settings.region}"
    return svg(layout(architecture(title, stack)))


def png(text: str) -> bytes:
    """Convert an SVG in its light colours to PNG, with the project's font: the same everywhere."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=text,
            skip_system_fonts=True,
            font_dirs=[font_roboto.font_directory],
            font_family="Roboto",
            sans_serif_family="Roboto",
            zoom=_PNG_ZOOM,
        )
    )
