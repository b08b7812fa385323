"""Stands before moto and refuses what AWS would refuse, or what could never run there."""

import io
import sys
from collections.abc import Iterable
from typing import Any

from local.calls import Application
from local.validation.account import Account
from local.validation.model import model_errors
from local.validation.refusal import Answer, refuse
from local.validation.rules import doubts, rule_errors
from local.validation.tags import AWS_PREFIX
from local.validation.wire import read_call


class Strict:
    """Wraps a WSGI application: passes on only what AWS's models and the rules beside them allow."""

    def __init__(self, application: Application) -> None:
        """Take the application to pass calls on to."""
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any, /) -> Iterable[bytes]:
        """Refuse the call, or pass it on. Its body has an end: `local.calls` has read it."""
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        refused = _refused(environ, body)
        if refused is None:
            return self._application(environ, start_response)
        status, headers, answer = refused
        start_response(status, headers)
        return [answer]


def _refused(environ: dict[str, Any], body: bytes) -> Answer | None:
    call = read_call(environ, body)
    if call is None:
        return None
    if call.unreadable:
        return refuse(call, [f"the request cannot be read: {call.unreadable}"])
    shape = call.operation.input_shape
    against_model = [] if shape is None else model_errors(shape, call.params)
    if call.by_aws:
        # Some models say that a tag may not begin with `aws:`, which AWS's own do.
        against_model = [line for line in against_model if f"= '{AWS_PREFIX}" not in line]
    if against_model:
        return refuse(call, against_model)
    against_rules, code = rule_errors(call, Account(region=call.region))
    if not against_rules:
        for doubt in doubts(call):
            print(
                f"taken as AWS takes it: {call.operation.name}: {doubt}",
                file=sys.stderr,
                flush=True,
            )
        return None
    return refuse(call, against_rules, code)
