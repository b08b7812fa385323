"""`secrets`: what is set and what waits for a person, and a way to set it that leaves no trace."""

import sys
from typing import Annotated

import typer

from common.errors import UserError
from common.screen import (
    ASKS_FOR_A_PERSON,
    AsJson,
    Stage,
    print_json,
    print_table,
    progress_on_screen,
    say,
)
from modules.settings.secrets import MASTER_CREDENTIALS
from ops.commands.restart import restart_services
from ops.deployed import Deployed, local_time, open_stage
from ops.secrets.secret_values import (
    SecretState,
    check_is_the_operators,
    put_value,
    remedy,
    secret_row,
    secret_state,
    secret_states,
    waiting,
)

app = typer.Typer(
    help="The stage's secrets in Secrets Manager. No value is ever printed, or written to a file.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command("list")
def list_secrets(stage: Stage = "prod", as_json: AsJson = False) -> None:
    """Show what is set, what is still a placeholder, since when, and who reads it.

    Exit code 0 all that a service reads is set, 1 error, 2 some of it waits for a person.

    Example: `python -m ops secrets list --stage prod`
    """
    with progress_on_screen(as_json) as progress:
        progress("asking Secrets Manager")
        states = secret_states(open_stage(stage))
    if as_json:
        print_json(states)
    else:
        _show(stage, states)
    if waiting(states):
        raise typer.Exit(ASKS_FOR_A_PERSON)


def _show(stage: str, states: tuple[SecretState, ...]) -> None:
    print_table(
        ("secret", "value", "since", "made by", "read by"),
        [
            (
                each.name,
                each.state,
                local_time(each.since) if each.since else "",
                {"generated": "AWS", "composed": "Terraform", "operator": "you"}[each.origin],
                ", ".join(each.readers) or "nobody in this stage",
            )
            for each in states
        ],
    )
    _show_next_steps(stage, states)


@app.command()
def check(stage: Stage = "prod", as_json: AsJson = False) -> None:
    """Exit with 2 when a service gets no value of use, with 0 when all it reads is set.

    Example: `python -m ops secrets check --stage prod`
    """
    with progress_on_screen(as_json) as progress:
        progress("asking Secrets Manager")
        states = secret_states(open_stage(stage))
    left = waiting(states)
    if as_json:
        print_json({"waiting": left})
    elif left:
        _show_next_steps(stage, states)
    else:
        say("every secret that a service reads is set")
    if left:
        raise typer.Exit(ASKS_FOR_A_PERSON)


@app.command("set", context_settings={"allow_extra_args": True})
def set_secret(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="the secret, as `secrets list` names it")],
    *,
    stage: Stage,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="set one that the platform made itself, or to another service's key"
        ),
    ] = False,
    restart: Annotated[
        bool | None,
        typer.Option(help="restart the services that read it; default: ask on a terminal"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set a secret to what is typed at a hidden prompt, or comes on standard input.

    Example: `python -m ops secrets set openai-api-key --stage prod`,
    `pass openai | python -m ops secrets set openai-api-key --stage prod --restart`
    """
    if context.args:
        raise UserError(
            "a value is never an argument, because the shell's history and the list of processes show it: "
            f"take it for known and replace it, then run `python -m ops secrets set {name}` and type it "
            "at the prompt"
        )
    deployed = open_stage(stage)
    row = secret_row(name)
    if not force:
        check_is_the_operators(
            row, None if row.origin == "operator" else secret_state(deployed, row)
        )
    version = put_value(deployed, row, _typed_or_piped(name), of_any_issuer=force)
    readers = deployed.readers_of(name) if deployed.settings.phase == "full" else ()
    if not as_json:
        say(f"{name} is set")
    now = _wants_restart(restart, readers, as_json=as_json)
    if now:
        with progress_on_screen(as_json) as progress:
            restart_services(deployed, readers, progress)
    if as_json:
        print_json({"secret": name, "version": version, "readers": readers, "restarted": bool(now)})
    else:
        _show_restart(deployed, readers, restarted=now)


def _typed_or_piped(name: str) -> str:
    if sys.stdin.isatty():
        typed = str(typer.prompt(f"value of {name} (hidden)", hide_input=True, err=True))
        return typed.removeprefix("\ufeff").strip(" \t\r\n")
    return piped_value(sys.stdin.buffer.read(), name=name)


def piped_value(content: bytes, *, name: str) -> str:
    """Return the value in what came on standard input. Raises UserError for what is no text."""
    try:
        # Windows PowerShell begins a pipe with the mark of UTF-8.
        return content.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError:
        raise UserError(
            f"the value for {name} was not set: standard input is not UTF-8 text"
        ) from None


def _wants_restart(asked: bool | None, readers: tuple[str, ...], *, as_json: bool) -> bool:
    if not readers or asked is False:
        return False
    if asked or as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return bool(asked)
    return typer.confirm(f"restart {', '.join(readers)} now?", err=True)


def _show_restart(deployed: Deployed, readers: tuple[str, ...], *, restarted: bool) -> None:
    stage = deployed.settings.stage
    if not readers:
        say("no running service reads it; nothing to restart")
    elif restarted:
        say(f"restarting {', '.join(readers)}; watch: python -m ops status --stage {stage}")
    else:
        names = " ".join(readers)
        say(f"running tasks keep the old value: python -m ops restart --stage {stage} {names}")


def _show_next_steps(stage: str, states: tuple[SecretState, ...]) -> None:
    left = waiting(states)
    if left:
        say(f"\n{len(left)} to set:")
    for each in left:
        step = remedy(each, stage=stage)
        if each.mended_by == "deploy":
            where = ", in phase foundation or full" if each.origin == "composed" else ""
            step += f"   # writes {each.name}{where}"
        elif each.name == MASTER_CREDENTIALS:
            step += "   # the user and password that the database has"
        say(f"  {step}")
