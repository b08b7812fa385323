"""The maintenance page: rules of the load balancer that come before every other, and that no state holds.

A deploy neither makes nor removes them. Each says in its tags since when it is there and who made it. They go
with their listener when a stage is destroyed.
"""

from dataclasses import dataclass
from typing import Any, Final

from common.errors import UserError
from ops.deployed import Deployed

TAG_SINCE: Final = "atomic:maintenance-since"
TAG_BY: Final = "atomic:maintenance-by"
PRIORITY: Final = 1
"""The first of all: a service that is deployed meanwhile cannot come before the page."""

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
_TAGS_AT_A_TIME = 20
_NO_BALANCER = frozenset({"LoadBalancerNotFound", "LoadBalancerNotFoundException"})


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A listener that forwards to services. `taken` says that another rule has the page's priority."""

    arn: str
    port: int
    taken: bool


@dataclass(frozen=True, kw_only=True)
class Maintenance:
    """The page is shown: by which rules, since when (ISO 8601, UTC), and who turned it on.

    `missing` are the ports of listeners that have no such rule: there, visitors still reach the services.
    """

    rules: tuple[str, ...]
    since: str
    by: str
    missing: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """What it is, in one line."""
        text = f"the maintenance page is on since {self.since}, by {self.by}"
        if not self.missing:
            return text
        return f"{text}; not on port {', '.join(map(str, self.missing))}"


@dataclass(frozen=True, kw_only=True)
class Edge:
    """What the load balancer has: its listeners that lead to services, and the maintenance page."""

    listeners: tuple[Listener, ...]
    maintenance: Maintenance | None


def edge_facts(deployed: Deployed) -> Edge:
    """Return what the stage's load balancer shows; no listener where there is no balancer.

    Raises UserError when AWS refuses.
    """
    found = sorted(_all(deployed), key=lambda each: int(each["Port"]))
    rules = {each["ListenerArn"]: _rules(deployed, each) for each in found}
    marked = {arn: _marked(deployed, each) for arn, each in rules.items()}
    listeners = tuple(
        Listener(
            arn=each["ListenerArn"],
            port=each["Port"],
            taken=any(
                rule["Priority"] == str(PRIORITY)
                and rule["RuleArn"] not in marked[each["ListenerArn"]]
                for rule in rules[each["ListenerArn"]]
            ),
        )
        for each in found
        if any(_forwards(rule) for rule in rules[each["ListenerArn"]])
    )
    on = {rule: tags for found in marked.values() for rule, tags in found.items()}
    if not on:
        return Edge(listeners=listeners, maintenance=None)
    earliest = min(on.values(), key=lambda tags: tags[TAG_SINCE])
    return Edge(
        listeners=listeners,
        maintenance=Maintenance(
            rules=tuple(sorted(on)),
            since=earliest[TAG_SINCE],
            by=earliest.get(TAG_BY, "somebody"),
            missing=tuple(each.port for each in listeners if not marked[each.arn]),
        ),
    )


def maintenance_facts(deployed: Deployed) -> Maintenance | None:
    """Return the maintenance page; None where it is off. Raises UserError when AWS refuses."""
    return edge_facts(deployed).maintenance


def maintenance_beside(deployed: Deployed) -> tuple[Maintenance | None, str]:
    """Return the maintenance page and a line about it, empty where it is off.

    For a command whose own verdict does not rest on it: where AWS refuses, the line says so.
    """
    try:
        page = maintenance_facts(deployed)
    except UserError as error:
        return None, f"whether the maintenance page is on is unknown: {error}"
    return page, page.text if page else ""


def load_balancers(deployed: Deployed) -> list[dict[str, Any]]:
    """Return what AWS says of the stage's load balancer, alone in a list; nothing where there is none."""
    found: list[dict[str, Any]] = deployed.ask_all(
        "elbv2",
        "DescribeLoadBalancers",
        "LoadBalancers",
        absent=_NO_BALANCER,
        Names=[deployed.names.load_balancer],
    )
    return found


def _all(deployed: Deployed) -> list[dict[str, Any]]:
    return [
        listener
        for balancer in load_balancers(deployed)
        for listener in deployed.ask_all(
            "elbv2", "DescribeListeners", "Listeners", LoadBalancerArn=balancer["LoadBalancerArn"]
        )
    ]


def _rules(deployed: Deployed, listener: dict[str, Any]) -> list[dict[str, Any]]:
    return list(
        deployed.ask_all("elbv2", "DescribeRules", "Rules", ListenerArn=listener["ListenerArn"])
    )


def _forwards(rule: dict[str, Any]) -> bool:
    return any(action["Type"] == "forward" for action in rule["Actions"])


def _marked(deployed: Deployed, rules: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Return the tags of the rules that are the maintenance page, by their ARNs."""
    fixed = [
        rule["RuleArn"]
        for rule in rules
        if not rule["IsDefault"]
        and any(action["Type"] == "fixed-response" for action in rule["Actions"])
    ]
    found = [
        (each["ResourceArn"], {tag["Key"]: tag["Value"] for tag in each["Tags"]})
        for start in range(0, len(fixed), _TAGS_AT_A_TIME)
        for each in deployed.ask(
            "elbv2", "DescribeTags", ResourceArns=fixed[start : start + _TAGS_AT_A_TIME]
        )["TagDescriptions"]
    ]
    return {arn: tags for arn, tags in found if TAG_SINCE in tags}
