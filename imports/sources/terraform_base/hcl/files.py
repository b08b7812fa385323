"""Reads the configuration files of a folder into one set of blocks, overrides merged in."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from common.errors import UserError, shorten
from imports.sources.terraform_base.hcl.syntax import (
    MAX_CHARACTERS,
    Attribute,
    Block,
    JsonExpression,
    expression_text,
    parse_hcl,
    parse_json,
)
from terraform.addresses import IDENTIFIER

# How many labels a block of each type has; in JSON each label is one more level of objects.
_LABELS: Final = {
    "resource": 2,
    "data": 2,
    "variable": 1,
    "output": 1,
    "module": 1,
    "provider": 1,
    "locals": 0,
    "terraform": 0,
}


def read_blocks(folder: Path) -> tuple[Block, ...]:
    """Return the top-level blocks of `folder`, in the order of the files' names.

    Raises UserError when it is no folder, has no configuration, or a file does not parse.
    """
    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_file())
    except (OSError, ValueError):
        raise UserError(
            f"{shorten(folder)} is no folder that can be read; name the one with the *.tf files."
        ) from None
    files = [name for name in names if _is_configuration(name)]
    if not files:
        raise UserError(
            f"{shorten(folder)} holds no *.tf or *.tf.json file; name the folder with the legacy "
            "configuration."
        )
    # Terraform merges override files last, whatever their names.
    blocks: list[Block] = []
    for name in sorted(files, key=_is_override):
        for block in _blocks(folder / name):
            _check_labels(block)
            target = _overridden(blocks, block) if _is_override(name) else None
            if target is None:
                blocks.append(block)
            else:
                blocks[target] = _merged(blocks[target], block)
    return tuple(blocks)


def read_text(path: Path) -> str:
    """Return the text of a file. Raises UserError when it cannot be read as UTF-8."""
    try:
        if path.stat().st_size > 4 * MAX_CHARACTERS:
            raise UserError(
                f"{shorten(path)} has {path.stat().st_size} bytes, too many for a configuration "
                "file. Check that it belongs here."
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(
            f"{shorten(path)} is no UTF-8 text (perhaps encrypted); decrypt it first."
        ) from None
    except (OSError, ValueError):
        raise UserError(f"{shorten(path)} cannot be read; check that it is there.") from None


def _is_configuration(name: str) -> bool:
    ignored = name.startswith(".") or name.endswith("~") or (name[0] == name[-1] == "#")
    return not ignored and name.endswith((".tf", ".tf.json"))


def _is_override(name: str) -> bool:
    stem = name.removesuffix(".json").removesuffix(".tf")
    return stem == "override" or stem.endswith("_override")


def _blocks(path: Path) -> Iterable[Block]:
    text = read_text(path)
    if path.name.endswith(".json"):
        return _json_blocks(parse_json(text, file=path.name), path.name)
    return parse_hcl(text, file=path.name).blocks


def _check_labels(block: Block) -> None:
    wanted = _LABELS.get(block.type)
    plain = all(IDENTIFIER.fullmatch(label) for label in block.labels)
    if wanted is not None and not (plain and len(block.labels) == wanted):
        where = f", line {block.line}" if block.line > 0 else ""
        raise UserError(
            f"{shorten(block.file)}{where}: a {block.type} block has the labels "
            f"{shorten(' '.join(block.labels))}; it takes {wanted}, each of letters, digits, "
            "_ and -."
        )


def _json_blocks(content: Mapping[str, Any], file: str) -> Iterable[Block]:
    for kind, value in content.items():
        if kind in _LABELS:
            yield from _labelled(kind, (), value, file)


def _labelled(kind: str, labels: tuple[str, ...], value: object, file: str) -> Iterable[Block]:
    bodies = value if isinstance(value, list) else [value]
    for body in bodies:
        if not isinstance(body, dict):
            raise UserError(
                f"{shorten(file)}: the {kind} {shorten('.'.join(labels))} must be a JSON object."
            )
        if len(labels) < _LABELS[kind]:
            for label, inner in body.items():
                if label != "//":
                    yield from _labelled(kind, (*labels, label), inner, file)
        else:
            yield _json_block(kind, labels, body, file)


def _json_block(kind: str, labels: tuple[str, ...], body: dict[str, Any], file: str) -> Block:
    # Without the provider's schema a JSON object may be a block or a map, so both stay
    # attributes; only what Terraform itself knows as a block becomes one.
    blocks: list[Block] = []
    attributes: dict[str, Attribute] = {}
    for name, value in body.items():
        if kind == "terraform" and name == "backend" and isinstance(value, dict):
            blocks += [_json_block(name, (label,), {}, file) for label in value]
        elif name == "dynamic" and isinstance(value, dict):
            for label, inner in value.items():
                blocks += [_json_dynamic(label, each, file) for each in _dicts(inner)]
        elif name in {"lifecycle", "required_providers", "cloud"}:
            blocks += [_json_block(name, (), each, file) for each in _dicts(value)]
        elif name != "//":
            attributes[name] = Attribute(name=name, expression=JsonExpression(value), line=-1)
    return Block(
        type=kind, labels=labels, attributes=attributes, blocks=tuple(blocks), file=file, line=-1
    )


def _json_dynamic(label: str, body: dict[str, Any], file: str) -> Block:
    head = _json_block("dynamic", (label,), {**body, "content": None}, file)
    contents = [_json_block("content", (), each, file) for each in _dicts(body.get("content"))]
    return replace(head, blocks=tuple(contents))


def _dicts(value: object) -> list[dict[str, Any]]:
    bodies = value if isinstance(value, list) else [value]
    return [body for body in bodies if isinstance(body, dict)]


def _overridden(blocks: list[Block], block: Block) -> int | None:
    if block.type == "locals":
        # Each local is overridden on its own, wherever it was first declared.
        holders = (
            i
            for i, other in enumerate(blocks)
            if other.type == "locals" and other.attributes.keys() & block.attributes.keys()
        )
        return next(holders, None)
    alias = _alias(block)
    for position, other in enumerate(blocks):
        if (other.type, other.labels, _alias(other)) == (block.type, block.labels, alias):
            return position
    return None


def _merged(block: Block, override: Block) -> Block:
    replaced = {inner.type for inner in override.blocks}
    kept = tuple(inner for inner in block.blocks if inner.type not in replaced)
    return replace(
        block,
        attributes={**block.attributes, **override.attributes},
        blocks=(*kept, *override.blocks),
    )


def _alias(block: Block) -> str:
    if block.type != "provider" or "alias" not in block.attributes:
        return ""
    return expression_text(block.attributes["alias"].expression).strip('"')
