"""What an architecture picture tells of a stack: pure facts, found in the stack's own resources.

Who reaches whom comes from the security groups' rules, what a service may use from its task role's policy.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.picture.cards import Card, cards_outside, count
from ops.picture.keys import key, keys_in
from ops.picture.reach import Reach, reaches
from ops.picture.stores import stores
from terraform.stack import Resource, Stack, block


@dataclass(frozen=True, kw_only=True)
class Zone:
    """One availability zone with its two subnets; `nat` where its public subnet has a gateway."""

    name: str
    public_block: str
    private_block: str
    nat: bool
    leaves_through: int | None
    """The zone whose NAT gateway its private subnet uses; None without a way out."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A service or a load balancer. `path` is where the load balancer routes to it."""

    card: Card
    badges: tuple[str, ...] = ()
    path: str | None = None


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A stack, as a picture shows it."""

    title: str
    vpc_block: str
    zones: tuple[Zone, ...]
    gateway: bool
    tasks_in_public: bool
    load_balancer: Node | None
    services: tuple[Node, ...]
    stores: tuple[Card, ...]
    reaches: tuple[Reach, ...]
    outside: Mapping[str, tuple[Card, ...]]
    resource_count: int


def architecture(title: str, stack: Stack) -> Architecture:
    """Read the facts out of a stack."""
    reader = _Reader(stack)
    balancers = stack.of("aws_lb")
    vpc = stack.of("aws_vpc")
    return Architecture(
        title=title,
        vpc_block=str(vpc[0].attributes.get("cidr_block", "")) if vpc else "",
        zones=tuple(reader.zones()),
        gateway=bool(stack.of("aws_internet_gateway")),
        tasks_in_public=any(
            block(service.attributes.get("network_configuration")).get("assign_public_ip")
            for service in stack.of("aws_ecs_service")
        ),
        load_balancer=reader.balancer(balancers[0]) if balancers else None,
        services=tuple(reader.services()),
        stores=tuple(stores(stack)),
        reaches=tuple(reaches(stack)),
        outside=cards_outside(stack.of()),
        resource_count=len(stack.resources),
    )


class _Reader:
    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    # --- the network ---

    def zones(self) -> Iterable[Zone]:
        subnets = self.stack.of("aws_subnet")
        public = [each for each in subnets if self._is_public(each)]
        private = [each for each in subnets if each not in public]
        nats = [
            keys_in(nat.attributes.get("subnet_id")) for nat in self.stack.of("aws_nat_gateway")
        ]
        with_nat = [index for index, each in enumerate(public) if {key(each)} in nats]
        for index in range(max(len(public), len(private))):
            own = public[index] if index < len(public) else None
            inner = private[index] if index < len(private) else None
            named = own or inner
            yield Zone(
                name=_zone_name(named.attributes.get("availability_zone") if named else "", index),
                public_block=str(own.attributes.get("cidr_block", "")) if own else "",
                private_block=str(inner.attributes.get("cidr_block", "")) if inner else "",
                nat=index in with_nat,
                leaves_through=self._leaves_through(inner, public),
            )

    def _routes(self, subnet: Resource) -> list[Resource]:
        """Return the route tables of a subnet, and the routes that are resources of their own."""
        tables = [
            table
            for each in self.stack.of("aws_route_table_association")
            if key(subnet) in keys_in(each.attributes.get("subnet_id"))
            and (table := self.stack.referred(each.attributes, "aws_route_table"))
        ]
        routes = self.stack.of("aws_route")
        return tables + [
            route
            for route in routes
            if any(key(table) in keys_in(route.attributes) for table in tables)
        ]

    def _is_public(self, subnet: Resource) -> bool:
        """Return whether a route leads from it to the internet gateway."""
        return any(
            self.stack.referred(each.attributes, "aws_internet_gateway")
            for each in self._routes(subnet)
        )

    def _leaves_through(self, subnet: Resource | None, public: Sequence[Resource]) -> int | None:
        for each in self._routes(subnet) if subnet else ():
            nat = self.stack.referred(each.attributes, "aws_nat_gateway")
            home = (
                self.stack.referred(nat.attributes.get("subnet_id"), "aws_subnet") if nat else None
            )
            if home in public:
                return public.index(home)
        return None

    # --- what is in it ---

    def balancer(self, resource: Resource) -> Node:
        lines = []
        for listener in self.stack.of("aws_lb_listener"):
            action = block(listener.attributes.get("default_action"))
            to = block(action.get("redirect")).get("port")
            port = f"{listener.attributes.get('protocol')} {listener.attributes.get('port')}"
            lines.append(f"{port} to {to}" if to else port)
        lines.append("internal" if resource.attributes.get("internal") else "internet-facing")
        name = f"{str(resource.attributes.get('load_balancer_type', '')).title()} load balancer"
        return Node(
            card=Card(
                title=name.strip(),
                lines=tuple(sorted(lines)),
                kind="balancer",
                key=key(resource),
            ),
        )

    def services(self) -> list[Node]:
        nodes = [
            (self._priority(each), self._service(each)) for each in self.stack.of("aws_ecs_service")
        ]
        return [node for _, node in sorted(nodes, key=lambda item: (item[0], item[1].card.title))]

    def _rule(self, service: Resource) -> Resource | None:
        groups = keys_in(service.attributes.get("load_balancer"))
        for rule in self.stack.of("aws_lb_listener_rule"):
            if groups & keys_in(rule.attributes.get("action")):
                return rule
        return None

    def _priority(self, service: Resource) -> float:
        rule = self._rule(service)
        return float(rule.attributes.get("priority") or 0) if rule else float("inf")

    def _service(self, service: Resource) -> Node:
        task = self.stack.referred(
            service.attributes.get("task_definition"), "aws_ecs_task_definition"
        )
        values: Mapping[str, Any] = task.attributes if task else {}
        containers = _containers(values.get("container_definitions"))
        names = [str(each.get("name")) for each in containers]
        # Where its own container has none, the proxy beside it has its port.
        ports = next(
            (
                [str(port["containerPort"]) for port in each["portMappings"]]
                for each in containers
                if each.get("portMappings")
            ),
            [],
        )
        secrets = sum(len(each.get("secrets") or ()) for each in containers)
        least, most = self._task_counts(service)
        tasks = f"{least} to {most} tasks" if most > least else count(least, "task")
        strategy = service.attributes.get("capacity_provider_strategy") or ()
        providers = {each.get("capacity_provider") for each in strategy if each.get("weight")}
        badges = []
        if "FARGATE_SPOT" in providers:
            badges.append("Spot" if len(providers) > 1 else "Spot only")
        if block(values.get("runtime_platform")).get("cpu_architecture") == "ARM64":
            badges.append("ARM")
        rule = self._rule(service)
        size = f"{int(values.get('cpu') or 0) / 1024:g} vCPU · {_memory(values.get('memory'))}"
        facts = [f"port {' '.join(ports)}"] if ports else []
        facts += [count(secrets, "secret")] if secrets else []
        facts += ["traced" if "otel" in name or "xray" in name else name for name in names[1:]]
        return Node(
            card=Card(
                title=names[0] if names else service.name,
                lines=(f"{size} · {tasks}", " · ".join(facts)),
                kind="service",
                key=key(service),
            ),
            badges=tuple(badges),
            path=_path(rule.attributes.get("condition")) if rule else None,
        )

    def _task_counts(self, service: Resource) -> tuple[int, int]:
        for target in self.stack.of("aws_appautoscaling_target"):
            if key(service) in keys_in(target.attributes.get("resource_id")):
                return int(target.attributes["min_capacity"]), int(
                    target.attributes["max_capacity"]
                )
        desired = int(service.attributes.get("desired_count") or 0)
        return desired, desired


def _zone_name(value: object, index: int) -> str:
    text = str(value or "")
    return f"zone {index + 1}" if not text or "${" in text else text


def _containers(text: object) -> list[Mapping[str, Any]]:
    try:
        found = json.loads(str(text))
    except (ValueError, RecursionError):
        return []  # a reference as a whole; the picture does without
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _path(condition: object) -> str:
    """`/v1/x` for the pair `/v1/x` and `/v1/x/*`."""
    values = [
        str(value)
        for each in (condition if isinstance(condition, list | tuple) else [condition])
        for value in block(block(each).get("path_pattern")).get("values") or ()
    ]
    short = [value for value in values if value.removesuffix("/*") not in values or value == "/*"]
    short += [value for value in values if f"{value}/*" in values and value not in short]
    return ", ".join(dict.fromkeys(short))


def _memory(mib: object) -> str:
    value = int(re.sub(r"\D", "", str(mib or 0)) or 0)
    return f"{value / 1024:g} GiB" if value >= 1024 else f"{value} MiB"
