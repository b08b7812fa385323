"""How CloudFormation calls other services: with a row's properties, in the shape an operation takes."""

import json
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.model import ListShape, MapShape, Shape, StructureShape

USER_AGENT: Final = "cloudformation.amazonaws.com"
"""What marks a call as an AWS service's own: such a one may set tags that begin with `aws:`."""


@dataclass(frozen=True, kw_only=True)
class Aws:
    """The account that a stack is in, as CloudFormation reaches it."""

    endpoint: str
    region: str
    account_id: str
    access_key_id: str

    def client(self, service: str) -> Any:
        """Return the client of a service."""
        return _client(service, self.region, self.endpoint, self.access_key_id)

    def call(self, operation: str, given: Mapping[str, Any]) -> Any:
        """Call `service.operation` with what of `given` it knows, in its own spelling."""
        service, _, name = operation.partition(".")
        client = self.client(service)
        model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[name])
        shape = model.input_shape
        return getattr(client, name)(**(_in_shape(given, shape) if shape else {}))


@cache
def _client(service: str, region: str, endpoint: str, access_key_id: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]  # the service is a variable
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=access_key_id,
        aws_secret_access_key="cloudformation",  # noqa: S106  # the emulator checks no signature
        config=Config(
            retries={"total_max_attempts": 1},
            user_agent_extra=USER_AGENT,
            s3={"addressing_style": "path"},
            parameter_validation=False,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Request:
    """One row to be made: its properties, evaluated, and what is known of its stack."""

    aws: Aws
    stack_name: str
    logical_id: str
    properties: Mapping[str, Any]
    tags: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        """Return a property that has to be there."""
        return self.properties[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a property, or the default."""
        return self.properties.get(name, default)

    def call(self, operation: str, given: Mapping[str, Any]) -> Any:
        """Call an operation."""
        return self.aws.call(operation, given)

    def generated_name(self, *, longest: int = 64, lower: bool = False) -> str:
        """Return a name as CloudFormation makes them: stack, row and twelve characters of chance."""
        ending = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(12))
        room = longest - len(ending) - 1
        name = f"{self.stack_name}-{self.logical_id}"[:room].rstrip("-") + f"-{ending}"
        return name.lower() if lower else name

    def tag_list(self, own: str = "Tags", *, key: str = "Key", value: str = "Value") -> list[Any]:
        """Return the row's tags and the stack's."""
        mine = {tag["Key"]: str(tag["Value"]) for tag in self.get(own) or []}
        return [{key: name, value: text} for name, text in (mine | dict(self.tags)).items()]


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a row has become: its physical id, and what GetAtt gives."""

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


Create = Callable[[Request], Made]
Update = Callable[[Request, str, Mapping[str, Any]], Made | None]
"""Changes an object in place; None when it has to be made anew. The last argument is what it was."""
Delete = Callable[[Request, str], None]


def _in_shape(value: Any, shape: Shape) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        spelled = {name.lower(): name for name in shape.members}
        return {
            spelled[key.lower()]: _in_shape(item, shape.members[spelled[key.lower()]])
            for key, item in value.items()
            if key.lower() in spelled and item is not None
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_in_shape(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: _in_shape(item, shape.value) for key, item in value.items()}
    return _scalar(value, shape)


def _scalar(value: Any, shape: Shape) -> Any:
    """Return a value as a call takes it: templates say numbers as text, and text as numbers."""
    kind = shape.type_name
    if isinstance(value, str) and kind in _FROM_TEXT:
        return _FROM_TEXT[kind](value)
    if kind == "string" and isinstance(value, bool | Mapping | list):
        return json.dumps(value)
    return str(value) if kind == "string" and isinstance(value, int | float) else value


_FROM_TEXT: Final[Mapping[str, Callable[[str], Any]]] = {
    "boolean": lambda text: text.lower() == "true",
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
}
