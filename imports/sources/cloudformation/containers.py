"""Which service a task definition is of, and which of its containers is the service's own."""

import re
from collections.abc import Mapping
from typing import Any, Final

from imports.sources.cloudformation.owners_stack import OwnersRow
from imports.sources.cloudformation.references import texts

_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CONTAINER: Final = "Container"
_FAMILY: Final = re.compile(r"^(?:.*-)?(?P<name>[a-z][a-z-]*?)(?:-fargate)?$")


def kebab(name: str) -> str:
    """Return `PythonAgent` as `python-agent`."""
    return _WORD.sub("-", name).lower()


def names_of_task(row: OwnersRow) -> list[str]:
    """Return what its containers and its family call a task definition's service, the surer first."""
    family = _FAMILY.match("".join(texts(row.properties.get("Family"))).lower())
    return [
        *(
            kebab(name.removesuffix(_CONTAINER))
            for name in map(_name, _containers(row))
            if name.endswith(_CONTAINER)
        ),
        *([family["name"]] if family else []),
    ]


def own_container(row: OwnersRow, service: str | None) -> Mapping[str, Any]:
    """Return the container of a task definition that bears its service's name; empty for none.

    A collector of traces or a proxy may run beside it, with a log group and ports of its own.
    """
    for container in _containers(row):
        name = _name(container).removesuffix(_CONTAINER).lower()
        if service is not None and name == service.replace("-", ""):
            return container
    return {}


def ports(container: Mapping[str, Any]) -> list[Any]:
    """Return the ports that a container listens on."""
    told = container.get("PortMappings")
    mappings = told if isinstance(told, list) else []
    return [each.get("ContainerPort") for each in mappings if isinstance(each, dict)]


def _containers(row: OwnersRow) -> list[Mapping[str, Any]]:
    told = row.properties.get("ContainerDefinitions")
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def _name(container: Mapping[str, Any]) -> str:
    return str(container.get("Name", ""))
