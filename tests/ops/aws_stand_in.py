"""A server that answers as some services of AWS do, for a command line in a process of its own."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

Answers = Mapping[str, Callable[[dict[str, Any]], dict[str, Any] | str]]


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """The server, and what it was asked: each call's name with its arguments."""

    url: str
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def calls(self, name: str) -> list[dict[str, Any]]:
        """The arguments of each call of this name."""
        return [arguments for each, arguments in self.asked if each == name]

    def wait_for(self, name: str) -> None:
        """Wait until it has been asked for this."""
        until = time.monotonic() + 30
        while not self.calls(name):
            assert time.monotonic() < until, self.asked
            time.sleep(0.05)

    @property
    def environment(self) -> dict[str, str]:
        """What leads there."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }


@contextmanager
def answering(answers: Answers) -> Iterator[StandIn]:
    """Answer these calls, by the operations' names, until the end of the block."""
    asked: list[tuple[str, dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            target = self.headers["X-Amz-Target"]
            # RDS asks in a form, and is answered in XML.
            arguments = json.loads(text) if target else dict(parse_qsl(text))
            name = target.rpartition(".")[2] if target else arguments["Action"]
            asked.append((name, arguments))
            answer = answers[name](arguments) if name in answers else {"__type": "NotThere"}
            body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(400 if "__type" in answer else 200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield StandIn(url=f"http://127.0.0.1:{server.server_port}", asked=asked)
    finally:
        server.shutdown()
        server.server_close()
