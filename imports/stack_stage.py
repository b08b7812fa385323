"""What a stage file says beside the base's settings where the old owner is a CloudFormation stack.

Services run as they did: their images, sizes, numbers and capacity, the edge, and where the vectors lie.
"""

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any, Final

from aws.client import Clients, ask
from imports.sources.cloudformation.owners_stack import OwnersStack
from modules.settings.services import SERVICES, Service
from modules.settings.setting_types import LOG_RETENTION_DAYS, PINNED_IMAGE
from modules.settings.stage_settings import Logs

Found = Mapping[str, Mapping[str, Any]]

# Any answer but an error: of the old tasks and of the new ones, which may have another page for it.
_ANY_ANSWER: Final = "200-499"


def stack_settings(observed: Found, stack: OwnersStack, clients: Clients) -> dict[str, Any]:
    """Return the settings that the stack's objects tell. Raises UserError where AWS refuses to tell."""
    # A parameter of Systems Manager's has its name for a value.
    parameters = {
        each["ParameterKey"]: each.get("ResolvedValue", each["ParameterValue"])
        for each in stack.facts.get("Parameters", ())
    }
    certificate = observed.get("aws_lb_listener.https", {}).get("certificate_arn")
    email = observed.get("aws_sns_topic_subscription.operator", {}).get("endpoint")
    tasks = {
        service.name: ask(
            clients, "ecs", "DescribeTaskDefinition", taskDefinition=found["task_definition"]
        )["taskDefinition"]
        for service in SERVICES
        if (found := observed.get(_at("aws_ecs_service", service))) and "task_definition" in found
    }
    services = {
        service.name: table
        for service in SERVICES
        if service.name in tasks and (table := _service(service, observed, tasks[service.name]))
    }
    services |= {name: {"enabled": False} for name in _left_out(tasks.keys())}
    return {
        **_said("domain_name", parameters.get("DomainName")),
        **_said("certificate_arn", certificate),
        **_said("operator_email", email or parameters.get("OperatorEmail")),
        "network": _network(observed),
        # A redirect would lead to an HTTPS that nobody has used yet.
        **(
            {"load_balancer": {"http": "forward"}}
            if "aws_lb_listener.http" in observed and not certificate
            else {}
        ),
        **_logs(observed),
        **_vectors(observed, tasks),
        **({"services": services} if services else {}),
    }


def _left_out(found: Set[str]) -> list[str]:
    """Return the services that the stack does not have, but for those that its services call or wait for."""
    needed, waiting = set(found), [service for service in SERVICES if service.name in found]
    while waiting and found:
        service = waiting.pop()
        awaited = (service.wait_for_url or "").removeprefix("http://").partition(".")[0]
        for other in SERVICES:
            if other.name in (*service.calls, awaited) and other.name not in needed:
                needed.add(other.name)
                waiting.append(other)
    return [service.name for service in SERVICES if found and service.name not in needed]


def _said(name: str, value: object) -> dict[str, object]:
    return {name: value} if value else {}


def _at(type_: str, service: Service) -> str:
    return f"{type_}.{service.name.replace('-', '_')}"


def _network(observed: Found) -> dict[str, Any]:
    zones = sum(address.startswith("aws_subnet.public_") for address in observed)
    gateways = sum(address.startswith("aws_nat_gateway.") for address in observed)
    vpc = str(observed["aws_vpc.main"]["cidr_block"]).partition("/")[2]
    subnet = str(observed["aws_subnet.public_0"]["cidr_block"]).partition("/")[2]
    return {
        "nat": "none" if not gateways else "per-az" if gateways == zones else "single",
        "subnet_newbits": int(subnet) - int(vpc),
    }


def _logs(observed: Found) -> dict[str, Any]:
    """Keep every log as long as until now: what is older than a group is told, CloudWatch deletes."""
    found = [
        int(attributes.get("retention_in_days") or LOG_RETENTION_DAYS[-1])
        for address, attributes in observed.items()
        if address.startswith("aws_cloudwatch_log_group.")
    ]
    longest = max(found, default=0)
    return {"logs": {"retention_days": longest}} if longest > Logs().retention_days else {}


def _vectors(observed: Found, tasks: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Say where the vectors lie: a task that mounts no access point sees the file system's root."""
    file_system = "aws_efs_file_system.lancedb"
    if file_system not in observed:
        return {}
    is_root = any(map(_mounts_root, tasks.values()))
    return {"file_storage": {"mount": "root"}} if is_root else {}


def _mounts_root(task: Mapping[str, Any]) -> bool:
    mounts = [
        volume["efsVolumeConfiguration"]
        for volume in task.get("volumes", ())
        if volume.get("efsVolumeConfiguration")
    ]
    through = [each.get("authorizationConfig", {}).get("accessPointId") for each in mounts]
    return bool(mounts) and not any(through)


def _service(service: Service, observed: Found, task: Mapping[str, Any]) -> dict[str, Any]:
    found = observed[_at("aws_ecs_service", service)]
    table: dict[str, Any] = _image(service, task["containerDefinitions"])
    if _mounts_root(task):
        # Without an access point that says otherwise, files belong to the container's user: root's until now.
        users = [str(each.get("user") or "0:0") for each in task["containerDefinitions"]]
        table["user"] = users[0]
    # The platform's own sizes take what runs beside the container into account.
    for name, member in (("cpu_units", "cpu"), ("memory_mib", "memory")):
        size = int(task.get(member) or 0)
        if size > getattr(service, name):
            table[name] = size
    scaled = observed.get(_at("aws_appautoscaling_target", service), {})
    least = int(scaled.get("min_capacity", found.get("desired_count", 0)))
    most = max(int(scaled.get("max_capacity", least)), least)
    table |= {
        name: value
        for name, value in (("min_tasks", least), ("max_tasks", most))
        if value != getattr(service, name)
    }
    if (capacity := _capacity(found)) != service.capacity:
        table["capacity"] = capacity
    checked = observed.get(_at("aws_lb_target_group", service), {}).get("health_check") or [{}]
    is_as_ours = (checked[0].get("path"), checked[0].get("matcher")) == (
        service.routed_health_path,
        service.health_matcher,
    )
    if service.routed and checked[0] and not is_as_ours:
        table["health_matcher"] = _ANY_ANSWER
    return table


def _image(service: Service, containers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    images = [str(each["image"]) for each in containers]
    if service.has_own_image:
        tags = [image.rpartition(":")[2] for image in images if ".dkr.ecr." in image]
        return {"image_tag": tags[0]} if tags and tags[0] != service.image_tag else {}
    name = service.image.partition(":")[0]
    ours = [
        image
        for image in images
        if image.partition(":")[0] == name and re.fullmatch(PINNED_IMAGE, image)
    ]
    return {"image": ours[0]} if ours and ours[0] != service.image else {}


def _capacity(found: Mapping[str, Any]) -> str:
    used = {
        each["capacity_provider"]
        for each in found.get("capacity_provider_strategy") or ()
        if each.get("weight") or each.get("base")
    }
    if "FARGATE_SPOT" not in used:
        return "on-demand"
    return "spot-with-fallback" if "FARGATE" in used else "spot-only"
