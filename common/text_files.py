"""Turns the bytes of other people's files into text and JSON, and says what else they are."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from common.errors import UserError, shorten

_MERGE: Final = ("in the middle of a merge", "Resolve git's conflict first.")
_CUT_OFF: Final = (
    "cut off, as after the machine stopped or the disk was full",
    "Take it from a backup, or make it again.",
)
# What a file starts with, what that makes it, and what to do about it.
_OTHER_FILES: Final = (
    (
        b"PK\x03\x04",
        "a plan file (or another zip archive)",
        "Give the text itself, not an archive.",
    ),
    (b"\x1f\x8b", "compressed with gzip", "Unpack it first."),
    (b"\x00GITCRYPT", "encrypted by git-crypt", "Run `git-crypt unlock` first."),
    (b"$ANSIBLE_VAULT", "encrypted by Ansible Vault", "Decrypt it into a private file first."),
    (b"-----BEGIN ", "encrypted or a key", "Decrypt it into a private file first."),
    (b"age-encryption.org/", "encrypted by age", "Decrypt it into a private file first."),
    (b"version https://git-lfs", "a pointer of Git LFS", "Run `git lfs pull` first."),
    (b"<!DOCTYPE ", "a web page", "Take the file itself; a login may come before it."),
    (b"<html", "a web page", "Take the file itself; a login may come before it."),
    (b"<?xml", "XML, as S3 answers with where it refuses", "Take the file itself."),
)
# What GitHub's setup-terraform puts around Terraform's output, unless it is told not to.
_WRAPPED: Final = ("[command]", "::debug::", "::set-output")
# What else stands about a document: the line that it begins in is the first with its brace.
_DOCUMENT: Final = re.compile(r"^(?:\x1b\[[0-9;]*m|\s)*(?=\{)", re.MULTILINE)
# What git leaves of a conflict, wherever that is. One of the two is enough: it may be half resolved.
_UNMERGED: Final = re.compile(rb"^(?:<{7}|>{7}) ", re.MULTILINE)
_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
# What no text has, whatever its encoding: NUL and its like.
_NO_TEXT: Final = re.compile(r"[\x00-\x08]")


def decode_text(content: bytes, *, source: str, wanted: str) -> str:
    """Return the text of `content`: UTF-8, or what PowerShell redirects into a file, UTF-16 and UTF-32.

    With a mark or without one: all that is read begins with a character of ASCII.

    `wanted` is what should be in it, as in "a plain Terraform state". Raises UserError for an archive, an
    encrypted file and any other binary.
    """
    if other := other_than_text(content):
        what, remedy = other
        raise UserError(f"{shorten(source)} is {what}; {wanted} is read. {remedy}")
    encoding = json.detect_encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("latin-1")
        if not _NO_TEXT.search(text):
            raise UserError(
                f"{shorten(source)} is text of another encoding than UTF-8; {wanted} is read. Save it as "
                "UTF-8."
            ) from None
    if _NO_TEXT.search(text):
        raise UserError(
            f"{shorten(source)} is a binary or encrypted file; {wanted} is text. "
            "Decrypt it into a private file first."
        )
    return text


def other_than_text(content: bytes) -> tuple[str, str] | None:
    """Return what these bytes are in place of a whole text, and what to do about it; None for a text."""
    body = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    for start, what, remedy in _OTHER_FILES:
        if body.startswith(start):
            return what, remedy
    if _is_cut_off(content):
        return _CUT_OFF
    return _MERGE if _UNMERGED.search(body) else None


def _is_cut_off(content: bytes) -> bool:
    """Return whether it is what a machine that stopped, or a full disk, has left of a text."""
    body = content.rstrip(b"\0")
    # One character in UTF-16 or UTF-32 ends in NULs too.
    filled = len(content) > len(body) != 1 and not _NO_TEXT.search(body.decode("latin-1"))
    return filled or (content[:2] in _WIDE_MARKS and len(content) % 2 == 1)


def utf8_text(content: bytes) -> str:
    """Return the text of a file that has to be UTF-8, with or without a mark, its lines ended as on Unix.

    Raises UnicodeDecodeError, for UTF-16 without a mark too, which passes for UTF-8 with many a NUL.
    """
    encoding = json.detect_encoding(content)
    if not encoding.startswith("utf-8"):
        raise UnicodeDecodeError("utf-8", content, 0, 1, encoding)
    return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def decode_state(content: bytes, *, source: str) -> str:
    """Return the text of what should be a state. Raises UserError as `decode_text` does."""
    return decode_text(content, source=source, wanted="a plain Terraform state")


def read_json(path: Path, *, wanted: str, remedy: str) -> Any:
    """Return the JSON in a file that another program wrote, however its shell encoded it.

    Raises UserError, with `wanted` (as in "a plan in JSON") and `remedy`, for what is none.
    """
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "not a path"
        raise UserError(f"{path}: not {wanted} ({why}): {remedy}") from None
    return parse_json(content, source=str(path), wanted=wanted, remedy=remedy)


def parse_json(content: bytes, *, source: str, wanted: str, remedy: str) -> Any:
    """Return the JSON in `content`. Raises UserError as `read_json` does."""
    try:
        text = decode_text(content, source=source, wanted=wanted)
    except UserError as error:
        raise UserError(f"{source}: not {wanted} ({error}): {remedy}") from None
    try:
        return json.loads(text, object_pairs_hook=each_once)
    except (ValueError, RecursionError) as error:
        found = beside_json(text) if isinstance(error, json.JSONDecodeError) else None
        why = found.what if found else why_no_json(error) if text.strip() else "it is empty"
        way = found.remedy if found and found.remedy else remedy
        raise UserError(f"{source}: not {wanted} ({why}): {way}") from None


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What stands in one file with a document that was wanted alone; `remedy` where there is a sure one."""

    what: str
    remedy: str = ""


def beside_json(text: str) -> Beside | None:
    """Return what else a shell or a wrapper has printed about the document in `text`; None if nothing."""
    if text.lstrip().startswith(_WRAPPED):
        return Beside(
            what="it begins with a line of the wrapper of GitHub's setup-terraform",
            remedy="write `terraform_wrapper: false` below `with:` of that step, and make the file again",
        )
    within = _document_within(text)
    if "@level" in within:
        return Beside(what="the log that `terraform plan -json` prints, a line each")
    if within:
        return Beside(what="another program's lines come before or after it, in the same file")
    return None


def why_no_json(error: Exception) -> str:
    """Return what is wrong with a text that is no JSON, without Python's own advice."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    told = str(error)
    return "it holds a number with too many digits" if "int_max_str_digits" in told else told


class RepeatedNameError(ValueError):
    """A JSON object has a name twice: either could be meant."""


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its members. Raises RepeatedNameError."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name in found if sum(name == other for other, _ in pairs) > 1)
        raise RepeatedNameError(f"{shorten(twice)} is in one object twice")
    return found


def _document_within(text: str) -> Mapping[str, Any]:
    """Return the first document among what else a shell or a wrapper has printed; else an empty one."""
    found = _DOCUMENT.search(text)
    if not found:
        return {}
    try:
        document, _ = json.JSONDecoder().raw_decode(text, found.end())
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
