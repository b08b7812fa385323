"""`maintenance`: a page in place of the application, at once and without a deploy."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from common.errors import UserError
from common.screen import ASKS_FOR_A_PERSON, AsJson, Stage, print_json, progress_on_screen, say
from common.text_files import decode_text
from ops.deployed import Deployed, check_runs_services, open_stage
from ops.facts.maintenance import PRIORITY, TAG_BY, TAG_SINCE, Edge, edge_facts

app = typer.Typer(no_args_is_help=True, help="A page in place of the application.")

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html
_LONGEST_PAGE_BYTES: Final = 1024
_LONGEST_TAG: Final = 256
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Maintenance</title>
<style>body{font:18px/1.5 system-ui,sans-serif;margin:20vh auto;max-width:30em;padding:0 1em}</style></head>
<body><h1>We are working on it</h1>
<p>The calendar is being maintained and will be back soon. Nothing of yours is lost.</p></body></html>
"""


@app.command("on")
def on_(
    stage: Stage,
    page: Annotated[
        Path | None,
        typer.Option(
            help="a page of HTML of your own, 1024 bytes at most; with what it loads inside"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answer every request with a page and status 503, before any rule of the stage.

    Services go on running, and calls between them reach each other. A deploy does not remove it. The load
    balancer's alarm for 5xx may fire meanwhile.

    Example: `python -m ops maintenance on --stage prod`
    """
    html = _page(page) if page else _PAGE
    deployed = open_stage(stage)
    check_runs_services(deployed.settings)
    with progress_on_screen(as_json) as progress:
        progress("looking at the load balancer's rules")
        edge = edge_facts(deployed)
        _refuse_without_room(deployed, edge)
        progress("putting the page before the services")
        _turn_on(deployed, edge, html, given=page is not None)
        edge = edge_facts(deployed)
    _show(edge, stage, as_json)


@app.command("off")
def off_(stage: Stage, as_json: AsJson = False) -> None:
    """Take the page away: requests reach the services again.

    Example: `python -m ops maintenance off --stage prod`
    """
    deployed = open_stage(stage)
    with progress_on_screen(as_json) as progress:
        progress("looking at the load balancer's rules")
        edge = edge_facts(deployed)
        for rule in edge.maintenance.rules if edge.maintenance else ():
            progress("taking the page away")
            deployed.ask("elbv2", "DeleteRule", RuleArn=rule)
        edge = edge_facts(deployed)
    _show(edge, stage, as_json)


@app.command("show")
def show(stage: Stage = "prod", as_json: AsJson = False) -> None:
    """Say whether the page is on, since when, and by whom. Exit code 0 off, 1 error, 2 on.

    Example: `python -m ops maintenance show --stage prod`
    """
    edge = edge_facts(open_stage(stage))
    _show(edge, stage, as_json)
    if edge.maintenance:
        raise typer.Exit(ASKS_FOR_A_PERSON)


def _page(path: Path) -> str:
    """Return the page in a file. Raises UserError for one that the load balancer cannot show."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"--page: {path}: {error.strerror}: allowed: a file of HTML") from None
    text = decode_text(content, source=str(path), wanted="a page of HTML")
    size = len(text.encode())
    if not text.strip() or size > _LONGEST_PAGE_BYTES:
        raise UserError(
            f"--page: {path} has {size} bytes: allowed: 1 to {_LONGEST_PAGE_BYTES}, which is all that a load "
            "balancer keeps; link to a larger page elsewhere"
        )
    return text


def _refuse_without_room(deployed: Deployed, edge: Edge) -> None:
    if not edge.listeners:
        raise UserError(
            f"the load balancer {deployed.names.load_balancer} leads to no service: deploy the stage first: "
            f"`cdktf deploy {deployed.settings.stack_name}`"
        )
    missing = edge.maintenance.missing if edge.maintenance else None
    for each in edge.listeners:
        if each.taken and (missing is None or each.port in missing):
            raise UserError(
                f"a rule on port {each.port} has priority {PRIORITY}, which the page needs to be the first: "
                "give that service a priority of 2 or more in the stage file and deploy it"
            )


def _turn_on(deployed: Deployed, edge: Edge, html: str, *, given: bool) -> None:
    """Make the rules that are missing; those that are there get a page that was given."""
    action = {
        "Type": "fixed-response",
        "FixedResponseConfig": {
            "StatusCode": "503",
            "ContentType": "text/html",
            "MessageBody": html,
        },
    }
    there = edge.maintenance
    if there and given:
        for rule in there.rules:
            deployed.ask("elbv2", "ModifyRule", RuleArn=rule, Actions=[action])
    for listener in edge.listeners:
        if there is None or listener.port in there.missing:
            deployed.ask(
                "elbv2",
                "CreateRule",
                ListenerArn=listener.arn,
                Priority=PRIORITY,
                Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
                Actions=[action],
                Tags=_tags(deployed),
            )


def _tags(deployed: Deployed) -> list[dict[str, str]]:
    """Return what marks the rules: not the stage's own tags, which tell a recover what deploys have made."""
    caller = str(deployed.ask("sts", "GetCallerIdentity")["Arn"])
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return [
        {"Key": "Name", "Value": deployed.names.maintenance},
        {"Key": TAG_SINCE, "Value": now},
        {"Key": TAG_BY, "Value": caller[-_LONGEST_TAG:]},
    ]


def _show(edge: Edge, stage: str, as_json: bool) -> None:
    if as_json:
        print_json({"stage": stage, "maintenance": edge.maintenance})
    elif edge.maintenance:
        say(
            f"{edge.maintenance.text}: `python -m ops maintenance off --stage {stage}` takes it away"
        )
    else:
        say(f"the maintenance page of stage {stage} is off")
