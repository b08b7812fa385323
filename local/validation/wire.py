"""What a request on the wire asks for: the operation of AWS's own model, and its parameters."""

import io
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.loaders import Loader
from moto.core.model import OperationModel
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from local.cloudformation.calls import USER_AGENT
from local.validation.parsers import UnreadableError, parameters

# Models by the name that their requests are signed for, where that is not the model's own.
_MODELS = {
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
}
# The older of two APIs that are signed for one name is told by its version.
_OLDER = {"2012-06-01": "elb"}
_SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request, understood. What the model does not know is in `params` under its name on the wire."""

    service: str
    operation: OperationModel
    protocol: str
    region: str
    params: dict[str, Any]
    unreadable: str = ""  # why the body could not be read
    by_aws: bool = False  # an AWS service's own, which may set tags that AWS keeps for itself


def read_call(environ: dict[str, Any], body: bytes) -> Call | None:
    """Return the call that a request makes; None where AWS's models know none such."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if scope is None:
        return None
    # Flask reads the stream again, and werkzeug keeps what it has parsed in the environment.
    request = Request({**environ, "wsgi.input": io.BytesIO(body)})
    service = _OLDER.get(request.form.get("Version", "")) or _MODELS.get(
        scope["service"], scope["service"]
    )
    if service not in _known_services():
        return None
    try:
        protocol = determine_request_protocol(get_service_model(service), request.content_type)
        operation, labels = get_service_router(service).match(request)
    except (NotFound, NotImplementedError):
        return None
    try:
        params, unreadable = parameters(request, operation, protocol, labels), ""
    except UnreadableError as error:
        params, unreadable = {}, str(error)
    return Call(
        service=service,
        operation=operation,
        protocol=protocol,
        region=scope["region"],
        params=params,
        unreadable=unreadable,
        by_aws=USER_AGENT in environ.get("HTTP_USER_AGENT", ""),
    )


@cache
def _known_services() -> frozenset[str]:
    return frozenset(Loader().list_available_services("service-2"))
