"""What the command lines print: progress on standard error, tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from common.errors import StageError, UserError, one_line
from common.progress import Progress

# Not a terminal, but a file or a pipe: lines are not cut to a width that nobody looks at.
out = Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)
err = Console(stderr=True, highlight=False)

Stage = Annotated[str, typer.Option(help="the stage, as in stages/STAGE.toml")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON for programs")]


@contextmanager
def progress_on_screen(as_json: bool) -> Iterator[Progress]:
    """Tells each step as it begins, on standard error; nothing when a program reads."""
    if as_json or not err.is_terminal:
        yield (lambda step: None if as_json else err.print(f"... {step}", markup=False))
        return
    with err.status("starting") as status:
        yield status.update


def print_error(message: str) -> None:
    """One line on standard error."""
    err.print(f"error: {message}", markup=False, soft_wrap=True)


def run(app: typer.Typer) -> None:
    """Run a command line: what its user can mend ends in one line and exit code 1, Ctrl-C in 130.

    A mistyped command or option too: click's own exit code for these is 2, which here is an answer.
    """
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except typer.exceptions.TyperException as error:
        # Without any argument the help has been printed, and there is nothing else to say.
        if said := _mistyped(error):
            print_error(said)
        sys.exit(1)
    except typer.Abort:
        err.print("stopped; nothing was done")
        sys.exit(130)
    except StageError as error:
        print_error(error.text)
        sys.exit(1)
    except UserError as error:
        print_error(str(error))
        sys.exit(1)
    except OSError as error:
        print_error(one_line(str(error)))
        sys.exit(1)
    except KeyboardInterrupt:
        err.print("stopped; run the same command again to finish")
        sys.exit(130)


def _mistyped(error: typer.exceptions.TyperException) -> str:
    """What is wrong with the command line, and where the right one is told."""
    said = getattr(error, "format_message", error.__str__)()
    context = getattr(error, "ctx", None)
    asked = f"{context.command_path} --help" if context else "--help"
    return one_line(f"{said} `{asked}` tells what is allowed") if said else ""


def print_json(value: Any) -> None:
    """Dataclasses, enums, moments and paths included."""
    typer.echo(json.dumps(_plain(value), indent=2, sort_keys=True))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows under their columns, folded where they are too long."""
    table = Table(*(Column(name, overflow="fold") for name in columns), box=None, pad_edge=False)
    for row in rows:
        # A tag may hold what rich takes for markup.
        table.add_row(*(Text(str(cell)) for cell in row))
    out.print(table)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _plain(item) for key, item in asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value
