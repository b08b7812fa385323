"""A way for this machine's own clients to the database: a task that is there for it alone, and a port here.

ECS runs the task, Session Manager forwards a local port through it, and both end with the block.
"""

import contextlib
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Final

from common.errors import UserError
from common.progress import Progress
from modules.settings.services import DATABASE_TUNNEL
from ops.deployed import Deployed
from ops.tasks.one_off import OneOff, Running, stop_task, task_running, task_state
from ops.tasks.sessions import plugin_call, target_of
from ops.tasks.standalone import network_of

_DOCUMENT: Final = "AWS-StartPortForwardingSessionToRemoteHost"
_AGENT: Final = "ExecuteCommandAgent"
# What the plugin writes when it listens.
_LISTENS: Final = "Waiting for connections"
_POLL_SECONDS: Final = 2
_TASK_SECONDS, _PLUGIN_SECONDS, _END_SECONDS = 300, 60, 5
# Nobody's session lasts longer; the task ends by itself then, whoever has gone.
_LONGEST_SECONDS: Final = 8 * 3600


@dataclass(frozen=True, kw_only=True)
class Tunnel:
    """A local port that leads to the database as long as the block lasts."""

    port: int
    running: Running
    plugin: "subprocess.Popen[str]"

    @property
    def is_open(self) -> bool:
        """Whether the session still lasts: Session Manager ends it after 20 minutes without a word."""
        return self.plugin.poll() is None


@contextmanager
def tunnel_to(
    deployed: Deployed, host: str, port: int, *, local_port: int | None, progress: Progress
) -> Iterator[Tunnel]:
    """Open a tunnel to `host` and `port` for a block; whatever ends it stops the task, Ctrl-C too, and twice.

    Raises UserError where the stage has no task for it, where that does not start, and when AWS refuses.
    """
    network = network_of(
        deployed,
        DATABASE_TUNNEL,
        remedy=f"add connect_enabled = true to [database] of {deployed.workspace.stage_path} and deploy it",
    )
    here = local_port or _free_port()
    _check_is_free(here)
    progress("starting the task that the tunnel goes through")
    task = OneOff(
        container=DATABASE_TUNNEL,
        task_definition=deployed.names.service(DATABASE_TUNNEL),
        network=network,
        command=[str(_LONGEST_SECONDS)],
        with_exec=True,
    )
    with task_running(deployed, task) as running:
        runtime_id = _ready(deployed, running, progress)
        request = {
            "Target": target_of(deployed, running.id, runtime_id),
            "DocumentName": _DOCUMENT,
            "Parameters": {
                "host": [host],
                "portNumber": [str(port)],
                "localPortNumber": [str(here)],
            },
        }
        session = deployed.ask("ssm", "StartSession", **request)
        progress("opening the tunnel")
        call = plugin_call(deployed, session, request)
        plugin = subprocess.Popen(
            call.command,
            env=call.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Of its own group: Ctrl-C in psql ends a query, not the tunnel.
            start_new_session=True,
        )
        try:
            _wait_until_it_listens(plugin, running)
            yield Tunnel(port=here, running=running, plugin=plugin)
        finally:
            _end(plugin)
            with contextlib.suppress(UserError):  # the plugin has said so already
                deployed.ask("ssm", "TerminateSession", SessionId=session["SessionId"])
        stop_task(deployed, running.task)


def _ready(deployed: Deployed, running: Running, progress: Progress) -> str:
    """Return the container's runtime id, once its agent takes sessions."""
    said = ""
    for _ in range(_TASK_SECONDS // _POLL_SECONDS):
        state = task_state(deployed, running.task)
        container: Mapping[str, Any] = next(
            (each for each in state["containers"] if each["name"] == DATABASE_TUNNEL), {}
        )
        if state["lastStatus"] == "STOPPED":
            reason = container.get("reason") or state.get("stoppedReason") or "no reason given"
            raise UserError(
                f"task {running.id} did not start ({reason}): `python -m ops doctor --stage "
                f"{deployed.settings.stage}` may say why"
            )
        agents = {
            each["name"]: each.get("lastStatus") for each in container.get("managedAgents", ())
        }
        if agents.get(_AGENT) == "RUNNING" and container.get("runtimeId"):
            return str(container["runtimeId"])
        if state["lastStatus"] != said:
            said = state["lastStatus"]
            progress(f"task {running.id}: {said.lower()}")
        running.rest(_POLL_SECONDS)
    raise UserError(
        f"task {running.id} took no session within {_TASK_SECONDS // 60} minutes and was stopped: let the "
        "tasks reach Session Manager (network.nat), and run the same command again"
    )


def _wait_until_it_listens(plugin: "subprocess.Popen[str]", running: Running) -> None:
    """Read on for ever: a pipe that is full would stop the plugin."""
    lines: list[str] = []
    listens = threading.Event()
    assert plugin.stdout is not None  # noqa: S101  # PIPE was asked for
    reader = threading.Thread(target=_read, args=(plugin.stdout, lines, listens), daemon=True)
    reader.start()
    for _ in range(_PLUGIN_SECONDS * 5):
        if listens.is_set():
            return
        if plugin.poll() is not None:
            reader.join(_END_SECONDS)  # what it said last may be on its way
            break
        running.rest(0.2)
    last = next((line for line in reversed(lines) if line), "no word")
    raise UserError(
        f"Session Manager's plugin opened no tunnel ({last}): update the plugin, and run the same command "
        "again"
    )


def _read(stream: IO[str], lines: list[str], listens: threading.Event) -> None:
    with stream:
        for line in stream:
            lines[:] = [*lines[-20:], line.strip()]
            if _LISTENS in line:
                listens.set()


def _end(plugin: "subprocess.Popen[str]") -> None:
    plugin.send_signal(signal.SIGINT)
    try:
        plugin.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        plugin.kill()
        plugin.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _check_is_free(port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise UserError(
                f"--port {port}: cannot be listened on here ({error.strerror}): name another one"
            ) from None
