"""Faults of AWS on demand: what stands before everything else in the emulator.

`POST /_atomic/faults` with the JSON of `FaultSettings` begins anew with them; `GET /_atomic/faults` answers
with the calls since then and the faults injected, by kind.
"""

import io
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Annotated, Any, NoReturn, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from local.calls import Application
from local.cloudformation.calls import USER_AGENT as BY_AWS
from local.error_shapes import Protocol, error_answer, protocol_of

PATH = "/_atomic/faults"
_OUR_OWN = "/_atomic/"

# AWS refuses what was signed longer ago or further ahead: S3 by 15 minutes, the others by 5.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
_TOLERATED_SECONDS = 300
_TOLERATED_BY_S3_SECONDS = 900


class Fault(StrEnum):
    """What can go wrong with one call."""

    THROTTLED = "throttled"
    SERVER_ERROR = "server error"
    DELAYED = "delayed"
    DROPPED_BEFORE = "dropped before the work"
    DROPPED_AFTER = "dropped after the work"
    EXPIRED = "credentials expired"
    CLOCK = "clock off"


Share = Annotated[float, Field(ge=0, le=1)]


class FaultSettings(BaseModel):
    """Which faults, on what share of the calls. The default is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    throttled_share: Share = 0
    server_error_share: Share = 0
    delayed_share: Share = 0
    delay_seconds: float = Field(1, ge=0)
    dropped_before_share: Share = 0
    dropped_after_share: Share = 0
    expire_after_calls: int | None = Field(None, ge=0)
    clock_offset_seconds: float = 0
    """How far AWS's clock is ahead of ours."""

    @model_validator(mode="after")
    def _together(self) -> Self:
        if sum(share for _, share in self.shares) > 1:
            raise ValueError("all shares together: allowed: at most 1")
        return self

    @property
    def shares(self) -> tuple[tuple[Fault, float], ...]:
        """The share of the calls that each fault takes."""
        return (
            (Fault.THROTTLED, self.throttled_share),
            (Fault.SERVER_ERROR, self.server_error_share),
            (Fault.DELAYED, self.delayed_share),
            (Fault.DROPPED_BEFORE, self.dropped_before_share),
            (Fault.DROPPED_AFTER, self.dropped_after_share),
        )


def decide(settings: FaultSettings, number: int) -> Fault | None:
    """Return the fault of call `number` (from 1). It is always the same for the same seed."""
    if settings.expire_after_calls is not None and number > settings.expire_after_calls:
        return Fault.EXPIRED
    drawn = random.Random(f"{settings.seed}/{number}").random()  # noqa: S311  # to be repeated
    for fault, share in settings.shares:
        if drawn < share:
            return fault
        drawn -= share
    return None


def is_refused_by_clock(
    settings: FaultSettings, *, signed_at: str, now: datetime, s3: bool
) -> bool:
    """Return whether AWS, whose clock is off, refuses a request signed at this time (X-Amz-Date)."""
    if not settings.clock_offset_seconds or not signed_at:
        return False
    signed = datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    apart = abs((now - signed).total_seconds() + settings.clock_offset_seconds)
    return apart > (_TOLERATED_BY_S3_SECONDS if s3 else _TOLERATED_SECONDS)


# Code and status of a refusal, where a protocol's services do not say it like the others (None).
_REFUSALS: dict[Fault, dict[Protocol | None, tuple[str, str]]] = {
    Fault.THROTTLED: {
        None: ("ThrottlingException", "400 Bad Request"),
        Protocol.EC2: ("RequestLimitExceeded", "503 Service Unavailable"),
        Protocol.QUERY: ("Throttling", "400 Bad Request"),
        Protocol.REST_XML: ("Throttling", "400 Bad Request"),
        Protocol.S3: ("SlowDown", "503 Service Unavailable"),
    },
    Fault.SERVER_ERROR: {
        None: ("InternalFailure", "500 Internal Server Error"),
        Protocol.EC2: ("InternalError", "500 Internal Server Error"),
        Protocol.S3: ("InternalError", "500 Internal Server Error"),
    },
    Fault.EXPIRED: {
        None: ("ExpiredTokenException", "400 Bad Request"),
        Protocol.EC2: ("RequestExpired", "400 Bad Request"),
        Protocol.QUERY: ("ExpiredToken", "403 Forbidden"),
        Protocol.REST_XML: ("ExpiredToken", "403 Forbidden"),
        Protocol.S3: ("ExpiredToken", "400 Bad Request"),
    },
    Fault.CLOCK: {
        None: ("InvalidSignatureException", "400 Bad Request"),
        Protocol.EC2: ("RequestExpired", "400 Bad Request"),
        Protocol.QUERY: ("SignatureDoesNotMatch", "403 Forbidden"),
        Protocol.REST_XML: ("SignatureDoesNotMatch", "403 Forbidden"),
        Protocol.S3: ("RequestTimeTooSkewed", "403 Forbidden"),
    },
}


class Faults:
    """Wraps a WSGI application: passes calls on to it, but for those that a fault meets."""

    def __init__(self, application: Application) -> None:
        """Take the application to pass calls on to."""
        self._application = application
        self._lock = threading.Lock()
        self._begin(FaultSettings())

    def __call__(self, environ: dict[str, Any], start_response: Any, /) -> Iterable[bytes]:
        """Pass the call on or let it meet its fault, or answer about the faults."""
        path = environ.get("PATH_INFO", "")
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        if path == PATH:
            return self._control(environ["REQUEST_METHOD"], body, start_response)
        # What AWS calls by itself for a stack's sake it also repeats by itself.
        if path.startswith(_OUR_OWN) or BY_AWS in environ.get("HTTP_USER_AGENT", ""):
            return self._application(environ, start_response)
        settings, fault, now = self._next(environ)
        answer = _on_time(start_response, settings, now)
        if fault is Fault.DELAYED:
            time.sleep(settings.delay_seconds)
        if fault in {None, Fault.DELAYED}:
            return self._application(environ, answer)
        if fault is Fault.DROPPED_AFTER:
            list(self._application(environ, lambda *_: None))  # an answer may be made as it is read
        if fault in {Fault.DROPPED_BEFORE, Fault.DROPPED_AFTER}:
            _hang_up(environ)
        return _refuse(fault, environ, answer)

    def _begin(self, settings: FaultSettings) -> None:
        self._settings = settings
        self._calls = 0
        self._injected: Counter[Fault] = Counter()

    def _next(self, environ: dict[str, Any]) -> tuple[FaultSettings, Fault | None, datetime]:
        now = datetime.now(UTC)
        with self._lock:
            settings = self._settings
            self._calls += 1
            fault = decide(settings, self._calls)
            if fault is None and is_refused_by_clock(
                settings,
                signed_at=environ.get("HTTP_X_AMZ_DATE", ""),
                now=now,
                s3=_protocol(environ) is Protocol.S3,
            ):
                fault = Fault.CLOCK
            if fault:
                self._injected[fault] += 1
        return settings, fault, now

    def _control(self, method: str, body: bytes, start_response: Any) -> Iterable[bytes]:
        with self._lock:
            if method == "POST":
                try:
                    self._begin(FaultSettings.model_validate_json(body))
                except ValidationError as error:
                    start_response("400 Bad Request", [("Content-Type", "text/plain")])
                    return [str(error).encode()]
            answer = {
                "settings": self._settings.model_dump(),
                "calls": self._calls,
                "injected": dict(sorted(self._injected.items())),
            }
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]


def _on_time(start_response: Any, settings: FaultSettings, now: datetime) -> Callable[..., Any]:
    """Answers carry the time of AWS's clock, by which a client learns that its own is off."""
    if not settings.clock_offset_seconds:
        return start_response  # type: ignore[no-any-return]  # WSGI's callable has no type here
    shown = datetime.fromtimestamp(now.timestamp() + settings.clock_offset_seconds, UTC)

    def answer(status: str, headers: list[tuple[str, str]], *rest: object) -> Any:
        kept = [(name, value) for name, value in headers if name.lower() != "date"]
        return start_response(status, [*kept, ("Date", format_datetime(shown, usegmt=True))], *rest)

    return answer


def _refuse(fault: Fault, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    protocol = _protocol(environ)
    codes = _REFUSALS[fault]
    code, status = codes.get(protocol) or codes[None]
    refusal = error_answer(protocol, status=status, code=code, message=f"injected: {fault}")
    start_response(refusal.status, refusal.headers)
    return [refusal.body]


def _protocol(environ: dict[str, Any]) -> Protocol:
    return protocol_of(
        environ.get("HTTP_AUTHORIZATION", ""),
        target=environ.get("HTTP_X_AMZ_TARGET", ""),
        content_type=environ.get("CONTENT_TYPE", ""),
    )


def _hang_up(environ: dict[str, Any]) -> NoReturn:
    """Close the connection without an answer. The server takes the error for a client that has left."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("injected")
