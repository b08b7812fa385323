"""What moto 5.2 leaves out of ECS."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import (
    Cluster,
    Container,
    EC2ContainerServiceBackend,
    Service,
    Task,
    TaskDefinition,
)
from moto.ecs.responses import EC2ContainerServiceResponse

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


def fill_ecs_gaps() -> None:
    """Patch moto's classes, once per process."""
    _give_back_a_cluster_that_is_there()
    _keep_what_create_service_asks_for()
    _run_tasks_whose_containers_share_the_memory()
    _say_that_no_container_runs()
    _tell_what_an_update_deploys()
    _list_no_service_that_is_gone()


def _give_back_a_cluster_that_is_there() -> None:
    """Moto puts a new one in its place, without the capacity providers that it was given."""
    create_cluster = EC2ContainerServiceBackend.create_cluster

    def create(
        self: EC2ContainerServiceBackend, cluster_name: str, *args: Any, **kwargs: Any
    ) -> Cluster:
        there = self.clusters.get(cluster_name)
        if there is not None and there.status == "ACTIVE":
            return there
        return create_cluster(self, cluster_name, *args, **kwargs)

    EC2ContainerServiceBackend.create_cluster = create  # type: ignore[method-assign]  # the patch


def _list_no_service_that_is_gone() -> None:
    """Leave out services that are deleted: ECS describes them for a while, and lists them no more."""
    list_services = EC2ContainerServiceBackend.list_services

    def there(self: EC2ContainerServiceBackend, *args: Any, **kwargs: Any) -> list[str]:
        gone = {each.arn for each in self.services.values() if each.status == "INACTIVE"}
        return [arn for arn in list_services(self, *args, **kwargs) if arn not in gone]

    EC2ContainerServiceBackend.list_services = there  # type: ignore[method-assign]  # the patch


def _keep_what_create_service_asks_for() -> None:
    create_service = EC2ContainerServiceResponse.create_service

    def complete(self: EC2ContainerServiceResponse) -> ActionResult:
        answer = create_service(self)
        result: Any = answer.result
        service = result["service"]
        for member, attribute in _SERVICE_REQUEST_MEMBERS.items():
            value = self._get_param(member)
            if value is not None:
                setattr(service, attribute, value)
        if self._get_param("capacityProviderStrategy"):
            service.launch_type = None  # AWS returns the one or the other
        return answer

    EC2ContainerServiceResponse.create_service = complete  # type: ignore[method-assign]  # the patch


def _run_tasks_whose_containers_share_the_memory() -> None:
    """Moto adds up what each container reserves, and stumbles over one that reserves nothing."""
    add_up = EC2ContainerServiceBackend._calculate_task_resource_requirements  # no other door

    def of_what_is_reserved(definition: TaskDefinition) -> dict[str, Any]:
        if "FARGATE" in (definition.requires_compatibilities or []):
            return {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}
        return add_up(definition)

    setattr(  # noqa: B010  # mypy knows no assignment of a static method
        EC2ContainerServiceBackend,
        "_calculate_task_resource_requirements",
        staticmethod(of_what_is_reserved),
    )


def _say_that_no_container_runs() -> None:
    """Moto's tasks stop with exit code 0, as if their work were done.

    That of the task which runs SQL stays: a stage goes on after it, and the command says that none was run.
    """
    make_task, make_container = Task.__init__, Container.__init__

    def task(self: Task, *arguments: Any, **named: Any) -> None:
        make_task(self, *arguments, **named)
        self.stopped_reason = "the embedded AWS runs no container"

    def container(self: Container, *arguments: Any, **named: Any) -> None:
        make_container(self, *arguments, **named)
        if self.name != DATABASE_TASK:
            del self.exitCode

    Task.__init__ = task  # type: ignore[method-assign]  # the patch
    Container.__init__ = container  # type: ignore[method-assign]  # the patch


def _tell_what_an_update_deploys() -> None:
    """Moto's deployment of a service goes on telling the revision that the service was made with."""
    update_service = EC2ContainerServiceBackend.update_service

    def update(self: EC2ContainerServiceBackend, service_properties: dict[str, Any]) -> Service:
        service = update_service(self, service_properties)
        for deployment in service.deployments[:1]:
            deployment["taskDefinition"] = service.task_definition
        return service

    EC2ContainerServiceBackend.update_service = update  # type: ignore[method-assign]  # the patch
