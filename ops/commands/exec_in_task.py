"""`exec`: a shell in a running task of a service, by ECS Exec."""

import shlex
import subprocess
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from common.errors import UserError
from common.screen import AsJson, Stage, print_json, tell
from ops.deployed import Deployed, check_runs_services, chosen_services, open_stage
from ops.tasks.one_off import standing_service
from ops.tasks.sessions import check_plugin, left_to_the_child, plugin_call, target_of

_AGENT = "ExecuteCommandAgent"
_MOST_AT_ONCE = 100


def exec_(
    service: Annotated[str, typer.Argument(help="a service, as in modules/settings/services.toml")],
    command: Annotated[
        list[str] | None, typer.Argument(help="behind `--`: a command; default: a shell, /bin/sh")
    ] = None,
    *,
    stage: Stage,
    task: Annotated[
        str | None, typer.Option(help="the task's id, or its beginning; default: the newest")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open a shell, or run a command, in a running task of a service whose `exec_enabled` is on.

    What is typed and shown is logged. The service's files are writable as long as that is on. It needs
    Session Manager's plugin and returns its exit code: that of a command inside comes back from `run` alone.

    Example: `python -m ops exec app --stage dev -- sh -c 'ls /app'`
    """
    deployed = open_stage(stage)
    chosen_services(deployed.settings, [service])
    check_runs_services(deployed.settings)
    _check_is_enabled(deployed, service)
    check_plugin()
    standing_service(deployed, service)
    chosen = _task(deployed, service, task)
    task_id = str(chosen["taskArn"]).rpartition("/")[2]
    runtime_id = _runtime_id(deployed, service, chosen)
    session = deployed.ask(
        "ecs",
        "ExecuteCommand",
        cluster=deployed.names.cluster,
        task=chosen["taskArn"],
        container=service,
        interactive=True,
        # The agent takes one line apart as a shell would.
        command=shlex.join(command) if command else "/bin/sh",
    )["session"]
    call = plugin_call(deployed, session, {"Target": target_of(deployed, task_id, runtime_id)})
    if deployed.settings.services[service].read_only_root:
        tell(f"{service}: its files are writable, because exec_enabled takes read_only_root off")
    tell(f"this session is logged in {deployed.names.exec_log_group}")
    with left_to_the_child():
        ended = subprocess.run(
            call.command,
            env=call.environment,
            stdout=sys.stderr if as_json else None,
            check=False,
        )
    if as_json:
        print_json(
            {
                "service": service,
                "task": task_id,
                "session": session["sessionId"],
                "exit_code": ended.returncode,
            }
        )
    if ended.returncode:
        raise typer.Exit(ended.returncode if ended.returncode > 0 else 128 - ended.returncode)


def _check_is_enabled(deployed: Deployed, service: str) -> None:
    settings = deployed.settings
    if settings.services[service].exec_enabled:
        return
    allow = (
        " and exec_allowed = true to [security]"
        if settings.retain_data and not settings.security.exec_allowed
        else ""
    )
    raise UserError(
        f"{service} opens no shell: add exec_enabled = true to [services.{service}]{allow} of "
        f"{deployed.workspace.stage_path}, then `cdktf deploy {settings.stack_name}`"
    )


def _task(deployed: Deployed, service: str, asked: str | None) -> Mapping[str, Any]:
    """Return the newest running task, or the one that is asked for.

    Raises UserError where there is none.
    """
    stage = deployed.settings.stage
    arns = deployed.ask_all(
        "ecs",
        "ListTasks",
        "taskArns",
        cluster=deployed.names.cluster,
        serviceName=deployed.names.service(service),
        desiredStatus="RUNNING",
    )[:_MOST_AT_ONCE]
    tasks = (
        deployed.ask("ecs", "DescribeTasks", cluster=deployed.names.cluster, tasks=arns)["tasks"]
        if arns
        else []
    )
    running = [each for each in tasks if each["lastStatus"] == "RUNNING"]
    if not running:
        raise UserError(
            f"no task of {service} runs: `python -m ops status --stage {stage}` says more"
        )
    if asked is not None:
        named = [each for each in running if _id(each).startswith(asked)]
        if not named:
            ids = ", ".join(map(_id, running))
            raise UserError(f"no running task of {service} has the id {asked!r}: allowed: {ids}")
        running = named
    newest: Mapping[str, Any] = max(running, key=lambda each: str(each.get("startedAt", "")))
    return newest


def _runtime_id(deployed: Deployed, service: str, task: Mapping[str, Any]) -> str:
    """Return the id of the service's container. Raises UserError where its agent does not run."""
    stage = deployed.settings.stage
    container: Mapping[str, Any] = next(
        (each for each in task["containers"] if each["name"] == service), {}
    )
    agents = {each["name"]: each.get("lastStatus") for each in container.get("managedAgents", ())}
    if not task.get("enableExecuteCommand") or _AGENT not in agents:
        raise UserError(
            f"task {_id(task)} of {service} began before its exec_enabled was deployed: `cdktf deploy "
            f"{deployed.settings.stack_name}`, or `python -m ops restart {service} --stage {stage}`"
        )
    if agents[_AGENT] != "RUNNING":
        raise UserError(
            f"the agent in task {_id(task)} of {service} is {str(agents[_AGENT]).lower()}: wait a minute and "
            "try again; where it stays so, its image has no writable / or the task no way to Session Manager"
        )
    return str(container["runtimeId"])


def _id(task: Mapping[str, Any]) -> str:
    return str(task["taskArn"]).rpartition("/")[2]
