"""jsii's client of its kernel, which waits for Node only where somebody reads the answer.

jsii's own stands still while Node loads a package, and loads that package's classes afterwards: here both
load at once. It also makes less of each of a thousand calls, and none where the answer is always the same.
What is no part of a synthesis is left to jsii's own.
"""

import json
from functools import cached_property
from typing import Any, Final

import attr
import jsii
from jsii._kernel.providers import ProcessProvider
from jsii._kernel.providers.process import _NodeProcess, _unstructure_ref, jdefault
from jsii._kernel.types import (
    Callback,
    CreateRequest,
    CreateResponse,
    GetRequest,
    GetResponse,
    InvokeRequest,
    LoadRequest,
    ObjRef,
    Override,
    SetRequest,
    StaticGetRequest,
    StaticInvokeRequest,
)
from jsii.errors import ErrorType, JavaScriptError, JSIIError

# What the kernel calls the requests that a synthesis consists of.
_APIS: Final = {
    CreateRequest: "create",
    GetRequest: "get",
    InvokeRequest: "invoke",
    LoadRequest: "load",
    SetRequest: "set",
    StaticGetRequest: "sget",
    StaticInvokeRequest: "sinvoke",
}
# Of a resource of the provider, these are references to what AWS will say. Half of the answers are theirs.
_REFERENCES: Final = ("id", "arn", "arnSuffix")
_RESOURCES: Final = "@cdktf/provider-aws."


class _Kernel(_NodeProcess):
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # jsii's, as below
        self._greeted = False
        self._loading = 0
        self._references: dict[tuple[str, str], GetResponse] = {}

    def handshake(self) -> None:
        """Leave the kernel's greeting to the first who waits for an answer."""

    def send(self, request: Any, response_type: Any) -> Any:
        """Ask the kernel; what is loaded is not waited for, and nobody reads the answer."""
        if isinstance(request, LoadRequest):
            self._write(request)
            self._loading += 1
            return None
        if not isinstance(request, GetRequest) or request.property not in _REFERENCES:
            return self._asked(request, response_type)
        reference = (request.objref.ref, request.property)
        if reference in self._references:
            return self._references[reference]
        answer = self._asked(request, response_type)
        if reference[0].startswith(_RESOURCES) and isinstance(answer, GetResponse):
            self._references[reference] = answer
        return answer

    def _asked(self, request: Any, response_type: Any) -> Any:
        self._finish_loading()
        if type(request) not in _APIS:
            return super().send(request, response_type)
        self._write(request)
        answer = self._read()
        if isinstance(answer, Callback):
            return answer
        if isinstance(answer, ObjRef):
            return CreateResponse(ref=answer.ref)
        return response_type(**answer)

    def _finish_loading(self) -> None:
        """Read the answers that were left, before the one that somebody waits for."""
        if not self._greeted:
            self._greeted = True
            super().handshake()
        while self._loading:
            self._loading -= 1
            self._read()

    def _write(self, request: Any) -> None:
        message = {**attr.asdict(request, recurse=False), "api": _APIS[type(request)]}
        channel = self._process.stdin
        assert channel is not None  # noqa: S101  # it is a pipe
        channel.write(json.dumps(message, default=_plain).encode() + b"\n")
        channel.flush()

    def _read(self) -> Any:
        answer = self._next_message()
        if "ok" in answer:
            return answer["ok"]
        if "callback" in answer:
            return self._serializer.structure(answer["callback"], Callback)
        kind = JSIIError if answer["name"] == ErrorType.JSII_FAULT.value else RuntimeError
        cause = JavaScriptError(answer["stack"])  # type: ignore[no-untyped-call]
        raise kind(answer["error"]) from cause


def _plain(value: object) -> object:
    if isinstance(value, ObjRef):
        return _unstructure_ref(value)  # type: ignore[no-untyped-call]
    if isinstance(value, Override):
        return attr.asdict(value)
    return jdefault(value)  # type: ignore[no-untyped-call]


class _Provider(ProcessProvider):
    @cached_property
    def _process(self) -> _Kernel:
        kernel = _Kernel()
        kernel.start()  # type: ignore[no-untyped-call]
        return kernel


def wait_less() -> None:
    """Let jsii talk to its kernel this way. Has to come before the first package is loaded."""
    jsii.kernel.provider = _Provider()
