"""What runs: services, targets, alarms and the database, judged from what AWS says of them."""

from collections.abc import Sequence

from modules.settings.stage_settings import StageSettings
from ops.deployed import local_time
from ops.doctor.finding import Finding, all_or, attention, fine, unknown
from ops.facts.alarms import AlarmFacts
from ops.facts.database import DatabaseFacts
from ops.facts.services import ServiceFacts

# RDS names some twenty states of work in progress; in these nobody has to act.
_WORKING = frozenset(
    {
        "backing-up",
        "configuring-enhanced-monitoring",
        "configuring-log-exports",
        "creating",
        "modifying",
        "maintenance",
        "rebooting",
        "renaming",
        "starting",
        "storage-optimization",
        "upgrading",
    }
)


def judge_services(
    services: Sequence[ServiceFacts], *, stage: str, stack: str, emulator: str | None
) -> list[Finding]:
    """Find what is missing, runs too few tasks, or failed to deploy; one finding for all alike.

    `emulator` is its address where there is one: it may run no container at all.
    """
    findings = []
    told: set[str] = set()
    absent = [each.name for each in services if not each.stands]
    if len(absent) > 1:
        what = f"{len(absent)} are not deployed: {', '.join(absent)}"
        findings.append(attention("services", what, f"cdktf deploy {stack}"))
        told |= set(absent)
    idle = [each for each in services if _only_idle(each)]
    if emulator and idle and not any(each.running for each in services):
        findings.append(
            unknown(
                "services",
                f"{len(services) - len(absent)} exist, and no container runs on the emulator {emulator}",
                "deploy to an account to see them run",
            )
        )
        told |= {each.name for each in idle}
    elif len(idle) > 1:
        counts = ", ".join(f"{each.name} {each.running} of {each.desired}" for each in idle)
        said = next((f"; {each.last_event}" for each in idle if each.last_event), "")
        findings.append(
            attention(
                "services",
                f"{len(idle)} run too few tasks: {counts}{said}",
                f"python -m ops logs {idle[0].name} --stage {stage}",
            )
        )
        told |= {each.name for each in idle}
    for each in services:
        if each.name in told:
            continue
        name = f"service {each.name}"
        look = f"python -m ops logs {each.name} --stage {stage}"
        if not each.stands:
            findings.append(attention(name, "it is not deployed", f"cdktf deploy {stack}"))
        elif each.deployment and each.deployment.state == "FAILED":
            findings.append(
                attention(name, f"its deployment failed: {each.deployment.reason}", look)
            )
        elif each.rolled_back:
            findings.append(
                attention(
                    name,
                    f"its last deployment was rolled back: {each.task_definition} runs, not {each.newest}",
                    look,
                )
            )
        elif each.running < each.desired:
            said = f": {each.last_event}" if each.last_event else ""
            findings.append(
                attention(name, f"{each.running} of {each.desired} tasks run{said}", look)
            )
    tasks = sum(each.running for each in services)
    return all_or(findings, fine("services", f"{len(services)} services, {tasks} tasks run"))


def _only_idle(service: ServiceFacts) -> bool:
    """Return whether too few of its tasks run, and nothing worse is known of it."""
    failed = service.deployment is not None and service.deployment.state == "FAILED"
    return (
        service.stands
        and not failed
        and not service.rolled_back
        and service.running < service.desired
    )


def judge_commands(settings: StageSettings) -> list[Finding]:
    """Say of python-agent without a command that it does nothing: no source of the application tells one."""
    agent = settings.services.get("python-agent")
    if agent is None or agent.command:
        return []
    what = "has no command, and that of its image keeps the task alive alone: it does nothing"
    return [
        fine(
            "service python-agent", f"{what}; [services.python-agent] command = [...] gives it one"
        )
    ]


def judge_targets(services: Sequence[ServiceFacts], *, stage: str) -> list[Finding]:
    """Return each routed service with tasks that the load balancer does not find healthy."""
    findings = []
    for each in services:
        if not each.targets:
            continue
        # A service whose tasks do not run is told as such.
        none_healthy = each.running >= each.desired > 0 and not each.targets.healthy
        if each.targets.unhealthy or none_healthy:
            why = f" ({'; '.join(each.targets.reasons)})" if each.targets.reasons else ""
            findings.append(
                attention(
                    f"targets {each.name}",
                    f"{each.targets.healthy} healthy, {each.targets.unhealthy} not{why}",
                    f"python -m ops logs {each.name} --stage {stage}; check health_path and port in its row",
                )
            )
    healthy = sum(each.targets.healthy for each in services if each.targets)
    if not findings and not healthy:
        return []  # nothing runs that could be healthy, and the services' own finding says so
    return all_or(findings, fine("targets", f"{healthy} healthy"))


def judge_alarms(alarms: Sequence[AlarmFacts], *, stage: str, stack: str) -> list[Finding]:
    """Return each alarm that is firing."""
    if not alarms:
        return [attention("alarms", "there is no alarm", f"cdktf deploy {stack}")]
    firing = [
        attention(
            f"alarm {each.name}",
            each.reason + (f" (since {local_time(each.since)})" if each.since else ""),
            f"look at the dashboard (python -m ops open --stage {stage}) and docs/troubleshooting.md",
        )
        for each in alarms
        if each.state == "ALARM"
    ]
    return all_or(firing, fine("alarms", f"{len(alarms)} alarms, none fires"))


def judge_database(
    database: DatabaseFacts | None, *, least_free_gib: float, stopped_now: bool, stack: str
) -> list[Finding]:
    """Check whether the database is up and has room.

    `least_free_gib` is the alarm's threshold. `stopped_now` says that the stage's night stop has it down.
    """
    name = "database"
    if database is None:
        remedy = (
            f"cdktf deploy {stack} on a new stage; where there was one, a deploy makes an empty one: first "
            "docs/runbooks/restore-database.md"
        )
        return [attention(name, "there is no database", remedy)]
    if stopped_now and database.status in {"stopping", "stopped"}:
        return [fine(name, f"{database.status} by night_stop")]
    findings = []
    if database.status not in _WORKING | {"available"}:
        remedy = (
            f"aws rds describe-events --source-identifier {database.name} --source-type db-instance"
        )
        if database.status == "stopped":
            remedy = f"aws rds start-db-instance --db-instance-identifier {database.name}"
        if database.status == "storage-full":
            remedy = f"raise database.allocated_storage_gib in the stage file; cdktf deploy {stack}"
        findings.append(attention(name, f"{database.name} is {database.status}", remedy))
    if database.free_gib is not None and database.free_gib <= least_free_gib:
        of = f" of {database.allocated_gib}" if database.allocated_gib else ""
        findings.append(
            attention(
                "database storage",
                f"{database.free_gib:.1f}{of} GiB are free, the threshold is {least_free_gib:g}",
                f"raise database.allocated_storage_gib in the stage file; cdktf deploy {stack}",
            )
        )
    if database.pending:
        findings.append(
            attention(
                "database changes",
                f"{', '.join(database.pending)} wait for the maintenance window",
                f"aws rds reboot-db-instance --db-instance-identifier {database.name}, or wait",
            )
        )
    free = f", {database.free_gib:.1f} GiB free" if database.free_gib is not None else ""
    return all_or(findings, fine(name, f"{database.status}, {database.version}{free}"))
