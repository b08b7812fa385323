"""Where processes listen, read from the kernel's own tables. Linux alone has them."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LISTENS: Final = "0A"
_COLUMNS: Final = 10
"""Of a line of these tables, the last that is read: the socket's number."""


@dataclass(frozen=True, kw_only=True, order=True)
class Listener:
    """One open port; `loopback` when only the container itself reaches it."""

    port: int
    loopback: bool


def listeners_in(table: str) -> frozenset[Listener]:
    """Return the open ports of `/proc/net/tcp` and `/proc/net/tcp6`."""
    return frozenset(listener for listener, _ in _rows(table))


def listeners_of(processes: Iterable[int]) -> frozenset[Listener]:
    """Return the open ports that these processes of this machine hold."""
    sockets = {socket for process in processes for socket in _sockets(process)}
    return frozenset(listener for listener, socket in _rows(_tables()) if socket in sockets)


def listeners_here() -> frozenset[Listener]:
    """Return all open ports of this machine."""
    return listeners_in(_tables())


def _tables() -> str:
    paths = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
    return "".join(path.read_text() for path in paths if path.exists())


def _rows(table: str) -> list[tuple[Listener, str]]:
    found = []
    for line in table.splitlines():
        columns = line.split()
        if len(columns) < _COLUMNS or columns[3] != _LISTENS:
            continue
        address, _, port = columns[1].partition(":")
        found.append((Listener(port=int(port, 16), loopback=_is_loopback(address)), columns[9]))
    return found


def _is_loopback(address: str) -> bool:
    """Read an address as the kernel prints it: words of four bytes, each in this machine's order."""
    words = [bytes.fromhex(address[at : at + 8])[::-1] for at in range(0, len(address), 8)]
    plain = b"".join(words)
    if len(plain) == 4:  # IPv4
        return plain[0] == 127
    mapped = plain[:12] == b"\0" * 10 + b"\xff\xff" and plain[12] == 127
    return mapped or plain == b"\0" * 15 + b"\1"


def _sockets(process: int) -> list[str]:
    found = []
    try:
        for each in Path(f"/proc/{process}/fd").iterdir():
            target = os.readlink(each)
            if target.startswith("socket:["):
                found.append(target[8:-1])
    except OSError:
        # It has ended, or belongs to another user.
        return found
    return found
