"""Whether an image does what its service's row says: its container is started and looked at."""

import http.client
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from common.progress import Progress
from modules.settings.services import Service
from ops.images.bundles import PUBLIC, bundle_errors
from ops.images.container import Container, ImageConfig
from ops.images.engines import PLATFORMS
from ops.images.sockets import Listener

_BETWEEN_LOOKS: Final = 0.2
_SETTLED_SECONDS: Final = 8
"""What has opened a port, and not the right one by then, will not."""
_LAST_LINES: Final = 12
_BUNDLE: Final = ".next"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What was looked at, and what is wrong, each in words. `output` are its last lines, if it is of use."""

    service: str
    image: str
    looked_at: tuple[str, ...]
    errors: tuple[str, ...]
    output: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Look:
    """One container being looked at, for `seconds` at most."""

    container: Container
    service: Service
    seconds: float
    progress: Progress

    def until(self, done: Callable[[], bool], *, seconds: float) -> bool:
        """Wait until `done`; give up when the time is over or the container has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.container.ended() is None:
            if done():
                return True
            time.sleep(_BETWEEN_LOOKS)
        return False


def check_architecture(service: Service, config: ImageConfig) -> list[str]:
    """Return what is wrong with the processor that an image was built for."""
    wanted = PLATFORMS[service.cpu_architecture].partition("/")[2]
    if config.architecture == wanted:
        return []
    return [
        f"it was built for {config.architecture}, and cpu_architecture = "
        f'"{service.cpu_architecture}" runs {wanted}: build it with `python -m ops images build`'
    ]


def check_bundle(
    container: Container, config: ImageConfig, arguments: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Return what was looked at of the bundle for browsers, and what is wrong with it."""
    public = sum(name.startswith(PUBLIC) for name in arguments)
    if not public:
        return [], []
    folder = f"{config.working_folder.rstrip('/')}/{_BUNDLE}"
    files = list(container.files(folder))
    if not files:
        return [], [f"it has no bundle for browsers: nothing is in {folder}"]
    errors = bundle_errors(arguments, image=config.environment, files=files)
    return [f"{public - len(errors)} of {public} addresses in its bundle"], errors


def check_running(look: Look) -> tuple[list[str], list[str]]:
    """Return what was looked at of the running container, and what is wrong with it."""
    service, container = look.service, look.container
    if service.own_port is None:
        look.until(lambda: False, seconds=min(look.seconds, _SETTLED_SECONDS))
        ended = _ended(look)
        return ([], ended) if ended else (["stays up (its row has no port to ask)"], [])
    ports = _ports(service)
    look.progress(f"waiting for {service.name} to listen on {_listed(ports)}")
    if not _opens(look, ports):
        return [], _ended(look) or [_elsewhere(container.listeners(), ports, look)]
    # Behind a proxy of the same task the loopback address is enough.
    alone = None if service.behind_port else _loopback_only(container.listeners(), ports)
    if alone:
        return [], [alone]
    looked_at, errors = _asked(look, service.own_port)
    return [f"listens on {_listed(ports)}", *looked_at], errors


def last_lines(output: str) -> tuple[str, ...]:
    """Return the end of what a container has printed."""
    return tuple(line for line in output.splitlines() if line.strip())[-_LAST_LINES:]


def is_healthy(status: int, matcher: str) -> bool:
    """Return whether a load balancer with this matcher takes a status for health."""
    for part in matcher.split(","):
        least, _, most = part.partition("-")
        if int(least) <= status <= int(most or least):
            return True
    return False


def other_path(service: Service) -> str:
    """Return the health path with the route's prefix, or without it where it has the prefix already."""
    prefix = (service.path or "").rstrip("/")
    if not prefix:
        return service.health_path
    if service.health_path == prefix or service.health_path.startswith(f"{prefix}/"):
        return service.health_path.removeprefix(prefix) or "/"
    return f"{prefix}{service.health_path}"


def _ports(service: Service) -> list[int]:
    second = service.second_route.port if service.second_route else None
    return [port for port in (service.own_port, second) if port]


def _listed(ports: Iterable[int]) -> str:
    return " and ".join(str(port) for port in ports)


def _opens(look: Look, ports: Sequence[int]) -> bool:
    """Wait for all ports; not for ever, once others are open."""
    opened_at: list[float] = []

    def all_open() -> bool:
        listeners = look.container.listeners()
        if listeners is None:
            return _status(look.container, ports[0], "/") is not None
        if listeners and not opened_at:
            opened_at.append(time.monotonic())
        return set(ports) <= {each.port for each in listeners}

    def open_or_settled() -> bool:
        return all_open() or (
            bool(opened_at) and time.monotonic() - opened_at[0] > _SETTLED_SECONDS
        )

    return look.until(open_or_settled, seconds=look.seconds) and all_open()


def _ended(look: Look) -> list[str]:
    code = look.container.ended()
    if code is None:
        return []
    missing = (
        ": it is started without its database; if that is what it misses, name one of yours with --env"
        if look.service.uses_database
        else ""
    )
    return [f"it ended with exit code {code}{missing}"]


def _elsewhere(listeners: frozenset[Listener] | None, ports: Sequence[int], look: Look) -> str:
    opened = sorted({each.port for each in listeners or ()})
    missing = [port for port in ports if port not in opened]
    if not opened:
        return f"nothing in it listened on {_listed(ports)} within {look.seconds:.0f} seconds"
    column = "`port`" if look.service.own_port in missing else "the port of `second_route`"
    return (
        f"it listens on {_listed(opened)}, and its row says {_listed(missing)}: change {column} in "
        f"[services.{look.service.name}] of the stage file, or let it listen on {_listed(missing)}"
    )


def _loopback_only(listeners: frozenset[Listener] | None, ports: Sequence[int]) -> str | None:
    reached = {each.port for each in listeners or () if not each.loopback}
    alone = [port for port in ports if port not in reached]
    if listeners is None or not alone:
        return None
    return (
        f"it listens on {_listed(alone)} of the loopback address alone, where nothing outside reaches it: "
        "let it listen on 0.0.0.0 (Next.js does with the variable HOSTNAME=0.0.0.0)"
    )


def _asked(look: Look, port: int) -> tuple[list[str], list[str]]:
    """Ask the health path with and without the prefix."""
    service, container = look.service, look.container
    # Where a proxy takes the prefix off, this is what is left.
    asked, other = service.health_path, other_path(service)
    matcher = service.health_matcher

    def healthy() -> bool:
        status = _status(container, port, asked)
        return status is not None and is_healthy(status, matcher)

    look.progress(f"asking {service.name} for {asked}")
    good = look.until(healthy, seconds=min(look.seconds, _SETTLED_SECONDS))
    status = _status(container, port, asked)
    turned = _status(container, port, other) if other != asked else None
    with_other = f"; {other} answers {turned}" if turned else ""
    if good:
        return [f"{asked} answers {status}{with_other}"], []
    if ended := _ended(look):
        return [], ended
    if status is None:
        return [], [f"it gives no HTTP answer on {port} to {asked}"]
    remedy = "name another health_path or health_matcher"
    if turned and is_healthy(turned, matcher):
        switch = "false" if service.strip_path else "true"
        remedy = f'set strip_path = {switch} and health_path = "{other}"'
    return [], [
        f"it answers {status} to {asked}, and healthy is {matcher}{with_other}: {remedy} in "
        f"[services.{service.name}] of the stage file"
    ]


def _status(container: Container, port: int, path: str) -> int | None:
    host, number = container.address(port)
    connection = http.client.HTTPConnection(host, number, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
