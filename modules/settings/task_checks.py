"""What can be wrong with the columns that say how a service's task runs and by which names it is found."""

from collections.abc import Iterator

from modules.settings.services import COLLECTOR_PORTS, PROXY_PORT, Service
from modules.settings.setting_error import SettingError, at
from modules.settings.stage_settings import StageSettings


def find_task_errors(service: Service) -> Iterator[SettingError]:
    """Yield what is wrong with the proxy, its ports, and what waits."""
    where = f"services.{service.name}"
    second = service.second_route
    if service.strip_path and service.path in {None, "/"}:
        yield at(f"{where}.strip_path", True, f"{where}.path").must_be(
            "true only with a path to take off",
            'give the service a path, as in "/v1/reports", or leave strip_path out',
        )
    if second and not service.strip_path:
        yield at(f"{where}.second_route", second.path, f"{where}.strip_path").must_be(
            "only with strip_path = true: the proxy leads it to the other port",
            "add strip_path = true, or leave second_route out",
        )
    if service.behind_port and (service.strip_path or service.port in {None, service.behind_port}):
        yield at(
            f"{where}.behind_port", service.behind_port, f"{where}.port", f"{where}.strip_path"
        ).must_be(
            "another port than port, and without strip_path, which brings a proxy of its own",
            "let the container listen on another port, or leave it out",
        )
    if second and second.port == service.port:
        yield at(f"{where}.second_route.port", second.port).must_be(
            "another port than the first route's",
            "leave second_route out, or name the container's other port",
        )
    if service.wait_for_url and not service.command:
        yield at(f"{where}.wait_for_url", service.wait_for_url, f"{where}.command").must_be(
            "given with the command that runs then: the image's own is not known here",
            'add command, as in ["node", "server.js"]',
        )
    if service.aliases and not service.port:
        yield at(f"{where}.aliases", service.aliases, f"{where}.port").must_be(
            "names of a service that has a port",
            "add port, or leave aliases out",
        )


def find_port_errors(settings: StageSettings) -> Iterator[SettingError]:
    """Yield each port that a container beside the service's own has: all share the task's addresses."""
    for service in settings.services.values():
        where, second = f"services.{service.name}", service.second_route
        ports = {
            f"{where}.port": service.port,
            f"{where}.second_route.port": second.port if second else None,
            f"{where}.behind_port": service.behind_port,
        }
        for field, port in ports.items():
            if service.strip_path and port == PROXY_PORT:
                yield at(field, port).must_be(
                    f"another port than {PROXY_PORT}, which the proxy beside the container has",
                    "let the container listen on another port",
                )
            if settings.tracing.enabled and service.traced and port in COLLECTOR_PORTS:
                yield at(field, port, f"{where}.traced", "tracing.enabled").must_be(
                    f"none of {', '.join(map(str, COLLECTOR_PORTS))}, which the trace collector beside the "
                    "container has",
                    "let the container listen on another port, or write traced = false",
                )


def find_name_errors(settings: StageSettings) -> Iterator[SettingError]:
    """Yield each alias that a service or another alias has as its name."""
    owners = {name: f"the service {name}" for name in settings.services}
    for service in settings.services.values():
        for alias in service.aliases:
            if alias in owners:
                yield at(f"services.{service.name}.aliases", alias).must_be(
                    f"a name that nothing else has; {owners[alias]} has this one",
                    "leave it out",
                )
            owners.setdefault(alias, f"{service.name}'s aliases")
