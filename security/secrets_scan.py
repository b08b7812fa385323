"""Looks for known secret values in what a deploy wrote: in files, in archives within files, and in texts.

It knows the values, so it needs no guess of what a secret looks like: it finds each in the forms in which
programs write text down. Pure but for the reading of files and of Secrets Manager.
"""

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from modules.settings.placeholders import is_placeholder
from modules.settings.secrets import PLACEHOLDER, SECRETS, SecretRow

# Anything shorter would be found by accident.
SHORTEST = 8
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, kw_only=True, order=True)
class Found:
    """A value in a place. `name` is the value's name: the value itself is never told."""

    place: str
    name: str
    form: str


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What was looked at and what was found."""

    places: tuple[str, ...]
    values: int
    found: tuple[Found, ...]

    def __str__(self) -> str:
        where = ", ".join(f"{each.name} ({each.form}) in {each.place}" for each in self.found)
        return f"scanned {len(self.places)} files and texts, {self.values} values: {where or 'none found'}"


def scan(
    paths: Iterable[Path],
    *,
    values: Mapping[str, str],
    texts: Mapping[str, str] | None = None,
    without: Iterable[Path] = (),
) -> Scan:
    """Look for the values in files, in all files of folders, and in named texts.

    Symbolic links are not followed: what they point to was there before. What is below `without` is left out.
    Raises ValueError for a value that is too short to be told from other text.
    """
    needles = _needles(values)
    places: list[str] = []
    found: set[Found] = set()
    left_out = tuple(without)
    contents = (
        *((name, text.encode()) for name, text in (texts or {}).items()),
        *((str(path), None) for path in _files(paths, left_out)),
    )
    for place, given in contents:
        places.append(place)
        content = Path(place).read_bytes() if given is None else given
        for inner, part in _unpacked(place, content):
            found |= {
                Found(place=inner, name=name, form=form)
                for (name, form), needle in needles.items()
                if needle in part
            }
    return Scan(places=tuple(places), values=len(values), found=tuple(sorted(found)))


def secret_parts(stored: Mapping[str, str], rows: Sequence[SecretRow] = SECRETS) -> dict[str, str]:
    """Return which stored values are secret, by name; `stored` maps a row's name to its value.

    Left out are placeholders, which stand in the synthesized JSON, and a connection string without password.
    """
    parts: dict[str, str] = {}
    for row in rows:
        value = stored.get(row.name, PLACEHOLDER)
        if is_placeholder(value) or (row.origin == "composed" and "{password}" not in row.template):
            continue
        parts[row.name] = value
        for key, template in row.document:
            if "{generated}" in template:
                parts[f"{row.name}:{key}"] = _json_key(value, key)
        for key in row.keys:
            part = _json_key(value, key)
            if not is_placeholder(part):
                parts[f"{row.name}:{key}"] = part
    return parts


def stored_values(
    client: Any, outputs: Mapping[str, str], rows: Sequence[SecretRow] = SECRETS
) -> dict[str, str]:
    """Return a stage's current secret values, by row; `outputs` are the stack's, which hold the ARNs."""
    return {
        row.name: client.get_secret_value(SecretId=outputs[row.output])["SecretString"]
        for row in rows
        if row.output in outputs
    }


def forms(value: str) -> dict[str, bytes]:
    """Return how a value may stand in a file."""
    candidates: dict[str, str] = {
        "plain": value,
        "URL-encoded": quote(value, safe=""),
        "URL-encoded path": quote(value),
        "form-encoded": quote_plus(value),
    }
    for kind, is_ascii in (("JSON", True), ("JSON in Unicode", False)):
        once = json.dumps(value, ensure_ascii=is_ascii)[1:-1]
        twice = json.dumps(once, ensure_ascii=is_ascii)[1:-1]
        # Go's encoder, which is Terraform's, writes <, > and & as numbers.
        of_go = _html_safe(once)
        twice_of_go = _html_safe(json.dumps(of_go, ensure_ascii=is_ascii)[1:-1])
        candidates |= {
            kind: once,
            f"{kind}, of Go": of_go,
            f"{kind}, twice": twice,
            f"{kind}, twice, of Go": twice_of_go,
        }
    for offset in range(3):
        candidates[f"base64 at offset {offset}"] = core = _base64_core(value.encode(), offset)
        candidates[f"URL-safe base64 at offset {offset}"] = core.replace("+", "-").replace("/", "_")
    return {form: text.encode() for form, text in _without_doubles(candidates).items()}


def _base64_core(value: bytes, offset: int) -> str:
    """Return the part of its base64 that does not depend on its surroundings, `offset` bytes (mod 3) in."""
    encoded = base64.b64encode(bytes(offset) + value).decode().rstrip("=")
    first = (offset * 8 + 5) // 6
    last = (offset + len(value)) * 8 // 6
    return encoded[first:last]


def _html_safe(text: str) -> str:
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _without_doubles(candidates: Mapping[str, str]) -> dict[str, str]:
    """Return the first of forms that are the same text."""
    seen: dict[str, str] = {}
    for form, text in candidates.items():
        seen.setdefault(text, form)
    return {form: text for text, form in seen.items()}


def _needles(values: Mapping[str, str]) -> dict[tuple[str, str], bytes]:
    for name, value in values.items():
        if len(value) < SHORTEST:
            raise ValueError(f"the value of {name} has less than {SHORTEST} characters")
    return {
        (name, form): needle
        for name, value in values.items()
        for form, needle in forms(value).items()
    }


def _files(paths: Iterable[Path], without: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if path.is_symlink() or any(path.is_relative_to(other) for other in without):
            continue
        if path.is_dir():
            yield from _files(sorted(path.iterdir()), without)
        elif path.is_file():
            yield path


def _unpacked(place: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the content, and that of the archives it is or holds: a plan file is a zip."""
    yield place, content
    if content.startswith(_GZIP):
        yield from _unpacked(f"{place}!", gzip.decompress(content))
    elif zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from _unpacked(f"{place}!{name}", archive.read(name))


def _json_key(document: str, key: str) -> str:
    """Return one key of a JSON secret; the whole where somebody has put something else in its place."""
    try:
        return str(json.loads(document)[key])
    except (ValueError, KeyError, TypeError):
        return document
