"""What the commands on images ask for alike."""

from pathlib import Path
from typing import Annotated

import typer

Services = Annotated[
    list[str] | None, typer.Argument(help="services; default: all with an image of their own")
]
Source = Annotated[
    Path | None,
    typer.Option(help="the application's source tree; default: images.source of the stage file"),
]
Tag = Annotated[
    str | None, typer.Option(help="the tag; default: the git commit of the trees it is built from")
]
