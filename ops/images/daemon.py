"""A container of docker or podman: a network of its own, its ports published on this machine."""

import io
import resource
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from common.errors import UserError
from ops.images.container import Container, Launch
from ops.images.engines import ask_engine
from ops.images.sockets import Listener, listeners_in

# Open files as on Fargate (ECS API reference, Ulimit), processes as podman's own default.
_LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "nofile": (resource.RLIMIT_NOFILE, 65_535),
    "nproc": (resource.RLIMIT_NPROC, 32_768),
}


def started_by_daemon(engine: str, launch: Launch) -> Container:
    """Start one in the background. Raises UserError when the engine cannot."""
    command = [
        engine,
        "run",
        "--detach",
        "--name",
        launch.name,
        "--memory",
        f"{launch.memory_mib}m",
        *(part for port in launch.ports for part in ("--publish", f"127.0.0.1::{port}")),
        *(part for pair in launch.environment.items() for part in ("--env", "=".join(pair))),
        *(_limits() if engine == "podman" else []),
        *(["--user", launch.user] if launch.user else []),
        *(["--read-only"] if launch.read_only else []),
        *(part for folder in launch.folders for part in ("--tmpfs", folder)),
        launch.image,
        *launch.command,
    ]
    # What watches podman's container leaves a file `oom` in the folder that it was started from.
    with tempfile.TemporaryDirectory(prefix="atomic-") as folder:
        finished = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    # docker's own exit codes; any other is the container's, which is found to have ended.
    if finished.returncode in {125, 126, 127}:
        raise UserError(f"{engine} cannot start {launch.image}: {finished.stderr.strip()}")
    return _Daemon(engine=engine, name=launch.name)


def _limits() -> Iterator[str]:
    """Yield options for podman, whose own limits start nothing where this process may not raise its own."""
    for name, (number, wished) in _LIMITS.items():
        _, most = resource.getrlimit(number)
        value = wished if most == resource.RLIM_INFINITY else min(wished, most)
        yield from ("--ulimit", f"{name}={value}:{value}")


@dataclass(frozen=True, kw_only=True)
class _Daemon:
    """A container that a daemon runs."""

    engine: str
    name: str

    def ended(self) -> int | None:
        state = self._ask(
            "inspect", "--format", "{{.State.Running}} {{.State.ExitCode}}", self.name
        )
        running, _, code = (state or "false 0").strip().partition(" ")
        return None if running == "true" else int(code or 0)

    def output(self) -> str:
        finished = subprocess.run(
            [self.engine, "logs", self.name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        return finished.stdout

    def listeners(self) -> frozenset[Listener] | None:
        table = self._ask("exec", self.name, "cat", "/proc/net/tcp", "/proc/net/tcp6")
        return None if table is None else listeners_in(table)

    def address(self, port: int) -> tuple[str, int]:
        printed = self._ask("port", self.name, str(port)) or ""
        host, _, number = printed.partition("\n")[0].strip().rpartition(":")
        return (host, int(number)) if number.isdigit() else ("127.0.0.1", port)

    def files(self, folder: str) -> Iterator[bytes]:
        finished = subprocess.run(
            [self.engine, "cp", f"{self.name}:{folder}", "-"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if finished.returncode:
            return
        with tarfile.open(fileobj=io.BytesIO(finished.stdout)) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content:
                    yield content.read()

    def _ask(self, *arguments: str) -> str | None:
        return ask_engine([self.engine, *arguments])
