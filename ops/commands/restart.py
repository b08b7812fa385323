"""`restart`: new tasks for services, with the image and the secrets' values of now."""

from collections.abc import Sequence
from typing import Annotated

import typer

from common.progress import Progress
from common.screen import AsJson, Stage, print_json, progress_on_screen, say
from ops.deployed import Deployed, check_runs_services, chosen_services, open_stage


def restart(
    services: Annotated[
        list[str], typer.Argument(help="services, as in modules/settings/services.toml")
    ],
    stage: Stage,
    as_json: AsJson = False,
) -> None:
    """Start new tasks in place of the running ones: they read secrets and pull their image again.

    Example: `python -m ops restart --stage prod functions hasura`
    """
    deployed = open_stage(stage)
    chosen = chosen_services(deployed.settings, services)
    with progress_on_screen(as_json) as progress:
        restart_services(deployed, chosen, progress)
    if as_json:
        print_json({"restarted": chosen})
    else:
        say(f"restarting {', '.join(chosen)}; watch: python -m ops status --stage {stage}")


def restart_services(deployed: Deployed, services: Sequence[str], progress: Progress) -> None:
    """Ask ECS for a new deployment of each service. The old tasks stop when the new ones are healthy.

    Raises UserError where no service exists yet and when AWS refuses.
    """
    check_runs_services(deployed.settings)
    for service in services:
        progress(f"restarting {service}")
        deployed.ask(
            "ecs",
            "UpdateService",
            cluster=deployed.names.cluster,
            service=deployed.names.ecs_service(service),
            forceNewDeployment=True,
        )
