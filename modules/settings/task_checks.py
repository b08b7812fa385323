"""What can be wrong with the columns that say how a service's task runs and by which names it is found."""

from collections.abc import Iterator

from modules.settings.services import PROXY_PORT, Service
from modules.settings.setting_error import SettingError
from modules.settings.stage_settings import StageSettings


def find_task_errors(service: Service) -> Iterator[SettingError]:
    """Yield what is wrong with the proxy, its ports, and what waits."""
    where = f"services.{service.name}"
    second = service.second_route
    if service.strip_path and service.path in {None, "/"}:
        yield SettingError(
            field=f"{where}.strip_path",
            value=True,
            allowed="true only with a path to take off",
            remedy='give the service a path, as in "/v1/reports", or leave strip_path out',
            rests_on=(f"{where}.path",),
        )
    if second and not service.strip_path:
        yield SettingError(
            field=f"{where}.second_route",
            value=second.path,
            allowed="only with strip_path = true: the proxy leads it to the other port",
            remedy="add strip_path = true, or leave second_route out",
            rests_on=(f"{where}.strip_path",),
        )
    if service.behind_port and (service.strip_path or service.port in {None, service.behind_port}):
        yield SettingError(
            field=f"{where}.behind_port",
            value=service.behind_port,
            allowed="another port than port, and without strip_path, which brings a proxy of its own",
            remedy="let the container listen on another port, or leave it out",
            rests_on=(f"{where}.port", f"{where}.strip_path"),
        )
    ports = {f"{where}.port": service.port} | (
        {f"{where}.second_route.port": second.port} if second else {}
    )
    for field, port in ports.items():
        if service.strip_path and port == PROXY_PORT:
            yield SettingError(
                field=field,
                value=port,
                allowed=f"another port than {PROXY_PORT}, which the proxy beside the container has",
                remedy="let the container listen on another port",
            )
    if second and second.port == service.port:
        yield SettingError(
            field=f"{where}.second_route.port",
            value=second.port,
            allowed="another port than the first route's",
            remedy="leave second_route out, or name the container's other port",
        )
    if service.wait_for_url and not service.command:
        yield SettingError(
            field=f"{where}.wait_for_url",
            value=service.wait_for_url,
            allowed="given with the command that runs then: the image's own is not known here",
            remedy='add command, as in ["node", "server.js"]',
            rests_on=(f"{where}.command",),
        )
    if service.aliases and not service.port:
        yield SettingError(
            field=f"{where}.aliases",
            value=service.aliases,
            allowed="names of a service that has a port",
            remedy="add port, or leave aliases out",
            rests_on=(f"{where}.port",),
        )


def find_name_errors(settings: StageSettings) -> Iterator[SettingError]:
    """Yield each alias that a service or another alias has as its name."""
    owners = {name: f"the service {name}" for name in settings.services}
    for service in settings.services.values():
        for alias in service.aliases:
            if alias in owners:
                yield SettingError(
                    field=f"services.{service.name}.aliases",
                    value=alias,
                    allowed=f"a name that nothing else has; {owners[alias]} has this one",
                    remedy="leave it out",
                )
            owners.setdefault(alias, f"{service.name}'s aliases")
