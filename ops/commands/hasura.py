"""`apply-hasura-metadata`: puts the application's Hasura metadata in place."""

from pathlib import Path
from typing import Annotated

import typer

from common.screen import AsJson, Stage, print_json, progress_on_screen, say
from ops.deployed import check_runs_services, open_stage
from ops.secrets.secret_values import read_value
from ops.tasks.hasura_metadata import (
    METADATA_FILE,
    check_address,
    post,
    read_source,
    replacement,
)
from ops.tasks.hasura_task import apply_in_task

_ADMIN_SECRET = "hasura-admin-secret"  # noqa: S105  # its name


def apply_hasura_metadata(
    *,
    stage: Stage,
    source: Annotated[
        Path,
        typer.Option(
            help=f"a folder of YAML files or with {METADATA_FILE}, or such a file",
            metavar="FILE|FOLDER",
        ),
    ],
    endpoint: Annotated[
        str | None,
        typer.Option(help="a Hasura that serves its metadata API; default: a task in the stage"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replace Hasura's metadata with what `hasura metadata export` wrote: a folder of YAML files, or JSON.

    YAML files may include each other, and `actions.graphql` is read too, as `hasura metadata apply` does it.
    The stage's Hasura serves GraphQL alone, so one more task of it starts inside the stage, takes the
    metadata and ends: two to four minutes. With --endpoint the metadata is posted from here instead.

    Example: `python -m ops apply-hasura-metadata --stage prod
    --source ../atomic/atomic-docker/project/metadata`
    """
    deployed = open_stage(stage)
    found = read_source(source)
    body = replacement(found.metadata)
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
        print_json({"applied": found.path, "by": where})
    else:
        say(f"Hasura of {stage} has the metadata of {found.path} ({where})")
        if found.note:
            say(found.note)
