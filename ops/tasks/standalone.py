"""A task that no service stands beside: where it runs is on its labels."""

from collections.abc import Mapping
from typing import Any

from common.errors import UserError
from modules.settings.services import TASK_GROUPS, TASK_PUBLIC, TASK_SUBNETS
from ops.deployed import Deployed

_NONE = frozenset({"ClientException"})


def network_of(deployed: Deployed, task: str, *, remedy: str) -> Mapping[str, Any]:
    """Return the subnets and groups of the newest revision of a task that the stage has beside its services.

    Raises UserError, which says the remedy, where the stage has no such task.
    """
    family = deployed.names.service(task)
    answer = deployed.ask_unless("ecs", "DescribeTaskDefinition", _NONE, taskDefinition=family)
    if answer is None:
        raise UserError(
            f"there is no task {family}: {remedy}: `cdktf deploy {deployed.settings.stack_name}`"
        )
    containers = answer["taskDefinition"]["containerDefinitions"]
    labels = next(each for each in containers if each["name"] == task)["dockerLabels"]
    return {
        "awsvpcConfiguration": {
            "subnets": labels[TASK_SUBNETS].split(","),
            "securityGroups": labels[TASK_GROUPS].split(","),
            "assignPublicIp": labels[TASK_PUBLIC],
        }
    }
