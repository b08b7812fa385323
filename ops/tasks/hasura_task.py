"""Hasura's metadata, put in place from inside the stage.

The Hasura of a stage serves GraphQL alone, and its load balancer routes nothing else. So a task of its own
starts once, with the same image, database and admin secret: its Hasura serves the metadata API to itself,
takes the metadata, and ends. The running ones read it from the database within seconds.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from common.errors import UserError
from common.progress import Progress
from ops.deployed import Deployed
from ops.facts.logs import read_log
from ops.tasks.bucket_link import waiting_in_the_bucket
from ops.tasks.one_off import Ended, run_beside

SERVICE: Final = "hasura"
SAYS: Final = "apply-hasura-metadata: "
"""Begins each line that the task writes of its own, among those of Hasura."""

# The image has had curl since v2.18: https://github.com/hasura/graphql-engine/issues/1532. The admin secret
# is in no argument, where `ps` would show it.
SCRIPT: Final = f"""
set -u
here=http://localhost:${{HASURA_GRAPHQL_SERVER_PORT:-8080}}
say() {{ echo "{SAYS}$*"; }}
folder=$(mktemp -d)
curl --silent --show-error --fail --max-time 60 --output "$folder/body" "$METADATA_URL" || {{
    say "the metadata could not be fetched from the bucket"; exit 3; }}
graphql-engine serve &
server=$!
tries=0
until curl --silent --fail --max-time 5 --output "$folder/health" "$here/healthz"; do
    kill -0 "$server" 2>"$folder/gone" || {{ say "Hasura did not start"; exit 4; }}
    tries=$((tries + 1))
    [ "$tries" -lt 120 ] || {{ say "Hasura was not healthy within 120 s"; exit 4; }}
    sleep 1
done
code=$(printf 'X-Hasura-Admin-Secret: %s\\n' "$HASURA_GRAPHQL_ADMIN_SECRET" |
    curl --silent --max-time 300 --header @- --header 'Content-Type: application/json' \\
        --data-binary "@$folder/body" --output "$folder/answer" --write-out '%{{http_code}}' \\
        "$here/v1/metadata")
say "$code $(head -c 2000 "$folder/answer" | tr '\\n' ' ')"
kill "$server"
[ "$code" = 200 ] || exit 5
"""

# By the exit codes of the script.
_REMEDIES: Final[Mapping[int, str]] = {
    3: "let the tasks reach S3 (network.nat), and try again",
    4: "what kept it from starting is in `python -m ops logs hasura`",
    5: "correct the metadata; what was there is unchanged",
}


def apply_in_task(deployed: Deployed, body: Mapping[str, Any], progress: Progress) -> str:
    """Hand a call of the metadata API to a Hasura of its own inside the stage; return the task's id.

    Raises UserError, with what the task wrote, when it does not succeed, and when AWS refuses.
    """
    started = datetime.now(UTC)
    with waiting_in_the_bucket(
        deployed, json.dumps(body).encode(), name="hasura-metadata.json"
    ) as link:
        progress(f"starting one task of {SERVICE}")
        ended = run_beside(
            deployed,
            SERVICE,
            command=["sh", "-c", SCRIPT],
            environment={"METADATA_URL": link, "HASURA_GRAPHQL_ENABLED_APIS": "metadata"},
            progress=progress,
        )
    if ended.exit_code is None:
        raise UserError(
            f"task {ended.task_id} ran no Hasura ({ended.reason}): python -m ops doctor may say why"
        )
    if ended.exit_code != 0:
        said = " ".join(_said(deployed, ended, started)) or "no line"
        remedy = _REMEDIES.get(ended.exit_code, "look at `python -m ops logs hasura`")
        raise UserError(f"task {ended.task_id} ended with {ended.exit_code} ({said}): {remedy}")
    return ended.task_id


def _said(deployed: Deployed, ended: Ended, started: datetime) -> list[str]:
    """Return what the task wrote of its own; without that, the last lines of its Hasura."""
    lines = [
        line.message.strip()
        for line in read_log(deployed, SERVICE, start=started, follow=False)
        if line.stream.endswith(ended.task_id)
    ]
    own = [line.removeprefix(SAYS) for line in lines if line.startswith(SAYS)]
    return own or lines[-3:]
