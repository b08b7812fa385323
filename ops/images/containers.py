"""A container that runs for a moment, to be looked at, and that is gone afterwards whatever happens.

docker and podman give it a network of its own and publish its ports. buildah's chroot isolation needs no
daemon and no kernel feature, and shares the network of this machine.
"""

import io
import json
import os
import signal
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from common.errors import UserError
from ops.images.engines import ask_engine
from ops.images.sockets import Listener, listeners_here, listeners_in, listeners_of
from terraform.interrupts import interrupts_kept

UNTESTED: Final[Mapping[str, tuple[str, ...]]] = {
    "docker": (),
    "podman": (),
    "buildah": (
        "a read-only root file system",
        "mounted folders",
        "the memory limit",
        "a network of its own",
    ),
}
"""What an engine does not do as Fargate does."""


@dataclass(frozen=True, kw_only=True)
class ImageConfig:
    """What an image says of itself."""

    architecture: str
    environment: Mapping[str, str]
    working_folder: str
    program: tuple[str, ...]
    command: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How a task definition starts a container."""

    image: str
    name: str
    environment: Mapping[str, str]
    command: tuple[str, ...]
    user: str | None
    read_only: bool
    memory_mib: int
    ports: tuple[int, ...]
    folders: tuple[str, ...]


class Container(Protocol):
    """One that was started."""

    def ended(self) -> int | None:
        """Return its exit code; None while it runs."""
        ...

    def output(self) -> str:
        """Return what it has printed."""
        ...

    def listeners(self) -> frozenset[Listener] | None:
        """Return where its processes listen; None where that cannot be seen."""
        ...

    def address(self, port: int) -> tuple[str, int]:
        """Return where one of its ports is reached from here."""
        ...

    def files(self, folder: str) -> Iterator[bytes]:
        """Yield the content of every file below a folder of the image."""
        ...


def read_config(engine: str, image: str) -> ImageConfig:
    """Return what an image says of itself. Raises UserError for one that this machine does not have."""
    command = (
        ["buildah", "inspect", "--type", "image", image]
        if engine == "buildah"
        else [engine, "image", "inspect", image]
    )
    printed = ask_engine(command)
    if printed is None:
        raise UserError(
            f"{engine} has no image {image}: build it first, `python -m ops images build`, or name one that "
            "is there with --tag"
        )
    document: Any = json.loads(printed)
    if engine == "buildah":
        whole = document["OCIv1"]
        config = whole.get("config") or {}
    else:
        whole = document[0]
        config = whole.get("Config") or {}
    return ImageConfig(
        architecture=str(whole.get("architecture") or whole.get("Architecture")),
        environment=dict(each.partition("=")[::2] for each in config.get("Env") or ()),
        working_folder=config.get("WorkingDir") or "/",
        program=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
    )


@contextmanager
def started(engine: str, launch: Launch, config: ImageConfig) -> Iterator[Container]:
    """Run a container for the block. Raises UserError when the engine cannot start it."""
    remove = (
        [engine, "rm", launch.name] if engine == "buildah" else [engine, "rm", "-f", launch.name]
    )
    with _ended_as_by_ctrl_c(), tempfile.TemporaryDirectory(prefix="atomic-images-") as folder:
        try:
            if engine == "buildah":
                with _started_chroot(launch, config, Path(folder) / "output") as chroot:
                    yield chroot
            else:
                yield _started_by_daemon(engine, launch)
        finally:
            # A second Ctrl-C should not leave it running.
            with interrupts_kept():
                ask_engine(remove)


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """Let SIGTERM and a closed terminal be answered as Ctrl-C is: what is running is removed first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    ]
    before = {number: signal.signal(number, signal.default_int_handler) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _started_by_daemon(engine: str, launch: Launch) -> "_Daemon":
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
        *(["--user", launch.user] if launch.user else []),
        *(["--read-only"] if launch.read_only else []),
        *(part for folder in launch.folders for part in ("--tmpfs", folder)),
        launch.image,
        *launch.command,
    ]
    finished = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    # docker's own exit codes; any other is the container's, which is found to have ended.
    if finished.returncode in {125, 126, 127}:
        raise UserError(f"{engine} cannot start {launch.image}: {finished.stderr.strip()}")
    return _Daemon(engine=engine, name=launch.name)


@dataclass(frozen=True, kw_only=True)
class _Daemon:
    """A container of docker or podman."""

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


@contextmanager
def _started_chroot(launch: Launch, config: ImageConfig, output: Path) -> Iterator["_Chroot"]:
    taken = sorted(set(launch.ports) & {each.port for each in listeners_here()})
    if taken:
        raise UserError(
            f"port {taken[0]} of this machine is taken, and a container of buildah shares its network: stop "
            "what listens there, then run the same command again"
        )
    begun = ask_engine(["buildah", "from", "--pull=never", "--name", launch.name, launch.image])
    if begun is None:
        raise UserError(f"buildah cannot start {launch.image}: it has no such image")
    command = [
        "buildah",
        "run",
        "--isolation",
        "chroot",
        *(part for pair in launch.environment.items() for part in ("--env", "=".join(pair))),
        *(["--user", launch.user] if launch.user else []),
        launch.name,
        "--",
        *config.program,
        *(launch.command or config.command),
    ]
    with output.open("wb") as printed:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    start = dict(_process_table()).get(process.pid, (0, ""))[1]
    container = _Chroot(
        name=launch.name, process=process, printed=output, seen={process.pid: start}
    )
    try:
        yield container
    finally:
        container.stop()


@dataclass(frozen=True, kw_only=True)
class _Chroot:
    """A container of buildah: processes of this machine under another root folder."""

    name: str
    process: subprocess.Popen[bytes]
    printed: Path
    seen: dict[int, str]

    def ended(self) -> int | None:
        return self.process.poll()

    def output(self) -> str:
        return self.printed.read_text(errors="replace")

    def listeners(self) -> frozenset[Listener]:
        return listeners_of(self._processes())

    def address(self, port: int) -> tuple[str, int]:
        return "127.0.0.1", port

    def files(self, folder: str) -> Iterator[bytes]:
        mounted = ask_engine(["buildah", "mount", self.name])
        if mounted is None:
            return
        try:
            root = Path(mounted.strip()) / folder.lstrip("/")
            for path in root.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    yield path.read_bytes()
        finally:
            ask_engine(["buildah", "umount", self.name])

    def stop(self) -> None:
        """End what runs in it, also what left its parents."""
        while running := self._processes():
            for process in running:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            self.process.wait()

    def _processes(self) -> set[int]:
        """Return those of its processes that run: what is below one of them, or was once."""
        table = dict(_process_table())
        # A number may be another's by now; the moment of its start tells.
        found = {each for each, start in self.seen.items() if table.get(each, (0, ""))[1] == start}
        while more := {child for child, (parent, _) in table.items() if parent in found} - found:
            found |= more
        self.seen.update({each: table[each][1] for each in found})
        return found


def _process_table() -> Iterator[tuple[int, tuple[int, str]]]:
    """Yield each process of this machine with its parent and the moment of its start."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name before it may hold blanks and brackets.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            yield int(folder.name), (int(fields[1]), fields[19])
