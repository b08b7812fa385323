"""A container of buildah with chroot isolation: it needs no daemon and no kernel feature.

Its processes are those of this machine, under another root folder, and share its network.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from common.errors import UserError
from ops.images.container import Container, ImageConfig, Launch
from ops.images.engines import ask_engine
from ops.images.sockets import Listener, listeners_here, listeners_of
from terraform.interrupts import interrupts_kept


@contextmanager
def started_chroot(launch: Launch, config: ImageConfig, output: Path) -> Iterator[Container]:
    """Run one for the block. Raises UserError for a port that is taken here."""
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
    container: _Chroot | None = None
    try:
        # Ctrl-C waits until what was begun is known, and can be ended.
        with interrupts_kept(), output.open("wb") as printed:
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
        yield container
    finally:
        if container:
            container.stop()


@dataclass(frozen=True, kw_only=True)
class _Chroot:
    """A container that runs."""

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
