"""What ECS asks of task definitions and services, where AWS's models do not say so."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from local.validation.account import Account
from modules.settings.fargate_sizes import FARGATE_MEMORY_MIB

Params = dict[str, Any]

_UNITS = re.compile(r"(?P<number>\d+|\d*\.\d+)\s*(?P<unit>vcpu|gb|)", re.IGNORECASE)
_SECRET_ARN = re.compile(
    r"(?P<secret>arn:[\w-]+:secretsmanager:[\w-]+:\d+:secret:[^:]+)(?::(?P<key>[^:]*):[^:]*:[^:]*)?"
)
_OWN_REGISTRY = re.compile(
    r"(?P<owner>\d{12})\.dkr\.ecr\.(?P<region>[\w-]+)\.amazonaws\.com(?:\.cn)?/(?P<name>[^:@]+)"
)


def _amount(text: str | None) -> int | None:
    """CPU units or MiB of what a request says: `256`, `.25 vCPU`, `1 GB`."""
    found = _UNITS.fullmatch((text or "").strip())
    if found is None:
        return None
    factor = 1024 if found["unit"] else 1
    return int(float(found["number"]) * factor)


def task_definition(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html."""
    containers = params.get("containerDefinitions", [])
    names = [container.get("name") for container in containers]
    found = [
        f"containerDefinitions: the name {name!r} is given twice"
        for name in sorted({name for name in names if names.count(name) > 1 and name})
    ]
    if not any(container.get("essential", True) for container in containers):
        found.append("containerDefinitions: at least one container has to be essential")
    for container in containers:
        found += [
            f"containerDefinitions[{container.get('name')}].{member}: is required"
            for member in ("name", "image")
            if not container.get(member)
        ]
    if "FARGATE" in params.get("requiresCompatibilities", []):
        found += _fargate(params, containers)
    return found


def _fargate(params: Params, containers: Sequence[Mapping[str, Any]]) -> list[str]:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html."""
    found = []
    if params.get("networkMode") != "awsvpc":
        found.append(f"networkMode = {params.get('networkMode')!r}: allowed with FARGATE: awsvpc")
    cpu, memory = _amount(params.get("cpu")), _amount(params.get("memory"))
    if cpu is None or cpu not in FARGATE_MEMORY_MIB:
        allowed = ", ".join(map(str, FARGATE_MEMORY_MIB))
        return [*found, f"cpu = {params.get('cpu')!r}: allowed with FARGATE: one of {allowed}"]
    if memory not in FARGATE_MEMORY_MIB[cpu]:
        allowed = ", ".join(map(str, FARGATE_MEMORY_MIB[cpu]))
        found.append(
            f"memory = {params.get('memory')!r}: allowed with FARGATE and cpu {cpu}: one of {allowed}"
        )
    reserved = sum(container.get("memory", 0) for container in containers)
    if memory is not None and reserved > memory:
        found.append(f"containerDefinitions: ask for {reserved} MiB, the task has {memory}")
    if "executionRoleArn" not in params and any(
        container.get("secrets") for container in containers
    ):
        found.append("executionRoleArn: is required for containers with secrets")
    found += [
        f"containerDefinitions[{container.get('name')}].portMappings: hostPort {port['hostPort']} has to "
        f"be the containerPort {port.get('containerPort')}"
        for container in containers
        for port in container.get("portMappings", [])
        if port.get("hostPort") not in {None, 0, port.get("containerPort")}
    ]
    return found


def runnable(params: Params, account: Account) -> list[str]:
    """Return what keeps the tasks of a CreateService, UpdateService or RunTask from starting.

    AWS takes such a call and starts tasks that fail, again and again; a deploy that waits for nothing does
    not notice. The emulator runs no container, and so refuses the call:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html.
    A repository has to exist; whether it holds the image does not count, because images are pushed by other
    hands.
    """
    containers = account.containers(params.get("taskDefinition", ""))
    if containers is None:
        return []  # moto says so
    return [line for container in containers for line in _startable(container, account)]


def _startable(container: Mapping[str, Any], account: Account) -> list[str]:
    where = f"container {container.get('name')}"
    found = []
    own = _OWN_REGISTRY.fullmatch(
        str(container.get("image", "")).partition("@")[0].rsplit(":", 1)[0]
    )
    if own and not account.has_repository(own["name"], owner=own["owner"], region=own["region"]):
        found.append(f"{where}: image {container['image']}: there is no repository {own['name']}")
    for secret in container.get("secrets") or []:
        found += [
            f"{where}: secret {secret.get('name')}: {line}" for line in _readable(secret, account)
        ]
    return found


def _readable(secret: Mapping[str, Any], account: Account) -> list[str]:
    source = _SECRET_ARN.fullmatch(secret.get("valueFrom", ""))
    if source is None:
        return []  # a parameter of Systems Manager
    text = account.secret_text(source["secret"])
    if text is None:
        return [f"{source['secret']} does not exist"]
    if not text:
        return [f"{source['secret']} has no value"]
    key = source["key"]
    if not key:
        return []
    try:
        value = json.loads(text)
    except ValueError:
        return [f"{source['secret']} is no JSON, but its key {key} is asked for"]
    return (
        [] if isinstance(value, dict) and key in value else [f"{source['secret']} has no key {key}"]
    )
