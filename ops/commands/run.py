"""`run`: a command in one more task of a service, with its image, variables, secrets and permissions."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from common.errors import UserError
from common.screen import AsJson, Stage, print_json, progress_on_screen, say
from ops.deployed import Deployed, check_runs_services, chosen_services, open_stage
from ops.facts.logs import Log
from ops.tasks.one_off import (
    Ended,
    OneOff,
    standing_service,
    start_task,
    task_running,
    wait_until_ended,
)

# CloudWatch shows a line some seconds after it was written.
_LATE_LINES_TRIES, _LATE_LINES_SECONDS = 6, 2


def run(
    service: Annotated[str, typer.Argument(help="a service, as in modules/settings/services.toml")],
    command: Annotated[list[str], typer.Argument(help="behind `--`: the command and its words")],
    *,
    stage: Stage,
    newest: Annotated[
        bool,
        typer.Option(
            "--newest", help="with the newest revision of its task, where an older one runs"
        ),
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="do not wait for its end, nor stop it with Ctrl-C")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run a command once, in a task of its own beside a service: migrations, consoles, repairs.

    It has the service's image, variables, secrets, permissions and network, and is nobody's target. Its log
    is followed, and its exit code is this command's; 1 also where it never ran. Ctrl-C stops the task.

    Example: `python -m ops run functions --stage prod -- npm run migrate`
    """
    deployed = open_stage(stage)
    chosen_services(deployed.settings, [service])
    check_runs_services(deployed.settings)
    standing = standing_service(deployed, service)
    once = OneOff(
        container=service,
        task_definition=deployed.names.service(service) if newest else standing["taskDefinition"],
        network=standing["networkConfiguration"],
        command=command,
    )
    if detach:
        task = start_task(deployed, once).rpartition("/")[2]
        if as_json:
            print_json({"task": task, "exit_code": None, "log": []})
        else:
            say(
                f"task {task} was started; its log: python -m ops logs {service} --stage {stage} --follow"
            )
        return
    lines: list[str] = []
    log_since = datetime.now(UTC)
    with (
        progress_on_screen(as_json) as progress,
        task_running(deployed, once) as running,
    ):
        log = Log(deployed, service, start=log_since, stream=f"{service}/{service}/{running.id}")

        def show() -> None:
            for line in log.more():
                lines.append(line.message)
                if not as_json:
                    say(line.message.rstrip("\n"))

        ended = wait_until_ended(deployed, service, running, progress, meanwhile=show)
        if ended.exit_code is not None:
            _until_quiet(show, lines)
    _tell(deployed, service, ended, lines, as_json=as_json)


def _until_quiet(show: Callable[[], None], lines: list[str]) -> None:
    """Go on until the log no longer grows."""
    before = -1
    for _ in range(_LATE_LINES_TRIES):
        show()
        if lines and len(lines) == before:
            return
        before = len(lines)
        time.sleep(_LATE_LINES_SECONDS)


def _tell(
    deployed: Deployed, service: str, ended: Ended, lines: list[str], *, as_json: bool
) -> None:
    if ended.exit_code is None:
        raise UserError(
            f"task {ended.task_id} ran nothing ({ended.reason}): {_remedy(deployed, service, ended)}"
        )
    if as_json:
        print_json({"task": ended.task_id, "exit_code": ended.exit_code, "log": lines})
    if ended.exit_code:
        raise typer.Exit(ended.exit_code)


def _remedy(deployed: Deployed, service: str, ended: Ended) -> str:
    stage = deployed.settings.stage
    if "CannotPull" in ended.reason:
        return f"push the image that {service} names: `python -m ops images status --stage {stage}`"
    if "ResourceInitialization" in ended.reason:
        return f"give its secrets a value: `python -m ops secrets check --stage {stage}`"
    return f"`python -m ops doctor --stage {stage}` may say why"
