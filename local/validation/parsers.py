"""moto's parsers of the wire protocols, made to keep what they would drop or turn into something else.

A member that the model does not know stays in the result under its name on the wire, and a value of
another type stays as it was sent. The check against the model (`local/validation/model.py`) then says so.
"""

# mypy: disable-error-code="misc, no-untyped-call"
# moto's parsers are not typed.

import json
from collections.abc import Mapping
from typing import Any

from moto.core.model import OperationModel, Shape, StructureShape
from moto.core.parse import (
    UNDEFINED,
    EC2QueryParser,
    JSONParser,
    QueryParser,
    RequestParserError,
    RestJSONParser,
    RestXMLParser,
)
from moto.core.request import Request

# What a request of the query protocols says beside the operation's members.
_OF_THE_PROTOCOL = frozenset({"Action", "Version"})


class UnreadableError(Exception):
    """The request does not follow its protocol."""


def parameters(
    request: Request, operation: OperationModel, protocol: str, labels: dict[str, Any]
) -> dict[str, Any]:
    """Return the parameters that a request gives to the operation.

    Raises UnreadableError when the body cannot be read.
    """
    values: Any = request.values
    if protocol in _FORMS:
        values = _Read(request.values.to_dict())
    parser = _PARSERS[protocol](operation, timestamp_parser=_as_it_is, blob_parser=_as_it_is)
    try:
        if protocol in _JSON and request.data:
            json.loads(request.data)
        parsed: dict[str, Any] = parser.parse(
            {
                "method": request.method,
                "values": values,
                "headers": request.headers,
                "body": request.data,
                "url_path": request.path,
                "url_params": labels,
            }
        )
    except (RequestParserError, TypeError, ValueError) as error:
        raise UnreadableError(str(error).partition("\n")[0]) from None
    if isinstance(values, _Read):
        parsed |= {name: values[name] for name in values.unread() - _OF_THE_PROTOCOL}
    return parsed


class _Read(dict[str, str]):
    """Form values that remember which of them were asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self._read: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self._read.add(key)
        return super().get(key, default)

    def unread(self) -> set[str]:
        return set(self) - self._read


def _as_it_is(value: Any) -> Any:
    return value


def _number(kind: type[int] | type[float], text: Any) -> Any:
    try:
        return kind(text)
    except (TypeError, ValueError):
        return text


def _boolean(text: Any) -> Any:
    return {"true": True, "false": False}.get(str(text).lower(), text)


class _Form:
    """Scalars of a form, which are all text."""

    def _parse_integer(self, _shape: Shape, values: _Read, prefix: str = "") -> Any:
        value = values.get(prefix, UNDEFINED)
        return value if value is UNDEFINED else _number(int, value)

    def _parse_double(self, _shape: Shape, values: _Read, prefix: str = "") -> Any:
        value = values.get(prefix, UNDEFINED)
        return value if value is UNDEFINED else _number(float, value)

    def _parse_boolean(self, _shape: Shape, values: _Read, prefix: str = "") -> Any:
        value = values.get(prefix, UNDEFINED)
        return value if value is UNDEFINED else _boolean(value)

    _parse_long = _parse_integer
    _parse_float = _parse_double


class _Query(_Form, QueryParser): ...


class _EC2Query(_Form, EC2QueryParser): ...


class _Json:
    """Values of a JSON document, which have types of their own."""

    def _parse_structure(self, shape: StructureShape, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        parsed = super()._parse_structure(shape, value)
        if not shape.is_document_type:
            known = {
                member.serialization.get("name", name) for name, member in shape.members.items()
            }
            parsed |= {name: value[name] for name in value.keys() - known}
        return parsed

    def _parse_list(self, shape: Shape, value: Any) -> Any:
        in_document = "location" not in shape.serialization
        if in_document and not isinstance(value, list):
            return value
        return super()._parse_list(shape, value)

    def _parse_map(self, shape: Shape, value: Any) -> Any:
        return super()._parse_map(shape, value) if isinstance(value, dict) else value

    def _parse_integer(self, shape: Shape, value: Any) -> Any:
        return _number(int, value) if "location" in shape.serialization else value

    def _parse_double(self, shape: Shape, value: Any) -> Any:
        return _number(float, value) if "location" in shape.serialization else value

    def _parse_boolean(self, shape: Shape, value: Any) -> Any:
        return _boolean(value) if "location" in shape.serialization else value

    _parse_long = _parse_integer
    _parse_float = _parse_double


class _JsonRpc(_Json, JSONParser): ...


class _RestJson(_Json, RestJSONParser): ...


class _RestXml(RestXMLParser):
    """Elements of an XML document."""

    def _parse_structure(self, shape: StructureShape, node: Any) -> Any:
        parsed = super()._parse_structure(shape, node)
        known = {self._member_key_name(member, name) for name, member in shape.members.items()}
        elements = self._build_name_to_xml_node(node)
        return parsed | {name: _text(elements[name]) for name in elements.keys() - known}

    def _parse_integer(self, _shape: Shape, node: Any) -> Any:
        return _number(int, _text(node))

    def _parse_double(self, _shape: Shape, node: Any) -> Any:
        return _number(float, _text(node))

    def _parse_boolean(self, _shape: Shape, node: Any) -> Any:
        return _boolean(_text(node))

    _parse_long = _parse_integer
    _parse_float = _parse_double


def _text(node: Any) -> Any:
    return (node.text or "") if hasattr(node, "text") else node


_PARSERS = {
    "query": _Query,
    "ec2": _EC2Query,
    "json": _JsonRpc,
    "rest-json": _RestJson,
    "rest-xml": _RestXml,
}
_FORMS = frozenset({"query", "ec2"})
_JSON = frozenset({"json", "rest-json"})
