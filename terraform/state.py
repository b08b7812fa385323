"""A Terraform state, version 4, as `terraform state pull` prints it: read once, for all that look at it.

A state holds passwords and secret strings in plain text. They stay in memory: no `repr`, message
or file of this module shows an attribute's value.

Longer than others, because all that can be wrong with a state is refused here, each in one line.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NoReturn

from common.errors import UserError, shorten
from common.text_files import beside_json, decode_state
from terraform.addresses import address_order, instance_address, is_identifier
from terraform.instances import attributes_of, index_of

Document = Mapping[str, Any]
MAX_CHARACTERS: Final = 64 * 1024 * 1024
MAX_DEPTH: Final = 100
_MODULE: Final = re.compile(r"module\..+")


@dataclass(frozen=True, kw_only=True)
class StateObject:
    """One managed resource instance, as a state holds it.

    `address` is what Terraform prints (`aws_subnet.public[0]`, `module.x.aws_sqs_queue.q["k"]`),
    `module` the part before the type (empty for the root), `index` the count or for_each key.
    `attributes` holds secrets in plain text, so neither `repr` nor a comparison's message shows it.
    Terraform would replace a `tainted` object on its next apply.
    """

    address: str
    type: str
    name: str
    index: int | str | None
    module: str
    attributes: Mapping[str, Any] = field(repr=False)
    dependencies: tuple[str, ...] = ()
    tainted: bool = False
    schema_version: object = 0


@dataclass(frozen=True, kw_only=True)
class State:
    """The managed objects of one state, sorted by address, and what identifies its version.

    `deposed` are addresses at which Terraform would still delete an object that was replaced; such an object
    is not among `objects`. Neither its text nor its content is shown: both hold secrets.
    """

    source: str
    lineage: str
    serial: int
    terraform_version: str
    objects: tuple[StateObject, ...]
    deposed: tuple[str, ...] = ()
    text: str = field(repr=False)

    @property
    def tainted(self) -> tuple[str, ...]:
        """The addresses of the objects that Terraform would replace on its next apply."""
        return tuple(each.address for each in self.objects if each.tainted)

    @cached_property
    def document(self) -> dict[str, Any]:
        """All of it as JSON, with every number as exact as it is written.

        Raises UserError for a number that cannot be held.
        """
        try:
            document: dict[str, Any] = json.loads(self.text, parse_float=_number)
        except ArithmeticError:
            raise UserError(
                f"{shorten(self.source)} holds a number that is beyond all measure; take the state from a "
                "backup."
            ) from None
        return document


def read_state(path: Path) -> State:
    """Read the state in a file.

    Raises OSError for one that cannot be read, and UserError as `parse_state` does.
    """
    return parse_state(decode_state(path.read_bytes(), source=str(path)), source=str(path))


def parse_state(text: str, *, source: str) -> State:
    """Return what the state `text` holds; `source` names it in messages.

    Raises UserError, in one line, for whatever is not a complete state of version 4.
    """
    document = _document(text, source)
    _check_version(document, source)
    lineage, serial = document.get("lineage"), document.get("serial")
    if not isinstance(lineage, str) or not lineage:
        _damaged(source, "it has no lineage")
    if not isinstance(serial, int) or isinstance(serial, bool) or serial < 0:
        _damaged(source, "its serial is no whole number")
    outputs = document.get("outputs") or {}
    if not isinstance(outputs, dict) or not all(isinstance(o, dict) for o in outputs.values()):
        _damaged(source, "its outputs are no objects by name")
    written_by = document.get("terraform_version")
    found = _Found()
    for resource in _items(document.get("resources"), source, "resources"):
        # Data, and whatever a later Terraform keeps beside it: no objects, and carried along as they are.
        if resource.get("mode") == "managed":
            _collect(resource, source, found)
    return State(
        source=source,
        lineage=lineage,
        serial=serial,
        terraform_version=written_by if isinstance(written_by, str) else "",
        objects=tuple(found.objects[key] for key in sorted(found.objects, key=address_order)),
        deposed=tuple(sorted(found.deposed, key=address_order)),
        text=text,
    )


def parse_document(text: str, *, source: str) -> dict[str, Any]:
    """Parse the document in `text`, with every number as exact as it is written.

    Raises UserError, naming `source`, for whatever is not a complete state of version 4.
    """
    return parse_state(text, source=source).document


def dump_document(document: Document) -> str:
    """Write the document as JSON."""
    # json cannot be told to write a Decimal bare: it goes in as a marked string, and loses the quotes.
    mark = secrets.token_hex(16)

    def marked(value: object) -> str:
        if isinstance(value, Decimal):
            return f"{mark}{value}"
        raise TypeError(type(value).__name__)

    text = json.dumps(document, default=marked)
    return re.sub(rf'"{mark}([^"]+)"', r"\1", text)


def _number(text: str) -> float | Decimal:
    exact, near = Decimal(text), float(text)
    return near if Decimal(repr(near)) == exact else exact


@dataclass
class _Found:
    objects: dict[str, StateObject] = field(default_factory=dict)
    deposed: list[str] = field(default_factory=list)


def _collect(resource: Mapping[str, Any], source: str, found: _Found) -> None:
    kind, name = _identifier(resource, "type", source), _identifier(resource, "name", source)
    module = resource.get("module", "")
    if not isinstance(module, str) or (module and not _MODULE.fullmatch(module)):
        _damaged(source, f"a resource has the module {shorten(module)}")
    for instance in _items(resource.get("instances"), source, "instances"):
        index = index_of(instance)
        address = instance_address(kind=kind, name=name, index=index, module=module)
        if instance.get("deposed"):
            found.deposed.append(address)
            continue
        if address in found.objects:
            _damaged(source, f"{shorten(address)} is in it twice")
        dependencies = instance.get("dependencies")
        found.objects[address] = StateObject(
            address=address,
            type=kind,
            name=name,
            index=index,
            module=module,
            attributes=attributes_of(instance),
            dependencies=tuple(map(str, dependencies)) if isinstance(dependencies, list) else (),
            tainted=instance.get("status") == "tainted",
            schema_version=instance.get("schema_version", 0),
        )


def _identifier(resource: Mapping[str, Any], key: str, source: str) -> str:
    value = resource.get(key)
    if not isinstance(value, str) or not is_identifier(value):
        _damaged(source, f"a resource has the {key} {shorten(value)}")
    return value


def _document(text: str, source: str) -> dict[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise UserError(
            f"{source} has {len(text)} characters; a state of at most {MAX_CHARACTERS} "
            "is read. Check that this is the state file."
        )
    if not text.strip():
        raise UserError(
            f"{source} is empty; a Terraform state is JSON. Take it from a backup, or "
            "leave it out to work from the folder and live AWS."
        )
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        _damaged(source, "it is nested too deeply")
    except json.JSONDecodeError as error:
        found = beside_json(text)
        if found:
            remedy = (
                found.remedy
                or "take them out, or redirect what `terraform state pull` prints alone"
            )
            raise UserError(
                f"{source} is no Terraform state alone: {found.what}: {remedy}"
            ) from None
        _damaged(source, f"not whole JSON, it is truncated or wrong at line {error.lineno}")
    except ValueError:
        _damaged(source, "it holds a number JSON does not allow")
    if not isinstance(document, dict):
        _damaged(source, "a state is a JSON object")
    if _deeper_than(document, MAX_DEPTH):
        _damaged(source, "it is nested too deeply")
    return _mended(document) if _SURROGATE.search(text) else document


def _deeper_than(document: object, limit: int) -> bool:
    level: list[object] = [document]
    for _ in range(limit):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True


def _check_version(document: Mapping[str, Any], source: str) -> None:
    if "encrypted_data" in document or "sops" in document:
        tool = "OpenTofu" if "encrypted_data" in document else "SOPS"
        raise UserError(
            f"{source} is a state encrypted by {tool}; a plain one is read. Decrypt it "
            "into a private file, or let `state pull` of the tool that owns it do so."
        )
    if "format_version" in document:
        raise UserError(
            f"{source} is the output of `terraform show -json`; the state itself is "
            "read. Give what `terraform state pull` prints."
        )
    if "backend" in document:
        raise UserError(
            f"{source} is Terraform's note of where a folder's state is; the state itself is read. Give what "
            "`terraform state pull` prints in that folder."
        )
    if "version" not in document:
        _damaged(source, "it has no version")
    version = document["version"]
    if version != 4 or isinstance(version, bool | float):
        raise UserError(
            f"{source} has the state version {shorten(version)}; only version 4 "
            "is read. Give with --state what `terraform state pull` of Terraform 0.12 or later prints "
            "there; it changes nothing."
        )


def _items(value: object, source: str, what: str) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        _damaged(source, f"its {what} are no list of objects")
    return value


def _damaged(source: str, why: str) -> NoReturn:
    raise UserError(
        f"{source} is no complete Terraform state: {why}. Take it anew with "
        "`terraform state pull`, or from a backup."
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def _mended(document: dict[str, Any]) -> dict[str, Any]:
    # JSON can spell half a character, which no file can be written with: it becomes "?".
    plain = json.dumps(document, ensure_ascii=False)
    mended: dict[str, Any] = json.loads(plain.encode("utf-8", "replace").decode("utf-8"))
    return mended
