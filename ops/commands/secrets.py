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
from modules.settings.own_secrets import without
from modules.settings.secrets import MASTER_CREDENTIALS, SecretRow
from ops.commands.restart import restart_services
from ops.deployed import Deployed, local_time, open_stage
from ops.secrets.secret_document import check_is_a_key, piped_keys
from ops.secrets.secret_values import (
    SecretState,
    check_is_the_operators,
    put_keys,
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
                "optional, not set" if each.done_without else each.state,
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
        print_json({"waiting": left, "optional": [each for each in states if each.done_without]})
    else:
        if not left:
            some = any(each.done_without for each in states)
            say(f"every secret that a service {'needs' if some else 'reads'} is set")
        _show_next_steps(stage, states)
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
    key: Annotated[
        str | None, typer.Option(help="set this key of a JSON secret, and leave the others")
    ] = None,
    restart: Annotated[
        bool | None,
        typer.Option(help="restart the services that read it; default: ask on a terminal"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set a secret to what is typed at a hidden prompt, or comes on standard input.

    A secret with keys asks for one key after the other, and takes a JSON object on standard input; keys that
    are not named stay as they are.

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
    row = secret_row(name, deployed.settings.secret_rows)
    if key is not None:
        check_is_a_key(row, key)
    if not force:
        check_is_the_operators(
            row, None if row.origin == "operator" else secret_state(deployed, row)
        )
    if row.keys:
        given = _typed_or_piped_keys(row, key)
        version = put_keys(deployed, row, given)
    else:
        given = {}
        version = put_value(deployed, row, _typed_or_piped(name), of_any_issuer=force)
    readers = deployed.readers_of(name) if deployed.settings.phase == "full" else ()
    if not as_json:
        say(f"{name} is set" + (f": {', '.join(given)}" if given else ""))
    now = _wants_restart(restart, readers, as_json=as_json)
    if now:
        with progress_on_screen(as_json) as progress:
            restart_services(deployed, readers, progress)
    if as_json:
        print_json(
            {
                "secret": name,
                "keys": list(given),
                "version": version,
                "readers": readers,
                "restarted": bool(now),
            }
        )
    else:
        _show_restart(deployed, readers, restarted=now)


def _typed_or_piped_keys(row: SecretRow, key: str | None) -> dict[str, str]:
    """Return what a person gives for the keys of a JSON secret; Enter leaves one as it is."""
    if key is not None:
        return {key: _typed_or_piped(f"{row.name}:{key}")}
    if not _is_typed():
        return piped_keys(row, piped_value(sys.stdin.buffer.read(), name=row.name))
    typed = {each: _typed(f"{row.name}:{each}", or_left=True) for each in row.keys}
    given = {each: value for each, value in typed.items() if value}
    if not given:
        raise UserError(f"the value for {row.name} was not set: nothing was typed: it is as it was")
    return given


def _is_typed() -> bool:
    return sys.stdin.isatty()


def _typed(name: str, *, or_left: bool = False) -> str:
    asked = f"value of {name} (hidden{', Enter leaves it as it is' if or_left else ''})"
    default = "" if or_left else None
    typed = str(typer.prompt(asked, hide_input=True, err=True, default=default, show_default=False))
    return typed.removeprefix("\ufeff").strip(" \t\r\n")


def _typed_or_piped(name: str) -> str:
    if _is_typed():
        return _typed(name)
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
        elif each.keys:
            lacks = ", which it lacks: no task starts" if each.state == "incomplete" else ""
            step += f"   # {', '.join(each.keys)}{lacks}"
        say(f"  {step}")
    optional = [each for each in states if each.done_without]
    if optional:
        say("\noptional, without a value; its readers get the placeholder:")
    for each in optional:
        keys = f"{', '.join(each.keys)}: " if each.keys else ""
        say(f"  {remedy(each, stage=stage)}   # {keys}{without(each.name)}")
