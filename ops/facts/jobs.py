"""What AWS has of a stage's jobs by the clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.errors import UserError
from ops.deployed import Deployed


@dataclass(frozen=True, kw_only=True)
class JobFacts:
    """One job. `state` is Scheduler's, or `not deployed`."""

    service: str
    job: str
    schedule: str
    time_zone: str
    timeout: str
    state: str

    @property
    def is_well(self) -> bool:
        """Whether it will run."""
        return self.state == "ENABLED"


def job_facts(deployed: Deployed) -> tuple[JobFacts, ...]:
    """Return all jobs of the stage. Raises UserError when AWS refuses."""
    settings = deployed.settings
    return tuple(
        JobFacts(
            service=name,
            job=key,
            schedule=job.schedule,
            time_zone=job.time_zone or settings.time_zone,
            timeout=job.timeout,
            state=str((_schedule(deployed, f"{name}-{key}") or {}).get("State", "not deployed")),
        )
        for name, row in settings.services.items()
        for key, job in row.jobs.items()
    )


def failed_starts(deployed: Deployed) -> int:
    """Return how many starts Scheduler has given up, as the queue of failed jobs counts them."""
    url = deployed.ask_unless(
        "sqs",
        "GetQueueUrl",
        frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}),
        QueueName=deployed.names.failed_jobs,
    )
    if not url:
        return 0
    waiting = deployed.ask(
        "sqs",
        "GetQueueAttributes",
        QueueUrl=url["QueueUrl"],
        AttributeNames=["ApproximateNumberOfMessages"],
    )
    return int(waiting["Attributes"]["ApproximateNumberOfMessages"])


def job_network(deployed: Deployed, name: str) -> Mapping[str, Any]:
    """Return the network that a job's tasks are in. Raises UserError for a job that is not deployed."""
    found = _schedule(deployed, name)
    if found is None:
        raise UserError(
            f"the job {name} does not exist: `cdktf deploy {deployed.settings.stack_name}`"
        )
    network: Mapping[str, Any] = found["Target"]["EcsParameters"]["NetworkConfiguration"]
    # ECS and Scheduler write the one member with another first letter.
    return {
        "awsvpcConfiguration": {_ecs_word(k): v for k, v in network["awsvpcConfiguration"].items()}
    }


def _ecs_word(member: str) -> str:
    return member[0].lower() + member[1:]


def _schedule(deployed: Deployed, name: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = deployed.ask_unless(
        "scheduler",
        "GetSchedule",
        frozenset({"ResourceNotFoundException"}),
        GroupName=deployed.names.service(name),
        Name=deployed.names.service(name),
    )
    return found
