"""What a stack's resources cost in a month at rest: before traffic, logs and stored data.

Pure: resources and prices in, a bill out. A type that is neither priced nor known to be free is named, so
that nothing is left out in silence. Longer than others: half of it is tables.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from aws.resources import RESOURCES
from ops.cost.bill import Bill, Line, Usage, hourly, merged, monthly
from ops.cost.prices import Prices
from ops.cost.running import spot_share, weekly_share
from terraform.references import addresses
from terraform.stack import Resource, block

Tasks = Literal["least", "most"]
# A load balancer is billed by its capacity units (LCU) as well; one carries some 25 new connections a
# second or 1 GB an hour, which a small business does not exceed.
LCU = 1.0

# Of older bases, and no row of the catalogue's. None of the catalogue's free types has a price either.
FREE = frozenset({"aws_ce_anomaly_monitor", "random_password"}) | {
    type_ for type_, row in RESOURCES.items() if row.free
}


# A plan may not know a size before the apply, and a state that somebody edited may hold anything.
_NO_SIZE = (AttributeError, KeyError, OverflowError, TypeError, ValueError)


class UnpricedError(Exception):
    """The table has no price for this size."""


def bill(resources: Sequence[Resource], prices: Prices, *, tasks: Tasks = "least") -> Bill:
    """Price the resources for a month, with the least or the most tasks that they allow."""
    lines: list[Line] = []
    unpriced: list[str] = []
    stack = _Stack(resources=resources, prices=prices, tasks=tasks)
    for resource in resources:
        pricing = _PRICED.get(resource.type)
        if pricing is None:
            if resource.type not in FREE and resource.type not in _BY_USE:
                unpriced.append(resource.type)
            continue
        try:
            lines += pricing(resource, stack)
        except UnpricedError as error:
            unpriced.append(str(error))
        except _NO_SIZE:
            unpriced.append(f"{resource.type}.{resource.name}, whose size is not known")
    types = {resource.type for resource in resources}
    usage = [
        Usage(what=what, unit=unit, unit_usd=usd(prices))
        for type_, (what, unit, usd) in _BY_USE.items()
        if type_ in types
    ]
    usage += _jobs(stack)
    return Bill(
        lines=tuple(merged(lines)), usage=tuple(usage), unpriced=tuple(sorted(set(unpriced)))
    )


@dataclass(frozen=True, kw_only=True)
class _Stack:
    resources: Sequence[Resource]
    prices: Prices
    tasks: Tasks

    def referred(self, type_: str, value: object) -> Resource | None:
        """Return the resource that a reference, or the ARN of a state, means."""
        meant = addresses(value)
        for resource in self.resources:
            if resource.type == type_ and (
                resource.address in meant or resource.attributes.get("arn") == value
            ):
                return resource
        return None

    @cached_property
    def running_share(self) -> float:
        """The share of a week in which tasks and database run: all of it, but with a night stop."""
        at = {
            resource.name: str(resource.attributes["schedule_expression"])
            for resource in self.resources
            if resource.type == "aws_scheduler_schedule"
        }
        if "database_stop" not in at:
            return 1.0
        try:
            return weekly_share(at["database_start"], at["database_stop"])
        except ValueError as error:
            raise UnpricedError(str(error)) from None

    def task_count(self, service: Resource) -> int:
        """Return the least or the most tasks of a service."""
        desired = int(service.attributes.get("desired_count") or 0)
        for resource in self.resources:
            if resource.type != "aws_appautoscaling_target":
                continue
            scaled = str(resource.attributes["resource_id"])
            # The second is what a state has.
            if service.address in addresses(scaled) or scaled.endswith(
                f"/{service.attributes.get('name')}"
            ):
                ends = {"least": "min_capacity", "most": "max_capacity"}
                return int(resource.attributes[ends[self.tasks]])
        return desired


def _service(service: Resource, stack: _Stack) -> list[Line]:
    task = stack.referred("aws_ecs_task_definition", service.attributes["task_definition"])
    if task is None:
        raise UnpricedError(f"the task of aws_ecs_service.{service.name}")
    count = stack.task_count(service)
    spot = spot_share(service.attributes.get("capacity_provider_strategy") or (), count)
    kind, one = _task_hour(task, stack)
    fargate, share = stack.prices.fargate, stack.running_share
    lines = [hourly("services", f"{service.name} ({kind})", share * (count - spot), "task", one)]
    if spot:
        spot_usd = one * (1 - fargate.spot_discount)
        lines.append(
            hourly("services", f"{service.name} on Spot ({kind})", share * spot, "task", spot_usd)
        )
    if block(service.attributes.get("network_configuration")).get("assign_public_ip"):
        lines.append(_public_addresses("of tasks", share * count, stack))
    return [line for line in lines if line.quantity]


def _task_hour(task: Resource, stack: _Stack) -> tuple[str, float]:
    """Return what an hour of a task on demand costs, and its size in words."""
    arm = block(task.attributes.get("runtime_platform")).get("cpu_architecture") == "ARM64"
    fargate = stack.prices.fargate
    vcpu_usd, gb_usd = (
        (fargate.arm64_vcpu_hour, fargate.arm64_gb_hour)
        if arm
        else (fargate.x86_64_vcpu_hour, fargate.x86_64_gb_hour)
    )
    vcpu, gb = int(task.attributes["cpu"]) / 1024, int(task.attributes["memory"]) / 1024
    kind = f"{vcpu:g} vCPU, {gb:g} GB{', ARM' if arm else ''}"
    return kind, vcpu * vcpu_usd + gb * gb_usd


def _jobs(stack: _Stack) -> Iterator[Usage]:
    """Yield what the runs of each job cost: how long one takes, nobody knows here."""
    for schedule in stack.resources:
        if schedule.type != "aws_scheduler_schedule":
            continue
        started = block(block(schedule.attributes.get("target")).get("ecs_parameters"))
        task = stack.referred("aws_ecs_task_definition", started.get("task_definition_arn"))
        if task:
            kind, usd = _task_hour(task, stack)
            name = schedule.name.replace("_", "-")
            yield Usage(what=f"runs of the job {name} ({kind})", unit="hour", unit_usd=usd)


def _public_addresses(whose: str, count: float, stack: _Stack) -> Line:
    usd = stack.prices.network.public_ipv4_hour
    return hourly("network", f"public IPv4 addresses {whose}", count, "address", usd)


def _load_balancer(resource: Resource, stack: _Stack) -> list[Line]:
    price = stack.prices.load_balancer
    lines = [
        hourly("load balancer", "application load balancer", 1, "balancer", price.alb_hour),
        hourly("load balancer", "capacity unit (assumed)", LCU, "LCU", price.lcu_hour),
    ]
    if resource.attributes.get("internal"):
        return lines
    zones = len(resource.attributes.get("subnets") or ())
    return [*lines, _public_addresses("of the load balancer", zones, stack)]


def _web_acl(resource: Resource, stack: _Stack) -> list[Line]:
    price, rules = stack.prices.security, len(resource.attributes.get("rule") or ())
    return [
        monthly("security", "web firewall", 1, "web ACL", price.web_acl_month),
        monthly("security", "rules of the web firewall", rules, "rule", price.web_acl_rule_month),
    ]


def _db_instance(resource: Resource, stack: _Stack) -> list[Line]:
    attributes, price = resource.attributes, stack.prices.database
    class_ = attributes["instance_class"]
    if class_ not in price.instance_hour:
        raise UnpricedError(f"database class {class_}")
    copies = 2 if attributes.get("multi_az") else 1
    zones = "Multi-AZ" if copies == 2 else "one zone"
    return [
        hourly(
            "database",
            f"{class_}, {zones}",
            stack.running_share,
            "instance",
            copies * price.instance_hour[class_],
        ),
        monthly(
            "database",
            f"gp3 storage, {zones}",
            int(attributes["allocated_storage"]),
            "GB",
            copies * price.gp3_gb_month,
        ),
    ]


def _cluster_instance(_resource: Resource, stack: _Stack) -> list[Line]:
    (cluster,) = [each for each in stack.resources if each.type == "aws_rds_cluster"]
    scaling = block(cluster.attributes["serverlessv2_scaling_configuration"])
    ends = {"least": "min_capacity", "most": "max_capacity"}
    units = stack.running_share * float(scaling[ends[stack.tasks]])
    usd = stack.prices.database.aurora_acu_hour
    return [hourly("database", "Aurora Serverless v2", units, "ACU", usd)]


def _each(
    group: str, what: str, unit: str, usd: Callable[[Prices], float], *, by_hour: bool = False
) -> Callable[[Resource, _Stack], list[Line]]:
    line = hourly if by_hour else monthly
    return lambda _resource, stack: [line(group, what, 1, unit, usd(stack.prices))]


_PRICED: Mapping[str, Callable[[Resource, _Stack], list[Line]]] = {
    "aws_ecs_service": _service,
    "aws_nat_gateway": _each(
        "network", "NAT gateway", "gateway", lambda p: p.network.nat_gateway_hour, by_hour=True
    ),
    "aws_service_discovery_private_dns_namespace": _each(
        "network", "private DNS zone", "zone", lambda p: p.network.private_zone_month
    ),
    "aws_service_discovery_instance": _each(
        "network", "alias inside", "name", lambda p: p.network.cloud_map_instance_month
    ),
    "aws_eip": lambda _resource, stack: [_public_addresses("of NAT gateways", 1, stack)],
    "aws_lb": _load_balancer,
    "aws_db_instance": _db_instance,
    "aws_rds_cluster_instance": _cluster_instance,
    "aws_secretsmanager_secret": _each(
        "secrets", "secrets", "secret", lambda p: p.security.secret_month
    ),
    "aws_cloudwatch_metric_alarm": _each(
        "monitoring", "alarms", "alarm", lambda p: p.monitoring.alarm_month
    ),
    "aws_cloudwatch_dashboard": _each(
        "monitoring", "dashboard", "dashboard", lambda p: p.monitoring.dashboard_month
    ),
    "aws_kms_key": _each("security", "KMS key", "key", lambda p: p.security.kms_key_month),
    "aws_wafv2_web_acl": _web_acl,
}

_BY_USE: Mapping[str, tuple[str, str, Callable[[Prices], float]]] = {
    "aws_flow_log": ("connections logged", "GB", lambda p: p.monitoring.logs_to_s3_gb),
    "aws_cloudfront_distribution": (
        "traffic of CloudFront, but for a TB",
        "GB",
        lambda p: p.load_balancer.cloudfront_gb,
    ),
    "aws_backup_vault": ("backups in the vault", "GB-month", lambda p: p.storage.backup_gb_month),
    "aws_nat_gateway": ("traffic through NAT", "GB", lambda p: p.network.nat_gateway_gb),
    "aws_cloudwatch_log_group": ("logs taken in", "GB", lambda p: p.monitoring.logs_gb),
    "aws_efs_file_system": ("LanceDB files", "GB-month", lambda p: p.storage.efs_gb_month),
    "aws_sqs_queue": (
        "requests of queues, but for a million",
        "million",
        lambda p: p.messaging.sqs_million,
    ),
    "aws_s3_bucket": ("objects in S3", "GB-month", lambda p: p.storage.s3_gb_month),
    "aws_ecr_repository": ("images", "GB-month", lambda p: p.storage.ecr_gb_month),
    "aws_db_instance": (
        "CPU above the share of a db.t class",
        "vCPU-hour",
        lambda p: p.database.burst_vcpu_hour,
    ),
    "aws_rds_cluster": ("Aurora storage", "GB-month", lambda p: p.database.aurora_gb_month),
}
