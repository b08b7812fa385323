"""What an image says of itself, how a container is started, and what is asked of one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ops.images.sockets import Listener


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
