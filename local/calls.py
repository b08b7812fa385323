"""Counts the calls that an embedded AWS gets, so that a test can say "this made none that writes".

The emulator answers `GET /_atomic/calls` with the calls since the last `POST /_atomic/calls/reset`.
"""

import io
import json
import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any, Protocol
from urllib.parse import parse_qs

PATH = "/_atomic/calls"

# AWS's own naming: what begins so only reads. S3 and other REST services tell by the method.
_READING = ("BatchGet", "Describe", "Get", "Head", "List", "Lookup", "Query", "Scan", "Search")
_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Application(Protocol):
    """A WSGI application."""

    def __call__(self, environ: dict[str, Any], start_response: Any, /) -> Iterable[bytes]:
        """Answer a request."""
        ...


def call_name(method: str, headers: dict[str, str], body: bytes, path: str) -> str:
    """The call's name: its action where the protocol names one, else method and path."""
    target = headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2]
    if method == "POST" and headers.get("Content-Type", "").startswith(
        "application/x-www-form-urlencoded"
    ):
        action = parse_qs(body.decode(errors="replace")).get("Action")
        if action:
            return action[0]
    return f"{method} {path}"


def is_mutating(name: str) -> bool:
    """Whether a call of this name may change something."""
    method, separator, _ = name.partition(" ")
    if separator:
        return method not in _READING_METHODS
    return not name.startswith(_READING)


class CallCounter:
    """Wraps a WSGI application: passes one call at a time on to it, and counts them by name."""

    def __init__(self, application: Application) -> None:
        """Take the application to pass calls on to."""
        self._application = application
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()

    def __call__(self, environ: dict[str, Any], start_response: Any, /) -> Iterable[bytes]:
        """Count the call and pass it on, or answer about the count."""
        path = environ.get("PATH_INFO", "")
        if path == PATH:
            with self._lock:
                answer = json.dumps(dict(sorted(self._calls.items())))
            start_response("200 OK", [("Content-Type", "application/json")])
            return [answer.encode()]
        if path == f"{PATH}/reset":
            with self._lock:
                self._calls.clear()
            start_response("204 No Content", [])
            return []
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        environ["wsgi.input"] = io.BytesIO(body)
        headers = {
            "X-Amz-Target": environ.get("HTTP_X_AMZ_TARGET", ""),
            "Content-Type": environ.get("CONTENT_TYPE", ""),
        }
        name = call_name(environ["REQUEST_METHOD"], headers, body, path)
        # One call at a time: moto's backends iterate over dictionaries that another thread changes, and
        # answer with an error after having done the work; the client's retry then does it twice.
        with self._lock:
            self._calls[name] += 1
            return list(self._application(environ, start_response))
