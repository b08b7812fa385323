"""Who closes a quiet connection: the load balancer, never a target. With real nginx and Node, in seconds.

A load balancer that sends a request into a connection which its target is closing answers 502. The idle
timeout is 1 second here in place of 120, and what is longer is longer by a second in place of 60.
"""

import contextlib
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from modules.compute.strip_proxy import LONGER_SECONDS, nginx_configuration
from modules.settings.stage_settings import LoadBalancer
from tests.conftest import Synthesize

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
NODE = shutil.which("node")
IDLE = 1.0  # the load balancer's timeout, scaled down
LONGER = 2.0
PING = 0.4  # for 50 seconds of 120
# As Next's own server reads the variable.
SERVER = """
const server = require('http').createServer((_, answer) => answer.end('ok'))
server.keepAliveTimeout = parseInt(process.env.KEEP_ALIVE_TIMEOUT, 10)
server.on('upgrade', (_, socket) => {
  socket.write('HTTP/1.1 101 Switching\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n')
  socket.pipe(socket)
})
server.listen(process.env.PORT, '127.0.0.1')
"""


@dataclass
class Balancer:
    """Keeps one connection to a target while it is quiet for less than the idle timeout, as an ALB does."""

    port: int
    answers: list[int] = field(default_factory=list)
    _open: socket.socket | None = None
    _used: float = 0.0

    def forward(self, path: str) -> None:
        """Send a request into the open connection, or into a new one."""
        if self._open is None or time.monotonic() - self._used >= IDLE:
            self.close()
            self._open = socket.create_connection(("127.0.0.1", self.port), 5)
        try:
            self._open.sendall(f"GET {path} HTTP/1.1\r\nHost: app.example.com\r\n\r\n".encode())
            status = int(read_answer(self._open).split(b" ", 2)[1])
        except (OSError, IndexError, ValueError):
            self.close()
            status = 502
        self.answers.append(status)
        self._used = time.monotonic()

    def close(self) -> None:
        if self._open:
            self._open.close()
        self._open = None


def read_answer(connection: socket.socket) -> bytes:
    """One whole answer: its head, and its body by length or in chunks."""
    text = b""
    while b"\r\n\r\n" not in text or not _whole(text):
        part = connection.recv(65536)
        if not part:
            raise ConnectionError("closed before the answer")
        text += part
    return text


def _whole(text: bytes) -> bool:
    head, _, body = text.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")


def statuses(port: int, path: str) -> list[int]:
    """Two hundred answers to requests that are spaced around the idle timeout, from 40 connections."""
    balancers = [Balancer(port) for _ in range(40)]

    def ask(number: int) -> None:
        for _ in range(5):
            balancers[number].forward(path)
            time.sleep(IDLE * (0.9 + 0.005 * number))
        balancers[number].close()

    with ThreadPoolExecutor(len(balancers)) as pool:
        list(pool.map(ask, range(len(balancers))))
    return [status for each in balancers for status in each.answers]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None, command
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def node(keep_alive_seconds: float) -> Iterator[int]:
    """Run the small server that keeps quiet connections for so long."""
    assert NODE
    port = free_port()
    environment = {"PORT": str(port), "KEEP_ALIVE_TIMEOUT": str(int(keep_alive_seconds * 1000))}
    with running([NODE, "-e", SERVER], port, environment):
        yield port


@contextmanager
def nginx(application: int, folder: Path, *, keeps: str = f"{LONGER:g}s") -> Iterator[int]:
    """Run the proxy's own configuration, its timeouts scaled down, before a port."""
    assert NGINX
    port = free_port()
    written = nginx_configuration(
        {"/v1/x": application}, listen=port, rest=application, idle_timeout_seconds=120
    )
    assert f"keepalive_timeout {120 + LONGER_SECONDS}s;" in written
    scaled = written.replace(f"{120 + LONGER_SECONDS}s;", f"{keeps};")
    file = folder / "nginx.conf"
    file.write_text(scaled.replace("/tmp/", f"{folder}/"))  # noqa: S108  # the container's
    command = [NGINX, "-e", "stderr", "-c", str(file)]
    with running(command, port, {"PATH": "/usr/sbin:/usr/bin:/bin"}):
        yield port


needs_both = pytest.mark.skipif(
    NGINX is None or NODE is None, reason="nginx or node is not installed (nginx-light)"
)


@needs_both
@pytest.mark.jsii  # it starts Node
def test_no_502_from_node_in_200_requests_around_the_idle_timeout() -> None:
    with node(LONGER) as port:
        found = statuses(port, "/")

    assert (len(found), found.count(502)) == (200, 0)


@needs_both
@pytest.mark.jsii  # it starts Node
def test_no_502_from_the_proxy_in_200_requests_around_the_idle_timeout(tmp_path: Path) -> None:
    with node(LONGER) as application, nginx(application, tmp_path) as port:
        found = statuses(port, "/v1/x/a")

    assert (len(found), found.count(502)) == (200, 0)


@needs_both
@pytest.mark.jsii  # it starts Node
def test_no_502_from_a_server_that_closes_early_behind_the_proxy(tmp_path: Path) -> None:
    """As Hasura does: its server closes sooner, and the proxy opens a connection for each request."""
    with node(IDLE / 2) as application, nginx(application, tmp_path) as port:
        found = statuses(port, "/v1/graphql")

    assert (len(found), found.count(502)) == (200, 0)


@needs_both
@pytest.mark.jsii  # it starts Node
def test_a_target_that_closes_first_gives_502s(tmp_path: Path) -> None:
    """What the rule is for, and that the two tests above would see it."""
    with node(LONGER) as application, nginx(application, tmp_path, keeps="500ms") as port:
        assert statuses(port, "/v1/x/a").count(502) > 0


@needs_both
@pytest.mark.jsii  # it starts Node
def test_a_websocket_lives_that_is_quiet_between_pings(tmp_path: Path) -> None:
    with (
        node(LONGER) as application,
        nginx(application, tmp_path) as port,
        socket.create_connection(("127.0.0.1", port), 5) as connection,
    ):
        connection.sendall(
            b"GET /v1/x/ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        )
        assert connection.recv(4096).startswith(b"HTTP/1.1 101")
        began = time.monotonic()
        for number in range(12):
            time.sleep(PING)
            connection.sendall(b"ping%d" % number)
            assert connection.recv(4096) == b"ping%d" % number

    # For longer than the proxy and the load balancer keep a connection on which nothing happens.
    assert time.monotonic() - began > 2 * LONGER


def test_the_load_balancer_closes_first_and_later_than_a_ping(stack: Synthesize) -> None:
    """Websockets ping every 5 seconds (Hasura) and every 50 (the chat)."""
    idle = LoadBalancer().idle_timeout_seconds
    app = stack("prod").containers("app")["app"]
    kept = {each["name"]: each["value"] for each in app["environment"]}["KEEP_ALIVE_TIMEOUT"]

    assert stack("prod").resource("aws_lb", "main")["idle_timeout"] == idle
    assert 50 < idle < int(kept) / 1000
    for name in ("supertokens", "hasura", "functions", "handshake", "oauth", "optaplanner"):
        (variable,) = stack("prod").containers(name)["strip-proxy"]["environment"]
        assert f"keepalive_timeout {idle + LONGER_SECONDS}s;" in variable["value"]


def test_hasuras_port_is_the_proxys_and_hasura_listens_behind_it(stack: Synthesize) -> None:
    """So that groups, target group and those who call it inside stay as they were in an upgrade."""
    containers = stack("prod").containers("hasura")
    environment = {each["name"]: each["value"] for each in containers["hasura"]["environment"]}
    (variable,) = containers["strip-proxy"]["environment"]

    assert "portMappings" not in containers["hasura"]
    assert containers["strip-proxy"]["portMappings"][0]["containerPort"] == 8080
    assert environment["HASURA_GRAPHQL_SERVER_PORT"] == "8081"
    assert "listen 8080;" in variable["value"]
    assert "default 127.0.0.1:8081$request_uri;" in variable["value"]


def test_the_documents_table_names_each_target_and_that_it_closes_last(stack: Synthesize) -> None:
    text = (Path(__file__).parents[3] / "docs" / "reliability.md").read_text(encoding="utf-8")
    table = text.partition("## Quiet connections")[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("| ") and not line.startswith("| target")
    ]
    kept = {name: longer for names, longer, _ in rows for name in re.findall(r"[\w-]+", names)}
    targets = stack("prod").names("aws_lb_target_group")

    assert set(targets) <= kept.keys()
    assert {kept[name].split()[0] for name in targets} == {str(LONGER_SECONDS)}
