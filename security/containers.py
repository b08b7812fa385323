"""What a container of a synthesized stage may do to itself and its host, which checkov cannot tell.

The definitions are JSON in a text, which checkov takes for passed without reading it (CKV_AWS_336).

| check | fails |
| --- | --- |
| CONTAINER_UNREAD | definitions that are no JSON, so that nothing can be said of them |
| CONTAINER_WRITABLE | a container that may write to its image's files: what breaks in can stay |
| CONTAINER_USER | a container that says no user, and so runs as its image's, mostly root |
| CONTAINER_CAPABILITIES | a container that keeps Linux capabilities |
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from security.exceptions import Failure
from terraform.stack import Stack

_ROOT: Final = frozenset({"", "0", "root"})
_DEFINITIONS: Final = "container_definitions"


def container_failures(stack: Stack, *, stage: str) -> list[Failure]:
    """Return what each container of each task may do that it need not."""
    return sorted(
        Failure(check=check, resource=task.address, stage=stage, what=what)
        for task in stack.of("aws_ecs_task_definition")
        for check, what in _failures(task.attributes.get(_DEFINITIONS))
    )


def _failures(text: object) -> Iterator[tuple[str, str]]:
    try:
        containers = json.loads(str(text))
        named = {str(each["name"]): each for each in containers}
    except (ValueError, TypeError, KeyError):
        yield "CONTAINER_UNREAD", _DEFINITIONS
        return
    for name, container in named.items():
        yield from ((check, name) for check in _of(container))


def _of(container: Mapping[str, Any]) -> Iterator[str]:
    if container.get("readonlyRootFilesystem") is not True:
        yield "CONTAINER_WRITABLE"
    if str(container.get("user") or "").partition(":")[0] in _ROOT:
        yield "CONTAINER_USER"
    capabilities = (container.get("linuxParameters") or {}).get("capabilities") or {}
    if "ALL" not in (capabilities.get("drop") or ()) or capabilities.get("add"):
        yield "CONTAINER_CAPABILITIES"
