"""Session Manager's plugin: found on PATH, and given what its published source reads.

https://github.com/aws/session-manager-plugin/blob/mainline/src/sessionmanagerplugin/session/session.go: the
session that was opened, the region, the operation, the profile, the request and the endpoint of SSM.
"""

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from aws.client import client_of
from common.errors import UserError
from ops.deployed import Deployed

PLUGIN: Final = "session-manager-plugin"
_HOW: Final = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html"
)
# Newer ones take the session, whose token opens it, out of this variable: arguments are for everybody on the
# machine to see. https://github.com/aws/aws-cli/blob/develop/awscli/customizations/sessionmanager.py
_VARIABLE: Final = "AWS_SSM_START_SESSION_RESPONSE"
_LAST_WITHOUT_VARIABLE: Final = (1, 2, 497, 0)
_VERSION: Final = re.compile(r"\d+(\.\d+){0,3}")


@dataclass(frozen=True, kw_only=True)
class PluginCall:
    """The plugin's command line and environment."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


def check_plugin() -> None:
    """Raise UserError where the plugin is not on PATH."""
    if shutil.which(PLUGIN) is None:
        raise UserError(
            f"{PLUGIN} is not on PATH, and it is what carries a session: install it, as in `brew install "
            f"--cask {PLUGIN}` or by {_HOW}, then run the same command again"
        )


def target_of(deployed: Deployed, task_id: str, runtime_id: str) -> str:
    """Return how Session Manager names a container of a task."""
    return f"ecs:{deployed.names.cluster}_{task_id}_{runtime_id}"


def plugin_call(
    deployed: Deployed, session: Mapping[str, Any], request: Mapping[str, Any]
) -> PluginCall:
    """Return how the plugin is called for a session that was opened by this request."""
    opened = json.dumps(
        {
            "SessionId": session.get("SessionId") or session["sessionId"],
            "TokenValue": session.get("TokenValue") or session["tokenValue"],
            "StreamUrl": session.get("StreamUrl") or session["streamUrl"],
        }
    )
    environment = deployed.workspace.process_environment()
    if _takes_variable():
        environment, opened = {**environment, _VARIABLE: opened}, _VARIABLE
    return PluginCall(
        command=(
            PLUGIN,
            opened,
            deployed.settings.region,
            "StartSession",
            environment.get("AWS_PROFILE", ""),
            json.dumps(request),
            client_of(deployed.clients, "ssm").meta.endpoint_url,
        ),
        environment=environment,
    )


@contextmanager
def left_to_the_child() -> Iterator[None]:
    """Leave Ctrl-C to the program in the foreground, which gets it too: it may mean a query, or a line."""
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _takes_variable() -> bool:
    finished = subprocess.run(
        [PLUGIN, "--version"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    said = finished.stdout.strip()
    if not _VERSION.fullmatch(said):
        return False
    numbers = [*map(int, said.split(".")), 0, 0, 0]
    return tuple(numbers[:4]) > _LAST_WITHOUT_VARIABLE
