"""Turns the bytes of other people's files into text and JSON, and says what else they are."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from common.errors import UserError, shorten

# What a file starts with, what that makes it, and what to do about it.
_OTHER_FILES: Final = (
    (b"PK\x03\x04", "a plan file (or another zip archive)", "Give the JSON text, not an archive."),
    (b"\x1f\x8b", "compressed with gzip", "Unpack it first."),
    (b"\x00GITCRYPT", "encrypted by git-crypt", "Run `git-crypt unlock` first."),
    (b"$ANSIBLE_VAULT", "encrypted by Ansible Vault", "Decrypt it into a private file first."),
    (b"-----BEGIN ", "encrypted or a key", "Decrypt it into a private file first."),
    (b"age-encryption.org/", "encrypted by age", "Decrypt it into a private file first."),
)
# What GitHub's setup-terraform puts around Terraform's output, unless it is told not to.
_WRAPPED: Final = ("[command]", "::debug::", "::set-output")
# What else stands about a document: the line that it begins in is the first with its brace.
_DOCUMENT: Final = re.compile(r"^(?:\x1b\[[0-9;]*m|\s)*(?=\{)", re.MULTILINE)
# What no text has, whatever its encoding: NUL and its like.
_NO_TEXT: Final = re.compile(r"[\x00-\x08]")


def decode_text(content: bytes, *, source: str, wanted: str) -> str:
    """Return the text of `content`: UTF-8, or what PowerShell redirects into a file, UTF-16 and UTF-32.

    With a mark or without one: all that is read begins with a character of ASCII.

    `wanted` is what should be in it, as in "a plain Terraform state". Raises UserError for an archive, an
    encrypted file and any other binary.
    """
    for start, what, remedy in _OTHER_FILES:
        if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(start):
            raise UserError(f"{shorten(source)} is {what}; {wanted} is read. {remedy}")
    try:
        text = content.decode(json.detect_encoding(content))
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
    if text.lstrip().startswith(_WRAPPED):
        raise UserError(
            f"{source}: not {wanted} (it begins with a line of the wrapper of GitHub's setup-terraform): "
            "write `terraform_wrapper: false` below `with:` of that step, and make the file again"
        )
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        why, within = (str(error) if text.strip() else "it is empty"), _document_within(text)
        if "@level" in within:
            why = "the log that `terraform plan -json` prints, a line each"
        elif within:
            why = "another program's lines stand before or after it, in the same file"
        raise UserError(f"{source}: not {wanted} ({why}): {remedy}") from None


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
