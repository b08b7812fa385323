"""`jobs`: what runs by the clock, and one run of it now."""

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
from ops.deployed import check_runs_services, chosen_services, open_stage
from ops.facts.jobs import failed_starts, job_facts, job_network
from ops.tasks.one_off import OneOff, start_task

app = typer.Typer(help="What a stage's services do by the clock.", no_args_is_help=True)


@app.command("list")
def list_(stage: Stage = "prod", as_json: AsJson = False) -> None:
    """Show each job, when it runs, and whether Scheduler will start it.

    Exit code 0 all well, 1 error, 2 a job is not deployed or switched off, or could not be started.

    Example: `python -m ops jobs list --stage prod`
    """
    deployed = open_stage(stage)
    with progress_on_screen(as_json) as progress:
        progress("asking for schedules and failed starts")
        jobs = job_facts(deployed)
        failed = failed_starts(deployed)
    if as_json:
        print_json({"jobs": jobs, "failed_starts": failed})
    else:
        print_table(
            ("job", "schedule", "time zone", "timeout", "state"),
            [
                (
                    f"{each.service} {each.job}",
                    each.schedule,
                    each.time_zone,
                    each.timeout,
                    each.state,
                )
                for each in jobs
            ],
        )
        if failed:
            say(
                f"\nstarts that failed: {failed}; the messages of the queue {deployed.names.failed_jobs} "
                "say why; `aws sqs purge-queue` empties it once that is mended"
            )
    if failed or not all(each.is_well for each in jobs):
        raise typer.Exit(ASKS_FOR_A_PERSON)


@app.command()
def run(
    service: Annotated[str, typer.Argument(help="the service that has the job")],
    job: Annotated[str, typer.Argument(help="the job's name in the stage file")],
    *,
    stage: Stage,
    as_json: AsJson = False,
) -> None:
    """Start a job now, with its own command and timeout, and do not wait for its end.

    Example: `python -m ops jobs run reports nightly --stage prod`
    """
    deployed = open_stage(stage)
    chosen_services(deployed.settings, [service])
    check_runs_services(deployed.settings)
    row = deployed.settings.services[service]
    if job not in row.jobs:
        raise UserError(f"{service} has no job {job!r}: it has {', '.join(row.jobs) or 'none'}")
    name = f"{service}-{job}"
    with progress_on_screen(as_json) as progress:
        progress(f"starting {name}")
        once = OneOff(
            container=service,
            task_definition=deployed.names.service(name),
            network=job_network(deployed, name),
            command=row.jobs[job].command,
        )
        task = start_task(deployed, once).rpartition("/")[2]
    if as_json:
        print_json({"task": task})
    else:
        say(f"task {task} was started; its log: python -m ops logs {service} --stage {stage}")
