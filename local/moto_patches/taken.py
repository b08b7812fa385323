"""What AWS refuses and moto does: it gives a name a second time, and deletes what an instance uses."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.rds.exceptions import RDSClientError
from moto.rds.models import RDSBackend
from moto.scheduler.exceptions import ScheduleExists
from moto.scheduler.models import EventBridgeSchedulerBackend
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend
from moto.wafv2.models import WAFV2Backend


def refuse_taken_names() -> None:
    """Patch moto's backends, once per process; the errors are those of each call's page at AWS.

    An instance whose group is gone can no longer be described.
    """
    _refuse(RDSBackend, "create_subnet_group", _taken_subnet_group)
    _refuse(RDSBackend, "delete_subnet_group", _used_subnet_group)
    _refuse(RDSBackend, "delete_db_parameter_group", _used_parameter_group)
    _refuse(WAFV2Backend, "create_ip_set", _taken_ip_set)
    _refuse(EventBridgeSchedulerBackend, "create_schedule_group", _taken_schedule_group)
    _refuse(EC2ContainerServiceBackend, "create_service", _taken_service)
    _refuse(SNSBackend, "create_topic", _other_tags)


def _refuse(backend: type[Any], method: str, refusal: Callable[..., Exception | None]) -> None:
    create = getattr(backend, method)

    @wraps(create)
    def create_once(self: Any, *asked: Any, **named: Any) -> Any:
        error = refusal(self, *asked, **named)
        if error:
            raise error
        return create(self, *asked, **named)

    setattr(backend, method, create_once)


def _taken_subnet_group(
    backend: RDSBackend, subnet_name: str, *_: Any, **__: Any
) -> Exception | None:
    if subnet_name not in backend.subnet_groups:
        return None
    return RDSClientError(
        "DBSubnetGroupAlreadyExists", f"The DB subnet group '{subnet_name}' already exists."
    )


def _used_subnet_group(backend: RDSBackend, subnet_name: str) -> Exception | None:
    for each in backend.databases.values():
        if each.db_subnet_group and each.db_subnet_group.name == subnet_name:
            return RDSClientError(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{subnet_name}' because at least one database instance: "
                f"{each.db_instance_identifier} is still using it.",
            )
    return None


def _used_parameter_group(backend: RDSBackend, db_parameter_group_name: str) -> Exception | None:
    users = (each.db_parameter_group_name for each in backend.databases.values())
    if db_parameter_group_name not in users:
        return None
    return RDSClientError(
        "InvalidDBParameterGroupState",
        "One or more database instances are still members of this parameter group "
        f"{db_parameter_group_name}, so the group cannot be deleted",
    )


def _taken_ip_set(
    backend: WAFV2Backend, name: str, scope: str, *_: Any, **__: Any
) -> Exception | None:
    taken = any(each.name == name and each.scope == scope for each in backend.ip_sets.values())
    if not taken:
        return None
    # Moto's own has another code than AWS's.
    return JsonRESTError(
        "WAFDuplicateItemException",
        "AWS WAF could not perform the operation because some resource in your request is a duplicate of an "
        "existing one.",
    )


def _taken_schedule_group(
    backend: EventBridgeSchedulerBackend, name: str, *_: Any, **__: Any
) -> Exception | None:
    return ScheduleExists(name) if name in backend.schedule_groups else None


def _taken_service(
    backend: EC2ContainerServiceBackend, cluster_str: str, service_name: str, *_: Any, **__: Any
) -> Exception | None:
    cluster = cluster_str.rpartition("/")[2]
    service = backend.services.get(f"{cluster}:{service_name}")
    if service is None or service.status != "ACTIVE":
        return None
    return InvalidParameterException("Creation of service was not idempotent.")


def _other_tags(
    backend: SNSBackend,
    name: str,
    attributes: dict[str, str] | None = None,  # noqa: ARG001  # AWS calls its own create with it
    tags: dict[str, str] | None = None,
) -> Exception | None:
    there = next((each for each in backend.topics.values() if each.name == name), None)
    if there is None or there._tags == (tags or {}):
        return None
    return SNSInvalidParameter(
        "Invalid parameter: Tags Reason: Topic already exists with different tags"
    )
