"""What ECS and the load balancer say about a stage's services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops.deployed import Deployed

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
_MOST_AT_ONCE = 10
_NO_CLUSTER = frozenset({"ClusterNotFoundException"})


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One rollout of a service. `state` is COMPLETED, IN_PROGRESS or FAILED."""

    state: str
    reason: str
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class Targets:
    """How the load balancer finds a service's tasks; `reasons` are of those that are not healthy.

    `group` is the target group as CloudWatch calls it, `targetgroup/NAME/ID`.
    """

    healthy: int
    unhealthy: int
    reasons: tuple[str, ...]
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class ServiceFacts:
    """One service as it is. `targets` is None for one that nothing is routed to.

    `image` is the one that its present task definition names. `newest` is the newest revision of that
    definition: after a deployment that was rolled back it is another. `stands`, a key of `status
    --json`, is False for a service that ECS does not know; all else is empty then.
    """

    name: str
    stands: bool
    desired: int = 0
    running: int = 0
    deployment: Deployment | None = None
    task_definition: str = ""
    newest: str = ""
    image: str = ""
    targets: Targets | None = None
    last_event: str = ""

    @property
    def rolled_back(self) -> bool:
        """Whether its last deployment was taken back: ECS then counts the old one as completed."""
        return self.newest != self.task_definition

    @property
    def under_way(self) -> bool:
        """Whether a deployment is not decided yet."""
        return bool(self.deployment and self.deployment.state == "IN_PROGRESS")


def service_facts(deployed: Deployed) -> tuple[ServiceFacts, ...]:
    """Return all services of the stage, in the settings' order; none of them exists without a cluster.

    Raises UserError when AWS refuses.
    """
    names = list(deployed.settings.services)
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(names), _MOST_AT_ONCE):
        answer = deployed.ask_unless(
            "ecs",
            "DescribeServices",
            _NO_CLUSTER,
            cluster=deployed.names.cluster,
            services=[
                deployed.names.ecs_service(name) for name in names[start : start + _MOST_AT_ONCE]
            ],
        )
        for service in answer["services"] if answer else ():
            if service["status"] != "INACTIVE":
                found[service["serviceName"]] = service
    return tuple(
        _facts(deployed, name, found.get(deployed.names.ecs_service(name))) for name in names
    )


def _facts(deployed: Deployed, name: str, service: Mapping[str, Any] | None) -> ServiceFacts:
    if service is None:
        return ServiceFacts(name=name, stands=False)
    definition = deployed.ask(
        "ecs", "DescribeTaskDefinition", taskDefinition=service["taskDefinition"]
    )["taskDefinition"]
    # A family's name stands for its newest active revision.
    newest = deployed.ask("ecs", "DescribeTaskDefinition", taskDefinition=definition["family"])[
        "taskDefinition"
    ]["taskDefinitionArn"]
    events = service.get("events") or [{}]
    return ServiceFacts(
        name=name,
        stands=True,
        desired=service["desiredCount"],
        running=service["runningCount"],
        deployment=_deployment(service.get("deployments") or ()),
        task_definition=service["taskDefinition"].rpartition("/")[2],
        newest=newest.rpartition("/")[2],
        image=next(
            each["image"] for each in definition["containerDefinitions"] if each["name"] == name
        ),
        targets=_targets(deployed, service.get("loadBalancers") or ()),
        last_event=events[0].get("message", ""),
    )


def _deployment(deployments: Sequence[Mapping[str, Any]]) -> Deployment | None:
    for each in deployments:
        if each["status"] == "PRIMARY":
            return Deployment(
                state=each.get("rolloutState", ""),
                reason=each.get("rolloutStateReason", ""),
                since=each.get("updatedAt"),
            )
    return None


def _targets(deployed: Deployed, routes: Sequence[Mapping[str, Any]]) -> Targets | None:
    if not routes:
        return None
    found = deployed.ask(
        "elbv2", "DescribeTargetHealth", TargetGroupArn=routes[0]["targetGroupArn"]
    )["TargetHealthDescriptions"]
    health = [each["TargetHealth"] for each in found]
    # One that is being drained or registered is on its way out or in, not ill.
    ill = [each for each in health if each["State"] in {"unhealthy", "unavailable", "unused"}]
    return Targets(
        healthy=sum(each["State"] == "healthy" for each in health),
        unhealthy=len(ill),
        reasons=tuple(dict.fromkeys(each.get("Description", each["State"]) for each in ill)),
        group=routes[0]["targetGroupArn"].rpartition(":")[2],
    )
