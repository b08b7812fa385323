"""What the command lines print: progress on standard error, tables for people, JSON for programs.

Most of what is printed comes from outside: names, ARNs, messages of AWS and of other programs. All of it
goes through `printable`, and is never read as markup nor wrapped: it can be copied as it stands.
"""

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from common.errors import StageError, UserError, one_line
from common.progress import Progress
from common.version import VERSION


def _console(*, stderr: bool) -> Console:
    made = Console(highlight=False, markup=False, emoji=False, stderr=stderr)
    if not made.width:  # COLUMNS=0, as some containers set it: rich would print nothing at all
        made.width = shutil.get_terminal_size().columns
    return made


_out = _console(stderr=False)
_err = _console(stderr=True)
_GAP = 2  # blanks between two columns of a table
_NARROWEST = 20  # a column of prose is not folded to less than this
INTERRUPTED: Final = 130
ASKS_FOR_A_PERSON: Final = 2
"""The exit code where something is blocked, or is to be seen to."""
_STOPPED: Final = "stopped; run the same command again to finish"
_SECONDS_BETWEEN_SIGNS = 10

Stage = Annotated[str, typer.Option(help="the stage, as in stages/STAGE.toml")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON for programs")]


def _print_version(asked: bool) -> None:
    if asked:
        say(f"atomic-infra {VERSION}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", is_eager=True, callback=_print_version, help="print the version"),
]


def printable(text: str) -> str:
    """Return `text` with what a terminal would act on escaped; line breaks and tabs stay.

    Right-to-left text stays as it is, while the invisible marks that turn the rest of a line around do not.
    """
    return "".join(
        char
        if char.isprintable() or char in "\n\t"
        else char.encode("unicode_escape", "backslashreplace").decode("ascii")
        for char in text
    )


def say(text: object = "", *, style: str = "", end: str = "\n") -> None:
    """Print on standard output."""
    _out.print(Text(printable(str(text)), style=style), soft_wrap=True, end=end)


def tell(text: object) -> None:
    """Print on standard error, what is no result."""
    _err.print(Text(printable(str(text))), soft_wrap=True)


def headline(text: str) -> None:
    """Begin a part of a longer story."""
    _out.rule(Text(printable(text)))


def on_a_terminal() -> bool:
    """Return whether a person sees standard error while it is written."""
    return _err.is_terminal


@contextmanager
def progress_on_screen(as_json: bool) -> Iterator[Progress]:
    """Tells each step as it begins, on standard error; nothing when a program reads."""
    if as_json:
        yield (lambda _: None)
        return
    with waiting() as progress:
        yield progress


@contextmanager
def waiting() -> Iterator[Progress]:
    """Tells each step on standard error as it begins, and while it lasts that it still does."""
    if _err.is_terminal:
        with _err.status("starting") as status:
            yield (lambda step: status.update(Text(printable(step))))
        return
    signs = _Signs()
    thread = threading.Thread(target=signs.give, daemon=True)
    thread.start()
    try:
        yield signs.begin
    finally:
        signs.done.set()
        thread.join()


class _Signs:
    """A line as each step begins, and one every ten seconds for those who read a pipe."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self._step = ""
        self._since = time.monotonic()

    def begin(self, step: str) -> None:
        """Tell the step."""
        self._step, self._since = step, time.monotonic()
        tell(f"... {step}")

    def give(self) -> None:
        """Tell the step again and again, until it is done."""
        while not self.done.wait(_SECONDS_BETWEEN_SIGNS):
            seconds = time.monotonic() - self._since
            if self._step and seconds >= _SECONDS_BETWEEN_SIGNS / 2:
                tell(f"... {self._step} ({seconds:.0f} s so far)")


def print_error(message: str) -> None:
    """Write one line to standard error."""
    tell(f"error: {message}")


def run(app: typer.Typer) -> None:
    """Run a command line: what its user can mend ends in one line and exit code 1, Ctrl-C in 130.

    A mistyped command or option too: click's own exit code for these is 2, which here is an answer.
    """
    _open_what_is_closed()
    if os.environ.get("COLUMNS") == "0":  # for the help, which has a console of its own
        del os.environ["COLUMNS"]
    try:
        code = app(standalone_mode=False) or 0
        # Typer makes this of Ctrl-C within a command, and says nothing.
        if code == INTERRUPTED:
            tell(_STOPPED)
        sys.exit(code)
    except typer.exceptions.TyperException as error:
        # Without any argument the help has been printed, and there is nothing else to say.
        if said := _mistyped(error):
            print_error(said)
        sys.exit(1)
    except typer.Abort:
        tell("stopped; nothing was done")
        sys.exit(INTERRUPTED)
    except UserError as error:
        print_error(error.text if isinstance(error, StageError) else str(error))
        sys.exit(1)
    except OSError as error:
        print_error(one_line(str(error)))
        sys.exit(1)
    except KeyboardInterrupt:
        tell(_STOPPED)
        sys.exit(INTERRUPTED)


def _open_what_is_closed() -> None:
    """Open the null device where a standard stream is closed, as cron jobs and `<&-` leave it.

    Its number would go to the next file, into which other programs would print.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  # for the whole run


def _mistyped(error: typer.exceptions.TyperException) -> str:
    """Return what is wrong with the command line, and where the right one is told."""
    said = getattr(error, "format_message", error.__str__)()
    context = getattr(error, "ctx", None)
    asked = f"{context.command_path} --help" if context else "--help"
    return one_line(f"{said} `{asked}` tells what is allowed") if said else ""


def print_json(value: Any) -> None:
    """Dataclasses, enums, moments and paths included."""
    typer.echo(json.dumps(_plain(value), indent=2, sort_keys=True))


def print_json_line(value: Any) -> None:
    """Write one of many, each on a line."""
    typer.echo(json.dumps(_plain(value)))


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, spare: int = 0
) -> None:
    """Rows under their columns, with no cell cut.

    On a terminal that is too narrow the last `spare` columns are left out, and named below the table; the
    widest column of prose is folded between its words; and where that is not enough each row becomes a
    block with one line for each cell. A pipe gets wide lines.
    """
    columns = [printable(name) for name in columns]
    cells = [[printable(str(cell)) for cell in row] for row in rows]
    widths = _widths(columns, cells)
    width = sum(widths) + _GAP * (len(widths) - 1)
    if spare and _out.is_terminal and width > _out.width:
        print_table(columns[:-spare], [row[:-spare] for row in cells])
        say(f"a wider terminal shows also: {', '.join(columns[-spare:])}")
        return
    folded = None
    if _out.is_terminal and width > _out.width:
        folded = _to_fold(columns, cells, widths)
        if folded is None:
            _print_blocks(columns, cells)
            return
        widths[folded] -= width - _out.width
        width = _out.width
    table = Table(
        *(
            Column(Text(name), no_wrap=at != folded, width=widths[at])
            for at, name in enumerate(columns)
        ),
        box=None,
        pad_edge=False,
        padding=(0, _GAP, 0, 0),
    )
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    # A console of the table's own width: one for a pipe takes 80 columns for its own.
    console = Console(file=_out.file, width=max(width, 1), highlight=False, emoji=False)
    with console.capture() as printed:
        console.print(table)
    # The last column is filled up with blanks, hundreds of them below one long cell.
    _out.out("\n".join(map(str.rstrip, printed.get().splitlines())), highlight=False)


def _widths(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(_width(cell) for cell in column) for column in zip(columns, *cells, strict=True)]


def _width(text: str) -> int:
    return max((cell_len(line) for line in text.split("\n")), default=0)


def _to_fold(
    columns: Sequence[str], cells: Sequence[Sequence[str]], widths: Sequence[int]
) -> int | None:
    """Return the widest column, if folding it between words makes the table fit."""
    widest = max(range(len(widths)), key=lambda at: widths[at])
    left = _out.width - (sum(widths) - widths[widest] + _GAP * (len(widths) - 1))
    texts = (columns[widest], *(row[widest] for row in cells))
    longest_word = max((cell_len(word) for text in texts for word in text.split()), default=0)
    return widest if left >= max(longest_word, _NARROWEST) else None


def _print_blocks(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    name_width = max(cell_len(name) for name in columns)
    for number, row in enumerate(cells):
        if number:
            say()
        for name, cell in zip(columns, row, strict=True):
            if cell:
                say(f"{name:<{name_width}}  {cell}")


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
