"""Containers, and how many of them there are."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aws.client import Clients, ask
from aws.resources.call import Call, Row
from aws.resources.document import Attributes, Document, DocumentReader, plain
from aws.resources.row import ResourceType, of, switched_off, text_of

_CLUSTERS_A_CALL: Final = 100
_SERVICES_A_CALL: Final = 10


def _clusters(clients: Clients, rows: Sequence[Row], sought: str | None) -> Sequence[Row]:
    """Describe those that are listed by their ARNs alone."""
    if sought is not None:
        return rows
    arns = [row["value"] for row in rows]
    return [
        row
        for start in range(0, len(arns), _CLUSTERS_A_CALL)
        for row in ask(
            clients, "ecs", "DescribeClusters", clusters=arns[start : start + _CLUSTERS_A_CALL]
        )["clusters"]
    ]


def _services(clients: Clients, rows: Sequence[Row], cluster: str | None) -> Sequence[Row]:
    arns = [row["value"] for row in rows]
    return [
        {"cluster": cluster, **row}
        for start in range(0, len(arns), _SERVICES_A_CALL)
        for row in ask(
            clients,
            "ecs",
            "DescribeServices",
            cluster=cluster,
            services=arns[start : start + _SERVICES_A_CALL],
        )["services"]
    ]


def _revisions(_clients: Clients, rows: Sequence[Row], family: str | None) -> Sequence[Row]:
    """Leave of each family the newest revision alone: older ones are history that deploys leave behind."""
    found = [{"arn": row["value"], "family": _family(row["value"])} for row in rows]
    in_order = sorted(found, key=lambda row: int(row["arn"].rpartition(":")[2]))
    newest = {row["family"]: row for row in in_order}
    return [row for name, row in sorted(newest.items()) if family in {None, name}]


def _family(arn: str) -> str:
    return arn.rpartition("/")[2].rpartition(":")[0]


def _service_id(attributes: Attributes) -> str:
    cluster = text_of(attributes["cluster"]).rpartition("/")[2]
    return f"{cluster}/{text_of(attributes['name'])}"


def _capacity(cluster: Mapping[str, Any]) -> Document | None:
    found = plain(cluster)
    providers = found.get("capacity_providers", [])
    strategy = found.get("default_capacity_provider_strategy", [])
    if not providers and not strategy:
        return None
    return {
        "capacity_providers": providers,
        "default_capacity_provider_strategy": [
            {key: value for key, value in each.items() if value or key == "capacity_provider"}
            for each in (strategy if isinstance(strategy, list) else [strategy])
        ],
    }


_DESCRIBE: Final = Call("ecs", "DescribeClusters", "clusters", {"clusters": ["{}"]})
_ENDED: Final = frozenset({"inactive", "deprovisioning", "failed"})
_CLUSTER: Final = ResourceType(
    type="aws_ecs_cluster",
    free=True,
    cloudformation="AWS::ECS::Cluster",
    label="ECS cluster",
    key=("name",),
    refuses_double=True,
    attributes={"id": "clusterArn", "arn": "clusterArn", "name": "clusterName"},
    import_id="{name}",
    listing=Call("ecs", "ListClusters", "clusterArns"),
    named=_DESCRIBE,
    details=_clusters,
    status="status",
    ended=_ENDED,
    identity=("configuration", "name", "service_connect_defaults", "tags"),
    settings=("setting",),
)

ECS: Final = (
    _CLUSTER,
    ResourceType(
        type="aws_ecs_cluster_capacity_providers",
        free=True,
        cloudformation="AWS::ECS::ClusterCapacityProviderAssociations",
        label="capacity providers of the cluster",
        key=("cluster_name",),
        attributes={"id": "clusterName", "cluster_name": "clusterName"},
        import_id="{cluster_name}",
        is_part=True,
        listing=_DESCRIBE,
        is_one=lambda row: bool(row.get("capacityProviders")),
        status="status",
        ended=_ENDED,
        overwrites=True,
        document=DocumentReader(
            held=lambda _clients, cluster: _capacity(cluster),
            planned=lambda after: _capacity(after) or {},
        ),
        identity=("cluster_name", "default_capacity_provider_strategy"),
        settings=("capacity_providers",),
    ),
    ResourceType(
        type="aws_ecs_service",
        cloudformation="AWS::ECS::Service",
        interrupts={
            "task_definition": "its tasks are replaced one by one; one that may not run twice is away",
            "network_configuration": "its tasks are replaced one by one",
            "load_balancer": "its tasks are replaced one by one",
            "service_registries": "its tasks are replaced one by one",
        },
        label="ECS service",
        key=("cluster", "name"),
        refuses_double=True,
        attributes={"id": "serviceArn", "name": "serviceName", "cluster": "cluster"},
        import_id=_service_id,
        listing=Call("ecs", "ListServices", "serviceArns", {"cluster": "{}"}),
        owners=of(_CLUSTER, "arn"),
        details=_services,
        status="status",
        ended=frozenset({"inactive", "draining"}),
        kept_in_state={"force_new_deployment": None, "wait_for_steady_state": False},
        state_changes={"wait_for_steady_state": switched_off},
        # From a launch type to a strategy there is no way but a new service.
        identity=(
            "capacity_provider_strategy",
            "launch_type",
            "name",
            "scheduling_strategy",
            "tags",
        ),
        settings=(
            "alarms",
            "availability_zone_rebalancing",
            "deployment_circuit_breaker",
            "deployment_maximum_percent",
            "deployment_minimum_healthy_percent",
            "desired_count",
            "enable_ecs_managed_tags",
            "enable_execute_command",
            "force_new_deployment",
            "health_check_grace_period_seconds",
            "load_balancer",
            "network_configuration",
            "platform_version",
            "propagate_tags",
            "service_registries",
            "task_definition",
        ),
    ),
    ResourceType(
        type="aws_ecs_task_definition",
        free=True,
        role_is_for="ecs-tasks.amazonaws.com",
        arn="arn:aws:ecs:us-east-1:111122223333:task-definition/name",
        key=("family",),
        attributes={"id": "family", "arn": "arn", "family": "family"},
        import_id="{arn}",
        listing=Call(
            "ecs",
            "ListTaskDefinitions",
            "taskDefinitionArns",
            {"familyPrefix": "{}", "status": "ACTIVE"},
        ),
        details=_revisions,
        kept_in_state={"skip_destroy": None, "track_latest": False},
    ),
)


def _scaling(operation: str, result: str, sought: Mapping[str, object]) -> Call:
    return Call("application-autoscaling", operation, result, {"ServiceNamespace": "ecs", **sought})


_OF_NEW_SERVICE: Final = "it is of a service, which is new: one of its name is refused"
_OF_A_TARGET: Final = {
    "resource_id": "ResourceId",
    "scalable_dimension": "ScalableDimension",
    "service_namespace": "ServiceNamespace",
}

APPLICATION_AUTOSCALING: Final = (
    ResourceType(
        type="aws_appautoscaling_target",
        free=True,
        cloudformation="AWS::ApplicationAutoScaling::ScalableTarget",
        label="scalable target",
        key=("resource_id", "scalable_dimension"),
        attributes={"id": "ResourceId", **_OF_A_TARGET},
        import_id="{service_namespace}/{resource_id}/{scalable_dimension}",
        listing=_scaling("DescribeScalableTargets", "ScalableTargets", {"ResourceIds": ["{}"]}),
        overwrites=True,
        unread=_OF_NEW_SERVICE,
        identity=("resource_id", "scalable_dimension", "service_namespace", "tags"),
        settings=("max_capacity", "min_capacity"),
    ),
    ResourceType(
        type="aws_appautoscaling_policy",
        free=True,
        key=("resource_id", "name"),
        attributes={"id": "PolicyName", "name": "PolicyName", "arn": "PolicyARN", **_OF_A_TARGET},
        import_id="{service_namespace}/{resource_id}/{scalable_dimension}/{name}",
        listing=_scaling("DescribeScalingPolicies", "ScalingPolicies", {"ResourceId": "{}"}),
        overwrites=True,
        unread=_OF_NEW_SERVICE,
    ),
    ResourceType(
        type="aws_appautoscaling_scheduled_action",
        free=True,
        key=("resource_id", "name"),
        attributes={"name": "ScheduledActionName", "arn": "ScheduledActionARN", **_OF_A_TARGET},
        import_id="{arn}",
        not_imported="the provider cannot import it: its state is written from what AWS says of it",
        listing=_scaling("DescribeScheduledActions", "ScheduledActions", {"ResourceId": "{}"}),
        overwrites=True,
        unread=_OF_NEW_SERVICE,
    ),
)
