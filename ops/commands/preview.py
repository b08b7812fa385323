"""`preview`: a stage for a branch, on parts that a base stage lends, which ends by itself."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from common.errors import UserError
from common.progress import Progress
from common.screen import (
    ASKS_FOR_A_PERSON,
    AsJson,
    print_json,
    print_table,
    progress_on_screen,
    say,
)
from modules.settings.previews import moment_of
from ops.commands.preview_up import Base, up
from ops.deployed import local_time, open_stage
from ops.preview.file import checked_name
from ops.preview.life import end, forget_file
from ops.preview.states import Found, Previews

app = typer.Typer(
    no_args_is_help=True,
    help="Stages of branches on what a base stage lends; each ends by itself.",
    rich_markup_mode="markdown",
)


app.command("up")(up)


@app.command("list")
def list_(base: Base = "dev", as_json: AsJson = False) -> None:
    """List the previews of a base, also those whose end was cut short.

    Exit code 0, 1 after an error, 2 where the time of one is over.

    Example: `python -m ops preview list --base dev`
    """
    now = datetime.now(UTC)
    with progress_on_screen(as_json) as progress:
        progress("reading the states of previews")
        found = Previews(base=open_stage(base)).all()
    if as_json:
        print_json({"base": base, "previews": [_for_programs(each, now) for each in found]})
    else:
        _show(base, found, now)
    if any(each.is_over(now) for each in found):
        raise typer.Exit(ASKS_FOR_A_PERSON)


@app.command("down")
def down(
    name: Annotated[str, typer.Argument(help="the preview, as `list` names it")],
    *,
    base: Base = "dev",
    as_json: AsJson = False,
) -> None:
    """End a preview now, with its database, task definitions, images and state.

    Whatever cuts it short, the same command goes on.

    Example: `python -m ops preview down pr-12 --base dev`
    """
    checked_name(name)
    with progress_on_screen(as_json) as progress:
        previews = Previews(base=open_stage(base))
        found = previews.named(name)
        if found is None and not forget_file(name, base):
            there = ", ".join(each.name for each in previews.all()) or "none"
            raise UserError(f"{base} has no preview {name!r}: there are: {there}")
        if found:
            end(previews, found, progress)
    if as_json:
        print_json({"ended": [name]})
    else:
        say(f"preview {name} is gone")


@app.command("expire")
def expire(
    base: Base = "dev",
    at: Annotated[
        str | None,
        typer.Option(
            help="as if it were this moment in UTC, as in 2026-11-30T18:00:00Z; default: now"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """End the previews whose time is over; made for a scheduled workflow.

    Exit code 0, 1 after an error, 2 where the time of one is unknown, because its first deploy was cut short.

    Example: `python -m ops preview expire --base dev`
    """
    now = _moment(at) if at else datetime.now(UTC)
    ended, failed = list[str](), list[UserError]()
    with progress_on_screen(as_json) as progress:
        previews = Previews(base=open_stage(base))
        found = previews.all()
        for each in found:
            if each.is_over(now):
                _end(previews, each, progress, ended, failed)
    unknown = [each.name for each in found if each.expires_at is None]
    left = [each.name for each in found if each.name not in ended]
    if as_json:
        print_json({"ended": ended, "left": left, "unknown": unknown})
    else:
        say(f"ended: {', '.join(ended) or 'none'}; left: {', '.join(left) or 'none'}")
        for name in unknown:
            say(
                f"{name} does not say when it ends: python -m ops preview down {name} --base {base}"
            )
    if failed:
        raise failed[0]
    if unknown:
        raise typer.Exit(ASKS_FOR_A_PERSON)


def _end(
    previews: Previews,
    found: Found,
    progress: Progress,
    ended: list[str],
    failed: list[UserError],
) -> None:
    """End one; the others do not wait for one that cannot be ended."""
    try:
        end(previews, found, progress)
    except UserError as error:
        failed.append(UserError(f"preview {found.name} is not gone: {error}"))
    else:
        ended.append(found.name)


def _moment(text: str) -> datetime:
    try:
        return moment_of(text)
    except ValueError:
        raise UserError(
            f"--at {text}: allowed: a moment in UTC, as in 2026-11-30T18:00:00Z"
        ) from None


def _for_programs(found: Found, now: datetime) -> dict[str, object]:
    """Return a preview as programs get it. `expires_at` is None where its first deploy was cut short."""
    return {
        "name": found.name,
        "stage": found.stage,
        "branch": found.branch,
        "address": found.address,
        "expires_at": found.expires_at,
        "is_over": found.is_over(now),
        "objects": found.objects,
    }


def _show(base: str, found: Sequence[Found], now: datetime) -> None:
    if not found:
        say(f"{base} has no preview")
        return
    print_table(
        ("preview", "branch", "address", "ends"),
        [(each.name, each.branch or "unknown", each.address, _ends(each, now)) for each in found],
    )


def _ends(preview: Found, now: datetime) -> str:
    if preview.expires_at is None:
        return "unknown: its first deploy was cut short"
    return "over" if preview.is_over(now) else local_time(preview.expires_at)
