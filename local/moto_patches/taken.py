"""What AWS refuses and moto does: it gives a name a second time, and deletes what an instance uses.

The errors are those of each call's page at AWS.
"""

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

from local.moto_patches.patching import before


@before(RDSBackend)
def _create_subnet_group(self: RDSBackend, subnet_name: str, *_: Any, **__: Any) -> None:
    if subnet_name in self.subnet_groups:
        raise RDSClientError(
            "DBSubnetGroupAlreadyExists", f"The DB subnet group '{subnet_name}' already exists."
        )


@before(RDSBackend)
def _delete_subnet_group(self: RDSBackend, subnet_name: str) -> None:
    """Keep it: an instance whose group is gone can no longer be described."""
    for each in self.databases.values():
        if each.db_subnet_group and each.db_subnet_group.name == subnet_name:
            raise RDSClientError(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{subnet_name}' because at least one database instance: "
                f"{each.db_instance_identifier} is still using it.",
            )


@before(RDSBackend)
def _delete_db_parameter_group(self: RDSBackend, db_parameter_group_name: str) -> None:
    if any(
        each.db_parameter_group_name == db_parameter_group_name for each in self.databases.values()
    ):
        raise RDSClientError(
            "InvalidDBParameterGroupState",
            "One or more database instances are still members of this parameter group "
            f"{db_parameter_group_name}, so the group cannot be deleted",
        )


@before(WAFV2Backend)
def _create_ip_set(self: WAFV2Backend, name: str, scope: str, *_: Any, **__: Any) -> None:
    """Moto's own refusal has another code than AWS's."""
    if any(each.name == name and each.scope == scope for each in self.ip_sets.values()):
        raise JsonRESTError(
            "WAFDuplicateItemException",
            "AWS WAF could not perform the operation because some resource in your request is a duplicate of "
            "an existing one.",
        )


@before(EventBridgeSchedulerBackend)
def _create_schedule_group(
    self: EventBridgeSchedulerBackend, name: str, *_: Any, **__: Any
) -> None:
    if name in self.schedule_groups:
        raise ScheduleExists(name)


@before(EC2ContainerServiceBackend)
def _create_service(
    self: EC2ContainerServiceBackend, cluster_str: str, service_name: str, *_: Any, **__: Any
) -> None:
    service = self.services.get(f"{cluster_str.rpartition('/')[2]}:{service_name}")
    if service is not None and service.status == "ACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")


@before(SNSBackend)
def _create_topic(
    self: SNSBackend,
    name: str,
    attributes: dict[str, str] | None = None,  # noqa: ARG001  # AWS calls its own create with it
    tags: dict[str, str] | None = None,
) -> None:
    there = next((each for each in self.topics.values() if each.name == name), None)
    if there is not None and there._tags != (tags or {}):
        raise SNSInvalidParameter(
            "Invalid parameter: Tags Reason: Topic already exists with different tags"
        )
