"""Rows of ECS, ECR and scaling."""

import copy
from collections.abc import Mapping
from typing import Any, Final

from local.cloudformation.calls import Made, Request
from local.cloudformation.rows.row import Row, deleted_by, made_by, nothing


def _cluster(request: Request) -> Made:
    made = request.call(
        "ecs.create_cluster",
        {
            **request.properties,
            "clusterName": request.get("ClusterName") or request.generated_name(longest=255),
            "settings": request.get("ClusterSettings"),
            "tags": request.tag_list(),
        },
    )["cluster"]
    return Made(physical_id=made["clusterName"], attributes={"Arn": made["clusterArn"]})


def _task_definition(request: Request) -> Made:
    # A copy of all of it: what the row was made from is compared with the next template.
    given = copy.deepcopy(dict(request.properties))
    for volume in given.get("Volumes") or []:
        if "EFSVolumeConfiguration" in volume:
            # The one name that the two spell differently.
            found = dict(volume.pop("EFSVolumeConfiguration"))
            found["fileSystemId"] = found.pop("FilesystemId", found.get("FileSystemId"))
            volume["efsVolumeConfiguration"] = found
    family = given.get("Family") or request.generated_name(longest=255)
    made = request.call(
        "ecs.register_task_definition",
        {**given, "family": family, "tags": request.tag_list()},
    )["taskDefinition"]
    arn = made["taskDefinitionArn"]
    return Made(physical_id=arn, attributes={"TaskDefinitionArn": arn})


def _service(request: Request) -> Made:
    name = request.get("ServiceName") or request.generated_name(longest=255)
    made = request.call(
        "ecs.create_service",
        {
            "availabilityZoneRebalancing": "DISABLED",
            "DesiredCount": 1,
            **request.properties,
            "serviceName": name,
            "tags": request.tag_list(),
        },
    )["service"]
    return Made(
        physical_id=made["serviceArn"],
        attributes={"Name": made["serviceName"], "ServiceArn": made["serviceArn"]},
    )


def _update_service(request: Request, physical_id: str, before: Mapping[str, Any]) -> Made | None:
    fixed = ("ServiceName", "Cluster", "LaunchType", "SchedulingStrategy")
    if any(before.get(name) != request.get(name) for name in fixed):
        return None
    request.call("ecs.update_service", {**request.properties, "service": physical_id})
    return Made(
        physical_id=physical_id,
        attributes={"Name": physical_id.rpartition("/")[2], "ServiceArn": physical_id},
    )


def _read_service(request: Request, physical_id: str) -> Mapping[str, Any] | None:
    cluster = physical_id.split("/")[-2]
    found = request.call("ecs.describe_services", {"cluster": cluster, "services": [physical_id]})
    alive = [each for each in found["services"] if each["status"] == "ACTIVE"]
    return {"TaskDefinition": alive[0]["taskDefinition"]} if alive else None


def _delete_service(request: Request, physical_id: str) -> None:
    service = {"cluster": physical_id.split("/")[-2], "service": physical_id}
    request.call("ecs.update_service", {**service, "desiredCount": 0})
    request.call("ecs.delete_service", {**service, "force": True})


def _repository(request: Request) -> Made:
    name = request.get("RepositoryName") or request.generated_name(longest=256, lower=True)
    made = request.call(
        "ecr.create_repository",
        {**request.properties, "repositoryName": name, "tags": request.tag_list()},
    )["repository"]
    policy = request.get("RepositoryPolicyText")
    if policy:
        request.call("ecr.set_repository_policy", {"repositoryName": name, "policyText": policy})
    return Made(
        physical_id=name,
        attributes={"Arn": made["repositoryArn"], "RepositoryUri": made["repositoryUri"]},
    )


def _read_repository(request: Request, physical_id: str) -> Mapping[str, Any] | None:
    known = request.call("ecr.describe_repositories", {})["repositories"]
    return {} if any(each["repositoryName"] == physical_id for each in known) else None


def _delete_repository(request: Request, physical_id: str) -> None:
    force = bool(request.get("EmptyOnDelete"))
    request.call("ecr.delete_repository", {"repositoryName": physical_id, "force": force})


def _target(request: Request) -> Made:
    request.call("application-autoscaling.register_scalable_target", request.properties)
    parts = (request["ResourceId"], request["ScalableDimension"], request["ServiceNamespace"])
    return Made(physical_id="|".join(parts))


def _scaled(physical_id: str) -> dict[str, str]:
    resource, dimension, namespace = physical_id.split("|")
    return {
        "ResourceId": resource,
        "ScalableDimension": dimension,
        "ServiceNamespace": namespace,
    }


def _deregister_target(request: Request, physical_id: str) -> None:
    request.call("application-autoscaling.deregister_scalable_target", _scaled(physical_id))


def _policy(request: Request) -> Made:
    target = request.get("ScalingTargetId")
    made = request.call(
        "application-autoscaling.put_scaling_policy",
        {**request.properties, **(_scaled(target) if target else {})},
    )
    return Made(physical_id=made["PolicyARN"])


def _delete_policy(request: Request, _physical_id: str) -> None:
    target = request.get("ScalingTargetId")
    request.call(
        "application-autoscaling.delete_scaling_policy",
        {**request.properties, **(_scaled(target) if target else {})},
    )


ROWS: Final[Mapping[str, Row]] = {
    "AWS::ECS::Cluster": Row(
        create=_cluster,
        delete=deleted_by("ecs.delete_cluster", "cluster"),
        identifiers=("ClusterName",),
    ),
    "AWS::ECS::ClusterCapacityProviderAssociations": Row(
        create=made_by("ecs.put_cluster_capacity_providers", name="Cluster"),
        delete=deleted_by(
            "ecs.put_cluster_capacity_providers",
            "cluster",
            fixed={"capacityProviders": [], "defaultCapacityProviderStrategy": []},
        ),
        identifiers=("Cluster",),
    ),
    "AWS::ECS::TaskDefinition": Row(
        create=_task_definition,
        delete=deleted_by("ecs.deregister_task_definition", "taskDefinition"),
        identifiers=("TaskDefinitionArn",),
    ),
    "AWS::ECS::Service": Row(
        create=_service,
        delete=_delete_service,
        update=_update_service,
        read=_read_service,
        identifiers=("ServiceArn", "Cluster"),
    ),
    "AWS::ECR::Repository": Row(
        create=_repository,
        delete=_delete_repository,
        read=_read_repository,
        identifiers=("RepositoryName",),
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": Row(
        create=_target,
        delete=_deregister_target,
        identifiers=("ResourceId", "ScalableDimension", "ServiceNamespace"),
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": Row(
        create=_policy, delete=_delete_policy, identifiers=("Arn", "ScalableDimension")
    ),
    "AWS::CloudFormation::Stack": Row(
        create=lambda request: Made(physical_id=request.generated_name()), delete=nothing
    ),
}
