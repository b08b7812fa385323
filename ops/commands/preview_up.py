"""`preview up`: make a preview of a branch, or bring it up to date."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from common.errors import UserError
from common.files import replace_file
from common.screen import AsJson, print_json, progress_on_screen, say
from modules.settings.previews import STAGE_PREFIX, Preview, host_of, wildcard_of, written
from ops.cost.prices import HOURS_PER_MONTH, read_prices
from ops.cost.pricing import bill
from ops.database.sql_files import read_files
from ops.deployed import Deployed, local_time, open_stage
from ops.images.image_tags import check_tag_is_pushed
from ops.preview.file import base_in, checked_branch, name_of, stage_file
from ops.preview.images import build_and_push, built_services, commit_of
from ops.preview.lending import check_lends, first_priority, lacks, lent_by
from ops.preview.life import deploy, fill, has_login, image_tag
from ops.preview.states import Previews
from terraform.stack import read_stack
from terraform.workspace import this_workspace

Base = Annotated[str, typer.Option(help="the stage that lends")]


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

    Example: `python -m ops preview up feature/login --base dev --source ../atomic
    --schema ../atomic/terraform/aws/db_init_scripts`
    """
    _check_options(hours, schema, copy=copy, source=source, tag=tag)
    files = read_files(schema) if schema else ()
    checked_branch(branch)
    with progress_on_screen(as_json) as progress:
        progress(f"looking at what {base} lends")
        lender = open_stage(base)
        lends = check_lends(lender.settings)
        name = name_of(branch, name, lends.services)
        _check_file(name, base)
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


def _check_file(name: str, base: str) -> None:
    """Raise UserError where the preview's stage file would take the place of somebody's own."""
    path = this_workspace(f"{STAGE_PREFIX}{name}").stage_path
    if path.exists() and base_in(path) != base:
        raise UserError(
            f"{path} is no preview of {base}, and would be overwritten: give the preview another name "
            "with --name"
        )


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
