"""The task that applies SQL from inside the stage, and what it said."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from common.errors import UserError
from common.progress import Progress
from modules.settings.services import DATABASE_TASK
from ops.database.script import ASKS, CHANGED, SAYS, TASK
from ops.deployed import Deployed
from ops.facts.logs import read_log
from ops.tasks.bucket_link import waiting_in_the_bucket
from ops.tasks.one_off import Ended, OneOff, run_task
from ops.tasks.standalone import network_of

_NOTHING_RUNS = "the embedded AWS runs no container"
# CloudWatch shows a line some seconds after it was written.
_LOG_TRIES, _LOG_SECONDS = 8, 2


@dataclass(frozen=True, kw_only=True)
class Applied:
    """How the task ended. `log` is all it wrote, `said` the lines of its own; `ran` that it ran at all."""

    task_id: str
    exit_code: int
    log: tuple[str, ...]
    said: tuple[str, ...]
    ran: bool

    def named(self, verb: str) -> tuple[str, ...]:
        """Return what its lines that begin with `verb` name."""
        return tuple(
            line.removeprefix(f"{verb} ") for line in self.said if line.startswith(f"{verb} ")
        )

    @property
    def asks(self) -> bool:
        """Whether it did nothing, because tables would change hands."""
        return self.exit_code == ASKS

    @property
    def refuses(self) -> bool:
        """Whether it did nothing, because a file that was applied has changed."""
        return self.exit_code == CHANGED


def apply_in_task(
    deployed: Deployed, archive: bytes, *, may_move: bool, progress: Progress
) -> Applied:
    """Run the scripts of an archive in one task.

    Raises UserError where it never ran, and when AWS refuses.
    """
    return sql_in_task(
        deployed, archive, TASK, {"MAY_MOVE": "yes" if may_move else "no"}, progress=progress
    )


def sql_in_task(
    deployed: Deployed,
    archive: bytes,
    script: str,
    environment: Mapping[str, str],
    *,
    progress: Progress,
) -> Applied:
    """Let a script of the shell run on the files of an archive, in one task beside the database.

    Raises UserError where it never ran, and when AWS refuses.
    """
    started = datetime.now(UTC)
    network = network_of(
        deployed, DATABASE_TASK, remedy="deploy the stage first, in phase foundation or full"
    )
    with waiting_in_the_bucket(deployed, archive, name="database-apply.tar.gz") as link:
        progress("starting the task that runs SQL")
        task = OneOff(
            container=DATABASE_TASK,
            task_definition=deployed.names.service(DATABASE_TASK),
            network=network,
            command=[script],
            environment={
                "BUNDLE_URL": link,
                "BUNDLE_SHA256": hashlib.sha256(archive).hexdigest(),
                "PGCONNECT_TIMEOUT": "30",
                **environment,
            },
        )
        ended = run_task(deployed, task, progress)
    if ended.exit_code is None:
        raise UserError(
            f"task {ended.task_id} ran no SQL ({ended.reason}): python -m ops doctor may say why"
        )
    ran = ended.reason != _NOTHING_RUNS
    log = _log(deployed, ended, started) if ran else ()
    return Applied(
        task_id=ended.task_id,
        exit_code=ended.exit_code,
        log=log,
        said=tuple(line.removeprefix(SAYS) for line in log if line.startswith(SAYS)),
        ran=ran,
    )


def _log(deployed: Deployed, ended: Ended, started: datetime) -> tuple[str, ...]:
    """Return what the task wrote, once its log is no longer growing."""
    lines: tuple[str, ...] = ()
    for _ in range(_LOG_TRIES):
        before = lines
        lines = tuple(
            line.message.rstrip()
            for line in read_log(deployed, DATABASE_TASK, start=started, follow=False)
            if line.stream.endswith(ended.task_id) and line.stream.startswith(DATABASE_TASK)
        )
        if lines and lines == before:
            break
        time.sleep(_LOG_SECONDS)
    return lines
