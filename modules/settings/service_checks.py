"""What can be wrong with a stage's services: each by itself, and one beside the others."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from modules.settings.departures import find_left_out_errors
from modules.settings.fargate_sizes import FARGATE_MEMORY_MIB
from modules.settings.services import (
    SERVICES,
    ScheduledScaling,
    Service,
)
from modules.settings.setting_error import SettingError, at
from modules.settings.stage_settings import StageSettings
from modules.settings.task_checks import find_name_errors, find_port_errors, find_task_errors
from modules.settings.toml_text import toml_value
from modules.settings.variable_checks import find_value_errors, find_variable_errors

# Names that the platform's own have: resources in their addresses, and containers in a service's task.
RESERVED_NAMES = (
    "account", "alb", "aws", "budget", "certificate", "cluster", "connection-strings", "dashboard",
    "data-bucket", "database", "database-apply", "database-authorities", "database-connect",
    "database-postgresql", "database-upgrade", "ecs-tasks", "efs", "file-storage", "hosted-zone",
    "legacy-base", "load-balancer", "msk-client", "network", "platform", "rds", "registries", "secrets",
    "security-groups", "strip-proxy", "timekeeper", "web-firewall", "xray-collector",
)  # fmt: skip

_OWN = tuple(row.name for row in SERVICES)
# What a new service is known by; a path needs a port, which is asked for elsewhere.
_SAYING_WHAT = frozenset(
    {"image", "port", "build_context", "build_folder", "dockerfile", "path", "priority"}
)


def find_service_errors(settings: StageSettings) -> list[SettingError]:
    """Everything that is wrong with the services, in the file's order."""
    services = settings.services.values()
    return [
        *(
            found
            for service in (*services, *settings.beside.left_out.values())
            for found in _new(service)
        ),
        *(found for service in services for found in _service(service)),
        *(found for service in services for found in find_task_errors(service)),
        *find_port_errors(settings),
        *_shells(settings),
        *find_name_errors(settings),
        *(found for service in services for found in _schedule(service, settings)),
        *_file_storage(settings),
        *_routes(settings),
        *(found for service in services for found in find_variable_errors(service)),
        *_references(settings),
        *find_left_out_errors(settings),
        *_service_names(settings),
    ]


def _new(service: Service) -> Iterator[SettingError]:
    """Check that the table of a new service says what it is: otherwise it may be a slip."""
    if service.name in _OWN or _SAYING_WHAT & service.model_fields_set:
        return
    close = difflib.get_close_matches(service.name, _OWN, n=1)
    meant = f"did you mean [services.{close[0]}]? If it is a new service, " if close else ""
    where = f"services.{service.name}"
    # What was mistaken has been said, and set aside: it says what the service is all the same.
    said = (f"{where}.{column}" for column in sorted(_SAYING_WHAT))
    row = service.model_dump(exclude_unset=True, exclude={"name"})
    yield at(where, row, *said).must_be(
        f"one of {', '.join(_OWN)}, or a new service that says what it is",
        f"{meant}give it an image, a port or a build_folder",
    )


def _service(service: Service) -> Iterator[SettingError]:
    where = f"services.{service.name}"
    memory_sizes = FARGATE_MEMORY_MIB.get(service.cpu_units)
    if memory_sizes is None:
        yield at(f"{where}.cpu_units", service.cpu_units).must_be(
            "one of " + ", ".join(map(str, FARGATE_MEMORY_MIB)),
            "use a CPU size that Fargate has",
        )
    elif service.memory_mib not in memory_sizes:
        yield at(f"{where}.memory_mib", service.memory_mib, f"{where}.cpu_units").must_be(
            f"{_range_words(memory_sizes)} with cpu_units = {service.cpu_units}",
            "change memory_mib or cpu_units to a pair that Fargate has",
        )
    yield from _fewest_tasks(service, where=where, rests_on=f"{where}.max_tasks")
    if service.single_writer and service.max_tasks > 1:
        yield _second_writer(where, service.max_tasks, remedy="leave max_tasks out")
    if (service.path is None) != (service.priority is None) or (service.path and not service.port):
        yield at(f"{where}.path", service.path, f"{where}.port", f"{where}.priority").must_be(
            "given as port, path and priority together, or left out with priority",
            "add what is missing, or leave path and priority out",
        )


def _shells(settings: StageSettings) -> Iterator[SettingError]:
    if not settings.retain_data or settings.security.exec_allowed:
        return
    for service in settings.services.values():
        if service.exec_enabled:
            yield at(
                f"services.{service.name}.exec_enabled",
                True,
                "retain_data",
                "security.exec_allowed",
            ).must_be(
                "false where the stage retains its data, unless security.exec_allowed allows it: a "
                "shell reads the service's secrets and what it stores",
                "delete the line, or add exec_allowed = true to [security]",
            )


def _fewest_tasks(
    counts: Service | ScheduledScaling, *, where: str, rests_on: str
) -> Iterator[SettingError]:
    """Check the number of tasks, always or from a time on."""
    if counts.min_tasks > counts.max_tasks:
        yield at(f"{where}.min_tasks", counts.min_tasks, rests_on).must_be(
            f"at most max_tasks, {counts.max_tasks}",
            "lower min_tasks or raise max_tasks",
        )


def _second_writer(
    where: str, max_tasks: int, *, remedy: str, rests_on: tuple[str, ...] = ()
) -> SettingError:
    return at(f"{where}.max_tasks", max_tasks, *rests_on).must_be(
        "at most 1, for a service that is the single writer of its data",
        remedy,
    )


def _schedule(service: Service, settings: StageSettings) -> Iterator[SettingError]:
    night = settings.night_stop
    for index, row in enumerate(service.schedule):
        where = f"services.{service.name}.schedule.{index}"
        schedule = f"services.{service.name}.schedule"
        yield from _fewest_tasks(row, where=where, rests_on=schedule)
        if service.single_writer and row.max_tasks > 1:
            yield _second_writer(
                where, row.max_tasks, remedy="lower max_tasks", rests_on=(schedule,)
            )
        if night and not night.start_at <= row.at < night.stop_at:
            yield at(f"{where}.at", row.at, schedule, "night_stop").must_be(
                f"between {night.start_at} and {night.stop_at}, while the stage runs",
                "move it into the day, or change night_stop",
            )


def _file_storage(settings: StageSettings) -> Iterator[SettingError]:
    """LanceDB has a single writer: two tasks at once would corrupt what it holds (spec of the platform)."""
    users = [service for service in settings.services.values() if service.uses_file_storage]
    for service in users:
        if not service.single_writer:
            yield at(
                f"services.{service.name}.single_writer",
                False,
                f"services.{service.name}.uses_file_storage",
            ).must_be(
                "true, for a service that uses the file storage: LanceDB has one writer",
                "add single_writer = true",
            )
    for service in users[1:]:
        yield at(f"services.{service.name}.uses_file_storage", True).must_be(
            f"true for one service alone, LanceDB's single writer, as it is for {users[0].name}",
            "leave it out of one of the two",
        )


def _routes(settings: StageSettings) -> Iterator[SettingError]:
    routed = [service for service in settings.services.values() if service.path is not None]
    second = [service for service in settings.services.values() if service.second_route]
    for attribute in ("path", "priority"):
        values = [(f"{each.name}.{attribute}", getattr(each, attribute)) for each in routed]
        values += [
            (f"{each.name}.second_route.{attribute}", getattr(each.second_route, attribute))
            for each in second
        ]
        yield from _taken_twice(attribute, values)


def _taken_twice(attribute: str, values: Sequence[tuple[str, object]]) -> Iterator[SettingError]:
    """`values` are the services' own, by their fields."""
    owners: dict[object, str] = {}
    for field, value in values:
        if value in owners:
            yield at(f"services.{field}", value).must_be(
                f"a {attribute} of its own; {owners[value]} has this one",
                f"give one of the two routes another {attribute}",
            )
        owners.setdefault(value, field.partition(".")[0])


def _references(settings: StageSettings) -> Iterator[SettingError]:
    names = [row.name for row in settings.secret_rows]
    for name, service in settings.services.items():
        if service.name != name:
            yield at(f"services.{name}.name", service.name).must_be(
                f"{toml_value(name)}, the table's own name",
                "leave name out",
            )
        for called in service.calls:
            target = settings.services.get(called)
            if called in settings.beside.left_out:
                continue  # said in departures
            if target is None or target.port is None:
                yield at(
                    f"services.{name}.calls",
                    called,
                    f"services.{called}",
                    f"services.{called}.port",
                ).must_be(
                    "a service that has a port: "
                    + ", ".join(s.name for s in settings.services.values() if s.port),
                    _likeliest(called, settings.services, "name one of these"),
                )
        yield from find_value_errors(name, service, names, extended=settings.extension is not None)


def _service_names(settings: StageSettings) -> Iterator[SettingError]:
    """Check a name that is part of constructs, outputs and AWS's names, where others exist already."""
    outputs: dict[str, str] = {}
    for name in settings.services:
        if name in RESERVED_NAMES:
            yield at(f"services.{name}", name).must_be(
                "a name that no part of the platform has: not " + ", ".join(RESERVED_NAMES),
                f'rename the service, as in "{name}-service"',
            )
        other = outputs.setdefault(name.replace("-", ""), name)
        if other != name:
            yield at(f"services.{name}", name).must_be(
                f"a name that differs from {other} by more than hyphens",
                "rename one of the two services",
            )


def _likeliest(typed: str, known: Iterable[str], otherwise: str) -> str:
    close = difflib.get_close_matches(typed, list(known), n=1, cutoff=0.75)
    return f"write {toml_value(close[0])}" if close and close[0] != typed else otherwise


def _range_words(sizes: tuple[int, ...]) -> str:
    steps = {after - before for before, after in pairwise(sizes)}
    if len(steps) == 1:
        return f"{sizes[0]} to {sizes[-1]} by {steps.pop()}"
    return ", ".join(map(str, sizes))
