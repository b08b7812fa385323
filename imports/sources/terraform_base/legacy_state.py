"""Reads a legacy Terraform state, version 4: from a file, or as `terraform state pull` prints it.

A state holds passwords and secret strings in plain text. They stay in memory: no `repr`, message
or file of this module shows an attribute's value.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from common.errors import UserError, one_line, shorten
from common.text_files import decode_state
from imports.sources.terraform_base.declared import read_declared
from imports.sources.terraform_base.initialized import data_folder, selected_workspace
from imports.sources.terraform_base.legacy_object import (
    IDENTIFIER,
    LegacyObject,
    address_order,
    instance_address,
)
from terraform.cli import Terraform

MAX_CHARACTERS: Final = 64 * 1024 * 1024
MAX_DEPTH: Final = 100
_MODULE: Final = re.compile(r"module\..+")


@dataclass(frozen=True, kw_only=True)
class LegacyState:
    """The managed objects of one state, sorted by address, and what identifies its version.

    `deposed` and `tainted` are addresses Terraform would still delete or replace on its next
    apply; a deposed object is not among `objects`, a tainted one is.
    """

    source: str
    lineage: str
    serial: int
    terraform_version: str
    objects: tuple[LegacyObject, ...]
    deposed: tuple[str, ...] = ()
    tainted: tuple[str, ...] = ()


def load_state(terraform: Terraform, state_file: Path | None) -> LegacyState | None:
    """Return the state of the legacy folder, or None when there is none to be had.

    With `state_file` that file is read, else `terraform state pull` is run in the folder, so that
    any backend works. Raises UserError for a state that is there and cannot be read.
    """
    if state_file is not None:
        content = _read(state_file)
        if content is None:
            return None
        source = str(state_file)
    else:
        content = _pull(terraform)
        if not content.strip():
            return None
        source = "terraform state pull"
    state = parse_state(decode_state(content, source=source), source=source)
    return state if state.objects or state.deposed else None


def parse_state(text: str, *, source: str) -> LegacyState:
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
        if resource.get("mode") == "managed":
            _collect(resource, source, found)
        elif resource.get("mode") != "data":
            _damaged(source, f"a resource has the mode {shorten(resource.get('mode'))}")
    return LegacyState(
        source=source,
        lineage=lineage,
        serial=serial,
        terraform_version=written_by if isinstance(written_by, str) else "",
        objects=tuple(found.objects[key] for key in sorted(found.objects, key=address_order)),
        deposed=tuple(sorted(found.deposed, key=address_order)),
        tainted=tuple(sorted(found.tainted, key=address_order)),
    )


@dataclass
class _Found:
    objects: dict[str, LegacyObject] = field(default_factory=dict)
    deposed: list[str] = field(default_factory=list)
    tainted: list[str] = field(default_factory=list)


def _collect(resource: Mapping[str, Any], source: str, found: _Found) -> None:
    kind, name = _identifier(resource, "type", source), _identifier(resource, "name", source)
    module = resource.get("module", "")
    if not isinstance(module, str) or (module and not _MODULE.fullmatch(module)):
        _damaged(source, f"a resource has the module {shorten(module)}")
    for instance in _items(resource.get("instances"), source, "instances"):
        index, attributes = instance.get("index_key"), instance.get("attributes")
        if isinstance(index, bool) or not isinstance(index, int | str | None):
            _damaged(source, f"an instance of {kind}.{name} has the index {shorten(index)}")
        address = instance_address(kind=kind, name=name, index=index, module=module)
        if instance.get("deposed"):
            found.deposed.append(address)
            continue
        if not isinstance(attributes, dict):
            _damaged(source, f"{shorten(address)} has no attributes")
        if address in found.objects:
            _damaged(source, f"{shorten(address)} is in it twice")
        if instance.get("status") == "tainted":
            found.tainted.append(address)
        found.objects[address] = LegacyObject(
            address=address, type=kind, name=name, index=index, module=module, attributes=attributes
        )


def _identifier(resource: Mapping[str, Any], key: str, source: str) -> str:
    value = resource.get(key)
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
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
        _damaged(source, f"not whole JSON, it breaks off or errs at line {error.lineno}")
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
    version = document.get("version")
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


def _read(path: Path) -> bytes | None:
    try:
        if path.stat().st_size > MAX_CHARACTERS:
            raise UserError(
                f"{shorten(path)} has {path.stat().st_size} bytes; a state of at most "
                f"{MAX_CHARACTERS} is read. Check that this is the state file."
            )
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise UserError(
            f"{shorten(path)} cannot be read ({reason}); name a readable state file."
        ) from None


def _pull(terraform: Terraform) -> bytes:
    result = terraform("state", "pull", "-no-color")
    if result.exit_code != 0 and not _is_kept_elsewhere(terraform):
        # A folder that is not initialized, with nothing to ask: its state is a file in it, or it is lost.
        return _read(_local_state(terraform)) or b""
    if result.exit_code != 0:
        said = one_line(result.stderr.decode("utf-8", "replace").replace("Error:", " "))
        said = said.strip("╷│╵ ").replace("│ ", "")
        raise UserError(
            f"`terraform state pull` failed in {shorten(terraform.folder)}: {shorten(said, limit=200)}. "
            "Run `terraform init` there first, or name a state file."
        )
    return result.stdout


def _is_kept_elsewhere(terraform: Terraform) -> bool:
    """Return whether a backend, or what an initialization has noted of one, says where the state is."""
    declared = read_declared(terraform.folder).keeps_state_elsewhere
    return (
        declared
        or (data_folder(terraform.folder, terraform.environment) / "terraform.tfstate").exists()
    )


def _local_state(terraform: Terraform) -> Path:
    workspace = selected_workspace(terraform.folder, terraform.environment)
    if workspace == "default":
        return terraform.folder / "terraform.tfstate"
    return terraform.folder / "terraform.tfstate.d" / workspace / "terraform.tfstate"
