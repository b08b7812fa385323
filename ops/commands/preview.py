"""`preview`: a stage for a branch, on parts that a base stage lends, which ends by itself."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from common.errors import UserError
from common.files import replace_file
from common.progress import Progress
from common.screen import (
    ASKS_FOR_A_PERSON,
    AsJson,
    print_json,
    print_table,
    progress_on_screen,
    say,
)
from modules.settings.previews import (
    STAGE_PREFIX,
    Preview,
    host_of,
    moment_of,
    wildcard_of,
    written,
)
from ops.cost.prices import HOURS_PER_MONTH, read_prices
from ops.cost.pricing import bill
from ops.database.sql_files import read_files
from ops.deployed import Deployed, local_time, open_stage
from ops.images.image_tags import check_tag_is_pushed
from ops.preview.file import checked_branch, checked_name, name_of, stage_file
from ops.preview.images import build_and_push, built_services, commit_of
from ops.preview.lending import check_lends, first_priority, lacks, lent_by
from ops.preview.life import deploy, end, fill, has_login, image_tag
from ops.preview.states import Found, Previews
from terraform.stack import read_stack
from terraform.workspace import this_workspace

app = typer.Typer(
    no_args_is_help=True,
    help="Stages of branches on what a base stage lends; each ends by itself.",
    rich_markup_mode="markdown",
)

Base = Annotated[str, typer.Option(help="the stage that lends")]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A preview as `list` shows it. `expires_at` is None where its first deploy was cut short."""

    name: str
    stage: str
    branch: str | None
    address: str
    expires_at: datetime | None
    is_over: bool
    objects: int


@app.command("up")
def up(
    branch: Annotated[str, typer.Argument(help="the branch that it shows")],
    *,
    base: Base = "dev",
    name: Annotated[
        str | None, typer.Option(help="its name, as in pr-12; default: made of the branch's")
    ] = None,
    hours: Annotated[
        int | None,
        typer.Option(help="how long it lives from now on; default: the base's previews.hours"),
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(help="fill its database from a .sql file, or a folder of several")
    ] = None,
    copy: Annotated[
        bool, typer.Option("--copy", help="fill its database with a copy of the base's")
    ] = False,
    source: Annotated[
        Path | None, typer.Option(help="build its images from this source tree, and push them")
    ] = None,
    tag: Annotated[
        str | None, typer.Option(help="or take images that were pushed under this tag")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a preview of a branch, or bring it up to date and let it live on from now.

    It has a database and a role of its own on the base's instance, and a rule on its load balancer. Without
    --source or --tag it runs the base's images, in which the base's address is compiled.

    Example: `python -m ops preview up feature/login --base dev --schema ../atomic/schema --source ../atomic`
    """
    _check_options(hours, schema, copy=copy, source=source, tag=tag)
    files = read_files(schema) if schema else ()
    checked_branch(branch)
    with progress_on_screen(as_json) as progress:
        progress(f"looking at what {base} lends")
        lender = open_stage(base)
        lends = check_lends(lender.settings)
        name = name_of(branch, name, lends.services)
        previews = Previews(base=lender)
        before = previews.named(name)
        if before and before.branch not in (None, branch):
            raise UserError(
                f"preview {name} is there and shows the branch {before.branch}: give this one another name "
                f"with --name, or end that one: `python -m ops preview down {name} --base {base}`"
            )
        lent = lent_by(lender.settings, lends.services, previews.state_of_base())
        wrong = "; ".join(lacks(lender, lent))
        if wrong:
            raise UserError(f"stage {base} cannot lend yet: {wrong}")
        if source:
            tag = image_tag(name, commit_of(lender, lends.services, source))
        built = built_services(lender, lends.services)
        if tag and not source:
            check_tag_is_pushed(lender, built, tag)
        expires = datetime.now(UTC) + timedelta(hours=hours or lends.hours)
        preview = Preview(
            base=base,
            branch=branch,
            expires_at=written(expires),
            first_priority=(before and before.first_priority) or first_priority(lender, lent, name),
            lent=lent,
        )

        def opened(phase: str) -> Deployed:
            text = stage_file(
                lender.settings,
                preview,
                name=name,
                services=lends.services,
                tags=dict.fromkeys(built, tag) if tag else {},
                state_key=previews.key(name) if lender.settings.state else None,
                phase=phase,
            )
            return _written(f"{STAGE_PREFIX}{name}", text)

        made = opened("full")
        if source and tag:
            build_and_push(made, tag, source, progress)
        if not has_login(made):
            deploy(opened("foundation"), progress)
            made = opened("full")
        progress("making its role and database")
        applied = fill(lender, made, files=files, copies=copy, progress=progress)
        deploy(made, progress)
        usd = _usd(made, hours or lends.hours)
    address = f"https://{host_of(name, lender.settings.domain_name or '')}"
    if as_json:
        print_json(
            {
                "name": name,
                "stage": made.settings.stage,
                "branch": branch,
                "address": address,
                "expires_at": preview.expires_at,
                "usd": usd,
                "tag": tag,
                "sql_ran": applied.ran,
                "applied": applied.named("applied"),
            }
        )
        return
    say(f"preview {name} of {branch}: {address}")
    say(f"it ends at {local_time(expires)}, and costs {usd:.2f} USD until then")
    if not applied.ran:
        say(
            "the embedded AWS runs no container: no SQL was run there; the preview goes on as if it was"
        )
    if built and not tag:
        say(
            f"its images are those of {base}, which call {base} from the browser: add --source or --tag"
        )
    if lender.settings.dns.mode == "manual":
        say(
            f"{wildcard_of(lender.settings.domain_name or '')} has to lead to the load balancer of {base}"
        )
    say(f"see: python -m ops status --stage {made.settings.stage}")


@app.command("list")
def list_(base: Base = "dev", as_json: AsJson = False) -> None:
    """List the previews of a base, also those whose end was cut short.

    Exit code 0, 1 after an error, 2 where the time of one is over.

    Example: `python -m ops preview list --base dev`
    """
    now = datetime.now(UTC)
    with progress_on_screen(as_json) as progress:
        progress("reading the states of previews")
        found = [_shown(each, now) for each in Previews(base=open_stage(base)).all()]
    if as_json:
        print_json({"base": base, "previews": found})
    elif not found:
        say(f"{base} has no preview")
    else:
        print_table(
            ("preview", "branch", "address", "ends"),
            [(each.name, each.branch or "unknown", each.address, _ends(each)) for each in found],
        )
    if any(each.is_over for each in found):
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
        if found is None:
            there = ", ".join(each.name for each in previews.all()) or "none"
            raise UserError(f"{base} has no preview {name!r}: there are: {there}")
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


def _check_options(
    hours: int | None, schema: Path | None, *, copy: bool, source: Path | None, tag: str | None
) -> None:
    if hours is not None and not 1 <= hours <= 720:
        raise UserError(f"--hours {hours}: allowed: 1 to 720")
    if schema and copy:
        raise UserError(
            "--schema with --copy: allowed: one of the two, because a copy has its schema"
        )
    if source and tag:
        raise UserError(
            "--source with --tag: allowed: one of the two, because what is built gets its own tag"
        )


def _moment(text: str) -> datetime:
    try:
        return moment_of(text)
    except ValueError:
        raise UserError(
            f"--at {text}: allowed: a moment in UTC, as in 2026-11-30T18:00:00Z"
        ) from None


def _written(stage: str, text: str) -> Deployed:
    """Put a preview's stage file in place, and open it; where it has errors, the one before stays."""
    path = this_workspace(stage).stage_path
    before = path.read_text(encoding="utf-8") if path.is_file() else None
    replace_file(path, text)
    try:
        return open_stage(stage)
    except UserError:
        if before is None:
            path.unlink()
        else:
            replace_file(path, before)
        raise


def _usd(preview: Deployed, hours: int) -> float:
    resources = read_stack(preview.workspace.stack_folder).of()
    return bill(resources, read_prices()).monthly_usd * hours / HOURS_PER_MONTH


def _shown(found: Found, now: datetime) -> Shown:
    return Shown(
        name=found.name,
        stage=found.stage,
        branch=found.branch,
        address=found.address,
        expires_at=found.expires_at,
        is_over=found.is_over(now),
        objects=found.objects,
    )


def _ends(preview: Shown) -> str:
    if preview.expires_at is None:
        return "unknown: its first deploy was cut short"
    return "over" if preview.is_over else local_time(preview.expires_at)
