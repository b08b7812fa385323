"""A task that runs once, beside a service: the service's own image, permissions and network."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aws.client import ask
from common.errors import UserError
from common.progress import Progress
from ops.deployed import Deployed

_POLL_SECONDS = 3
# Fargate takes one to three minutes to begin; what runs here takes less.
_LONGEST_SECONDS = 900


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a task ended: `exit_code` of its service's container, None when that never ran."""

    task_id: str
    exit_code: int | None
    reason: str


def run_beside(
    deployed: Deployed,
    service: str,
    *,
    command: list[str],
    environment: Mapping[str, str],
    progress: Progress,
) -> Ended:
    """Run `command` in one more task of a service, with `environment` over its own, until it ends.

    The container gets the service's secrets from ECS: nobody here reads them. Whatever ends this
    function early stops the task.

    Raises UserError where the service does not exist or the task does not end and when AWS refuses.
    """
    standing = _service(deployed, service)
    return run_task(
        deployed,
        service,
        task_definition=standing["taskDefinition"],
        network=standing["networkConfiguration"],
        command=command,
        environment=environment,
        progress=progress,
    )


def run_task(
    deployed: Deployed,
    container: str,
    *,
    task_definition: str,
    network: Mapping[str, Any],
    command: list[str],
    environment: Mapping[str, str],
    progress: Progress,
) -> Ended:
    """Run `command` in the `container` of one task until it ends; whatever ends this early stops it.

    Raises UserError where the task does not end and when AWS refuses.
    """
    answer = ask(
        deployed.clients,
        "ecs",
        "RunTask",
        cluster=deployed.names.cluster,
        taskDefinition=task_definition,
        # Spot may take a task away at any moment.
        capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
        networkConfiguration=network,
        startedBy="atomic-ops",
        overrides={
            "containerOverrides": [
                {
                    "name": container,
                    "command": command,
                    "environment": [
                        {"name": name, "value": value} for name, value in environment.items()
                    ],
                }
            ]
        },
    )
    if not answer["tasks"]:
        why = "; ".join(str(each.get("reason")) for each in answer.get("failures", []))
        raise UserError(f"ECS started no task of {container} ({why}): try it again")
    task = str(answer["tasks"][0]["taskArn"])
    with _stopped_when_left(deployed, task):
        return _wait(deployed, container, task, progress)


def _service(deployed: Deployed, service: str) -> Mapping[str, Any]:
    answer = ask(
        deployed.clients,
        "ecs",
        "DescribeServices",
        cluster=deployed.names.cluster,
        services=[deployed.names.ecs_service(service)],
    )
    for standing in answer["services"]:
        if standing["status"] == "ACTIVE":
            found: Mapping[str, Any] = standing
            return found
    raise UserError(
        f"service {deployed.names.ecs_service(service)} does not exist: deploy the stage first: "
        f"`cdktf deploy {deployed.settings.stack_name}`"
    )


def _wait(deployed: Deployed, service: str, task: str, progress: Progress) -> Ended:
    task_id = task.rpartition("/")[2]
    said = ""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < deadline:
        state = _task(deployed, task)
        if state["lastStatus"] == "STOPPED":
            return _ended(state, service, task_id)
        if state["lastStatus"] != said:
            said = state["lastStatus"]
            progress(f"task {task_id}: {said.lower()}")
        time.sleep(_POLL_SECONDS)
    raise UserError(
        f"task {task_id} had not ended after {_LONGEST_SECONDS // 60} minutes and was stopped: look at "
        f"`python -m ops logs {service} --stage {deployed.settings.stage}`"
    )


def _task(deployed: Deployed, task: str) -> Mapping[str, Any]:
    answer = ask(
        deployed.clients,
        "ecs",
        "DescribeTasks",
        cluster=deployed.names.cluster,
        tasks=[task],
    )
    if not answer["tasks"]:
        raise UserError(f"ECS no longer knows {task}: run the same command again")
    state: Mapping[str, Any] = answer["tasks"][0]
    return state


def _ended(state: Mapping[str, Any], service: str, task_id: str) -> Ended:
    container: Mapping[str, Any] = next(
        (each for each in state["containers"] if each["name"] == service), {}
    )
    return Ended(
        task_id=task_id,
        exit_code=container.get("exitCode"),
        reason=str(container.get("reason") or state.get("stoppedReason") or "no reason given"),
    )


@contextmanager
def _stopped_when_left(deployed: Deployed, task: str) -> Iterator[None]:
    """Ctrl-C and every error stop the task: nothing goes on that nobody watches."""
    try:
        yield
    except BaseException:
        ask(
            deployed.clients,
            "ecs",
            "StopTask",
            cluster=deployed.names.cluster,
            task=task,
            reason="whoever started it has gone",
        )
        raise
