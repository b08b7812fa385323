"""The proxy beside a container: a real nginx, started as the task definition says, before a small server.

Debian's nginx stands for the image's. Only its port and its folder for temporary files are others here.
"""

import base64
import contextlib
import hashlib
import http.client
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from modules.compute.strip_proxy import proxy_container
from modules.settings.services import PROXY_PORT, SERVICES, SecondRoute, Service

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (nginx-light)")

ROWS = {row.name: row for row in SERVICES}
TEMPORARY = "/tmp/"  # noqa: S108  # the container's
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


class Application(BaseHTTPRequestHandler):
    """Says what arrived; upgrades a websocket and sends each byte back."""

    protocol_version = "HTTP/1.1"

    def _told(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = {
            "port": self.connection.getsockname()[1],
            "path": self.path,
            "bytes": len(body),
            "headers": {name.lower(): value for name, value in self.headers.items()},
        }
        answer = json.dumps(told).encode()
        self.send_response(401 if self.path == "/healthz" else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-Long", "x" * 20_000)
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        self._told()

    def do_GET(self) -> None:
        if self.headers.get("Upgrade") != "websocket":
            self._told()
            return
        magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        digest = hashlib.sha1((self.headers["Sec-WebSocket-Key"] + magic).encode()).digest()  # noqa: S324  # RFC 6455
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(digest).decode())
        self.end_headers()
        while data := self.connection.recv(4096):
            self.connection.sendall(data)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing on the test's own screen."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the load balancer sees of a task."""

    port: int
    ports: dict[str, int]

    def ask(self, path: str, *, method: str = "GET", body: bytes = b"") -> tuple[int, Any]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, body=body or None, headers={"Host": "app.example.com"})
            answer = connection.getresponse()
            text = answer.read()
        return answer.status, json.loads(text) if answer.getheader("X-Long") else text


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def listening(port: int) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", port), Application)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def proxied(row: Service, folder: Path) -> Iterator[int]:
    """Run the row's proxy as the task definition says, on a free port."""
    container = proxy_container(row, image="nginx:1", idle_timeout_seconds=3600)
    port = free_port()
    (variable,) = container["environment"]
    configuration = (
        variable["value"]
        .replace(f"listen {PROXY_PORT};", f"listen 127.0.0.1:{port};")
        .replace(TEMPORARY, f"{folder}/")
    )
    command = [*container["entryPoint"], *container["command"]]
    with (folder / "stderr").open("w") as screen:
        process = subprocess.Popen(
            [part.replace(TEMPORARY, f"{folder}/") for part in command],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", variable["name"]: configuration},
            stderr=screen,
        )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None, (folder / "stderr").read_text()
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module", name="row")
def _row() -> Service:
    """Functions' row, with ports that are free here."""
    row = ROWS["functions"]
    assert row.second_route
    second = SecondRoute(path=row.second_route.path, port=free_port(), priority=1)
    return row.model_copy(update={"port": free_port(), "second_route": second})


@pytest.fixture(scope="module", name="task")
def _task(row: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Task]:
    assert row.port
    assert row.second_route
    ports = {"port": row.port, "second": row.second_route.port}
    with (
        listening(ports["port"]),
        listening(ports["second"]),
        proxied(row, tmp_path_factory.mktemp("nginx")) as port,
    ):
        yield Task(port=port, ports=ports)


@pytest.mark.parametrize(
    ("asked", "arrives"),
    [
        ("/v1/functions", "/"),
        ("/v1/functions/", "/"),
        ("/v1/functions/a/b?c", "/a/b?c"),
        ("/v1/functions?c=d&e", "/?c=d&e"),
        ("/v1/functions/a/", "/a/"),
        ("/v1/functions/a%2Fb%20c?d=%26", "/a%2Fb%20c?d=%26"),
        ("/v1/functions/v1/functions/a", "/v1/functions/a"),
    ],
)
def test_a_path_arrives_without_its_prefix_and_otherwise_as_it_was(
    task: Task, asked: str, arrives: str
) -> None:
    status, told = task.ask(asked)

    assert (status, told["path"], told["port"]) == (200, arrives, task.ports["port"])


@pytest.mark.parametrize(
    ("asked", "arrives"), [("/v1/chat", "/"), ("/v1/chat/room?id=1", "/room?id=1")]
)
def test_the_second_route_leads_to_the_other_port(task: Task, asked: str, arrives: str) -> None:
    status, told = task.ask(asked)

    assert (status, told["path"], told["port"]) == (200, arrives, task.ports["second"])


@pytest.mark.parametrize("asked", ["/", "/v1/functionsx", "/v1", "/v1/chats", "/x/v1/functions"])
def test_nothing_else_is_forwarded(task: Task, asked: str) -> None:
    status, _ = task.ask(asked)

    assert status == 404


def test_the_application_sees_the_host_that_was_asked(task: Task) -> None:
    _, told = task.ask("/v1/functions/a")

    assert told["headers"]["host"] == "app.example.com"
    assert told["headers"].get("upgrade") is None


def test_each_request_has_a_connection_of_its_own_to_the_application(task: Task) -> None:
    _, told = task.ask("/v1/functions/a")

    assert told["headers"]["connection"] == "close"


def test_a_body_of_six_megabytes_arrives(task: Task) -> None:
    status, told = task.ask("/v1/functions/upload", method="POST", body=b"x" * 6_000_000)

    assert (status, told["bytes"], told["path"]) == (200, 6_000_000, "/upload")


@pytest.mark.parametrize("path", ["/v1/functions/socket", "/v1/chat"])
def test_a_websocket_is_upgraded(task: Task, path: str) -> None:
    request = (
        f"GET {path} HTTP/1.1\r\nHost: app.example.com\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", task.port), 10) as connection:
        connection.sendall(request.encode())
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 101 ")
        # The key's answer is RFC 6455's own example.
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer

        for message in (b"first", b"\x81\x85 second \x00\xff"):
            connection.sendall(message)
            assert connection.recv(4096) == message


def test_a_connection_stays_open_for_the_next_request(task: Task) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", task.port, timeout=10)) as connection:
        for _ in range(3):
            connection.request("GET", "/v1/functions/a")
            answer = connection.getresponse()
            answer.read()
            assert answer.getheader("Connection") != "close"
            kept = connection.sock
        assert connection.sock is kept is not None


@pytest.mark.parametrize("name", [row.name for row in SERVICES if row.stripped])
def test_the_health_check_fails_when_the_application_does(name: str, tmp_path: Path) -> None:
    row = ROWS[name].model_copy(update={"port": free_port()})
    assert row.port
    with proxied(row, tmp_path) as port:
        task = Task(port=port, ports={})
        with listening(row.port):
            healthy, _ = task.ask(row.routed_health_path)
        failed, _ = task.ask(row.routed_health_path)

    assert (healthy, failed) == (401 if name == "functions" else 200, 502)
    assert accepted(row.health_matcher, healthy)
    assert not accepted(row.health_matcher, failed)


@pytest.mark.parametrize("asked", ["/v1/graphql", "/healthz", "/v1/metadata?a=b%2Fc", "/"])
def test_a_proxy_that_only_keeps_connections_hands_a_path_on_as_it_is(
    asked: str, tmp_path: Path
) -> None:
    row = ROWS["hasura"].model_copy(update={"port": PROXY_PORT, "behind_port": free_port()})
    assert row.own_port
    with proxied(row, tmp_path) as port:
        task = Task(port=port, ports={})
        with listening(row.own_port):
            _, told = task.ask(asked, method="POST", body=b"x")
        failed, _ = task.ask(asked)

    assert (told["path"], told["port"], failed) == (asked, row.own_port, 502)


def accepted(matcher: str, status: int) -> bool:
    """What an ALB makes of its matcher: statuses and ranges of them."""
    return any(
        int(first) <= status <= int(last or first)
        for first, _, last in (part.partition("-") for part in matcher.split(","))
    )


@pytest.mark.parametrize("idle", [1, 3600, 4000])
def test_the_load_balancer_closes_a_quiet_connection_first(idle: int) -> None:
    container = proxy_container(ROWS["app"], image="nginx:1", idle_timeout_seconds=idle)

    text = container["environment"][0]["value"]
    for directive in ("keepalive_timeout", "proxy_read_timeout", "proxy_send_timeout"):
        assert f"{directive} {idle + 60}s;" in text


def test_the_image_runs_as_nginxs_own_user_and_is_needed() -> None:
    container = proxy_container(ROWS["functions"], image="nginx:1", idle_timeout_seconds=60)

    assert (container["user"], container["essential"]) == ("101:101", True)
    assert container["dependsOn"] == [{"containerName": "functions", "condition": "START"}]
