"""What stands in front of moto: one call at a time, each counted, none carried out twice.

The emulator answers `GET /_atomic/calls` with the calls since the last `POST /_atomic/calls/reset`, so that
a test can say "this made none that writes".
"""

import io
import json
import sys
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs

PATH = "/_atomic/calls"

# AWS's own naming: what begins so only reads. S3 and other REST services tell by the method.
_READING = ("BatchGet", "Describe", "Get", "Head", "List", "Lookup", "Query", "Scan", "Search")
# CloudFormation compares objects with the template, and remembers what it found.
_LOOKS = frozenset({"DetectStackDrift"})
_READING_PATHS = ("/describe-", "/get-", "/list-")
_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Application(Protocol):
    """A WSGI application."""

    def __call__(self, environ: dict[str, Any], start_response: Any, /) -> Iterable[bytes]:
        """Answer a request."""
        ...


def call_name(method: str, headers: dict[str, str], body: bytes, path: str) -> str:
    """Return the call's name: its action where the protocol names one, else method and path."""
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
    """Return whether a call of this name may change something."""
    method, separator, path = name.partition(" ")
    if separator:
        # Some REST services post what they only read, and name the action in the path.
        return method not in _READING_METHODS and not path.startswith(_READING_PATHS)
    return not name.startswith(_READING) and name not in _LOOKS


@dataclass(frozen=True, kw_only=True)
class _Answer:
    status: str
    headers: list[tuple[str, str]]
    body: list[bytes]


class Calls:
    """Wraps a WSGI application: passes one call at a time on to it, counts them, remembers the answers."""

    # A client tries again within seconds; by then a deploy has made far fewer calls than this.
    _REMEMBERED = 1000

    def __init__(self, application: Application) -> None:
        """Take the application to pass calls on to."""
        self._application = application
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._answers: OrderedDict[str, _Answer] = OrderedDict()

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
            answered = self._answer(name, environ)
        start_response(answered.status, answered.headers)
        return answered.body

    def _answer(self, name: str, environ: dict[str, Any]) -> _Answer:
        """Return the application's answer, or the one this very call has had before.

        A client that lost an answer (a machine that stood still, a dropped connection) sends the call again
        under the same invocation id. AWS tells by its client tokens that it has done the work; moto ignores
        tokens and would do it twice.
        """
        invocation = environ.get("HTTP_AMZ_SDK_INVOCATION_ID", "")
        before = self._answers.get(invocation)
        if before is not None:
            again = environ.get("HTTP_AMZ_SDK_REQUEST", "")
            print(f"asked again ({again}): {name}: {before.status}", file=sys.stderr, flush=True)
            if before.status.startswith("2") and is_mutating(name):
                return before
        self._calls[name] += 1
        given: list[tuple[str, list[tuple[str, str]]]] = []

        def keep(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            given.append((status, headers))

        body = list(self._application(environ, keep))
        status, headers = given[-1]
        answer = _Answer(status=status, headers=headers, body=body)
        if invocation and is_mutating(name):
            self._answers[invocation] = answer
            if len(self._answers) > self._REMEMBERED:
                self._answers.popitem(last=False)
        return answer
