"""What moto leaves out of ECS."""

from typing import Any

from moto.ecs.models import (
    Container,
    EC2ContainerServiceBackend,
    Service,
    Task,
    TaskDefinition,
)
from moto.ecs.responses import EC2ContainerServiceResponse

from local.moto_patches.patching import Own, around
from modules.settings.services import DATABASE_TASK

# Requests of CreateService that moto drops. DescribeServices then lacks them, and each plan wants to set
# them again: for the capacity provider strategy by replacing the service.
_SERVICE_REQUEST_MEMBERS = {
    "capacityProviderStrategy": "capacity_provider_strategy",
    "deploymentConfiguration": "deployment_configuration",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
}


@around(EC2ContainerServiceBackend)
def _create_cluster(
    own: Own, self: EC2ContainerServiceBackend, cluster_name: str, *args: Any, **kwargs: Any
) -> Any:
    """Moto puts a new one in the place of one that is there, without its capacity providers."""
    there = self.clusters.get(cluster_name)
    if there is not None and there.status == "ACTIVE":
        return there
    return own(self, cluster_name, *args, **kwargs)


@around(EC2ContainerServiceBackend)
def _list_services(
    own: Own, self: EC2ContainerServiceBackend, *args: Any, **kwargs: Any
) -> list[str]:
    """Leave out services that are deleted: ECS describes them for a while, and lists them no more."""
    gone = {each.arn for each in self.services.values() if each.status == "INACTIVE"}
    return [arn for arn in own(self, *args, **kwargs) if arn not in gone]


@around(EC2ContainerServiceResponse)
def _create_service(own: Own, self: EC2ContainerServiceResponse) -> Any:
    """Keep what it asks for."""
    answer = own(self)
    service = answer.result["service"]
    for member, attribute in _SERVICE_REQUEST_MEMBERS.items():
        value = self._get_param(member)
        if value is not None:
            setattr(service, attribute, value)
    if self._get_param("capacityProviderStrategy"):
        service.launch_type = None  # AWS returns the one or the other
    return answer


@around(EC2ContainerServiceBackend, "_calculate_task_resource_requirements")
def _of_what_is_reserved(own: Own, definition: TaskDefinition) -> Any:
    """Moto adds up what each container reserves, and stumbles over one that reserves nothing."""
    if "FARGATE" in (definition.requires_compatibilities or []):
        return {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}
    return own(definition)


@around(Task, "__init__")
def _run_no_task(own: Own, self: Task, *arguments: Any, **named: Any) -> None:
    """Moto's tasks stop as if their work were done."""
    own(self, *arguments, **named)
    self.stopped_reason = "the embedded AWS runs no container"


@around(Container, "__init__")
def _run_no_container(own: Own, self: Container, *arguments: Any, **named: Any) -> None:
    """Moto's containers end with exit code 0.

    That of the task which runs SQL stays: a stage goes on after it, and the command says that none was run.
    """
    own(self, *arguments, **named)
    if self.name != DATABASE_TASK:
        del self.exitCode


@around(EC2ContainerServiceBackend)
def _update_service(
    own: Own, self: EC2ContainerServiceBackend, service_properties: dict[str, Any]
) -> Service:
    """Moto's deployment of a service goes on telling the revision that the service was made with."""
    service: Service = own(self, service_properties)
    for deployment in service.deployments[:1]:
        deployment["taskDefinition"] = service.task_definition
    return service
