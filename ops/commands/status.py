"""`status` and `open`: one screen of what runs, and where to look at it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from aws.client import account_of
from common.progress import Progress
from common.screen import (
    ASKS_FOR_A_PERSON,
    AsJson,
    Stage,
    print_json,
    print_table,
    progress_on_screen,
    say,
)
from ops.deployed import Deployed, local_time, open_stage
from ops.facts.alarms import AlarmFacts, alarm_facts
from ops.facts.database import DatabaseFacts, database_facts
from ops.facts.jobs import JobFacts, job_facts
from ops.facts.maintenance import Maintenance, maintenance_facts
from ops.facts.metrics import MINUTES, ServiceMetrics, service_metrics
from ops.facts.services import Deployment, ServiceFacts, service_facts

_POLL_SECONDS = 10
# ECS watches the alarms of a new deployment for a while after its tasks are healthy.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
_LONGEST_WAIT_SECONDS = 2700
_MEASURED = ("cpu", "memory", "requests", "5xx")
_SPARE = ("since", "image")


@dataclass(frozen=True, kw_only=True)
class Status:
    """What exists of a stage, and how it is."""

    stage: str
    region: str
    account: str
    url: str | None
    services: tuple[ServiceFacts, ...]
    alarms: tuple[AlarmFacts, ...]
    database: DatabaseFacts | None
    jobs: tuple[JobFacts, ...]
    maintenance: Maintenance | None = None
    metrics: tuple[ServiceMetrics, ...] = ()


def status(
    stage: Stage = "prod",
    wait: Annotated[
        bool, typer.Option("--wait", help="until no deployment is under way, 45 minutes at most")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show services, targets, deployments, alarms and the database on one screen.

    Exit code 0 all well, 1 error, 2 a service does not run or an alarm is firing; with --wait also when a
    deployment failed, was rolled back, or took too long.

    Example: `python -m ops status --stage prod --wait`
    """
    deployed = open_stage(stage)
    settings = deployed.settings
    with progress_on_screen(as_json) as progress:
        progress("asking for the account")
        account = account_of(deployed.clients)
        progress("asking for services and targets")
        services = _settled(deployed, progress) if wait else service_facts(deployed)
        progress("asking for alarms and the database")
        found = Status(
            stage=stage,
            region=settings.region,
            account=account,
            url=f"https://{settings.domain_name}" if settings.domain_name else None,
            services=services,
            alarms=alarm_facts(deployed),
            database=database_facts(deployed),
            jobs=job_facts(deployed),
            maintenance=maintenance_facts(deployed),
            metrics=service_metrics(deployed, services),
        )
    if as_json:
        print_json(found)
    else:
        _show(found, asks=settings.preview.base if settings.preview else stage)
    failed = any(each.rolled_back or not _holds(each.deployment) for each in services)
    if (wait and failed) or asks_for_a_person(found):
        raise typer.Exit(ASKS_FOR_A_PERSON)


def _settled(deployed: Deployed, progress: Progress) -> tuple[ServiceFacts, ...]:
    """Return the services when every deployment is decided, or as they are after the longest wait."""
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while True:
        services = service_facts(deployed)
        waits_for = [each.name for each in services if each.under_way]
        if not waits_for or time.monotonic() > deadline:
            return services
        progress(f"deployments under way: {', '.join(waits_for)}")
        time.sleep(_POLL_SECONDS)


def _holds(deployment: Deployment | None) -> bool:
    return deployment is None or deployment.state == "COMPLETED"


def open_(stage: Stage = "prod", as_json: AsJson = False) -> None:
    """Print where the application and the dashboard are; AWS is not asked.

    Example: `python -m ops open --stage prod`
    """
    urls = addresses(open_stage(stage))
    if as_json:
        print_json(urls)
        return
    for what, url in urls.items():
        say(f"{what:<12} {url or 'no domain_name in the stage file'}")


def addresses(deployed: Deployed) -> dict[str, str | None]:
    """Return where a person looks at the stage."""
    settings = deployed.settings
    return {
        "application": f"https://{settings.domain_name}" if settings.domain_name else None,
        "dashboard": deployed.names.dashboard_url(settings.region),
    }


def _show(status: Status, *, asks: str) -> None:
    """Print it; `asks` is the stage whose doctor to ask, which of a preview is its base."""
    say(
        f"stage {status.stage}, {status.region}, account {status.account}, "
        f"{status.url or 'no domain yet'}\n"
    )
    metrics = {each.name: each for each in status.metrics}
    print_table(
        ("service", "tasks", "healthy", "deployment", *_MEASURED, *_SPARE),
        [_row(each, metrics.get(each.name)) for each in status.services],
        spare=len(_SPARE),
    )
    say(f"{', '.join(_MEASURED)}: of the last {MINUTES} minutes; - is not measured")
    for job in status.jobs:
        say(f"job        {job.service} {job.job}: {job.schedule}, {job.state.lower()}")
    firing = [each for each in status.alarms if each.state == "ALARM"]
    say(f"\nalarms     {len(firing)} of {len(status.alarms)} firing")
    for each in firing:
        since = f" since {local_time(each.since)}" if each.since else ""
        say(f"  {each.name}{since}: {each.reason}")
    say(f"database   {_database(status.database)}")
    if status.maintenance:
        say(f"visitors   {status.maintenance.text}")
    if asks_for_a_person(status):
        say(f"\nwhat to do: python -m ops doctor --stage {asks}")


def asks_for_a_person(status: Status) -> bool:
    """Return whether a service does not run as it should, or an alarm is firing."""
    late = [each for each in status.jobs if not each.is_well]
    return (
        bool(late)
        or not _well(status.services)
        or any(each.state == "ALARM" for each in status.alarms)
    )


def _row(service: ServiceFacts, metrics: ServiceMetrics | None) -> tuple[str, ...]:
    if not service.stands:
        return (service.name, "none", "", "not deployed", *("" for _ in (*_MEASURED, *_SPARE)))
    targets, deployment = service.targets, service.deployment
    return (
        service.name,
        f"{service.running} of {service.desired}",
        f"{targets.healthy} of {targets.healthy + targets.unhealthy}" if targets else "no route",
        _rollout(service),
        _percent(metrics.cpu_percent if metrics else None),
        _percent(metrics.memory_percent if metrics else None),
        _count(metrics.requests if metrics else None),
        _count(metrics.errors if metrics else None),
        local_time(deployment.since) if deployment and deployment.since else "",
        service.image.rpartition("/")[2],
    )


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:g} %"


def _count(value: int | None) -> str:
    return "-" if value is None else str(value)


def _rollout(service: ServiceFacts) -> str:
    if service.rolled_back:
        return "rolled back"
    return service.deployment.state.lower().replace("_", " ") if service.deployment else ""


def _database(database: DatabaseFacts | None) -> str:
    if database is None:
        return "none"
    text = f"{database.name}: {database.status}, PostgreSQL {database.version}"
    if database.free_gib is not None:
        of = f" of {database.allocated_gib}" if database.allocated_gib else ""
        text += f", {database.free_gib:.1f}{of} GiB free"
    return text


def _well(services: Sequence[ServiceFacts]) -> bool:
    return all(
        each.stands
        and each.running >= each.desired
        and not (each.targets and each.targets.unhealthy)
        for each in services
    )
