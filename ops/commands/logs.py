"""`logs`: what a service's containers have written, from CloudWatch Logs."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from aws.client import asking, client_of
from common.errors import UserError
from common.screen import AsJson, Stage, print_json_line, say, tell
from modules.settings.services import DATABASE_TASK
from ops.deployed import Deployed, chosen_services, local_time, open_stage

_POLL_SECONDS = 2
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One event of one container; `stream` ends in the task's id."""

    id: str
    time: datetime
    stream: str
    message: str


def logs(
    service: Annotated[str, typer.Argument(help="a service, as in modules/settings/services.py")],
    stage: Stage = "prod",
    since: Annotated[str, typer.Option(help="how far back: 90s, 30m, 1h, 2d")] = "1h",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on until Ctrl-C")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a service's log, in this machine's time zone; with --json one object per line.

    Example: `python -m ops logs functions --stage prod --since 30m --follow`
    """
    deployed = open_stage(stage)
    if service != DATABASE_TASK:
        chosen_services(deployed.settings, [service])
    start = datetime.now(UTC) - duration(since)
    found = 0
    try:
        for line in read_log(deployed, service, start=start, follow=follow):
            found += 1
            if as_json:
                print_json_line(_for_programs(line))
            else:
                say(_for_people(line))
    except KeyboardInterrupt:
        if not follow:
            raise
    if not found and not follow:
        tell(
            f"{service} has written nothing in the last {since}: look further back with --since 1d"
        )


def duration(text: str) -> timedelta:
    """Parse `90s`, `30m`, `1h` or `2d`. Raises UserError for anything else."""
    match = re.fullmatch(r"([1-9]\d{0,5})([smhd])", text)
    if not match:
        raise UserError(
            f"--since {text}: allowed: a whole number and s, m, h or d, as in 90s, 30m, 1h, 2d"
        )
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def read_log(
    deployed: Deployed, service: str, *, start: datetime, follow: bool
) -> Iterator[LogLine]:
    """Yield the lines since `start`, oldest first; with `follow` wait for more and never end.

    Raises UserError without a log group and when AWS refuses.
    """
    seen: set[str] = set()
    while True:
        latest = start
        for line in _pages(deployed, service, start):
            latest = max(latest, line.time)
            if line.id not in seen:
                seen.add(line.id)
                yield line
        if not follow:
            return
        # Lines arrive late and out of order by some seconds; what was shown is not shown again.
        start = max(start, latest - timedelta(seconds=30))
        time.sleep(_POLL_SECONDS)


def _pages(deployed: Deployed, service: str, start: datetime) -> Iterator[LogLine]:
    client = client_of(deployed.clients, "logs")
    group = deployed.names.log_group(service)
    with asking("logs:FilterLogEvents"):
        try:
            for page in client.get_paginator("filter_log_events").paginate(
                logGroupName=group, startTime=int(start.timestamp() * 1000)
            ):
                yield from (_line(event) for event in page["events"])
        except client.exceptions.ResourceNotFoundException:
            raise UserError(
                f"there is no log group {group}: deploy the stage in phase full first: "
                f"`cdktf deploy {deployed.settings.stack_name}`"
            ) from None


def _line(event: Mapping[str, Any]) -> LogLine:
    return LogLine(
        id=event["eventId"],
        time=datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
        stream=event["logStreamName"],
        message=event["message"],
    )


def _for_people(line: LogLine) -> str:
    """Leave out a container's colours: escaped, they would hide the words."""
    text = _ESCAPES.sub("", line.message.rstrip())
    return f"{local_time(line.time)} {line.stream.rpartition('/')[2][:8]} {text}"


def _for_programs(line: LogLine) -> dict[str, str]:
    return {"time": line.time.isoformat(), "stream": line.stream, "message": line.message}
