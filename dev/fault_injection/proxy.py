"""A TCP proxy in a process of its own: killed, it takes the way to AWS away while AWS keeps its memory."""

import asyncio
import socket
import subprocess
import sys

HOST = "127.0.0.1"


class Proxy:
    """Listens on one port for as long as it lives, however often it is killed and started again."""

    def __init__(self, target_port: int) -> None:
        """Start it on a free port."""
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port: int = probe.getsockname()[1]
        self._target_port = target_port
        self.start()

    def start(self) -> None:
        """Start the process; returns when it listens."""
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "dev.fault_injection.proxy",
                str(self.port),
                str(self._target_port),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None  # noqa: S101  # PIPE was asked for
        self._process.stdout.readline()

    def kill(self) -> None:
        """Cut all connections at once."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None  # noqa: S101  # PIPE was asked for
        self._process.stdout.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def _serve(port: int, target_port: int) -> None:
    under_way = set()  # the loop itself keeps no task from being collected

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        under_way.add(task)
        to_reader, to_writer = await asyncio.open_connection(HOST, target_port)
        await asyncio.gather(_pass_on(reader, to_writer), _pass_on(to_reader, writer))
        to_writer.close()
        writer.close()
        under_way.discard(task)

    server = await asyncio.start_server(connected, HOST, port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
