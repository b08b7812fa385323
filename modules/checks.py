"""What can be wrong between settings that are each right alone."""

import difflib
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from modules.naming import Names, limited_names
from modules.schedule import DATABASE_LEAD_MINUTES, minute_of_day
from modules.secrets import SECRETS
from modules.services import Service
from modules.settings import StageSettings
from modules.stateful import stateful_addresses

# CPU units -> memory in MiB (least, most, step).
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
FARGATE_MEMORY_MIB: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16 * 1024, 60 * 1024 + 1, 4 * 1024)),
    16384: tuple(range(32 * 1024, 120 * 1024 + 1, 8 * 1024)),
}

# Names of constructs beside the services' own, and of security groups and target groups.
RESERVED_NAMES = (
    "account", "alb", "aws", "budget", "certificate", "cluster", "connection-strings", "dashboard",
    "data-bucket", "database", "ecs-tasks", "efs", "file-storage", "hosted-zone", "legacy-base",
    "load-balancer", "msk-client", "network", "platform", "rds", "registries", "secrets", "security-groups",
)  # fmt: skip

# A load balancer's subnet has to be a /27 or larger.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
SMALLEST_SUBNET = 27


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One thing wrong in a stage file, in the user's own words for it.

    `rests_on` are the other fields that it is measured by: with one of them mistaken, nothing is known.
    """

    field: str
    value: object
    allowed: str
    remedy: str
    rests_on: tuple[str, ...] = ()

    def __str__(self) -> str:
        value = "(missing)" if self.value is None else repr(self.value)
        return f"{self.field} = {value}: allowed: {self.allowed}; remedy: {self.remedy}"


def find_mistakes(settings: StageSettings) -> list[Mistake]:
    """Everything that is wrong between the settings, in the file's order."""
    return [
        *_required(settings),
        *_shared_roles(settings),
        *_allow_destroy(settings),
        *_certificate(settings),
        *_hosted_zone(settings),
        *_network(settings),
        *_capacity(settings),
        *_night_stop(settings),
        *(found for service in settings.services.values() for found in _service(service)),
        *(
            found
            for service in settings.services.values()
            for found in _schedule(service, settings)
        ),
        *_routes(settings),
        *_references(settings),
        *_service_names(settings),
        *_name_lengths(settings),
    ]


def _required(settings: StageSettings) -> Iterator[Mistake]:
    if settings.phase != "full":
        return
    if settings.domain_name is None:
        yield Mistake(
            field="domain_name",
            value=None,
            allowed="a DNS name",
            remedy='add domain_name = "app.example.com"; phase "full" needs it',
        )
    if settings.operator_email is None:
        yield Mistake(
            field="operator_email",
            value=None,
            allowed="an e-mail address",
            remedy='add operator_email = "ops@example.com"; phase "full" needs it',
        )


def _shared_roles(settings: StageSettings) -> Iterator[Mistake]:
    if settings.phase == "adopt" and not settings.keep_shared_roles:
        yield Mistake(
            field="keep_shared_roles",
            value=settings.keep_shared_roles,
            allowed='true in phase "adopt", which takes over everything that the record holds',
            remedy="leave it out until the legacy base is retired",
            rests_on=("phase",),
        )


def _allow_destroy(settings: StageSettings) -> Iterator[Mistake]:
    known = list(stateful_addresses(settings))
    for address in settings.allow_destroy:
        if address in known:
            continue
        close = difflib.get_close_matches(address, known, n=1, cutoff=0.8)
        yield Mistake(
            field="allow_destroy",
            value=address,
            allowed="addresses of what this stage holds data in: " + ", ".join(known),
            remedy=f"write {close[0]!r}" if close else "name one of these, or delete it",
            rests_on=("services",),
        )


def _certificate(settings: StageSettings) -> Iterator[Mistake]:
    if settings.certificate_arn and settings.certificate_arn.split(":")[3] != settings.region:
        yield Mistake(
            field="certificate_arn",
            value=settings.certificate_arn,
            allowed=f"a certificate in {settings.region}, the stage's region",
            remedy=f"request one in {settings.region}, or leave it out to have one requested",
            rests_on=("region",),
        )


def _hosted_zone(settings: StageSettings) -> Iterator[Mistake]:
    zone, domain = settings.dns.hosted_zone_name, settings.domain_name
    if zone and domain and not f".{domain}".endswith(f".{zone}"):
        yield Mistake(
            field="dns.hosted_zone_name",
            value=zone,
            allowed=f"{domain} or a parent of it",
            remedy="name the public hosted zone that the domain belongs to",
            rests_on=("domain_name",),
        )


def _network(settings: StageSettings) -> Iterator[Mistake]:
    network = settings.network
    subnet_prefix = ipaddress.IPv4Network(network.vpc_cidr_block).prefixlen + network.subnet_newbits
    subnets = 2 * network.zone_count
    too_small = subnet_prefix > SMALLEST_SUBNET
    largest_prefix = SMALLEST_SUBNET - network.subnet_newbits
    if too_small or 2**network.subnet_newbits < subnets:
        newbits = max((subnets - 1).bit_length(), 2)
        fits = subnet_prefix - network.subnet_newbits + newbits <= SMALLEST_SUBNET
        yield Mistake(
            field="network.vpc_cidr_block",
            value=network.vpc_cidr_block,
            allowed=f"a block that holds {subnets} subnets (2 for each of {network.zone_count} zones) of "
            f"/{SMALLEST_SUBNET} or larger; with subnet_newbits = {network.subnet_newbits} they are "
            f"/{subnet_prefix}",
            remedy=" or ".join(
                [
                    *([f"use a block of at least /{largest_prefix}"] if too_small else []),
                    *([f"subnet_newbits = {newbits}"] if fits else []),
                ]
            ),
            rests_on=("network.zone_count", "network.subnet_newbits"),
        )
    if settings.phase != "adopt" and network.zone_count < 2:
        yield Mistake(
            field="network.zone_count",
            value=network.zone_count,
            allowed="2 or 3: a database's subnets and a load balancer need two zones",
            remedy="raise zone_count",
        )
    zones = network.availability_zones
    if zones and (len(set(zones)) != network.zone_count or len(zones) != network.zone_count):
        yield Mistake(
            field="network.availability_zones",
            value=list(zones),
            allowed=f"{network.zone_count} different zones (zone_count), or none",
            remedy="list as many zones as zone_count says",
            rests_on=("network.zone_count",),
        )
    for zone in zones:
        if not zone.startswith(settings.region):
            yield Mistake(
                field="network.availability_zones",
                value=zone,
                allowed=f"zones of {settings.region}",
                remedy=f'name zones as in "{settings.region}a"',
                rests_on=("region",),
            )


def _capacity(settings: StageSettings) -> Iterator[Mistake]:
    if settings.database.min_acu > settings.database.max_acu:
        yield Mistake(
            field="database.min_acu",
            value=settings.database.min_acu,
            allowed=f"at most max_acu, {settings.database.max_acu:g}",
            remedy="lower min_acu or raise max_acu",
            rests_on=("database.max_acu",),
        )


def _service(service: Service) -> Iterator[Mistake]:
    where = f"services.{service.name}"
    memory_sizes = FARGATE_MEMORY_MIB.get(service.cpu_units)
    if memory_sizes is None:
        yield Mistake(
            field=f"{where}.cpu_units",
            value=service.cpu_units,
            allowed="one of " + ", ".join(map(str, FARGATE_MEMORY_MIB)),
            remedy="use a CPU size that Fargate has",
        )
    elif service.memory_mib not in memory_sizes:
        yield Mistake(
            field=f"{where}.memory_mib",
            value=service.memory_mib,
            allowed=f"with cpu_units = {service.cpu_units}, {_range_words(memory_sizes)}",
            remedy="change memory_mib or cpu_units to a pair that Fargate has",
            rests_on=(f"{where}.cpu_units",),
        )
    if service.min_tasks > service.max_tasks:
        yield Mistake(
            field=f"{where}.min_tasks",
            value=service.min_tasks,
            allowed=f"at most max_tasks, {service.max_tasks}",
            remedy="lower min_tasks or raise max_tasks",
            rests_on=(f"{where}.max_tasks",),
        )
    if service.single_writer and service.max_tasks > 1:
        yield Mistake(
            field=f"{where}.max_tasks",
            value=service.max_tasks,
            allowed="1, for a service that is the single writer of its data",
            remedy="leave max_tasks out",
        )
    if (service.path is None) != (service.priority is None) or (service.path and not service.port):
        yield Mistake(
            field=f"{where}.path",
            value=service.path,
            allowed="port, path and priority together, or neither path nor priority",
            remedy="add what is missing, or leave path and priority out",
            rests_on=(f"{where}.port", f"{where}.priority"),
        )


def _night_stop(settings: StageSettings) -> Iterator[Mistake]:
    night = settings.night_stop
    if night is None:
        return
    starts, stops = minute_of_day(night.start_at), minute_of_day(night.stop_at)
    if starts < DATABASE_LEAD_MINUTES:
        yield Mistake(
            field="night_stop.start_at",
            value=night.start_at,
            allowed=f"00:{DATABASE_LEAD_MINUTES} or later: the database starts {DATABASE_LEAD_MINUTES} "
            "minutes before the services, on the same day",
            remedy="start later",
        )
    if starts >= stops:
        yield Mistake(
            field="night_stop.start_at",
            value=night.start_at,
            allowed=f"a time before stop_at, {night.stop_at}",
            remedy="let the stage start and stop on one day",
            rests_on=("night_stop.stop_at",),
        )


def _schedule(service: Service, settings: StageSettings) -> Iterator[Mistake]:
    night = settings.night_stop
    for index, row in enumerate(service.schedule):
        where = f"services.{service.name}.schedule.{index}"
        if row.min_tasks > row.max_tasks:
            yield Mistake(
                field=f"{where}.min_tasks",
                value=row.min_tasks,
                allowed=f"at most max_tasks, {row.max_tasks}",
                remedy="lower min_tasks or raise max_tasks",
                rests_on=(f"services.{service.name}.schedule",),
            )
        if service.single_writer and row.max_tasks > 1:
            yield Mistake(
                field=f"{where}.max_tasks",
                value=row.max_tasks,
                allowed="at most 1, for a service that is the single writer of its data",
                remedy="lower max_tasks",
                rests_on=(f"services.{service.name}.schedule",),
            )
        if night and not night.start_at <= row.at < night.stop_at:
            yield Mistake(
                field=f"{where}.at",
                value=row.at,
                allowed=f"between {night.start_at} and {night.stop_at}, while the stage runs",
                remedy="move it into the day, or change night_stop",
                rests_on=(f"services.{service.name}.schedule", "night_stop"),
            )


def _range_words(sizes: tuple[int, ...]) -> str:
    steps = {after - before for before, after in pairwise(sizes)}
    if len(steps) == 1:
        return f"{sizes[0]} to {sizes[-1]} by {steps.pop()}"
    return ", ".join(map(str, sizes))


def _routes(settings: StageSettings) -> Iterator[Mistake]:
    routed = [service for service in settings.services.values() if service.path is not None]
    paths: dict[str | None, str] = {}
    priorities: dict[int | None, str] = {}
    for service in routed:
        if service.path in paths:
            yield Mistake(
                field=f"services.{service.name}.path",
                value=service.path,
                allowed=f"a path of its own; {paths[service.path]} has this one",
                remedy="give one of the two services another path",
            )
        if service.priority in priorities:
            yield Mistake(
                field=f"services.{service.name}.priority",
                value=service.priority,
                allowed=f"a priority of its own; {priorities[service.priority]} has this one",
                remedy="give one of the two services another priority",
            )
        paths.setdefault(service.path, service.name)
        priorities.setdefault(service.priority, service.name)


def _references(settings: StageSettings) -> Iterator[Mistake]:
    secrets = [row.name for row in SECRETS]
    for name, service in settings.services.items():
        if service.name != name:
            yield Mistake(
                field=f"services.{name}.name",
                value=service.name,
                allowed=f"{name!r}, the table's own name",
                remedy="leave name out",
            )
        for called in service.calls:
            target = settings.services.get(called)
            if target is None or target.port is None:
                yield Mistake(
                    field=f"services.{name}.calls",
                    value=called,
                    allowed="services that have a port: "
                    + ", ".join(s.name for s in settings.services.values() if s.port),
                    remedy="name one of these",
                    rests_on=(f"services.{called}.port",),
                )
        for variable in service.environment.keys() & service.secrets.keys():
            yield Mistake(
                field=f"services.{name}.environment.{variable}",
                value=service.environment[variable],
                allowed="a variable that is not among the service's secrets",
                remedy="give it either in environment or in secrets",
            )
        for variable, reference in service.secrets.items():
            if reference.split(":")[0] not in secrets:
                yield Mistake(
                    field=f"services.{name}.secrets.{variable}",
                    value=reference,
                    allowed="one of " + ", ".join(secrets),
                    remedy='name a secret, or "SECRET:KEY" for one key of a JSON secret',
                )


def _service_names(settings: StageSettings) -> Iterator[Mistake]:
    """A service's name is part of constructs, outputs and AWS's names, where others stand already."""
    outputs: dict[str, str] = {}
    for name in settings.services:
        if name in RESERVED_NAMES:
            yield Mistake(
                field=f"services.{name}",
                value=name,
                allowed="a name that no part of the platform has: not " + ", ".join(RESERVED_NAMES),
                remedy=f'rename the service, as in "{name}-service"',
            )
        other = outputs.setdefault(name.replace("-", ""), name)
        if other != name:
            yield Mistake(
                field=f"services.{name}",
                value=name,
                allowed=f"a name that differs from {other} by more than hyphens",
                remedy="rename one of the two services",
            )


def _name_lengths(settings: StageSettings) -> Iterator[Mistake]:
    """The name that exceeds its limit most: mending it mends the others, or shows the next."""
    services = settings.services.values()
    limits = limited_names(
        Names(prefix=settings.prefix, stack=settings.stack_name),
        region=settings.region,
        services=[service.name for service in services],
        routed=[service.name for service in services if service.path is not None],
    )
    worst = max(limits, key=lambda limited: limited.excess)
    if worst.excess <= 0:
        return
    allowed = (
        f"a name of {worst.what} of at most {worst.max_length} characters; {worst.name} has "
        f"{len(worst.name)}"
    )
    if worst.service and len(worst.service) > len(settings.prefix):
        yield Mistake(
            field=f"services.{worst.service}",
            value=worst.service,
            allowed=allowed,
            remedy=f"shorten the service's name by {worst.excess}",
            rests_on=("prefix",),
        )
    else:
        yield Mistake(
            field="prefix",
            value=settings.prefix,
            allowed=allowed,
            remedy=f"shorten the prefix by {worst.excess}",
        )
