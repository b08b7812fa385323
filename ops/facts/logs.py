"""What a stage's containers have written, from CloudWatch Logs."""

import heapq
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aws.client import asking, client_of
from common.errors import UserError
from ops.deployed import Deployed

_POLL_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One event of one container; `stream` ends in the task's id."""

    id: str
    time: datetime
    stream: str
    message: str


class Log:
    """A service's log since a moment, or one stream of it, to be read again and again."""

    def __init__(
        self, deployed: Deployed, service: str, *, start: datetime, stream: str | None = None
    ) -> None:
        """Begin at `start`."""
        self.service = service
        self._deployed = deployed
        self._start = start
        self._stream = stream
        self._seen: set[str] = set()

    def more(self) -> Iterator[LogLine]:
        """Yield what was not yielded before, oldest first.

        Raises UserError without a log group and when AWS refuses.
        """
        latest = self._start
        for line in _pages(self._deployed, self.service, self._start, self._stream):
            latest = max(latest, line.time)
            if line.id not in self._seen:
                self._seen.add(line.id)
                yield line
        # Lines arrive late and out of order by some seconds; what was shown is not shown again.
        self._start = max(self._start, latest - timedelta(seconds=30))


def read_log(
    deployed: Deployed, service: str, *, start: datetime, follow: bool
) -> Iterator[LogLine]:
    """Yield the lines since `start`, oldest first; with `follow` wait for more and never end.

    Raises UserError without a log group and when AWS refuses.
    """
    return (line for _, line in read_logs(deployed, [service], start=start, follow=follow))


def read_logs(
    deployed: Deployed, services: Sequence[str], *, start: datetime, follow: bool
) -> Iterator[tuple[str, LogLine]]:
    """Yield the lines of several services, each with its service's name, as `read_log` does."""
    logs = [Log(deployed, service, start=start) for service in services]
    while True:
        yield from heapq.merge(*map(_named, logs), key=lambda named: named[1].time)
        if not follow:
            return
        time.sleep(_POLL_SECONDS)


def _named(log: Log) -> Iterator[tuple[str, LogLine]]:
    return ((log.service, line) for line in log.more())


def _pages(
    deployed: Deployed, service: str, start: datetime, stream: str | None
) -> Iterator[LogLine]:
    client = client_of(deployed.clients, "logs")
    group = deployed.names.log_group(service)
    of_stream = {"logStreamNames": [stream]} if stream else {}
    with asking("logs:FilterLogEvents"):
        try:
            for page in client.get_paginator("filter_log_events").paginate(
                logGroupName=group, startTime=int(start.timestamp() * 1000), **of_stream
            ):
                yield from (_line(event) for event in page["events"])
        except client.exceptions.ResourceNotFoundException:
            if stream:  # which is there from the first line on
                return
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
