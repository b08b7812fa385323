"""`database rotate`: another password for the master user or a service's role, on no screen."""

from typing import Annotated

import typer

from common.screen import AsJson, Stage, print_json, say
from ops.commands.restart import restart_services
from ops.database.rotation import Rotation
from ops.deployed import Deployed, open_with_database
from ops.guided import Step, follow


def rotate(
    user: Annotated[
        str, typer.Argument(help="the master user, or supertokens, hasura, optaplanner")
    ],
    *,
    stage: Stage,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    as_json: AsJson = False,
) -> None:
    """Give a login of the database another password, and let all that read it have it.

    The steps are shown, and you are asked. Whatever ends it between two of them, the same command goes on
    with the same password. Of a role, new connections fail between the second step and the restart's end.

    Exit code 0 done, 1 error, 2 nobody agreed and nothing was done.

    Example: `python -m ops database rotate hasura --stage prod`
    """
    deployed = open_with_database(stage)
    rotation = Rotation(deployed, user)
    done = follow(
        _steps(deployed, rotation),
        question=f"give {user} another password?",
        yes=yes,
        as_json=as_json,
    )
    if as_json:
        print_json({"done": done, "left": []})
    else:
        say(f"{user} has another password; see: python -m ops doctor --stage {stage}")


def _steps(deployed: Deployed, rotation: Rotation) -> list[Step]:
    quiet = _quiet
    full = deployed.settings.phase == "full"
    # A rotation that was cut short behind its middle has nothing that waits any more.
    is_half = not rotation.waits() and (
        (bool(rotation.string) and rotation.string_is_of_before())
        or (full and rotation.is_unread())
    )
    steps = [
        Step(
            title=f"draw a password, which waits in {rotation.secret}",
            is_done=lambda: is_half or rotation.waits(),
            do=rotation.draw,
        ),
        Step(
            title=f"let the database take it for {rotation.user}",
            is_done=lambda: is_half,
            do=lambda: rotation.give_to_database(quiet),
        ),
        Step(
            title=f"make it the one in use in {rotation.secret}",
            is_done=lambda: is_half,
            do=rotation.make_current,
        ),
    ]
    if rotation.string:
        steps.append(
            Step(
                title=f"compose {rotation.string.name} anew, where it has the one before",
                is_done=lambda: False,
                do=lambda: rotation.put_string() if rotation.string_is_of_before() else None,
            )
        )
    readers = rotation.readers() if full else ()
    if readers:
        steps.append(
            Step(
                title=f"restart {', '.join(readers)}",
                is_done=lambda: False,
                do=lambda: restart_services(deployed, readers, quiet),
            )
        )
    return steps


def _quiet(_step: str) -> None:
    """Tell nothing: the step itself is told."""
