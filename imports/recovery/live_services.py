"""How load balancing and containers are found: lists within lists, from a name at their head."""

from collections.abc import Mapping
from typing import Final

from aws.client import Clients, ask
from imports.recovery.live import (
    CREATING,
    Finder,
    Live,
    arguments,
    rows,
    rows_if_there,
    state,
)

_ECS: Final = {"ServiceNamespace": "ecs"}
_NO_BALANCER: Final = frozenset({"LoadBalancerNotFound", "LoadBalancerNotFoundException"})
_NO_GROUP: Final = frozenset({"TargetGroupNotFound", "TargetGroupNotFoundException"})


def _load_balancers(clients: Clients, name: str) -> list[Live]:
    found = rows_if_there(
        clients, "elbv2", "DescribeLoadBalancers", "LoadBalancers", _NO_BALANCER, Names=[name]
    )
    return [
        Live(
            key=(name,),
            import_id=row["LoadBalancerArn"],
            attributes={"id": row["LoadBalancerArn"], "arn": row["LoadBalancerArn"]},
            unfinished=state(row.get("State", {}), "Code", busy=CREATING),
        )
        for row in found
    ]


def _target_groups(clients: Clients, name: str) -> list[Live]:
    found = rows_if_there(
        clients, "elbv2", "DescribeTargetGroups", "TargetGroups", _NO_GROUP, Names=[name]
    )
    return [
        Live(
            key=(name,),
            import_id=row["TargetGroupArn"],
            attributes={"id": row["TargetGroupArn"], "arn": row["TargetGroupArn"]},
        )
        for row in found
    ]


def _listeners(clients: Clients, balancer: str) -> list[Live]:
    return [
        Live(
            key=(balancer, str(row["Port"])),
            import_id=row["ListenerArn"],
            attributes={"id": row["ListenerArn"], "arn": row["ListenerArn"]},
        )
        for row in rows(
            clients, "elbv2", "DescribeListeners", "Listeners", LoadBalancerArn=balancer
        )
    ]


def _listener_rules(clients: Clients, listener: str) -> list[Live]:
    return [
        Live(
            key=(listener, str(row["Priority"])),
            import_id=row["RuleArn"],
            attributes={"id": row["RuleArn"], "arn": row["RuleArn"]},
        )
        for row in rows(clients, "elbv2", "DescribeRules", "Rules", ListenerArn=listener)
    ]


def _clusters(clients: Clients, name: str) -> list[Live]:
    found = ask(clients, "ecs", "DescribeClusters", clusters=[name])["clusters"]
    return [
        Live(
            key=(name,),
            import_id=name,
            attributes={"id": row["clusterArn"], "arn": row["clusterArn"], "name": name},
            unfinished=state(row, "status", busy=CREATING),
        )
        for row in found
        if row["status"] in {"ACTIVE", "PROVISIONING"}
    ]


def _capacity_providers(clients: Clients, cluster: str) -> list[Live]:
    found = ask(clients, "ecs", "DescribeClusters", clusters=[cluster])["clusters"]
    return [
        Live(key=(cluster,), import_id=cluster) for row in found if row.get("capacityProviders")
    ]


def _services(clients: Clients, cluster: str) -> list[Live]:
    arns = rows(clients, "ecs", "ListServices", "serviceArns", cluster=cluster)
    found = []
    for start in range(0, len(arns), 10):  # DescribeServices takes ten at a time
        batch = arns[start : start + 10]
        answer = ask(clients, "ecs", "DescribeServices", cluster=cluster, services=batch)
        found += [row for row in answer["services"] if row["status"] == "ACTIVE"]
    return [
        Live(
            key=(cluster, row["serviceName"]),
            import_id=f"{cluster.rpartition('/')[2]}/{row['serviceName']}",
            attributes={"id": row["serviceArn"], "name": row["serviceName"]},
        )
        for row in found
    ]


def _task_definitions(clients: Clients, family: str) -> list[Live]:
    """The newest revision alone: older ones are history, which a deploy leaves behind."""
    arns = rows(
        clients,
        "ecs",
        "ListTaskDefinitions",
        "taskDefinitionArns",
        familyPrefix=family,
        status="ACTIVE",
    )
    revisions = {
        int(str(arn).rpartition(":")[2]): str(arn)
        for arn in arns
        if str(arn).rpartition("/")[2].rpartition(":")[0] == family
    }
    if not revisions:
        return []
    newest = revisions[max(revisions)]
    return [Live(key=(family,), import_id=newest, attributes={"arn": newest, "id": family})]


def _scaling_targets(clients: Clients, resource: str) -> list[Live]:
    found = rows(
        clients,
        "application-autoscaling",
        "DescribeScalableTargets",
        "ScalableTargets",
        ResourceIds=[resource],
        **_ECS,
    )
    return [
        Live(
            key=(resource, row["ScalableDimension"]),
            import_id=f"ecs/{resource}/{row['ScalableDimension']}",
            attributes={
                "id": resource,
                "resource_id": resource,
                "scalable_dimension": row["ScalableDimension"],
                "service_namespace": "ecs",
            },
        )
        for row in found
    ]


def _scaling_policies(clients: Clients, resource: str) -> list[Live]:
    found = rows(
        clients,
        "application-autoscaling",
        "DescribeScalingPolicies",
        "ScalingPolicies",
        ResourceId=resource,
        **_ECS,
    )
    return [
        Live(
            key=(resource, row["PolicyName"]),
            import_id=f"ecs/{resource}/{row['ScalableDimension']}/{row['PolicyName']}",
        )
        for row in found
    ]


SERVICE_FINDERS: Final[Mapping[str, Finder]] = {
    "aws_lb": Finder(key=arguments("name"), list=_load_balancers),
    "aws_lb_target_group": Finder(key=arguments("name"), list=_target_groups),
    "aws_lb_listener": Finder(key=arguments("load_balancer_arn", "port"), list=_listeners),
    "aws_lb_listener_rule": Finder(key=arguments("listener_arn", "priority"), list=_listener_rules),
    "aws_ecs_cluster": Finder(key=arguments("name"), list=_clusters),
    "aws_ecs_cluster_capacity_providers": Finder(
        key=arguments("cluster_name"), list=_capacity_providers
    ),
    "aws_ecs_service": Finder(key=arguments("cluster", "name"), list=_services),
    "aws_ecs_task_definition": Finder(key=arguments("family"), list=_task_definitions),
    "aws_appautoscaling_target": Finder(
        key=arguments("resource_id", "scalable_dimension"), list=_scaling_targets
    ),
    "aws_appautoscaling_policy": Finder(
        key=arguments("resource_id", "name"), list=_scaling_policies
    ),
}
