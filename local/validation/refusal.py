"""How a refused request is answered: in the service's own error shape, with HTTP 400."""

from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.serialize import get_serializer_class

from local.validation.wire import Call

# What each service calls a parameter that it does not take.
_CODES: Mapping[str, str] = {
    "budgets": "InvalidParameterException",
    "cloudwatch": "InvalidParameterValue",
    "ec2": "InvalidParameterValue",
    "ecr": "InvalidParameterException",
    "ecs": "InvalidParameterException",
    "efs": "BadRequest",
    "logs": "InvalidParameterException",
    "rds": "InvalidParameterValue",
    "route53": "InvalidInput",
    "s3": "InvalidArgument",
    "secretsmanager": "InvalidParameterException",
    "servicediscovery": "InvalidInput",
    "sns": "InvalidParameter",
    "wafv2": "WAFInvalidParameterException",
}
_CODES_OF_PROTOCOLS: Mapping[str, str] = {
    "query": "ValidationError",
    "ec2": "InvalidParameterValue",
}
_OTHER = "ValidationException"

Answer = tuple[str, list[tuple[str, str]], bytes]


class RefusedError(ServiceException):
    """A refusal. moto looks for the error's shape in the service whose module the class is in."""


def refuse(call: Call, errors: list[str], code: str | None = None) -> Answer:
    """Status line, headers and body that say what is wrong with a call.

    `code` is the service's error code, where it has one of its own for this error.
    """
    chosen = code or _CODES.get(call.service) or _CODES_OF_PROTOCOLS.get(call.protocol, _OTHER)
    error = RefusedError(chosen, f"{call.operation.name}: {'; '.join(errors)}")
    serializer = get_serializer_class(call.service, call.protocol)(call.operation)
    answer: dict[str, Any] = dict(serializer.serialize(error))
    body = answer["body"]
    encoded = body.encode() if isinstance(body, str) else bytes(body)
    headers = {**answer["headers"], "Content-Length": str(len(encoded))}
    return "400 Bad Request", list(headers.items()), encoded
