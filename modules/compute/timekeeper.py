"""Ends a job that takes too long: a container of the same task whose end ends all of it.

Neither ECS nor Scheduler ends a task after a time, and the job's image need not be able to. Where the job is
done first, ECS asks the timekeeper to end, and it does so without an error.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

TIMEKEEPER: Final = "timekeeper"
# What `timeout` of coreutils ends with.
TIMED_OUT: Final = 124


def with_timekeeper(
    definitions: Sequence[Mapping[str, Any]], *, seconds: int, image: str, log: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Let a task end after so many seconds, with an exit code that is an error."""
    first, *rest = definitions
    started = {
        **first,
        "dependsOn": [
            *first.get("dependsOn", []),
            {"containerName": TIMEKEEPER, "condition": "START"},
        ],
    }
    keeper = {
        "name": TIMEKEEPER,
        "image": image,
        "essential": True,
        "user": "65534:65534",
        "readonlyRootFilesystem": True,
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
        "entryPoint": ["sh", "-c"],
        "command": [
            f"trap 'kill $!; exit 0' TERM; sleep {seconds} & wait $!; "
            f"echo 'the job has run for {seconds} seconds, its timeout: it is ended'; exit {TIMED_OUT}"
        ],
        "logConfiguration": log,
    }
    return [started, *map(dict, rest), keeper]
