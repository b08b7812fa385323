"""An error of AWS's as each of its protocols words it."""

import json
import re
from dataclasses import dataclass
from enum import Enum
from xml.sax.saxutils import escape

# The service that a request was signed for: Credential=KEY/DATE/REGION/SERVICE/aws4_request.
_SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")


class Protocol(Enum):
    """How a service words its errors."""

    EC2 = "ec2"
    QUERY = "query"
    JSON = "json"
    REST_JSON = "rest-json"
    REST_XML = "rest-xml"
    S3 = "s3"


@dataclass(frozen=True, kw_only=True)
class ErrorAnswer:
    """An error as it goes over the wire."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


def protocol_of(authorization: str, *, target: str, content_type: str) -> Protocol:
    """Return the protocol of a request, by the service that it is signed for and its headers."""
    signed_for = _SIGNED_FOR.search(authorization)
    service = signed_for[1] if signed_for else ""
    if target:
        return Protocol.JSON
    if content_type.startswith("application/x-www-form-urlencoded"):
        return Protocol.EC2 if service == "ec2" else Protocol.QUERY
    if service == "s3":
        return Protocol.S3
    return Protocol.REST_XML if service in {"route53", "cloudfront"} else Protocol.REST_JSON


def error_answer(protocol: Protocol, *, status: str, code: str, message: str) -> ErrorAnswer:
    """Return an error in the protocol's own shape.

    https://smithy.io/2.0/aws/protocols/index.html tells the shapes.
    """
    if protocol in {Protocol.JSON, Protocol.REST_JSON}:
        body = json.dumps({"__type": code, "message": message})
        headers = [
            ("Content-Type", "application/x-amz-json-1.1"),
            ("x-amzn-errortype", code),
        ]
        return ErrorAnswer(status=status, headers=headers, body=body.encode())
    error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    match protocol:
        case Protocol.EC2:
            body = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>0</RequestID></Response>"
        case Protocol.S3:
            body = f"<Error>{error}<RequestId>0</RequestId></Error>"
        case _:
            error = f"<Type>Sender</Type>{error}"
            body = f"<ErrorResponse><Error>{error}</Error><RequestId>0</RequestId></ErrorResponse>"
    return ErrorAnswer(status=status, headers=[("Content-Type", "text/xml")], body=body.encode())
