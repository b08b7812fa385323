"""`apply-hasura-metadata`: puts the application's Hasura metadata in place."""

from pathlib import Path
from typing import Annotated

import typer

from common.screen import AsJson, Stage, print_json, progress_on_screen, say
from ops.deployed import check_runs_services, open_stage
from ops.secrets.secret_values import read_value
from ops.tasks.hasura_metadata import check_address, post, read_metadata, replacement
from ops.tasks.hasura_task import apply_in_task

_ADMIN_SECRET = "hasura-admin-secret"  # noqa: S105  # its name
_FILE = "metadata.json"


def apply_hasura_metadata(
    *,
    stage: Stage,
    source: Annotated[Path, typer.Option(help=f"the folder that holds {_FILE}")],
    endpoint: Annotated[
        str | None,
        typer.Option(help="a Hasura that serves its metadata API; default: a task in the stage"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replace Hasura's metadata with a file of `hasura metadata export -o json`.

    The stage's Hasura serves GraphQL alone, so one more task of it starts inside the stage, takes the
    metadata and ends: two to four minutes. With --endpoint the metadata is posted from here instead.

    Example: `python -m ops apply-hasura-metadata --stage prod --source ../atomic/hasura`
    """
    deployed = open_stage(stage)
    body = replacement(read_metadata(source / _FILE))
    with progress_on_screen(as_json) as progress:
        if endpoint is None:
            check_runs_services(deployed.settings)
            where = f"task {apply_in_task(deployed, body, progress)}"
        else:
            check_address(endpoint)
            progress(f"replacing the metadata of {endpoint}")
            url = f"{endpoint.rstrip('/')}/v1/metadata"
            post(url, body, secret=read_value(deployed, _ADMIN_SECRET))
            where = endpoint
    if as_json:
        print_json({"applied": source / _FILE, "by": where})
    else:
        say(f"Hasura of {stage} has the metadata of {source / _FILE} ({where})")
