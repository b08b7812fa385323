"""A task that runs once, beside a service: the service's own image, permissions and network."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from common.errors import UserError
from common.progress import Progress
from common.screen import tell
from ops.deployed import Deployed
from terraform.interrupts import Interrupts, interrupts_kept

_POLL_SECONDS = 3
_LISTEN_SECONDS = 0.2
# Fargate takes one to three minutes to begin; what runs here takes less.
_LONGEST_SECONDS = 900


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a task ended: `exit_code` of its service's container, None when that never ran."""

    task_id: str
    exit_code: int | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Running:
    """A task that was started, by its ARN; `interrupts` counts who asked this process to end since."""

    task: str
    interrupts: Interrupts

    @property
    def id(self) -> str:
        """The task's id."""
        return self.task.rpartition("/")[2]

    def rest(self, seconds: float) -> None:
        """Sleep, and hear Ctrl-C. Raises KeyboardInterrupt."""
        until = time.monotonic() + seconds
        while True:
            if self.interrupts.count:
                raise KeyboardInterrupt
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _LISTEN_SECONDS))


@dataclass(frozen=True, kw_only=True)
class OneOff:
    """A task to start once: another `command` in its `container`, with `environment` over its own."""

    container: str
    task_definition: str
    network: Mapping[str, Any]
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    with_exec: bool = False


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
    existing = existing_service(deployed, service)
    task = OneOff(
        container=service,
        task_definition=existing["taskDefinition"],
        network=existing["networkConfiguration"],
        command=command,
        environment=environment,
    )
    return run_task(deployed, task, progress)


def run_task(deployed: Deployed, task: OneOff, progress: Progress) -> Ended:
    """Run a task until it ends; whatever ends this early stops it.

    Raises UserError where the task does not end and when AWS refuses.
    """
    with task_running(deployed, task) as running:
        return wait_until_ended(
            deployed, task.container, running, progress, longest_seconds=_LONGEST_SECONDS
        )


@contextmanager
def task_running(deployed: Deployed, task: OneOff) -> Iterator[Running]:
    """Start a task for a block that waits until it ends; whatever ends the block early stops it.

    Ctrl-C, however often, SIGTERM and a closed terminal are heard where the block `rest`s: there is no moment
    at which they leave a task behind.

    Raises UserError where ECS starts none, and KeyboardInterrupt after the block.
    """
    with interrupts_kept() as interrupts:
        arn = start_task(deployed, task)
        try:
            yield Running(task=arn, interrupts=interrupts)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                tell(f"interrupted: stopping task {arn.rpartition('/')[2]}")
            stop_task(deployed, arn)
            raise


def start_task(deployed: Deployed, task: OneOff) -> str:
    """Start one task, and return its ARN.

    Raises UserError where ECS starts none.
    """
    answer = deployed.ask(
        "ecs",
        "RunTask",
        cluster=deployed.names.cluster,
        taskDefinition=task.task_definition,
        # Spot may take a task away at any moment.
        capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
        networkConfiguration=task.network,
        startedBy="atomic-ops",
        **({"enableExecuteCommand": True} if task.with_exec else {}),
        overrides={
            "containerOverrides": [
                {
                    "name": task.container,
                    "command": list(task.command),
                    "environment": [
                        {"name": name, "value": value} for name, value in task.environment.items()
                    ],
                }
            ]
        },
    )
    if not answer["tasks"]:
        why = "; ".join(str(each.get("reason")) for each in answer.get("failures", []))
        raise UserError(f"ECS started no task of {task.container} ({why}): try it again")
    return str(answer["tasks"][0]["taskArn"])


def stop_task(deployed: Deployed, task: str) -> None:
    """Stop a task that nobody watches any more."""
    deployed.ask(
        "ecs",
        "StopTask",
        cluster=deployed.names.cluster,
        task=task,
        reason="whoever started it has gone",
    )


def existing_service(deployed: Deployed, service: str) -> Mapping[str, Any]:
    """Return what ECS says of a service that it runs. Raises UserError where there is none."""
    answer = deployed.ask(
        "ecs",
        "DescribeServices",
        cluster=deployed.names.cluster,
        services=[deployed.names.ecs_service(service)],
    )
    for existing in answer["services"]:
        if existing["status"] == "ACTIVE":
            found: Mapping[str, Any] = existing
            return found
    raise UserError(
        f"service {deployed.names.ecs_service(service)} does not exist: deploy the stage first: "
        f"`cdktf deploy {deployed.settings.stack_name}`"
    )


def wait_until_ended(
    deployed: Deployed,
    container: str,
    running: Running,
    progress: Progress,
    *,
    longest_seconds: float | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Ended:
    """Return how a task ended; `meanwhile` is called between two looks at it.

    Raises UserError after `longest_seconds`, and KeyboardInterrupt.
    """
    said = ""
    begun = time.monotonic()
    while longest_seconds is None or time.monotonic() < begun + longest_seconds:
        state = task_state(deployed, running.task)
        if state["lastStatus"] == "STOPPED":
            return _ended(state, container, running.id)
        if state["lastStatus"] != said:
            said = state["lastStatus"]
            progress(f"task {running.id}: {said.lower()}")
        meanwhile()
        running.rest(_POLL_SECONDS)
    raise UserError(
        f"task {running.id} had not ended after {_LONGEST_SECONDS // 60} minutes and was stopped: look at "
        f"`python -m ops logs {container} --stage {deployed.settings.stage}`"
    )


def task_state(deployed: Deployed, task: str) -> Mapping[str, Any]:
    """Return what ECS says of a task. Raises UserError for one that it no longer knows."""
    answer = deployed.ask("ecs", "DescribeTasks", cluster=deployed.names.cluster, tasks=[task])
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
