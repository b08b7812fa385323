"""What moto 5.2 leaves out and this platform meets. Each gap names how it shows."""

import json
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.responses import ActionResult
from moto.ecs.responses import EC2ContainerServiceResponse

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


def fill_gaps() -> None:
    """Patch moto's classes, once per process."""
    _keep_what_create_service_asks_for()
    _list_tags_of_scalable_targets()


def _keep_what_create_service_asks_for() -> None:
    create_service = EC2ContainerServiceResponse.create_service

    def complete(self: EC2ContainerServiceResponse) -> ActionResult:
        answer = create_service(self)
        service: Any = answer.result["service"]
        for member, attribute in _SERVICE_REQUEST_MEMBERS.items():
            value = self._get_param(member)
            if value is not None:
                setattr(service, attribute, value)
        if self._get_param("capacityProviderStrategy"):
            service.launch_type = None  # AWS returns the one or the other
        return answer

    EC2ContainerServiceResponse.create_service = complete  # type: ignore[method-assign]  # the patch


def _list_tags_of_scalable_targets() -> None:
    """Without this call the provider retries 25 times, and a deploy seems to hang."""
    tags_by_arn: dict[str, dict[str, str]] = {}
    register = ApplicationAutoScalingResponse.register_scalable_target

    def register_with_tags(self: ApplicationAutoScalingResponse) -> str:
        answer = register(self)
        arn = json.loads(answer).get("ScalableTargetARN")
        if arn:
            tags_by_arn.setdefault(arn, {}).update(self._get_param("Tags") or {})
        return answer

    def list_tags_for_resource(self: ApplicationAutoScalingResponse) -> str:
        return json.dumps({"Tags": tags_by_arn.get(self._get_param("ResourceARN"), {})})

    def tag_resource(self: ApplicationAutoScalingResponse) -> str:
        tags_by_arn.setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags"))
        return "{}"

    def untag_resource(self: ApplicationAutoScalingResponse) -> str:
        for key in self._get_param("TagKeys"):
            tags_by_arn.get(self._get_param("ResourceARN"), {}).pop(key, None)
        return "{}"

    ApplicationAutoScalingResponse.register_scalable_target = register_with_tags  # type: ignore[method-assign]  # the patch
    for call in (list_tags_for_resource, tag_resource, untag_resource):
        setattr(ApplicationAutoScalingResponse, call.__name__, call)
